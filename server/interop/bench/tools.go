package bench

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// produced is what ProducerPerformance measured.
type produced struct {
	recordsPerSecond float64
	p99Ms            float64
}

var producedLine = regexp.MustCompile(`(?m)^\d+ records sent, ([\d.]+) records/sec .* ([\d.]+) ms 99th`)

// parseProduced reads the closing line of ProducerPerformance.
func parseProduced(out string) (produced, error) {
	m := producedLine.FindStringSubmatch(out)
	if m == nil {
		return produced{}, fmt.Errorf("no closing line in %q", out)
	}
	return produced{recordsPerSecond: float(m[1]), p99Ms: float(m[2])}, nil
}

// parseConsumed reads ConsumerPerformance's fetch.nMsg.sec, the records a second
// without the time the group took to form, and checks that all came.
func parseConsumed(out string, records int) (float64, error) {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) < 2 {
		return 0, fmt.Errorf("no figures in %q", out)
	}
	names, figures := strings.Split(lines[0], ", "), strings.Split(lines[len(lines)-1], ", ")
	if len(names) != len(figures) {
		return 0, fmt.Errorf("%d names for %d figures in %q", len(names), len(figures), out)
	}
	rate, count := 0.0, 0.0
	for i, name := range names {
		switch name {
		case "data.consumed.in.nMsg":
			count = float(figures[i])
		case "fetch.nMsg.sec":
			rate = float(figures[i])
		}
	}
	if int(count) < records {
		return 0, fmt.Errorf("%v records came of %d", count, records)
	}
	return rate, nil
}

// latency is what EndToEndLatency measured.
type latency struct{ meanMs, p99Ms float64 }

var (
	meanLine       = regexp.MustCompile(`Avg latency: ([\d.]+) ms`)
	percentileLine = regexp.MustCompile(`99th = (\d+)`)
)

// parseLatency reads the closing lines of EndToEndLatency.
func parseLatency(out string) (latency, error) {
	mean, p99 := meanLine.FindStringSubmatch(out), percentileLine.FindStringSubmatch(out)
	if mean == nil || p99 == nil {
		return latency{}, fmt.Errorf("no closing lines in %q", out)
	}
	return latency{meanMs: float(mean[1]), p99Ms: float(p99[1])}, nil
}

// float parses what a regular expression has already found to be a number.
func float(s string) float64 {
	x, _ := strconv.ParseFloat(s, 64)
	return x
}
