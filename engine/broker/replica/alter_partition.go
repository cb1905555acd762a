package replica

import (
	"cmp"
	"slices"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// alterPartitionRetry is how long a failed AlterPartition waits
// (DefaultAlterPartitionManager.sendRequest).
const alterPartitionRetry = 50 * time.Millisecond

// alterPartitionManager gathers the ISR changes that leaders here propose and
// sends them to the controller, one request at a time (AlterPartitionManager,
// KIP-497). The broker carries the requests: it drains them and brings the
// answers.
type alterPartitionManager struct {
	unsent   []*isrProposal // without an answer, sent or not, oldest first
	inFlight []*isrProposal // of the request without an answer
	sent     bool           // a request is without an answer
	waiting  bool           // a failure's backoff is running
}

// DrainAlterPartition gives the AlterPartition request that is due, nil when none
// is. The caller must bring the outcome to OnAlterPartitionResponse, also when
// there was no answer.
func (m *Manager) DrainAlterPartition() *kmsg.AlterPartitionRequest {
	a := &m.alter
	if a.sent || a.waiting || len(a.unsent) == 0 {
		return nil
	}
	a.sent = true
	a.inFlight = append(a.inFlight[:0], a.unsent...)
	slices.SortFunc(a.inFlight, func(x, y *isrProposal) int {
		p, q := x.partition, y.partition
		return cmp.Or(slices.Compare(p.topicID[:], q.topicID[:]), cmp.Compare(p.tp.Partition, q.tp.Partition))
	})
	req := kmsg.NewPtrAlterPartitionRequest()
	req.Version = 3
	req.BrokerID = int32(m.cfg.NodeID)
	req.BrokerEpoch = int64(m.brokerEpoch)
	for _, proposal := range a.inFlight {
		id := proposal.partition.topicID
		if n := len(req.Topics); n == 0 || req.Topics[n-1].TopicID != id {
			t := kmsg.NewAlterPartitionRequestTopic()
			t.TopicID = id
			req.Topics = append(req.Topics, t)
		}
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, proposal.request(m.cfg.NodeID, m.brokerEpoch))
	}
	return req
}

// request is the proposal's part of the request. A follower's broker
// epoch is the one it fetched with, so that the controller can refuse a follower
// that has been restarted since (KIP-903).
func (i *isrProposal) request(self engine.NodeID, own engine.BrokerEpoch) kmsg.AlterPartitionRequestTopicPartition {
	part := kmsg.NewAlterPartitionRequestTopicPartition()
	p := i.partition
	part.Partition = p.tp.Partition
	part.LeaderEpoch = int32(i.leaderEpoch)
	part.PartitionEpoch = int32(i.partitionEpoch)
	part.LeaderRecoveryState = p.recoveryState
	for _, id := range i.isr {
		member := kmsg.NewAlterPartitionRequestTopicPartitionNewEpochISR()
		member.BrokerID = int32(id)
		member.BrokerEpoch = int64(own)
		if id != self {
			member.BrokerEpoch = -1
			if r := p.replica(id); r != nil && r.brokerEpochKnown {
				member.BrokerEpoch = int64(r.brokerEpoch)
			}
		}
		part.NewEpochISR = append(part.NewEpochISR, member)
	}
	return part
}

// submit queues a proposal. While an older one of the same partition has no
// answer yet, the new one is taken back, as Kafka fails it with
// OPERATION_NOT_ATTEMPTED; the next Fetch or ISR check proposes again.
func (a *alterPartitionManager) submit(i *isrProposal) {
	for _, other := range a.unsent {
		if other.partition == i.partition {
			i.partition.pending = nil
			return
		}
	}
	a.unsent = append(a.unsent, i)
}

func (a *alterPartitionManager) remove(i *isrProposal) {
	if at := slices.Index(a.unsent, i); at >= 0 {
		a.unsent = slices.Delete(a.unsent, at, at+1)
	}
}

// OnAlterPartitionResponse takes the answer to the drained request, or nil when
// there will be none. What the answer does not name is sent again.
func (m *Manager) OnAlterPartitionResponse(env *engine.Env, resp *kmsg.AlterPartitionResponse) {
	a := &m.alter
	if !a.sent {
		engine.Violated("AlterPartitionOneInFlight", "node %d: an answer without a request", m.cfg.NodeID)
	}
	a.sent = false
	if resp == nil || engine.ErrorCode(resp.ErrorCode) != engine.ErrNone {
		a.inFlight = a.inFlight[:0]
		a.waiting = true
		env.SetTimer(m.timer(timerAlterPartition), alterPartitionRetry)
		return
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		for j := range t.Partitions {
			m.onAlteredPartition(env, t.TopidID, &t.Partitions[j])
		}
	}
	a.inFlight = a.inFlight[:0]
	m.settle(env)
}

func (m *Manager) onAlteredPartition(env *engine.Env, id engine.TopicID, r *kmsg.AlterPartitionResponseTopicPartition) {
	at := slices.IndexFunc(m.alter.inFlight, func(i *isrProposal) bool {
		return i.partition.topicID == id && i.partition.tp.Partition == r.Partition
	})
	if at < 0 {
		return
	}
	i := m.alter.inFlight[at]
	p := i.partition
	m.alter.remove(i)
	// Newer metadata may have put the proposal aside, or the partition.
	if p.pending != i || p.gone {
		return
	}
	code := engine.ErrorCode(r.ErrorCode)
	if code == engine.ErrNone {
		m.onISRAccepted(env, p, r)
		return
	}
	m.onISRRefused(p, code)
}

// onISRAccepted is Partition.handleAlterPartitionUpdate.
func (m *Manager) onISRAccepted(env *engine.Env, p *Partition, r *kmsg.AlterPartitionResponseTopicPartition) {
	if engine.LeaderEpoch(r.LeaderEpoch) != p.leaderEpoch ||
		engine.PartitionEpoch(r.PartitionEpoch) < p.partitionEpoch {
		return // what metadata said since is newer
	}
	isr := make([]engine.NodeID, 0, len(r.ISR))
	for _, id := range r.ISR {
		isr = append(isr, engine.NodeID(id))
	}
	m.commitISR(env, p, isr, engine.PartitionEpoch(r.PartitionEpoch))
	m.maybeIncrementHighWatermark(env, p)
}

// onISRRefused is Partition.handleAlterPartitionError: where the controller knows
// better, the proposal stands until metadata replaces it, and counts for the high
// watermark meanwhile; only where it surely was not applied is it taken back.
func (m *Manager) onISRRefused(p *Partition, code engine.ErrorCode) {
	m.counters.failedISRUpdates++
	switch code {
	case engine.ErrOperationNotAttempted, engine.ErrIneligibleReplica:
		p.pending = nil
	case engine.ErrUnknownTopicOrPartition, engine.ErrUnknownTopicID, engine.ErrFencedLeaderEpoch,
		engine.ErrInvalidUpdateVersion, engine.ErrInvalidRequest, engine.ErrNewLeaderElected:
	default:
		m.alter.submit(p.pending)
	}
}

func (m *Manager) onAlterPartitionRetry() { m.alter.waiting = false }
