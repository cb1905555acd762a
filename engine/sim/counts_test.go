package sim

import (
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/broker/replica"
	"bitacora/engine/cluster"
	"bitacora/engine/controller"
)

// TestCounts follows what Kafka exports through the death and return of a broker:
// a topic of three partitions and copies.
func TestCounts(t *testing.T) {
	spec := cluster.Spec{Brokers: 3, Controllers: 3}
	s := newServers(t, spec)
	if code := createTopic(t, s, 1, "orders"); code != engine.ErrNone {
		t.Fatal(code)
	}
	sum := func() (n replica.Counts) {
		for _, id := range spec.BrokerIDs() {
			if sv := s.server(id); sv != nil {
				c := sv.Broker().Replicas().Counts()
				n.Partitions += c.Partitions
				n.Leaders += c.Leaders
				n.UnderReplicated += c.UnderReplicated
				n.ISRShrinks += c.ISRShrinks
				n.ISRExpands += c.ISRExpands
				n.MaxLag = max(n.MaxLag, c.MaxLag)
			}
		}
		return n
	}
	leading := func() controller.Counts {
		if id := active(s, spec.ControllerIDs()...); id != engine.NoNode {
			return s.server(id).Controller().Counts()
		}
		return controller.Counts{}
	}
	await(t, s, "all copies are there", 30*time.Second, func() bool {
		n := sum()
		return n.Partitions == 9 && n.Leaders == 3 && n.UnderReplicated == 0
	})
	if n := leading(); n.Active != 1 || n.ActiveBrokers != 3 || n.FencedBrokers != 0 || n.Topics != 1 || n.Partitions != 3 ||
		n.OfflinePartitions != 0 || n.PreferredImbalance != 0 || n.LeaderElections != 0 {
		t.Errorf("at rest: %+v", n)
	}
	s.Kill(2)
	await(t, s, "the other two lead, and count what is missing", 60*time.Second, func() bool {
		n := sum()
		return n.Leaders == 3 && n.UnderReplicated == 3
	})
	if n := leading(); n.ActiveBrokers != 2 || n.FencedBrokers != 1 || n.PreferredImbalance != 1 || n.LeaderElections != 1 || n.UncleanElections != 0 {
		t.Errorf("with broker 2 dead: %+v", n)
	}
	s.Restart(2)
	await(t, s, "broker 2 has caught up", 60*time.Second, func() bool { return sum().UnderReplicated == 0 })
	if n := sum(); n.ISRExpands != 3 {
		t.Errorf("%d expansions of an ISR, want one a partition", n.ISRExpands)
	}
	found := false
	for _, r := range s.Requests(1) {
		if r.Key == 1 {
			found = r.Count > 10 && r.Total > 0
		}
	}
	if !found {
		t.Errorf("broker 1 answered fetches, and counts %+v", s.Requests(1))
	}
}
