package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// sample is what several rounds of one measurement gave.
type sample []float64

// median is the middle value, or the mean of the middle two.
func (s sample) median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// String gives "median (least - most)"; one value stands alone.
func (s sample) String() string {
	switch len(s) {
	case 0:
		return "-"
	case 1:
		return number(s[0])
	}
	return fmt.Sprintf("%s (%s - %s)", number(s.median()), number(slices.Min(s)), number(slices.Max(s)))
}

// number gives one decimal below a thousand, or whole numbers with separators.
func number(x float64) string {
	if x < 1000 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
	}
	digits := fmt.Sprintf("%.0f", x)
	var parts []string
	for len(digits) > 3 {
		parts = append(parts, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	parts = append(parts, digits)
	slices.Reverse(parts)
	return strings.Join(parts, ",")
}

// target is what a measurement should reach, by its medians. The zero value asks
// for nothing.
type target struct {
	text string
	met  func(ours, peer sample) bool
}

func atMost(limit float64, text string) target {
	return target{text, func(ours, _ sample) bool { return ours.median() <= limit }}
}

func atLeast(limit float64, text string) target {
	return target{text, func(ours, _ sample) bool { return ours.median() >= limit }}
}

// timesPeer asks for so many times the peer's figure.
func timesPeer(times float64, text string) target {
	return target{text, func(ours, peer sample) bool { return ours.median() >= times*peer.median() }}
}

// noSlower asks for no more than the peer's figure.
func noSlower(text string) target {
	return target{text, func(ours, peer sample) bool { return ours.median() <= peer.median() }}
}

// row is one line of the table.
type row struct {
	what       string
	target     target
	ours, peer sample
	needsPeer  bool
}

// verdict says whether the target is met: "yes", "no", or "" where there is none,
// or nothing to hold it against.
func (r row) verdict() string {
	switch {
	case r.target.met == nil || len(r.ours) == 0 || r.needsPeer && len(r.peer) == 0:
		return ""
	case r.target.met(r.ours, r.peer):
		return "yes"
	}
	return "no"
}

// report gathers the rows of a run.
type report struct {
	rows  []row
	notes []string
}

// add is a measurement of ours alone, or with a peer that only stands beside it.
func (r *report) add(what string, t target, ours, peer sample) {
	r.rows = append(r.rows, row{what: what, target: t, ours: ours, peer: peer})
}

// compare is a measurement whose target is the peer's.
func (r *report) compare(what string, t target, ours, peer sample) {
	r.rows = append(r.rows, row{what: what, target: t, ours: ours, peer: peer, needsPeer: true})
}

func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// print writes the table as Markdown, its columns aligned for the terminal.
func (r *report) print(w io.Writer) {
	cells := [][]string{{"median (least - most)", "target", "Bitácora", "Apache Kafka 4.3.1", "met"}}
	for _, row := range r.rows {
		cells = append(cells, []string{row.what, row.target.text, row.ours.String(), row.peer.String(), row.verdict()})
	}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	fmt.Fprintln(w)
	for n, line := range cells {
		for i, cell := range line {
			fmt.Fprintf(w, "| %-*s ", widths[i], cell)
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "| %s ", strings.Repeat("-", width))
			}
			fmt.Fprintln(w, "|")
		}
	}
	fmt.Fprintln(w)
	for _, note := range r.notes {
		fmt.Fprintln(w, "-", note)
	}
}

// json writes the rows for programs, every round's value included.
func (r *report) json(w io.Writer) error {
	type line struct {
		What   string    `json:"what"`
		Target string    `json:"target,omitempty"`
		Met    string    `json:"met,omitempty"`
		Ours   []float64 `json:"ours"`
		Peer   []float64 `json:"peer,omitempty"`
	}
	out := struct {
		Rows  []line   `json:"rows"`
		Notes []string `json:"notes"`
	}{Notes: r.notes}
	for _, row := range r.rows {
		out.Rows = append(out.Rows, line{row.what, row.target.text, row.verdict(), row.ours, row.peer})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
