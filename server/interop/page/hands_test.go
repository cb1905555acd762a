package page

import (
	"encoding/json"
	"fmt"
	"testing"

	"bitacora/server/interop/rig"
)

// submit fills a form of the guide in and sends it.
func submit(t *testing.T, p *rig.Page, form string, values map[string]string) {
	t.Helper()
	filled, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	p.Until(aliveLimit, fmt.Sprintf(`(() => {
		const form = document.querySelector("form#%s"), values = %s;
		if (!form || form.querySelector("[type=submit]").disabled) return false;
		for (const name in values) {
			form.elements[name].value = values[name];
			if (form.elements[name].value !== values[name]) return false; // an option that is not there yet
		}
		form.requestSubmit();
		return true;
	})()`, form, filled))
}

// committed is an expression for how many records of compras are committed.
const committed = `(["compras-0", "compras-1"].reduce((n, name) => n + Number(
	[...document.querySelectorAll("#tables-body tr")].find(r => r.cells[0]?.textContent.trim() === name)?.cells[4]?.textContent ?? 0), 0))`

// still is an expression that is true once a value has not changed for a second.
func still(value string) string {
	return fmt.Sprintf(`(() => {
		const now = String(%s);
		if (window.seen?.value !== now) window.seen = { value: now, since: performance.now() };
		return performance.now() - window.seen.since > 1000;
	})()`, value)
}

// hands does with the page's own controls whatever a person can do to a cluster.
// The tables are open.
func hands(t *testing.T, p *rig.Page) {
	t.Helper()
	var shown bool
	p.Eval(`document.querySelector("#bar button[data-act=guide]").ariaPressed === "true"`, &shown)
	if !shown {
		p.Click("#bar button[data-act=guide]")
	}
	submit(t, p, "topic", map[string]string{"topic": "compras", "partitions": "2", "factor": "3"})
	p.Until(aliveLimit, cell("compras-1", partitionLeader)+` !== ""`)
	submit(t, p, "produce", map[string]string{"topic": "compras", "key": "ana", "value": "pan", "acks": "-1"})
	p.Until(aliveLimit, committed+` === 1`)

	submit(t, p, "producer", map[string]string{"topic": "compras", "rate": "20", "acks": "-1"})
	p.Until(aliveLimit, committed+` > 10`)
	submit(t, p, "consumer", map[string]string{"topic": "compras", "group": "lectores"})
	const producers, consumers = `#guide button[data-act=stopproducer]`, `#guide button[data-act=stopconsumer]`
	p.Until(aliveLimit, `document.querySelector("`+consumers+`") !== null`)
	for _, stop := range []string{producers, consumers} {
		p.Eval(`document.querySelectorAll("`+stop+`").forEach(b => b.click())`, nil)
		p.Until(aliveLimit, `document.querySelector("`+stop+`") === null`)
	}
	p.Until(aliveLimit, still(committed))

	p.Click(action("freeze", "2"))
	p.Until(aliveLimit, cell("broker 2", 1)+`.includes("pausa")`)
	p.Click(action("thaw", "2"))
	p.Until(failoverLimit, cell("broker 2", 1)+`.includes("activo")`)

	// Whatever is clicked in the picture is explained; a broker's links can be cut.
	p.Eval(`document.querySelector("#stage").scrollIntoView()`, nil)
	p.Eval(`document.querySelector("#stage").focus()`, nil)
	for range 40 {
		// What is said aloud comes at once, the panel a moment later: only when they
		// agree is the panel about what was chosen last.
		p.Eval(`document.querySelector("#live").textContent = ""`, nil)
		p.Press("ArrowRight")
		p.Until(aliveLimit, `(() => {
			const said = document.querySelector("#live").textContent, name = document.querySelector("#inspector h2"), kind = document.querySelector("#inspector .kind");
			return name !== null && said.startsWith(kind.textContent + " " + name.textContent);
		})()`)
		var found bool
		p.Eval(`document.querySelector("#inspector button[data-act=cut]") !== null`, &found)
		if found {
			break
		}
	}
	p.Click("#inspector button[data-act=cut]")
	p.Until(aliveLimit, `document.querySelector("#guide button[data-act=heal]") !== null`)
	p.Click("#guide button[data-act=heal]")
	p.Until(aliveLimit, `document.querySelector("#guide button[data-act=heal]") === null`)
	checkQuiet(t, p)
}

func TestHandsOnASimulation(t *testing.T) {
	p := open(t, rig.OpenBrowser(t), site(t))
	openTables(p)
	hands(t, p)
}

// TestHandsOnAServer holds too that the person chooses what is seen.
func TestHandsOnAServer(t *testing.T) {
	s := rig.Serve(t, rig.Options{}, "--memory")
	p := open(t, rig.OpenBrowser(t), "http://"+s.HTTP+"/?lang=es")
	openTables(p)
	const chosen = `document.querySelector("#bar button[data-act=source][aria-pressed=true]")?.dataset.kind`
	for _, kind := range []string{"simulation", "live"} {
		p.Click("#bar button[data-kind=" + kind + "]")
		p.Until(aliveLimit, chosen+` === "`+kind+`"`)
		// A fresh server has no topic; the simulation begins with one.
		p.Until(aliveLimit, fmt.Sprintf(`(%s !== "") === %t`, cell("pedidos-0", partitionLeader), kind == "simulation"))
	}
	hands(t, p)
}
