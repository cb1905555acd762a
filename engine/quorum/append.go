package quorum

import (
	"errors"
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Errors of Append.
var (
	// ErrNotLeader: the replica does not lead the epoch given (NotLeaderException).
	ErrNotLeader = errors.New("quorum: not the leader of this epoch")
	// ErrTooLarge: the records do not fit into one batch (RecordBatchTooLargeException).
	ErrTooLarge = errors.New("quorum: the records exceed the largest batch")
)

// accumulator gathers appends into batches (BatchAccumulator). Offsets are given
// at once; the batch is written after append.linger.ms, or as soon as another
// batch must follow it.
type accumulator struct {
	epoch      engine.LeaderEpoch
	nextOffset engine.Offset
	open       batch.Builder // records that still linger
	openedAt   engine.WallTime
	drainAt    engine.Time
	complete   []batch.Batch
}

func newAccumulator(epoch engine.LeaderEpoch, next engine.Offset) accumulator {
	return accumulator{epoch: epoch, nextOffset: next}
}

// Append appends metadata records, as AppendFrame writes them, in one batch, which
// is committed as a whole or not at all (RaftClient.prepareAppend and
// schedulePreparedAppend). It gives the offset of the last one. The epoch is the
// one that BecameLeader told: ErrNotLeader if the replica leads another, or none;
// ErrTooLarge beyond 8 MiB. The bytes are copied.
//
// Records of several appends may share a batch: they linger for append.linger.ms.
func (r *Replica) Append(env *engine.Env, epoch engine.LeaderEpoch, records [][]byte) (last engine.Offset, err error) {
	if !r.started || r.failed || r.state.role != Leader || r.state.election.epoch != epoch {
		return engine.NoOffset, fmt.Errorf("%w: asked for epoch %d, in %d as %v",
			ErrNotLeader, epoch, r.state.election.epoch, r.state.role)
	}
	if len(records) == 0 {
		engine.Violated("AppendHasRecords", "node %d epoch %d", r.cfg.NodeID, epoch)
	}
	size := batch.HeaderBytes
	for _, record := range records {
		size += batch.RecordSizeUpperBound(nil, record)
	}
	if size > batchBytesMax {
		return engine.NoOffset, fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	last = r.leader.append.add(env, records, size, r.cfg.AppendLinger)
	r.arm(env, r.leader.append.wait(env.Now()))
	return last, nil
}

// NextOffset is the offset that the next appended record gets on a leader, and
// the end of the log elsewhere.
func (r *Replica) NextOffset() engine.Offset {
	if r.state.role == Leader {
		return r.leader.append.nextOffset
	}
	return r.log.end
}

func (a *accumulator) add(env *engine.Env, records [][]byte, size int, linger time.Duration) engine.Offset {
	if a.open.Count() > 0 && a.open.SizeInBytes()+size > batchBytesMax {
		a.close()
	}
	if a.open.Count() == 0 {
		a.open.Reset(batch.Options{BaseOffset: a.nextOffset, LeaderEpoch: a.epoch})
		a.openedAt = env.Wall()
		a.drainAt = env.Now().Add(linger)
	}
	for _, record := range records {
		a.open.Append(batch.Timestamp(a.openedAt), nil, record)
	}
	a.nextOffset = a.open.NextOffset()
	return a.nextOffset - 1
}

// beginControl begins a batch of control records after everything so far, which
// then lingers no longer.
func (a *accumulator) beginControl() *batch.Builder {
	a.close()
	return controlBatch(a.nextOffset, a.epoch)
}

func (a *accumulator) endControl(b *batch.Builder) {
	a.nextOffset = b.NextOffset()
	a.complete = append(a.complete, buildBatch(b))
}

func (a *accumulator) close() {
	if a.open.Count() > 0 {
		a.complete = append(a.complete, buildBatch(&a.open))
		a.open.Reset(batch.Options{})
	}
}

// pending says whether records wait for drainAt.
func (a *accumulator) pending() bool { return a.open.Count() > 0 }

func (a *accumulator) wait(now engine.Time) time.Duration {
	switch {
	case len(a.complete) > 0:
		return 0
	case a.pending():
		return remaining(now, a.drainAt)
	}
	return never
}

// drain gives the batches that are due, in order.
func (a *accumulator) drain(now engine.Time) []batch.Batch {
	if a.wait(now) > 0 {
		return nil
	}
	a.close()
	due := a.complete
	a.complete = nil
	return due
}
