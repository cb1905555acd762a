package replica

import (
	"slices"

	"bitacora/engine"
)

// counters is what a manager has counted since it started (BrokerTopicMetrics, and
// ReplicaManager's meters). Viewers make rates of them.
type counters struct {
	messagesIn, bytesIn, bytesOut int64
	isrShrinks, isrExpands        int64
	failedISRUpdates              int64
}

// Counts is what Kafka exports of a broker's replicas: gauges as of now, counters
// since the start.
type Counts struct {
	Partitions, Leaders    int64
	UnderReplicated        int64 // led here, with fewer in the ISR than there are replicas
	UnderMinISR, AtMinISR  int64 // led here
	Reassigning            int64 // led here
	MaxLag                 int64 // records behind a leader's high watermark, the most of all copies
	MessagesIn, BytesIn    int64
	BytesOut               int64 // to consumers
	ISRShrinks, ISRExpands int64
	FailedISRUpdates       int64
}

// Counts gives them (ReplicaManager's gauges, ReplicaFetcherManager's MaxLag).
func (m *Manager) Counts() Counts {
	c := Counts{
		Partitions: int64(len(m.ordered)),
		MessagesIn: m.counters.messagesIn, BytesIn: m.counters.bytesIn, BytesOut: m.counters.bytesOut,
		ISRShrinks: m.counters.isrShrinks, ISRExpands: m.counters.isrExpands, FailedISRUpdates: m.counters.failedISRUpdates,
	}
	for _, p := range m.ordered {
		if !p.isLeader(m.cfg.NodeID) {
			continue
		}
		c.Leaders++
		if len(p.isr) < len(p.assigned) {
			c.UnderReplicated++
		}
		switch least := p.minISRNow(); {
		case len(p.isr) < least:
			c.UnderMinISR++
		case len(p.isr) == least:
			c.AtMinISR++
		}
		if r := m.image.Partition(p.tp); r != nil && (len(r.AddingReplicas) > 0 || len(r.RemovingReplicas) > 0) {
			c.Reassigning++
		}
	}
	for _, f := range m.fetchers {
		for _, s := range f.byID { // unordered: sums only
			c.MaxLag = max(c.MaxLag, int64(s.leaderHighWatermark-s.partition.log.LogEndOffset()))
		}
	}
	return c
}

// countOut counts what consumers are given; what followers are is replication's.
func (m *Manager) countOut(op *fetchOp, bytes int) {
	if !op.fromFollower() {
		m.counters.bytesOut += int64(bytes)
	}
}

// countISR counts a change of the ISR that this leader proposed and the controller
// accepted (Partition's AlterPartitionListener). Metadata may tell of it before the
// answer does, which Kafka then does not count; here it counts once either way.
func (m *Manager) countISR(before, after []engine.NodeID) {
	switch {
	case slices.ContainsFunc(after, func(id engine.NodeID) bool { return !slices.Contains(before, id) }):
		m.counters.isrExpands++
	case len(after) < len(before):
		m.counters.isrShrinks++
	}
}
