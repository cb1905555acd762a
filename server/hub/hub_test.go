package hub

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"

	"github.com/gorilla/websocket"
)

// fake is a cluster of two brokers.
type fake struct {
	mu      sync.Mutex
	state   view.State
	events  []view.Event
	watched chan bool // what Watch was told, in order
}

func newFake() *fake {
	return &fake{watched: make(chan bool, 16), state: view.State{
		Processes: []view.Process{{ID: 1, Roles: view.RoleBroker}, {ID: 2, Roles: view.RoleBroker}}}}
}

func (f *fake) Hello() view.Hello {
	return view.Hello{Source: view.SourceLive, Can: view.CanFault | view.CanInspect}
}
func (f *fake) Watch(on bool) { f.watched <- on }
func (f *fake) State() view.State {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.state
	s.Processes = append([]view.Process(nil), s.Processes...)
	return s
}
func (f *fake) Take(int) Happened {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := Happened{Events: f.events}
	f.events = nil
	return h
}
func (f *fake) Do(_ context.Context, c *view.Command) view.Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.state.Processes {
		if f.state.Processes[i].ID == c.Node {
			f.state.Processes[i].Status = view.Dead
			f.events = append(f.events, view.Event{Event: engine.Event{Kind: engine.EventProcessKilled, Node: c.Node}})
			return &view.Result{}
		}
	}
	return &view.Result{Reason: view.ReasonUnknownNode}
}
func (f *fake) Healthy() bool { return true }

func serve(t *testing.T, f *fake, authorized func(*http.Request) bool) *httptest.Server {
	t.Helper()
	files := fstest.MapFS{"main.js": {Data: []byte("plain")}, "main.js.br": {Data: []byte("small")}, "x.key": {Data: []byte("no")}}
	h, err := New(Config{Source: f, Files: files, Authorized: authorized})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Register(mux)
	s := httptest.NewServer(Guard(true, mux))
	t.Cleanup(func() { h.Close(); s.Close() })
	return s
}

func watchURL(s *httptest.Server) string {
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/api/v1/watch"
}

func dial(t *testing.T, s *httptest.Server) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial(watchURL(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func next(t *testing.T, c *websocket.Conn) view.Packet {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, data, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	p, err := view.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func send(t *testing.T, c *websocket.Conn, data []byte) {
	t.Helper()
	if err := c.WriteMessage(websocket.BinaryMessage, data); err != nil {
		t.Fatal(err)
	}
}

func TestAViewerSeesWhatItsCommandDoes(t *testing.T) {
	s := serve(t, newFake(), nil)
	c := dial(t, s)
	if h, ok := next(t, c).(*view.Hello); !ok || h.Source != view.SourceLive || h.NeedToken {
		t.Fatal("the hello does not come first")
	}
	first, ok := next(t, c).(*view.Frame)
	if !ok || !first.Key || len(first.Changed.Processes) != 2 {
		t.Fatalf("the first frame is no key frame: %+v", first)
	}
	send(t, c, view.Encode(nil, &view.Command{ID: 9, Kind: view.CommandKill, Node: 2}))
	var answered, told, seen bool
	state := first.Changed
	for !answered || !told || !seen {
		switch p := next(t, c).(type) {
		case *view.Result:
			answered = p.ID == 9 && p.Reason == view.ReasonDone
		case *view.Frame:
			state.Apply(p)
			told = told || len(p.Events) > 0
			seen = state.Processes[1].Status == view.Dead
		}
	}
}

func TestTheSourceIsWatchedOnlyWhileSomebodyLooks(t *testing.T) {
	f := newFake()
	s := serve(t, f, nil)
	for range 2 { // and again for who comes back
		c := dial(t, s)
		next(t, c)
		if p, ok := next(t, c).(*view.Frame); !ok || !p.Key {
			t.Fatal("who comes gets no key frame")
		}
		if on := <-f.watched; !on {
			t.Fatal("the source was not told that somebody looks")
		}
		c.Close()
		if on := <-f.watched; on {
			t.Fatal("the source was not told that nobody looks")
		}
	}
}

func TestASecondViewerBeginsWithAKeyFrame(t *testing.T) {
	s := serve(t, newFake(), nil)
	one, two := dial(t, s), dial(t, s)
	for _, c := range []*websocket.Conn{one, two} {
		next(t, c)
		if p, ok := next(t, c).(*view.Frame); !ok || !p.Key {
			t.Error("no key frame")
		}
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	cases := []struct {
		name       string
		authorized bool
		c          view.Command
		want       view.Reason
	}{
		{"without the token nothing is changed", false, view.Command{Kind: view.CommandKill, Node: 1}, view.ReasonToken},
		{"what the source cannot do is not tried", true, view.Command{Kind: view.CommandStep}, view.ReasonCannot},
		{"the source's own refusal comes back", true, view.Command{Kind: view.CommandKill, Node: 7}, view.ReasonUnknownNode},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, newFake(), func(*http.Request) bool { return tc.authorized })
			c := dial(t, s)
			if h := next(t, c).(*view.Hello); h.NeedToken == tc.authorized {
				t.Error("the hello says the wrong thing about the token")
			}
			send(t, c, view.Encode(nil, &tc.c))
			for {
				if r, ok := next(t, c).(*view.Result); ok {
					if r.Reason != tc.want {
						t.Errorf("got %d, want %d", r.Reason, tc.want)
					}
					return
				}
			}
		})
	}
}

func TestGarbageEndsThatViewerOnly(t *testing.T) {
	s := serve(t, newFake(), nil)
	good, bad := dial(t, s), dial(t, s)
	send(t, bad, []byte{1, 99, 3})
	if err := bad.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, _, err = bad.ReadMessage()
	}
	if !websocket.IsCloseError(err, websocket.CloseGoingAway, websocket.CloseAbnormalClosure) {
		t.Errorf("garbage ended in %v", err)
	}
	next(t, good)
	if _, ok := next(t, good).(*view.Frame); !ok {
		t.Error("the other viewer suffers")
	}
}

func TestOriginsAndHosts(t *testing.T) {
	s := serve(t, newFake(), nil)
	if _, resp, err := websocket.DefaultDialer.Dial(watchURL(s), http.Header{"Origin": {"http://evil.example"}}); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Error("another site's page was let in")
	}
	req, err := http.NewRequest(http.MethodGet, s.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example:8080"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a name that was pointed at this machine was let in: %d", resp.StatusCode)
	}
}

func get(t *testing.T, url string, header map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestPage(t *testing.T) {
	s := serve(t, newFake(), nil)
	resp, es := get(t, s.URL+"/", map[string]string{"Accept-Encoding": "identity"})
	if !strings.Contains(es, `<html lang="es"`) || !strings.Contains(es, "LÍDER e3") || strings.Contains(es, "style=") {
		t.Error("the Spanish page lacks its language or its picture, or has inline styles")
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "wasm-unsafe-eval") || strings.Contains(csp, "unsafe-inline") {
		t.Errorf("policy %q", csp)
	}
	if _, en := get(t, s.URL+"/", map[string]string{"Accept-Encoding": "identity", "Accept-Language": "en-GB,en;q=0.9"}); !strings.Contains(en, "LEADER e3") {
		t.Error("the English page is not English")
	}
	if _, en := get(t, s.URL+"/?lang=en", map[string]string{"Accept-Encoding": "identity", "Accept-Language": "es"}); !strings.Contains(en, `<html lang="en"`) {
		t.Error("the address does not decide the language")
	}
}

func TestFiles(t *testing.T) {
	s := serve(t, newFake(), nil)
	if resp, body := get(t, s.URL+"/static/main.js", map[string]string{"Accept-Encoding": "gzip, br"}); body != "small" || resp.Header.Get("Content-Encoding") != "br" {
		t.Error("the compressed form is not sent")
	}
	resp, body := get(t, s.URL+"/static/main.js", map[string]string{"Accept-Encoding": "br;q=0, identity"})
	if body != "plain" {
		t.Error("who takes no brotli gets it all the same")
	}
	if again, _ := get(t, s.URL+"/static/main.js", map[string]string{"If-None-Match": resp.Header.Get("ETag")}); again.StatusCode != http.StatusNotModified {
		t.Error("a copy that is still good is sent again")
	}
	for _, missing := range []string{"/static/nothing.js", "/static/x.key", "/static/..%2fhub.go", "/other"} {
		if resp, _ := get(t, s.URL+missing, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", missing, resp.StatusCode)
		}
	}
}

func TestAnotherSitesPageCannotPost(t *testing.T) {
	handled := 0
	s := httptest.NewServer(Guard(true, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { handled++ })))
	t.Cleanup(s.Close)
	post := func(header, value string) int {
		req, err := http.NewRequest(http.MethodPost, s.URL+"/api/v1/faults", strings.NewReader(`{"action":"kill","node":1}`))
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			req.Header.Set(header, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if code := post("Origin", "http://evil.example"); code != http.StatusForbidden {
		t.Errorf("another origin: %d", code)
	}
	if code := post("Sec-Fetch-Site", "cross-site"); code != http.StatusForbidden {
		t.Errorf("another site: %d", code)
	}
	if handled != 0 {
		t.Error("it was carried out all the same")
	}
	if code := post("", ""); code != http.StatusOK || handled != 1 {
		t.Errorf("a program that is no browser: %d", code)
	}
}
