package check

import (
	"cmp"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/cluster"
	"bitacora/engine/quorum"
	"bitacora/engine/sim"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// metaLog is the truth about the metadata log.
type metaLog struct {
	entries  []metaEntry // committed, in order
	leaders  map[engine.LeaderEpoch]engine.NodeID
	votes    map[voteKey]engine.NodeID
	verified map[engine.NodeID]engine.Offset
}

// metaEntry is a committed batch and the epoch it was committed in.
type metaEntry struct {
	entry
	in engine.LeaderEpoch
}

type voteKey struct {
	voter engine.NodeID
	epoch engine.LeaderEpoch
}

func newMetaLog() metaLog {
	return metaLog{
		leaders: map[engine.LeaderEpoch]engine.NodeID{}, votes: map[voteKey]engine.NodeID{},
		verified: map[engine.NodeID]engine.Offset{},
	}
}

func (l *metaLog) end() engine.Offset {
	if n := len(l.entries); n > 0 {
		return l.entries[n-1].next
	}
	return 0
}

func (l *metaLog) onLog(ev *engine.Event) {
	switch ev.Kind {
	case engine.EventTruncated:
		l.verified[ev.Node] = min(l.verified[ev.Node], ev.Offset)
	case engine.EventRecovered:
		l.verified[ev.Node] = 0
	}
}

// onMetadataCommitted holds MetadataLogMatchingProperty for what is newly below a
// replica's high watermark, and looks whether it has the newest metadata now.
func (c *Checker) onMetadataCommitted(ev *engine.Event) {
	sv := c.serverOf(ev.Node)
	if sv == nil {
		return
	}
	c.compareMetadata(ev.Node, sv, ev.Offset)
	if c.newest == nil || sv.Image().Offset() > c.newest.Image().Offset() {
		c.newest = sv
	}
}

func (c *Checker) compareMetadata(id engine.NodeID, sv *cluster.Server, to engine.Offset) {
	l := &c.meta
	for at := l.verified[id]; at < to; {
		run, err := sv.Quorum().ReadLog(at, 0)
		it := batch.Iterate(run)
		if err != nil || !it.Next() {
			l.verified[id] = to // below its first offset there is a snapshot
			return
		}
		b := it.Batch()
		e := entryOf(b)
		switch {
		case e.base >= l.end():
			_, epoch, _ := sv.Quorum().Leader()
			l.entries = append(l.entries, metaEntry{e, epoch})
		default:
			i, found := slices.BinarySearchFunc(l.entries, e.base, func(m metaEntry, base engine.Offset) int { return cmp.Compare(m.base, base) })
			if !found || l.entries[i].entry != e {
				c.violated(MetadataLogMatchingProperty, engine.TopicPartition{Topic: quorum.TopicName},
					"node %d has %d..%d of epoch %d (crc %08x) committed, others have another batch there", id, e.base, e.next, e.epoch, e.crc)
				return
			}
		}
		at = e.next
		l.verified[id] = at
	}
}

func (c *Checker) onQuorumState(ev *engine.Event) {
	if quorum.Role(ev.Code) != quorum.Leader {
		return
	}
	l := &c.meta
	if other, known := l.leaders[ev.Epoch]; known && other != ev.Node {
		c.violated(OneLeaderAnEpoch, engine.TopicPartition{Topic: quorum.TopicName}, "quorum epoch %d is led by %d and %d", ev.Epoch, other, ev.Node)
	}
	l.leaders[ev.Epoch] = ev.Node
	sv := c.serverOf(ev.Node)
	if sv == nil {
		return
	}
	for i := len(l.entries) - 1; i >= 0; i-- {
		if e := &l.entries[i]; e.in < ev.Epoch {
			if end := sv.Quorum().LogEnd(); end < e.next {
				c.violated(QuorumLeaderCompleteness, engine.TopicPartition{Topic: quorum.TopicName},
					"node %d leads epoch %d and ends at %d; %d was committed in epoch %d", ev.Node, ev.Epoch, end, e.next, e.in)
			}
			return
		}
	}
}

// onVote holds OneVoteAnEpoch for a vote that leaves. A pre-vote promises nothing.
func (c *Checker) onVote(m *sim.Sent, req *kmsg.VoteRequest, resp *kmsg.VoteResponse) {
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 || req.Topics[0].Partitions[0].PreVote {
		return
	}
	if !resp.Topics[0].Partitions[0].VoteGranted {
		return
	}
	key := voteKey{m.From, engine.LeaderEpoch(req.Topics[0].Partitions[0].CandidateEpoch)}
	if other, voted := c.meta.votes[key]; voted && other != m.To {
		c.violated(OneVoteAnEpoch, engine.TopicPartition{Topic: quorum.TopicName},
			"node %d votes for %d in epoch %d, and voted for %d", m.From, m.To, key.epoch, other)
	}
	c.meta.votes[key] = m.To
}

func (c *Checker) quietMetadata() {
	for _, id := range c.sim.Nodes() {
		n := c.nodes[id]
		sv := c.serverOf(id)
		if n == nil || !n.alive || sv == nil {
			continue
		}
		if hw := sv.Quorum().HighWatermark(); hw > 0 {
			c.compareMetadata(id, sv, hw)
		}
	}
}
