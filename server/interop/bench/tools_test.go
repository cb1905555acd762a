package bench

import "testing"

func TestParse(t *testing.T) {
	p, err := parseProduced(`608854 records sent, 117200.0 records/sec (11.18 MB/sec), 898.2 ms avg latency, 1560.0 ms max latency.
1000000 records sent, 160952.840818 records/sec (15.35 MB/sec), 1013.28 ms avg latency, 1618.00 ms max latency, 1115 ms 50th, 1519 ms 95th, 1590 ms 99th, 1610 ms 99.9th.
`)
	if err != nil || p.recordsPerSecond != 160952.840818 || p.p99Ms != 1590 {
		t.Errorf("produced: %+v, %v", p, err)
	}
	if _, err := parseProduced("usage: ..."); err == nil {
		t.Error("produced: usage was taken for figures")
	}
	const consumed = `start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
2026-11-23 17:27:13:687, 2026-11-23 17:27:18:454, 95.3674, 20.0058, 1000000, 209775.5402, 3647, 1120, 85.1495, 892857.1429
`
	if rate, err := parseConsumed(consumed, 1000000); err != nil || rate != 892857.1429 {
		t.Errorf("consumed: %v, %v", rate, err)
	}
	if _, err := parseConsumed(consumed, 1000001); err == nil {
		t.Error("consumed: a missing record went unnoticed")
	}
	l, err := parseLatency("4000\t0.421916\nAvg latency: 1.0302 ms\nPercentiles: 50th = 0, 99th = 5, 99.9th = 48\n")
	if err != nil || l.meanMs != 1.0302 || l.p99Ms != 5 {
		t.Errorf("latency: %+v, %v", l, err)
	}
}

func TestSample(t *testing.T) {
	tests := []struct {
		name string
		s    sample
		want string
	}{
		{"nothing was measured", nil, "-"},
		{"one value stands alone", sample{1.25}, "1.2"},
		{"the median of an odd number is the middle one", sample{30, 10, 20}, "20 (10 - 30)"},
		{"of an even number, the mean of the middle two", sample{40, 10, 20, 30}, "25 (10 - 40)"},
		{"thousands are grouped", sample{1234567.8, 999, 160952.8}, "160,953 (999 - 1,234,568)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
