package sim

import (
	"fmt"
	"strings"

	"bitacora/engine"
)

// Exhibit documents a known mistake: what it is, what closed it, what one loses.
type Exhibit struct {
	Bug   engine.Bugs
	Name  string // as plans and lessons spell it
	What  string
	Fix   string
	Loses string
}

// Exhibits lists the museum.
func Exhibits() []Exhibit { return nil }

// ParseBugs finds mistakes by their names.
func ParseBugs(names []string) (engine.Bugs, error) {
	var all engine.Bugs
next:
	for _, name := range names {
		var known []string
		for _, e := range Exhibits() {
			if e.Name == name {
				all |= e.Bug
				continue next
			}
			known = append(known, e.Name)
		}
		return 0, fmt.Errorf("there is no known bug %q; there are %s", name, strings.Join(known, ", "))
	}
	return all, nil
}
