package page

import (
	"fmt"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

// The columns of the page's tables, counted from the row's heading.
const (
	partitionLeader    = 1
	partitionEpoch     = 2
	partitionISR       = 3
	partitionCommitted = 4
)

const (
	// A page is alive in well under a second; here several programs share two
	// cores with it.
	aliveLimit = 30 * time.Second
	// A dead leader is replaced after nine seconds of the cluster's time.
	failoverLimit = 60 * time.Second
)

// open opens the page and waits until it moves.
func open(t *testing.T, b *rig.Browser, url string) *rig.Page {
	t.Helper()
	p := b.Open(url)
	p.Until(aliveLimit, "document.documentElement.dataset.alive")
	return p
}

// cell is an expression for the text of a cell of the table in which some row
// is headed so; it is "" where there is none.
func cell(heading string, column int) string {
	return fmt.Sprintf(`(([...document.querySelectorAll("#tables-body tr")].find(
		r => r.cells[0]?.textContent.trim() === %q)?.cells[%d]?.textContent ?? "").trim())`, heading, column)
}

// read gives the text of a cell now.
func read(p *rig.Page, heading string, column int) string {
	var text string
	p.Eval(cell(heading, column), &text)
	return text
}

// action is a selector for the button that does something to a node.
func action(act string, node string) string {
	return fmt.Sprintf(`#tables-body button[data-act=%q][data-node=%q]`, act, node)
}

// openTables unfolds the tables, whose buttons can then be clicked.
func openTables(p *rig.Page) {
	p.Eval(`document.querySelector("#tables").open = true`, nil)
}

// brokerOf reads the number out of "broker 2".
func brokerOf(t *testing.T, text string) string {
	t.Helper()
	var id int
	if _, err := fmt.Sscanf(text, "broker %d", &id); err != nil {
		t.Fatalf("%q names no broker", text)
	}
	return fmt.Sprint(id)
}

// checkQuiet holds that nothing went wrong in the page or its worker.
func checkQuiet(t *testing.T, p *rig.Page) {
	t.Helper()
	if errors := p.Errors(); len(errors) > 0 {
		t.Errorf("the page's errors: %q", errors)
	}
}
