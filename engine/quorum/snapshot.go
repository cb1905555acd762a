package quorum

import (
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// SnapshotID names a snapshot of the log by the epoch of the last record that it
// stands for and the offset after that (OffsetAndEpoch), as its file is named in
// Kafka.
type SnapshotID epochAndOffset

// Epoch is that of the last record.
func (id SnapshotID) Epoch() engine.LeaderEpoch { return id.epoch }

// EndOffset is one past the last record's offset.
func (id SnapshotID) EndOffset() engine.Offset { return id.offset }

// NewSnapshotID names the snapshot of everything below an offset.
func NewSnapshotID(end engine.Offset, epoch engine.LeaderEpoch) SnapshotID {
	return SnapshotID{epoch: epoch, offset: end}
}

// String is the snapshot's file name (Snapshots.filenameFromSnapshotId).
func (id SnapshotID) String() string {
	return fmt.Sprintf("%020d-%010d.checkpoint", id.offset, id.epoch)
}

// cleanInterval is how often snapshots and log are looked at for what is too much
// or too old (KafkaRaftClient.RaftMetadataLogCleanerManager).
const cleanInterval = 60 * time.Second

// CreateSnapshot keeps a snapshot of everything below the end offset of id: the
// metadata records given, as AppendFrame writes them, beside the voters and
// kraft.version as of there (KafkaRaftClient.createSnapshot). lastContained is the
// time of the last batch that it stands for. It must be committed, and id's offset
// the beginning of a batch, or the end.
//
// It gives false, and does nothing, if there is one already, or the log begins
// later.
func (r *Replica) CreateSnapshot(env *engine.Env, id SnapshotID, lastContained engine.WallTime, frames [][]byte) bool {
	if _, exists := r.log.findSnapshot(epochAndOffset(id)); exists || r.failed || !r.started || id.offset < r.log.start {
		return false
	}
	if latest, some := r.log.latestSnapshot(); some && id.offset <= latest.id.offset {
		return false
	}
	r.checkSnapshotID(id)
	s := snapshot{id: epochAndOffset(id), lastContained: lastContained}
	content := r.log.snapshotContent(s, env.Wall(), frames)
	if err := r.log.writeSnapshot(s, content); err != nil {
		r.diskFailed(env)
		return false
	}
	r.log.trimHistory(id.offset)
	env.Trace(engine.Event{
		Kind: engine.EventSnapshotGenerated, Topic: TopicName, Offset: id.offset, Epoch: id.epoch, Count: int64(len(content)),
	})
	return true
}

// checkSnapshotID holds what a snapshot may be made of
// (KafkaRaftLog.createNewSnapshot): a follower that begins with it must be able to
// go on with the log behind it.
func (r *Replica) checkSnapshotID(id SnapshotID) {
	if id.offset > r.highest {
		engine.Violated("SnapshotIsCommitted", "node %d: %v, high watermark %d", r.cfg.NodeID, id, r.highest)
	}
	end := r.log.endOffsetForEpoch(id.epoch)
	if end.epoch != id.epoch || id.offset > end.offset {
		engine.Violated("SnapshotIsOfTheLog", "node %d: %v, and epoch %d ends at %d", r.cfg.NodeID, id, end.epoch, end.offset)
	}
	run, err := r.log.read(id.offset, r.log.end, 0)
	if it := batch.Iterate(run); err == nil && it.Next() && it.Batch().BaseOffset() != id.offset {
		engine.Violated("SnapshotEndsWithABatch", "node %d: %v, and there is %v", r.cfg.NodeID, id, it.Batch())
	}
}

// loadSnapshot hands out the latest snapshot to who has seen nothing yet, or has
// not seen what the log does not hold any more (updateListenersProgress). False: the
// disk failed.
func (r *Replica) loadSnapshot(env *engine.Env) bool {
	s, some := r.log.latestSnapshot()
	if r.delivering && r.delivered >= r.log.start || !some {
		r.delivering = true
		return true
	}
	content, err := r.log.readSnapshot(s, 0, s.bytes)
	if err != nil {
		r.diskFailed(env)
		return false
	}
	r.delivering, r.delivered = true, s.id.offset
	env.Trace(engine.Event{
		Kind: engine.EventSnapshotLoaded, Topic: TopicName, Offset: s.id.offset, Epoch: s.id.epoch, Count: s.bytes,
	})
	r.emit(SnapshotLoaded{ID: SnapshotID(s.id), LastContained: s.lastContained, Batches: content})
	return true
}

// maybeClean lets go of what snapshots have made needless, once a minute.
func (r *Replica) maybeClean(env *engine.Env) time.Duration {
	if len(r.log.snapshots) < 2 {
		return never
	}
	if now := env.Now(); now < r.cleanAt {
		return remaining(now, r.cleanAt)
	}
	r.cleanAt = env.Now().Add(cleanInterval)
	start, segments := r.log.start, len(r.log.segments)
	if err := r.log.clean(env.Wall(), r.highest); err != nil {
		r.diskFailed(env)
		return never
	}
	if r.log.start > start {
		env.Trace(engine.Event{
			Kind: engine.EventLogStartMoved, Topic: TopicName, Offset: r.log.start, Until: start,
			Count: int64(segments - len(r.log.segments)),
		})
	}
	return cleanInterval
}
