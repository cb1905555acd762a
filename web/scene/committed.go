package scene

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/view"
)

// Commitment is what a batch in one copy of a log is to a consumer, and what its
// keeper knows of it.
type Commitment uint8

// The three. A follower's high watermark lags behind its leader's by one Fetch,
// so a batch may be committed in a copy that does not know it.
const (
	Waits   Commitment = iota // not in the whole ISR yet
	Unheard                   // committed; this copy has not heard yet
	Known                     // committed, and this copy knows
)

// record is what all copies of one log say together: the highest high watermark
// that any of them knows, and the leader's batches. A high watermark never
// overstates, so the highest is the truest; yet after an unclean election an old
// leader's speaks of another history, hence the batches.
type record struct {
	hw      engine.Offset
	batches []view.Batch // of the leader's copy; nil where there is no leader
}

// Committed says how it is with a batch of the copy that t names.
func Committed(s *view.State, t Target, b *view.Batch) Commitment {
	own := engine.NoOffset
	r := metadataRecord(s)
	if t.Topic == "" {
		if q := QuorumOf(s, t.Node); q != nil {
			own = q.HighWatermark
		}
	} else {
		p, replicas := PartitionOf(s, t.Topic, t.Partition), ReplicasOf(s, t.Topic, t.Partition)
		r = recordOf(p, replicas)
		for i := range replicas {
			if replicas[i].Node == t.Node {
				own = replicas[i].HighWatermark
			}
		}
	}
	return r.commitment(own, b)
}

func (r *record) commitment(own engine.Offset, b *view.Batch) Commitment {
	switch {
	case own != engine.NoOffset && b.Last < own:
		return Known
	case b.Last < r.hw && r.holds(b):
		return Unheard
	}
	return Waits
}

// holds says that the leader's log has that very batch, not another in its place.
// What lies before its shown batches was committed long ago.
func (r *record) holds(b *view.Batch) bool {
	if len(r.batches) == 0 || b.Base < r.batches[0].Base {
		return true
	}
	i, ok := slices.BinarySearchFunc(r.batches, b.Base, func(x view.Batch, o engine.Offset) int { return int(x.Base - o) })
	return ok && r.batches[i].Epoch == b.Epoch
}

func recordOf(p *view.Partition, replicas []view.Replica) record {
	r := record{hw: engine.NoOffset}
	for i := range replicas {
		r.hw = max(r.hw, replicas[i].HighWatermark)
		if p != nil && p.Leader == replicas[i].Node {
			r.batches = replicas[i].Batches
		}
	}
	return r
}

// metadataRecord is the metadata log's: the newest leader's copy is what counts.
func metadataRecord(s *view.State) record {
	r := record{hw: engine.NoOffset}
	epoch := engine.NoLeaderEpoch
	for i := range s.Quorum {
		q := &s.Quorum[i]
		r.hw = max(r.hw, q.HighWatermark)
		if q.Role == view.QuorumLeader && q.Epoch > epoch {
			epoch, r.batches = q.Epoch, q.Batches
		}
	}
	return r
}
