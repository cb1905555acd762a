package bench

import (
	"flag"
	"os"
	"runtime"
	"strings"
	"testing"
)

var (
	rounds     = flag.Int("rounds", 5, "rounds that count, after three to warm up")
	alone      = flag.Bool("alone", false, "measure ours only, without Apache Kafka beside it")
	reportFile = flag.String("report", "", "write the figures as JSON to this file, too; - is standard output")
)

// size says how much a run measures.
type size struct {
	rounds, warm int
	records      int // of one round of producing and consuming
	singles      int // records of one round of end-to-end latency
	dataBytes    int // that a restart finds, copies included
	quick        bool
}

// sizes gives the whole measure, or that of BENCH_QUICK=1.
func sizes() size {
	s := size{rounds: *rounds, warm: 3, records: 1_000_000, singles: 5_000, dataBytes: 1 << 30}
	if os.Getenv("BENCH_QUICK") == "1" {
		s = size{rounds: min(*rounds, 2), warm: 1, records: 200_000, singles: 1_000, dataBytes: 128 << 20, quick: true}
	}
	return s
}

// BenchmarkServer measures everything and prints one table. Its parts can be run
// alone: -bench Server/start, /simulation, /watching, /throughput.
func BenchmarkServer(b *testing.B) {
	r, s := &report{}, sizes()
	b.Run("start", func(b *testing.B) { measureStart(b, r, s) })
	b.Run("simulation", func(b *testing.B) { measureSimulation(b, r, s) })
	b.Run("watching", func(b *testing.B) { measureWatching(b, r, s) })
	b.Run("throughput", func(b *testing.B) { measureThroughput(b, r, s) })
	if s.quick {
		r.note("BENCH_QUICK=1: %d rounds after %d, %d records, %d MB of data; not to be quoted",
			s.rounds, s.warm, s.records, s.dataBytes>>20)
	}
	r.note("%d cores, load average %s at the end; clients and brokers share the machine", runtime.NumCPU(), loadAverage())
	r.print(os.Stdout)
	if err := r.save(*reportFile); err != nil {
		b.Fatal(err)
	}
}

func (r *report) save(file string) error {
	switch file {
	case "":
		return nil
	case "-":
		return r.json(os.Stdout)
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := r.json(out); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// loadAverage tells a noisy machine from a quiet one.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
