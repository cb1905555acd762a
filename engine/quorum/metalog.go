package quorum

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata/records"
)

// The records that this package keeps beside the metadata log, apart from
// log.RecordQuorumState.
const (
	// RecordCheckpoint is 00000000000000000000-0000000000.checkpoint: the voters
	// that a standalone controller was formatted with, as control batches.
	RecordCheckpoint = log.RecordOwner
	// RecordBootstrap is bootstrap.checkpoint: the first metadata records.
	RecordBootstrap = log.RecordOwner + 1
	// RecordSnapshot, at a snapshot's end offset, says that the snapshot is whole:
	// its epoch, size and time. It is written after the parts.
	RecordSnapshot = log.RecordOwner + 2
	// RecordSnapshotPart is a piece of a snapshot's batches, at its end offset.
	RecordSnapshotPart = log.RecordOwner + 3
)

// metadataLog is the metadata log on its disk (KafkaRaftLog), with what its
// control records say (KRaftControlRecordStateMachine) and what of it is durable.
type metadataLog struct {
	store     log.Store
	cfg       logConfig
	start     engine.Offset // what is below it is in snapshots alone
	end       engine.Offset
	segments  []log.Segment  // as the store has them
	snapshots []snapshot     // whole ones, ascending; none below start
	epochs    []epochStart   // leader epochs and where they begin, both ascending
	voters    []votersEntry  // voter sets, by ascending offset; -1 is the checkpoint's
	versions  []versionEntry // kraft.version, likewise
	// unsynced are the ends that the log had after operations not yet durable, in
	// order. What was truncated since is taken off them: see truncate.
	unsynced   []syncPoint
	durableEnd engine.Offset
}

// logConfig is what a metadata log is kept by.
type logConfig struct {
	sync           bool          // this replica's promises count: every write is to be synced
	segmentBytes   int64         // metadata.log.segment.bytes
	segmentMs      time.Duration // metadata.log.segment.ms
	retentionBytes int64         // metadata.max.retention.bytes; negative: no bound
	retentionMs    time.Duration // metadata.max.retention.ms; negative: no bound
}

type epochStart struct {
	epoch engine.LeaderEpoch
	start engine.Offset
}

type votersEntry struct {
	offset engine.Offset
	voters VoterSet
}

type versionEntry struct {
	offset  engine.Offset
	version int16
}

type syncPoint struct {
	seq log.Seq
	end engine.Offset
}

// epochAndOffset is an offset with the epoch of the record before it
// (OffsetAndEpoch).
type epochAndOffset struct {
	epoch  engine.LeaderEpoch
	offset engine.Offset
}

// compare orders log ends as Raft does: by epoch, then by length.
func (a epochAndOffset) compare(b epochAndOffset) int {
	if a.epoch != b.epoch {
		return int(a.epoch) - int(b.epoch)
	}
	return int(min(max(a.offset-b.offset, -1), 1))
}

// openLog reads the checkpoint, the latest snapshot and the log. Behind an unclean
// stop it cuts the log at the first hole: a bad CRC, or offsets or epochs that do
// not follow.
func openLog(store log.Store, cfg logConfig) (metadataLog, error) {
	l := metadataLog{store: store, cfg: cfg}
	if err := l.readCheckpoint(); err != nil {
		return l, err
	}
	err := l.refreshSegments()
	if errors.Is(err, log.ErrNoLog) {
		if err = l.changed(store.Create(log.MetadataID, 0, 0)); err == nil {
			err = l.refreshSegments()
		}
		return l, err
	}
	if err != nil {
		return l, err
	}
	if err := l.recoverSnapshots(); err != nil {
		return l, err
	}
	if err := l.readTail(); err != nil {
		return l, err
	}
	if err := l.resetToSnapshot(); err != nil {
		return l, err
	}
	l.durableEnd = l.end // what a store opens with has survived
	l.unsynced = nil
	return l, nil
}

// readTail follows the log from its start on, and cuts off what is not sound.
func (l *metadataLog) readTail() error {
	end := l.segments[len(l.segments)-1].Next
	for l.end = l.start; l.end < end; {
		run, err := l.store.Read(log.MetadataID, l.end, end, batchBytesMax, true)
		if err != nil && !errors.Is(err, log.ErrCorrupt) {
			return fmt.Errorf("read metadata log at %d: %w", l.end, err)
		}
		if n, _ := l.take(run); n == 0 {
			break
		}
	}
	if l.end >= end {
		return nil
	}
	if err := l.changed(l.store.TruncateEnd(log.MetadataID, l.end)); err != nil {
		return fmt.Errorf("cut metadata log at %d: %w", l.end, err)
	}
	return l.refreshSegments()
}

func (l *metadataLog) refreshSegments() error {
	segments, err := l.store.Segments(log.MetadataID)
	if err != nil {
		return fmt.Errorf("segments of the metadata log: %w", err)
	}
	l.segments = slices.Clone(segments)
	return nil
}

// readCheckpoint takes the voters that the disk was formatted with. They stand at
// offset -1: before the log, and not of it.
func (l *metadataLog) readCheckpoint() error {
	run, err := l.store.Record(log.MetadataID, log.RecordKey{Kind: RecordCheckpoint})
	if errors.Is(err, log.ErrNoLog) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read bootstrap checkpoint: %w", err)
	}
	it := batch.Iterate(run)
	for it.Next() {
		if err := it.Batch().EnsureValid(); err != nil {
			return fmt.Errorf("bootstrap checkpoint: %w", err)
		}
		if err := l.takeControl(it.Batch(), engine.NoOffset); err != nil {
			return fmt.Errorf("bootstrap checkpoint: %w", err)
		}
	}
	return it.Err()
}

// take follows a run of batches as far as they are sound and continue the log,
// without writing anything. It gives how many did.
func (l *metadataLog) take(run []byte) (int, error) {
	it := batch.Iterate(run)
	n := 0
	for it.Next() {
		if err := l.takeBatch(it.Batch()); err != nil {
			return n, err
		}
		n++
	}
	return n, it.Err()
}

func (l *metadataLog) takeBatch(b batch.Batch) error {
	if err := b.EnsureValid(); err != nil {
		return err
	}
	epoch := b.PartitionLeaderEpoch()
	if b.BaseOffset() != l.end || b.LastOffset() < b.BaseOffset() || epoch < l.lastEpoch() {
		return fmt.Errorf("%v does not follow %d in epoch %d", b, l.end, l.lastEpoch())
	}
	if b.IsControl() {
		if err := l.takeControl(b, inBatch); err != nil {
			return err
		}
	}
	l.beginEpoch(epoch, b.BaseOffset())
	l.end = b.NextOffset()
	return nil
}

// inBatch says that control records stand at their own offsets.
const inBatch engine.Offset = -2

// takeControl follows the control records of a batch, which stand at offset at, or
// in the log. What the latest snapshot covers is known from there.
func (l *metadataLog) takeControl(b batch.Batch, at engine.Offset) error {
	states, err := readControl(b)
	if err != nil {
		return err
	}
	for _, s := range states {
		if at != inBatch {
			s.offset = at
		} else if latest, ok := l.latestSnapshot(); ok && s.offset < latest.id.offset {
			continue
		}
		switch s.kind {
		case controlVoters:
			l.voters = append(l.voters, votersEntry{s.offset, s.voters})
		case controlKRaftVersion:
			l.versions = append(l.versions, versionEntry{s.offset, s.version})
		}
	}
	return nil
}

// append writes one batch that continues the log, whose epoch it already carries.
func (l *metadataLog) append(b batch.Batch) error {
	if err := l.takeBatch(b); err != nil {
		return err
	}
	if err := l.maybeRoll(b); err != nil {
		return err
	}
	err := l.changed(l.store.Append(log.MetadataID, b.BaseOffset(), b.PartitionLeaderEpoch(), b))
	if err != nil {
		return fmt.Errorf("append to metadata log at %d: %w", b.BaseOffset(), err)
	}
	l.segments[len(l.segments)-1].Add(b.BaseOffset(), b)
	l.unsynced = append(l.unsynced, syncPoint{l.store.LastSeq(), l.end})
	return nil
}

// maybeRoll begins a new segment where the active one is full, or too old for the
// batch (LogSegment.shouldRoll).
func (l *metadataLog) maybeRoll(b batch.Batch) error {
	active := &l.segments[len(l.segments)-1]
	full := active.Bytes+int64(len(b)) > l.cfg.segmentBytes
	old := int64(b.MaxTimestamp()-active.FirstTimestamp) > l.cfg.segmentMs.Milliseconds()
	if active.Bytes == 0 || !full && !old {
		return nil
	}
	created := engine.WallTime(b.MaxTimestamp())
	if err := l.changed(l.store.Roll(log.MetadataID, b.BaseOffset(), created)); err != nil {
		return fmt.Errorf("roll metadata log at %d: %w", b.BaseOffset(), err)
	}
	l.segments = append(l.segments, log.EmptySegment(b.BaseOffset(), created))
	return nil
}

// truncate takes everything from to on away. Ends that wait to become durable
// are lowered too: what stands there now was not part of those operations. With
// the log durable to 5, [7 at seq 3], truncated to 4 and appended to 9 at seq 5,
// seq 3 makes 4 durable, and only seq 5 makes 9.
func (l *metadataLog) truncate(to engine.Offset) error {
	if to >= l.end {
		return nil
	}
	if err := l.changed(l.store.TruncateEnd(log.MetadataID, to)); err != nil {
		return fmt.Errorf("truncate metadata log to %d: %w", to, err)
	}
	if err := l.refreshSegments(); err != nil {
		return fmt.Errorf("truncate metadata log to %d: %w", to, err)
	}
	// Batches go as a whole: only bytes from outside cut one in two.
	to = l.segments[len(l.segments)-1].Next
	l.end = to
	l.durableEnd = min(l.durableEnd, to)
	for i := range l.unsynced {
		l.unsynced[i].end = min(l.unsynced[i].end, to)
	}
	kept := 0
	if l.start > 0 {
		kept = 1 // the snapshot's, which the log begins with
	}
	for n := len(l.epochs); n > kept && l.epochs[n-1].start >= to; n-- {
		l.epochs = l.epochs[:n-1]
	}
	for n := len(l.voters); n > 0 && l.voters[n-1].offset >= to; n-- {
		l.voters = l.voters[:n-1]
	}
	for n := len(l.versions); n > 0 && l.versions[n-1].offset >= to; n-- {
		l.versions = l.versions[:n-1]
	}
	return nil
}

func (l *metadataLog) changed(err error) error {
	if err == nil && l.cfg.sync {
		l.store.Flush()
	}
	return err
}

// onCommitted takes note of what became durable and says whether the log did.
func (l *metadataLog) onCommitted(seq log.Seq) bool {
	before := l.durableEnd
	n := 0
	for n < len(l.unsynced) && l.unsynced[n].seq <= seq {
		l.durableEnd = max(l.durableEnd, l.unsynced[n].end)
		n++
	}
	l.unsynced = append(l.unsynced[:0], l.unsynced[n:]...)
	return l.durableEnd > before
}

// barrier is met when everything written so far is durable.
func (l *metadataLog) barrier() engine.Durable {
	return engine.Durable{Disk: engine.DiskMeta, Seq: uint64(l.store.LastSeq())}
}

// read gives whole batches from an offset on, at least one where there is one.
func (l *metadataLog) read(from, to engine.Offset, bytesMax int) ([]byte, error) {
	from = max(from, l.start)
	if from >= to {
		return nil, nil
	}
	run, err := l.store.Read(log.MetadataID, from, to, bytesMax, true)
	if err != nil {
		return nil, fmt.Errorf("read metadata log at %d: %w", from, err)
	}
	return run, nil
}

// beginEpoch notes that the epoch's records begin at start
// (LeaderEpochFileCache.assign).
func (l *metadataLog) beginEpoch(epoch engine.LeaderEpoch, start engine.Offset) {
	if n := len(l.epochs); n > 0 && l.epochs[n-1].epoch == epoch {
		return
	}
	l.epochs = append(l.epochs, epochStart{epoch, start})
}

// lastEpoch is the epoch of the last record, or of the snapshot that the log begins
// with, or 0 (KafkaRaftLog.lastFetchedEpoch).
func (l *metadataLog) lastEpoch() engine.LeaderEpoch {
	if n := len(l.epochs); n > 0 {
		return l.epochs[n-1].epoch
	}
	return 0
}

func (l *metadataLog) endAndEpoch() epochAndOffset { return epochAndOffset{l.lastEpoch(), l.end} }

// endOffsetForEpoch gives the largest epoch not above the asked one, and where it
// ends; for an epoch above all, or -1, the end of the log
// (KafkaRaftLog.endOffsetForEpoch over LeaderEpochFileCache.endOffsetFor). A log
// that begins with a snapshot knows its epoch.
func (l *metadataLog) endOffsetForEpoch(epoch engine.LeaderEpoch) epochAndOffset {
	above := sort.Search(len(l.epochs), func(i int) bool { return l.epochs[i].epoch > epoch })
	switch {
	case epoch < 0 || above == len(l.epochs):
		return l.endAndEpoch()
	case above == 0 && l.start > 0:
		return epochAndOffset{l.epochs[0].epoch, l.start}
	case above == 0:
		return epochAndOffset{epoch, l.epochs[0].start}
	}
	return epochAndOffset{l.epochs[above-1].epoch, l.epochs[above].start}
}

// standing is how a follower's log end stands to this log
// (ValidOffsetAndEpoch.Kind).
type standing uint8

const (
	standsValid     standing = iota
	standsDiverging          // it holds what this log does not
	standsBehind             // what comes next is in a snapshot alone
)

// standingOf compares a follower's log end with this log (RaftLog
// .validateOffsetAndEpoch, KafkaRaftClient.tryCompleteFetchRequest). at is where
// its log must end at most if it diverges, and the snapshot to fetch if it is
// behind. An empty log begins with a snapshot wherever there is one.
//
// With a log of 5..8 in epoch 3 behind a snapshot (5, epoch 2): offset 4 is
// behind; so is offset 5 of epoch 3, which cannot be, and offset 7 of epoch 1;
// offset 7 of epoch 4 diverges at (9, epoch 3).
func (l *metadataLog) standingOf(offset engine.Offset, epoch engine.LeaderEpoch) (at epochAndOffset, how standing) {
	latest, some := l.latestSnapshot()
	if offset == 0 && some {
		return latest.id, standsBehind
	}
	if l.start == 0 && offset == 0 {
		return epochAndOffset{}, standsValid
	}
	if some {
		earliest := l.snapshots[0].id
		if offset < l.start || offset == l.start && epoch != earliest.epoch || epoch < earliest.epoch {
			return latest.id, standsBehind
		}
	}
	at = l.endOffsetForEpoch(epoch)
	if at.epoch != epoch || offset > at.offset {
		return at, standsDiverging
	}
	return at, standsValid
}

// truncationOffset is where the log must be cut when the leader says that it diverges
// there (RaftLog.truncateToEndOffset).
func (l *metadataLog) truncationOffset(leader epochAndOffset) engine.Offset {
	if leader.epoch == 0 {
		return min(leader.offset, l.end)
	}
	local := l.endOffsetForEpoch(leader.epoch)
	if local.epoch == leader.epoch {
		return min(local.offset, leader.offset)
	}
	return local.offset
}

// lastVoters is the latest voter set, committed or not; empty where none is known.
func (l *metadataLog) lastVoters() VoterSet {
	if n := len(l.voters); n > 0 {
		return l.voters[n-1].voters
	}
	return nil
}

func (l *metadataLog) lastVersion() int16 {
	if n := len(l.versions); n > 0 {
		return l.versions[n-1].version
	}
	return 0
}

func (l *metadataLog) reconfigSupported() bool { return l.lastVersion() >= kraftVersionReconfig }

// election is what survives of the state of an epoch (ElectionState).
type election struct {
	epoch    engine.LeaderEpoch
	leader   engine.NodeID // or NoNode
	voted    ReplicaKey
	hasVoted bool
}

// quorumStateVersionBytes precede the message: its version.
const quorumStateVersionBytes = 2

func (e *election) encode() []byte {
	data := records.NewQuorumStateData()
	data.LeaderID, data.LeaderEpoch = e.leader, e.epoch
	if e.hasVoted {
		data.VotedID, data.VotedDirectoryID = e.voted.ID, e.voted.DirectoryID
	}
	version := data.HighestVersion()
	return data.AppendTo([]byte{byte(version >> 8), byte(version)}, version)
}

func (l *metadataLog) readElection() (e election, found bool, err error) {
	value, err := l.store.Record(log.MetadataID, log.RecordKey{Kind: log.RecordQuorumState})
	if err != nil || value == nil {
		return e, false, err
	}
	if len(value) < quorumStateVersionBytes {
		return e, false, fmt.Errorf("quorum state of %d bytes", len(value))
	}
	var data records.QuorumStateData
	if err := data.ReadFrom(value[quorumStateVersionBytes:], int16(value[0])<<8|int16(value[1])); err != nil {
		return e, false, fmt.Errorf("quorum state: %w", err)
	}
	e = election{epoch: data.LeaderEpoch, leader: data.LeaderID}
	if data.VotedID != engine.NoNode {
		e.voted, e.hasVoted = ReplicaKey{data.VotedID, data.VotedDirectoryID}, true
	}
	return e, true, nil
}

func (l *metadataLog) writeElection(encoded []byte) error {
	err := l.changed(l.store.SetRecord(log.MetadataID, log.RecordKey{Kind: log.RecordQuorumState}, encoded))
	if err != nil {
		return fmt.Errorf("write quorum state: %w", err)
	}
	return nil
}
