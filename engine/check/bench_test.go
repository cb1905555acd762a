package check_test

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/check"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
)

// BenchmarkChecked plays the workload of engine/sim's BenchmarkSimulation, without
// and with the checker watching: three brokers and three controllers, two producers
// that write 1,500 records a second between them, a group of two consumers, for 20
// virtual seconds. An event is one input that a node handled.
func BenchmarkChecked(b *testing.B) {
	for _, c := range []struct {
		name    string
		checked bool
	}{{"alone", false}, {"checked", true}} {
		b.Run(c.name, func(b *testing.B) {
			events := uint64(0)
			for b.Loop() {
				events += playChecked(b, c.checked)
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func playChecked(b *testing.B, checked bool) uint64 {
	s, err := sim.NewCluster(sim.Config{Seed: 1}, cluster.Spec{Brokers: 3, Controllers: 3})
	if err != nil {
		b.Fatal(err)
	}
	var c *check.Checker
	if checked {
		c = check.New(s)
	}
	quiet := func(d time.Duration) {
		const every = 250 * time.Millisecond // as a swarm looks
		for end := s.Now().Add(d); s.Now() < end; {
			s.RunFor(every)
			if c != nil {
				c.Quiet()
			}
		}
	}
	servers := []engine.Addr{sim.BrokerAddr(1), sim.BrokerAddr(2), sim.BrokerAddr(3)}
	for i, topic := range []string{"pedidos", "pagos"} {
		cfg := client.DefaultProducer(topic, servers...)
		cfg.Start = client.StartProducing{Topic: topic, Partition: -1, Interval: time.Duration(i+1) * time.Millisecond, KeySpace: 100, ValueBytes: 100}
		if err := s.AddProducer(101+engine.NodeID(i), cfg); err != nil {
			b.Fatal(err)
		}
		group := client.DefaultConsumer("consumer", "group", servers...)
		group.Start = []string{"pedidos", "pagos"}
		if err := s.AddConsumer(201+engine.NodeID(i), group); err != nil {
			b.Fatal(err)
		}
	}
	quiet(26 * time.Second)
	if c != nil && c.Broken() {
		v := c.Violations()[0]
		b.Fatal(v.Error())
	}
	return s.Handled()
}
