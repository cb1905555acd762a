package store

import (
	"testing"
	"time"
)

// BenchmarkOpenAndClose is what starting and stopping one store costs.
func BenchmarkOpenAndClose(b *testing.B) {
	for _, kind := range []Kind{Meta, Data} {
		b.Run([]string{"meta", "data"}[kind], func(b *testing.B) {
			path := b.TempDir()
			var opening, closing time.Duration
			for b.Loop() {
				start := time.Now()
				s, err := Open(path, kind, testOptions())
				if err != nil {
					b.Fatal(err)
				}
				opening += time.Since(start)
				start = time.Now()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				closing += time.Since(start)
			}
			b.ReportMetric(float64(opening.Microseconds())/float64(b.N), "open-us/op")
			b.ReportMetric(float64(closing.Microseconds())/float64(b.N), "close-us/op")
		})
	}
}
