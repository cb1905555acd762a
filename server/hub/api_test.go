package hub

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
)

// breakable writes down what is done to it. Node 7 is none of its nodes.
type breakable struct {
	done    []string
	missing string
}

func (b *breakable) did(what string, nodes ...engine.NodeID) error {
	if slices.Contains(nodes, 7) {
		return errors.New("no such node")
	}
	b.done = append(b.done, fmt.Sprint(what, nodes))
	return nil
}

func (b *breakable) AddBroker() (engine.NodeID, error)  { return 4, b.did("add-broker", 4) }
func (b *breakable) RemoveBroker(n engine.NodeID) error { return b.did("remove-broker", n) }
func (b *breakable) Kill(n engine.NodeID) error         { return b.did("kill", n) }
func (b *breakable) Shutdown(n engine.NodeID) error     { return b.did("shutdown", n) }
func (b *breakable) Restart(n engine.NodeID) error      { return b.did("restart", n) }
func (b *breakable) Pause(n engine.NodeID) error        { return b.did("pause", n) }
func (b *breakable) Resume(n engine.NodeID) error       { return b.did("resume", n) }
func (b *breakable) Cut(one, two engine.NodeID) error   { return b.did("cut", one, two) }
func (b *breakable) Heal(one, two engine.NodeID) error {
	return b.did("heal", one, two)
}
func (b *breakable) SlowDisk(n engine.NodeID, by time.Duration) error {
	return b.did("slow by "+by.String(), n)
}
func (b *breakable) Fault(f view.Fault) error {
	return b.did(fmt.Sprint(f.Action, " by ", f.By, " ", f.Topic), f.Node, f.Peer)
}
func (b *breakable) Serving() (bool, string) { return b.missing == "", b.missing }

func TestFaultsByHTTP(t *testing.T) {
	tests := []struct {
		name, body, token string
		code              int
		does, says        string
	}{
		{"kill", `{"action":"kill","node":2}`, "t", 204, "kill[2]", ""},
		{"shutdown", `{"action":"shutdown","node":2}`, "t", 204, "shutdown[2]", ""},
		{"restart", `{"action":"restart","node":3000}`, "t", 204, "restart[3000]", ""},
		{"pause", `{"action":"pause","node":2}`, "t", 204, "pause[2]", ""},
		{"resume", `{"action":"resume","node":2}`, "t", 204, "resume[2]", ""},
		{"cut", `{"action":"cut","node":1,"peer":3}`, "t", 204, "cut[1 3]", ""},
		{"heal", `{"action":"heal","node":1,"peer":3}`, "t", 204, "heal[1 3]", ""},
		{"slow-disk", `{"action":"slow-disk","node":2,"byMs":500}`, "t", 204, "slow by 500ms[2]", ""},
		{"a disk that is not slow any more", `{"action":"slow-disk","node":2}`, "t", 204, "slow by 0s[2]", ""},
		{"one way only", `{"action":"cut-from","node":1,"peer":3}`, "t", 204, "cut-from by 0s [1 3]", ""},
		{"a clock that jumps", `{"action":"clock","node":1,"byMs":-5000}`, "t", 204, "clock by -5s [1 0]", ""},
		{"a flipped bit", `{"action":"flip-bit","node":1,"topic":"pedidos","offset":-1}`, "t", 204, "flip-bit by 0s pedidos[1 0]", ""},
		{"a disk slower than any", `{"action":"slow-disk","node":2,"byMs":60001}`, "t", 400, "", "60001"},
		{"without the token", `{"action":"kill","node":2}`, "", 403, "", "token"},
		{"with another token", `{"action":"kill","node":2}`, "u", 403, "", "token"},
		{"an action that there is not", `{"action":"tickle","node":2}`, "t", 400, "", `"tickle": no such action: kill, power-loss, tear`},
		{"a node that there is not", `{"action":"kill","node":7}`, "t", 409, "", "no such node"},
		{"a field that there is not", `{"action":"kill","broker":2}`, "t", 400, "", "broker"},
		{"something else than JSON", `kill 2`, "t", 400, "", "the body must be like"},
		{"more than a fault can be", `{"action":"` + strings.Repeat("x", faultBytesMax) + `"}`, "t", 400, "", "too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, w := postTo("/api/v1/faults", test.body, test.token)
			if w.Code != test.code || strings.Join(b.done, ",") != test.does || !strings.Contains(w.Body.String(), test.says) {
				t.Errorf("%d %q, and it did %q", w.Code, w.Body, b.done)
			}
		})
	}
}

func TestHealthz(t *testing.T) {
	b := &breakable{missing: "broker 2 is paused"}
	mux := http.NewServeMux()
	RegisterAPI(mux, b, nil)
	ask := func() (int, string) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		return w.Code, w.Body.String()
	}
	if code, said := ask(); code != http.StatusServiceUnavailable || !strings.Contains(said, "broker 2 is paused") {
		t.Errorf("while a broker does not serve: %d %q", code, said)
	}
	b.missing = ""
	if code, _ := ask(); code != http.StatusOK {
		t.Errorf("once all serve: %d", code)
	}
}

func TestBrokersByHTTP(t *testing.T) {
	for _, test := range []struct {
		name, body, token string
		code              int
		does, says        string
	}{
		{"add", `{"action":"add"}`, "t", 200, "add-broker[4]", `{"action":"add","node":4}`},
		{"remove", `{"action":"remove","node":4}`, "t", 200, "remove-broker[4]", `{"action":"remove","node":4}`},
		{"one that cannot be", `{"action":"remove","node":7}`, "t", 409, "", "no such node"},
		{"without the token", `{"action":"add"}`, "", 403, "", "token"},
		{"something else", `{"action":"double"}`, "t", 400, "", "no such action: add, remove are"},
		{"no JSON", `add`, "t", 400, "", "the body must be like"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, w := postTo("/api/v1/brokers", test.body, test.token)
			if w.Code != test.code || strings.Join(b.done, ",") != test.does || !strings.Contains(w.Body.String(), test.says) {
				t.Errorf("%d %q, and it did %q", w.Code, w.Body, b.done)
			}
		})
	}
}

// postTo sends a body to an API whose token is t, and gives what came of it.
func postTo(path, body, token string) (*breakable, *httptest.ResponseRecorder) {
	b := &breakable{}
	mux := http.NewServeMux()
	RegisterAPI(mux, b, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer t" })
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, req)
	return b, w
}
