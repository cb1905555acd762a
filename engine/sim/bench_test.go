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

// BenchmarkSimulation plays the fixed workload: three brokers, three controllers,
// two producers that write 1,500 records a second between them to topics of three
// partitions x 3 replicas, and a group of two consumers. An event is one input that
// a node handled; an iteration is one second of virtual time.
//
// Run it in js/wasm too (GOOS=js GOARCH=wasm, -exec go_js_wasm_exec): the two
// figures stand side by side in what `make bench` reports.
func BenchmarkSimulation(b *testing.B) {
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
	s.RunFor(10 * time.Second)
	defer debug.SetGCPercent(debug.SetGCPercent(pageGCPercent))
	before := s.Handled()
	b.ReportAllocs()
	for b.Loop() {
		s.RunFor(time.Second)
	}
	if v := s.Violation(); v != nil {
		b.Fatal(v)
	}
	events := float64(s.Handled() - before)
	b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(events/float64(b.N), "events/op")
}
