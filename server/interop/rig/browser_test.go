package rig

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const fixturePage = `<!doctype html><title>x</title>
<input id=name><button id=go onclick="document.title = document.querySelector('#name').value">go</button>
<script>
const w = new Worker("worker.js");
w.onmessage = e => { document.body.dataset.worker = e.data };
console.error("said by the page");
</script>`

const fixtureWorker = `postMessage("alive"); throw new Error("thrown in the worker");`

// TestBrowser shows that the rig sees, clicks, types, and hears every error.
func TestBrowser(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(fixturePage))
		case "/worker.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write([]byte(fixtureWorker))
		default:
			http.NotFound(w, r)
		}
	}))
	defer site.Close()
	page := OpenBrowser(t).Open(site.URL)
	page.Until(10*time.Second, `document.body && document.body.dataset.worker === "alive"`)

	page.Click("#name")
	page.Type("pedido")
	page.Click("#go")
	page.Until(10*time.Second, `document.title === "pedido"`)

	var sum int
	page.Eval("Promise.resolve(40 + 2)", &sum)
	if sum != 42 {
		t.Errorf("a promise gave %d", sum)
	}
	for _, want := range []string{"said by the page", "thrown in the worker"} {
		Eventually(t, 10*time.Second, func() (bool, string) {
			return slices.ContainsFunc(page.Errors(), func(s string) bool { return strings.Contains(s, want) }), want
		})
	}
	file := filepath.Join(t.TempDir(), "shot.png")
	page.Screenshot(file)
	if png, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("no picture: %v", err)
	}
}
