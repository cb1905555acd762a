package local

import "testing"

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		w, err := New(Config{Seed: 7, Brokers: 3, Controllers: 3, Topic: "t", Group: "g"})
		if err != nil {
			b.Fatal(err)
		}
		for w.phase != settled {
			w.prepare(never)
		}
		b.ReportMetric(float64(w.sim.Handled()), "inputs")
	}
}
