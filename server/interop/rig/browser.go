package rig

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// Browser is a headless Chromium, spoken to by the DevTools protocol
// (https://chromedevtools.github.io/devtools-protocol/), as far as tests need it.
type Browser struct {
	t       testing.TB
	process *Process
	conn    *websocket.Conn
	writing sync.Mutex

	mu       sync.Mutex
	nextID   int
	waiting  map[int]chan answer
	pages    map[string]*Page  // by session id
	owners   map[string]string // a worker's session -> its page's session
	readDone chan struct{}
}

type answer struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// message is anything that Chromium sends.
type message struct {
	ID        int
	SessionID string
	Method    string
	Params    json.RawMessage
	answer
}

// browserLimit bounds one DevTools command; an evaluation may compile WebAssembly.
const browserLimit = 60 * time.Second

// OpenBrowser starts Chromium with a profile of its own and without a GPU.
func OpenBrowser(t testing.TB, flags ...string) *Browser {
	t.Helper()
	args := append([]string{Chromium(t), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-dev-shm-usage", "--disable-component-update",
		"--log-level=3", "--remote-debugging-port=0", "--window-size=1280,800", "--user-data-dir=" + t.TempDir()}, flags...)
	b := &Browser{t: t, waiting: map[int]chan answer{}, pages: map[string]*Page{}, owners: map[string]string{},
		readDone: make(chan struct{})}
	b.process = Start(t, "chromium", Command{Args: append(args, "about:blank")})
	const announcement = "DevTools listening on "
	var addr string
	Eventually(t, browserLimit, func() (bool, string) {
		_, after, ok := strings.Cut(b.process.Stderr(), announcement)
		addr, _, _ = strings.Cut(after, "\n")
		return ok && strings.HasPrefix(addr, "ws://"), "Chromium does not listen yet"
	})
	conn, _, err := websocket.DefaultDialer.Dial(strings.TrimSpace(addr), nil)
	if err != nil {
		t.Fatalf("dial Chromium: %v", err)
	}
	b.conn = conn
	go b.read()
	t.Cleanup(func() {
		_ = conn.Close()
		<-b.readDone
	})
	return b
}

// read hands answers to those who wait and events to their pages.
func (b *Browser) read() {
	defer close(b.readDone)
	for {
		var m message
		if err := b.conn.ReadJSON(&m); err != nil {
			b.mu.Lock()
			for id, ch := range b.waiting {
				close(ch)
				delete(b.waiting, id)
			}
			b.mu.Unlock()
			return
		}
		b.mu.Lock()
		if ch, ok := b.waiting[m.ID]; ok && m.ID != 0 {
			delete(b.waiting, m.ID)
			ch <- m.answer
		}
		session := m.SessionID
		if owner, ok := b.owners[session]; ok {
			session = owner
		}
		page := b.pages[session]
		b.mu.Unlock()
		if page != nil && m.Method != "" {
			page.event(m)
		}
	}
}

// send writes a command and returns where its answer will come.
func (b *Browser) send(session, method string, params any) (<-chan answer, error) {
	ch := make(chan answer, 1)
	b.mu.Lock()
	b.nextID++
	id := b.nextID
	b.waiting[id] = ch
	b.mu.Unlock()
	b.writing.Lock()
	defer b.writing.Unlock()
	return ch, b.conn.WriteJSON(map[string]any{"id": id, "sessionId": session, "method": method, "params": params})
}

// call sends a command and waits for its answer.
func (b *Browser) call(session, method string, params, result any) error {
	ch, err := b.send(session, method, params)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	timer := time.NewTimer(browserLimit)
	defer timer.Stop()
	select {
	case a, ok := <-ch:
		switch {
		case !ok:
			return fmt.Errorf("%s: Chromium is gone", method)
		case a.Error != nil:
			return fmt.Errorf("%s: %s", method, a.Error.Message)
		case result != nil:
			return json.Unmarshal(a.Result, result)
		}
		return nil
	case <-timer.C:
		return fmt.Errorf("%s: no answer within %v", method, browserLimit)
	}
}

// Page is one tab.
type Page struct {
	browser *Browser
	session string

	mu     sync.Mutex
	errors []string // exceptions, console.error, failed loads; of its workers too
}

// Open opens a tab and goes to an address.
func (b *Browser) Open(url string) *Page {
	b.t.Helper()
	return b.OpenWith("", url)
}

// OpenWith is Open, with a script that runs before the page's own.
func (b *Browser) OpenWith(script, url string) *Page {
	b.t.Helper()
	var target struct{ TargetID string }
	var attached struct{ SessionID string }
	err := b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	if err == nil {
		err = b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	p := &Page{browser: b, session: attached.SessionID}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.Do(domain+".enable", nil, nil)
	}
	// Workers are attached before they run, so that none of their errors is missed.
	p.Do("Target.setAutoAttach", map[string]any{"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true}, nil)
	if script != "" {
		p.Do("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": script}, nil)
	}
	p.Go(url)
	return p
}

// Do sends any DevTools command to the tab.
func (p *Page) Do(method string, params map[string]any, result any) {
	p.browser.t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	if err := p.browser.call(p.session, method, params, result); err != nil {
		p.browser.t.Fatal(err)
	}
}

// Go goes to an address; the document may still be loading when it returns.
func (p *Page) Go(url string) {
	p.browser.t.Helper()
	var nav struct{ ErrorText string }
	p.Do("Page.navigate", map[string]any{"url": url}, &nav)
	if nav.ErrorText != "" {
		p.browser.t.Fatalf("go to %s: %s", url, nav.ErrorText)
	}
}

// Address is where the tab is.
func (p *Page) Address() string {
	p.browser.t.Helper()
	var href string
	p.Eval("location.href", &href)
	return href
}

// event keeps what went wrong, and lets new workers run.
func (p *Page) event(m message) {
	var e struct {
		SessionID        string // of an attached worker
		ExceptionDetails struct {
			Text      string
			Exception struct{ Description string }
		}
		Type  string
		Args  []struct{ Value, Description any }
		Entry struct{ Level, Text, URL string }
	}
	if json.Unmarshal(m.Params, &e) != nil {
		return
	}
	switch m.Method {
	case "Target.attachedToTarget":
		p.browser.mu.Lock()
		p.browser.owners[e.SessionID] = p.session
		p.browser.mu.Unlock()
		_, enabled := p.browser.send(e.SessionID, "Runtime.enable", map[string]any{})
		_, released := p.browser.send(e.SessionID, "Runtime.runIfWaitingForDebugger", map[string]any{})
		if err := errors.Join(enabled, released); err != nil {
			p.note("attach to a worker: %v", err)
		}
	case "Runtime.exceptionThrown":
		p.note("%s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description)
	case "Runtime.consoleAPICalled":
		if e.Type == "error" || e.Type == "assert" {
			p.note("console: %v", e.Args)
		}
	case "Log.entryAdded":
		if e.Entry.Level == "error" {
			p.note("%s %s", e.Entry.Text, e.Entry.URL)
		}
	}
}

func (p *Page) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors = append(p.errors, fmt.Sprintf(format, args...))
}

// Errors are the page's and its workers' exceptions, console errors and failed
// loads so far.
func (p *Page) Errors() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.errors...)
}

// Eval evaluates an expression, awaits it if it is a promise, and decodes its
// value into out, which may be nil.
func (p *Page) Eval(expression string, out any) {
	p.browser.t.Helper()
	if err := p.eval(expression, out); err != nil {
		p.browser.t.Fatalf("%v\nthe page's errors: %q", err, p.Errors())
	}
}

func (p *Page) eval(expression string, out any) error {
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	err := p.browser.call(p.session, "Runtime.evaluate", map[string]any{
		"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}, &r)
	switch {
	case err != nil:
		return err
	case r.ExceptionDetails != nil:
		return fmt.Errorf("%s: %s %s", expression, r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	case out != nil && r.Result.Value != nil:
		return json.Unmarshal(r.Result.Value, out)
	}
	return nil
}

// Until waits until an expression is true.
func (p *Page) Until(within time.Duration, expression string) {
	p.browser.t.Helper()
	Eventually(p.browser.t, within, func() (bool, string) {
		var met bool
		err := p.eval("Boolean("+expression+")", &met)
		return met && err == nil, fmt.Sprintf("%s (error %v); the page's errors: %q", expression, err, p.Errors())
	})
}

// Click clicks with the mouse in the middle of the first element that a CSS
// selector finds, wherever it lies.
func (p *Page) Click(selector string) {
	p.browser.t.Helper()
	var at struct{ X, Y float64 }
	p.Eval(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e) throw new Error("nothing to click on");
		e.scrollIntoView({block: "center"});
		const r = e.getBoundingClientRect();
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2};
	})()`, selector), &at)
	p.ClickAt(at.X, at.Y)
}

// ClickAt clicks at a point of the window, in CSS pixels.
func (p *Page) ClickAt(x, y float64) {
	p.browser.t.Helper()
	p.Do("Input.dispatchMouseEvent", map[string]any{"type": "mouseMoved", "x": x, "y": y}, nil)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.Do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}, nil)
	}
}

// Type types text into whatever has the focus.
func (p *Page) Type(text string) {
	p.browser.t.Helper()
	p.Do("Input.insertText", map[string]any{"text": text}, nil)
}

// Press presses and releases a key by its DOM name: Enter, Escape, Tab, ArrowLeft, " ".
func (p *Page) Press(key string) {
	p.browser.t.Helper()
	down := map[string]any{"type": "keyDown", "key": key, "code": key}
	if key == "Enter" {
		down["text"] = "\r"
	}
	p.Do("Input.dispatchKeyEvent", down, nil)
	p.Do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key}, nil)
}

// Screenshot writes the window as PNG.
func (p *Page) Screenshot(file string) {
	p.browser.t.Helper()
	var shot struct{ Data string }
	p.Do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		p.browser.t.Fatal(err)
	}
}
