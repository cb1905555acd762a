package bench

import (
	"fmt"
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

// number gives three significant digits or whole thousands with separators.
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

// row is one line of the table: a measurement, its target, ours, and the peer's.
func row(what, target string, ours, apache sample) string {
	return fmt.Sprintf("| %s | %s | %s | %s |", what, target, ours, apache)
}
