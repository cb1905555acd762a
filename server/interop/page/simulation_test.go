package page

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

// site serves static/build as any web server would; no cluster is behind it.
func site(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.FileServer(http.Dir(build(t))))
	t.Cleanup(s.Close)
	return s.URL
}

func build(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(rig.Root(t), "static", "build")
	if _, err := os.Stat(filepath.Join(dir, "bitacora.wasm")); err != nil {
		t.Fatalf("%v\nto build it: make static", err)
	}
	return dir
}

// TestSimulation runs a cluster inside the page: its leader is killed and comes
// back, and time stops when it is told to.
func TestSimulation(t *testing.T) {
	p := open(t, rig.OpenBrowser(t), site(t))
	openTables(p)
	p.Until(aliveLimit, cell("pedidos-0", partitionLeader)+` !== ""`)

	was := brokerOf(t, read(p, "pedidos-0", partitionLeader))
	p.Click(action("kill", was))
	p.Until(failoverLimit, cell("pedidos-0", partitionEpoch)+` > 0`)
	now := brokerOf(t, read(p, "pedidos-0", partitionLeader))
	if now == was {
		t.Errorf("broker %s still leads", was)
	}
	if isr := read(p, "pedidos-0", partitionISR); strings.Contains(isr, was) {
		t.Errorf("the dead broker %s is in the ISR %s", was, isr)
	}

	p.Click(action("restart", was))
	p.Until(failoverLimit, cell("pedidos-0", partitionISR)+fmt.Sprintf(`.includes(%q)`, was))

	p.Click("#transport button[data-act=play]")
	p.Until(aliveLimit, `(() => {
		const t = document.querySelector("#transport .elapsed").textContent;
		const still = window.seen === t;
		window.seen = t;
		return still;
	})()`)
	// A single event may take no time; many together do.
	p.Eval(`for (let i = 0; i < 200; i++) document.querySelector("#transport button[data-act=step]").click()`, nil)
	p.Until(aliveLimit, `document.querySelector("#transport .elapsed").textContent !== window.seen`)
	checkQuiet(t, p)
}

// TestLanguages holds that both languages are whole: no word of the one is left
// on the page in the other, and the choice is remembered.
func TestLanguages(t *testing.T) {
	p := open(t, rig.OpenBrowser(t), site(t))
	p.Until(aliveLimit, `document.documentElement.lang === "es" && document.body.innerText.includes("Simulación")`)
	p.Click("button[data-act=lang]")
	p.Until(aliveLimit, `document.documentElement.lang === "en" && document.body.innerText.includes("Simulation") &&
		!document.body.innerText.includes("Simulación")`)
	p.Go(p.Address())
	p.Until(aliveLimit, `document.documentElement.dataset.alive && document.documentElement.lang === "en"`)
	checkQuiet(t, p)
}

// TestThemes holds that the page can be light and dark.
func TestThemes(t *testing.T) {
	p := open(t, rig.OpenBrowser(t), site(t))
	const background = `getComputedStyle(document.body).backgroundColor`
	p.Eval(`window.was = `+background, nil)
	p.Click("button[data-act=theme]")
	p.Until(aliveLimit, background+` !== window.was`)
	checkQuiet(t, p)
}

// TestLackingBrowser gives a browser without what the page needs a sentence.
func TestLackingBrowser(t *testing.T) {
	for _, missing := range []struct{ name, script string }{
		{"WebAssembly", `delete globalThis.WebAssembly`},
		{"OffscreenCanvas", `delete HTMLCanvasElement.prototype.transferControlToOffscreen`},
	} {
		t.Run(missing.name, func(t *testing.T) {
			p := rig.OpenBrowser(t).OpenWith(missing.script, site(t))
			p.Until(aliveLimit, fmt.Sprintf(`document.querySelector("#headline [role=alert]")?.textContent.includes(%q)`, missing.name))
			p.Until(aliveLimit, `document.querySelector("#still svg") !== null`)
			checkQuiet(t, p)
		})
	}
}

// Sizes in bytes, as sent: brotli where it gains.
const (
	pageBytesMax  = 2_500_000 // all of it
	paintBytesMax = 150_000   // what the first meaningful paint needs: all but the engine
)

// TestSize holds what the page weighs.
func TestSize(t *testing.T) {
	dir := build(t)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all, paint := int64(0), int64(0)
	for _, e := range entries {
		name := e.Name()
		// en.html is the same page in the other language; nobody loads both.
		if strings.HasSuffix(name, ".br") || name == "en.html" || strings.HasSuffix(name, ".txt") {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, name+".br"))
		if err != nil {
			info, err = e.Info()
		}
		if err != nil {
			t.Fatal(err)
		}
		all += info.Size()
		if !strings.HasSuffix(name, ".wasm") && name != "wasm_exec.js" {
			paint += info.Size()
		}
	}
	t.Logf("%d bytes in all, %d before the engine", all, paint)
	if all > pageBytesMax || paint > paintBytesMax {
		t.Errorf("%d bytes in all, at most %d; %d before the engine, at most %d", all, pageBytesMax, paint, paintBytesMax)
	}
}
