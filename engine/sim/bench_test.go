package sim_test

import (
	"runtime/debug"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
)

// pageGCPercent is how the page collects garbage while its heap is small.
const pageGCPercent = 400

// BenchmarkSimulation plays the fixed workload: a fresh cluster of three brokers
// and three controllers; two producers that write 1,500 records a second between
// them to topics of three partitions x 3 replicas, and a group of two consumers,
// for 20 seconds of virtual time. An event is one input that a node handled.
//
// Run it in js/wasm too (GOOS=js GOARCH=wasm, -exec go_js_wasm_exec): the two
// figures stand side by side in what `make bench` reports.
func BenchmarkSimulation(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(pageGCPercent))
	playWorkload(b) // a JavaScript engine compiles what it sees to be hot
	events := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		events += playWorkload(b)
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}

func playWorkload(b *testing.B) (events uint64) {
	s, err := sim.NewCluster(sim.Config{Seed: 1}, cluster.Spec{Brokers: 3, Controllers: 3})
	if err != nil {
		b.Fatal(err)
	}
	addStoryClients(b, s, "none")
	s.RunFor(6 * time.Second)
	s.Command(shop, client.StartProducing{Topic: "pedidos", Partition: -1, Interval: time.Millisecond, KeySpace: 100, ValueBytes: 100})
	s.Command(payments, client.StartProducing{Topic: "pagos", Partition: -1, Interval: 2 * time.Millisecond, ValueBytes: 100})
	for _, id := range []engine.NodeID{warehouse, invoices} {
		s.Command(id, client.Subscribe{Topics: []string{"pedidos", "pagos"}})
	}
	s.RunFor(20 * time.Second)
	if v := s.Violation(); v != nil {
		b.Fatal(v)
	}
	return s.Handled()
}
