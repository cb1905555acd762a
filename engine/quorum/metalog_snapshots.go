package quorum

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata/records"
)

// snapshot is what the log knows of one of its snapshots, whose batches lie in
// small records of the store (FileRawSnapshotReader). What was half written or half
// removed when the process died has no RecordSnapshot, or stands below the start of
// the log: recoverSnapshots takes it away.
type snapshot struct {
	id            epochAndOffset // the end offset of what it holds, the epoch of the last of that
	bytes         int64
	lastContained engine.WallTime // time of the last batch that it holds
}

// snapshotBytesMax bounds the snapshot that is taken from a leader. A partition
// is some 100 bytes, so that ten million of them would come near it.
const snapshotBytesMax = 1 << 30

// The value of a RecordSnapshot: epoch, size, time.
const snapshotRecordBytes = 4 + 8 + 8

func (s *snapshot) encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(s.id.epoch))
	b = binary.BigEndian.AppendUint64(b, uint64(s.bytes))
	return binary.BigEndian.AppendUint64(b, uint64(s.lastContained))
}

func decodeSnapshot(offset engine.Offset, b []byte) (snapshot, error) {
	if len(b) != snapshotRecordBytes {
		return snapshot{}, fmt.Errorf("snapshot at %d: its description has %d bytes", offset, len(b))
	}
	return snapshot{
		id:            epochAndOffset{engine.LeaderEpoch(binary.BigEndian.Uint32(b)), offset},
		bytes:         int64(binary.BigEndian.Uint64(b[4:])),
		lastContained: engine.WallTime(binary.BigEndian.Uint64(b[12:])),
	}, nil
}

func snapshotKey(offset engine.Offset) log.RecordKey {
	return log.RecordKey{Kind: RecordSnapshot, Offset: offset}
}

func snapshotPartKey(offset engine.Offset, part int64) log.RecordKey {
	return log.RecordKey{Kind: RecordSnapshotPart, Offset: offset, Part: int32(part)}
}

func (l *metadataLog) latestSnapshot() (snapshot, bool) {
	if n := len(l.snapshots); n > 0 {
		return l.snapshots[n-1], true
	}
	return snapshot{}, false
}

func (l *metadataLog) findSnapshot(id epochAndOffset) (snapshot, bool) {
	for _, s := range l.snapshots {
		if s.id == id {
			return s, true
		}
	}
	return snapshot{}, false
}

// recoverSnapshots finds the start of the log and the snapshots from there on, and
// follows the latest one (KafkaRaftLog.recoverSnapshots,
// KRaftControlRecordStateMachine.maybeLoadSnapshot).
func (l *metadataLog) recoverSnapshots() error {
	if err := l.recoverStart(); err != nil {
		return err
	}
	if err := l.forgetRemains(); err != nil {
		return err
	}
	latest, some := l.latestSnapshot()
	if !some {
		if l.start > 0 {
			return fmt.Errorf("metadata log begins at %d, and no snapshot holds what is below", l.start)
		}
		return nil
	}
	if l.start > 0 {
		if latest.id.offset < l.start {
			return fmt.Errorf("metadata log begins at %d, and its latest snapshot ends at %d", l.start, latest.id.offset)
		}
		if first := l.snapshots[0].id; first.offset == l.start {
			l.beginEpoch(first.epoch, l.start)
		}
	}
	return l.followSnapshot(latest)
}

func (l *metadataLog) recoverStart() error {
	l.start = l.segments[0].Base
	value, err := l.store.Record(log.MetadataID, log.RecordKey{Kind: log.RecordLogStartOffset})
	if err != nil {
		return fmt.Errorf("read the start of the metadata log: %w", err)
	}
	if len(value) == 8 {
		l.start = max(l.start, engine.Offset(binary.BigEndian.Uint64(value)))
	}
	return nil
}

// forgetRemains lists the whole snapshots from the start of the log on, and removes
// what else there is.
func (l *metadataLog) forgetRemains() error {
	heads, err := l.store.RecordOffsets(log.MetadataID, RecordSnapshot)
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	parts, err := l.store.RecordOffsets(log.MetadataID, RecordSnapshotPart)
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	for _, offset := range heads {
		value, err := l.store.Record(log.MetadataID, snapshotKey(offset))
		if err != nil {
			return fmt.Errorf("read snapshot at %d: %w", offset, err)
		}
		s, err := decodeSnapshot(offset, value)
		if err != nil {
			return err
		}
		if offset >= l.start {
			l.snapshots = append(l.snapshots, s)
		} else if err := l.removeSnapshot(offset); err != nil {
			return err
		}
	}
	for _, offset := range parts {
		if !slices.ContainsFunc(l.snapshots, func(s snapshot) bool { return s.id.offset == offset }) {
			if err := l.removeSnapshot(offset); err != nil {
				return err
			}
		}
	}
	return nil
}

// followSnapshot takes the voters and versions that a snapshot ends with in the
// place of all that was known. They stand at the last offset that it holds.
func (l *metadataLog) followSnapshot(s snapshot) error {
	content, err := l.readSnapshot(s, 0, s.bytes)
	if err != nil {
		return err
	}
	l.voters, l.versions = nil, nil
	it := batch.Iterate(content)
	for it.Next() {
		b := it.Batch()
		if err := b.EnsureValid(); err != nil {
			return fmt.Errorf("snapshot at %d: %w", s.id.offset, err)
		}
		if !b.IsControl() {
			continue
		}
		if err := l.takeControl(b, s.id.offset-1); err != nil {
			return fmt.Errorf("snapshot at %d: %w", s.id.offset, err)
		}
	}
	return it.Err()
}

// readSnapshot gives at most bytesMax bytes of a snapshot, from a position on.
func (l *metadataLog) readSnapshot(s snapshot, position, bytesMax int64) ([]byte, error) {
	size := min(bytesMax, s.bytes-position)
	out := make([]byte, 0, size)
	for part := position / log.RecordBytesMax; int64(len(out)) < size; part++ {
		value, err := l.store.Record(log.MetadataID, snapshotPartKey(s.id.offset, part))
		if err == nil && int64(len(value)) != min(log.RecordBytesMax, s.bytes-part*log.RecordBytesMax) {
			err = log.ErrCorrupt
		}
		if err != nil {
			return nil, fmt.Errorf("read snapshot at %d, part %d: %w", s.id.offset, part, err)
		}
		from := max(0, position-part*log.RecordBytesMax)
		out = append(out, value[from:min(int64(len(value)), from+size-int64(len(out)))]...)
	}
	return out, nil
}

// writeSnapshot keeps a snapshot: its parts, then what says that they are all
// there. One that a crash interrupts is none.
func (l *metadataLog) writeSnapshot(s snapshot, content []byte) error {
	s.bytes = int64(len(content))
	part := int64(0)
	for rest := content; len(rest) > 0; part++ {
		n := min(len(rest), log.RecordBytesMax)
		if err := l.store.SetRecord(log.MetadataID, snapshotPartKey(s.id.offset, part), rest[:n]); err != nil {
			return fmt.Errorf("write snapshot at %d: %w", s.id.offset, err)
		}
		rest = rest[n:]
	}
	if err := l.changed(l.store.SetRecord(log.MetadataID, snapshotKey(s.id.offset), s.encode())); err != nil {
		return fmt.Errorf("write snapshot at %d: %w", s.id.offset, err)
	}
	l.snapshots = append(l.snapshots, s)
	return nil
}

// removeSnapshot takes one from the store: what says that it is whole first, then
// its parts from the last on, so that what a crash leaves can be found again.
func (l *metadataLog) removeSnapshot(offset engine.Offset) error {
	err := l.store.SetRecord(log.MetadataID, snapshotKey(offset), nil)
	parts := int64(0)
	for ; err == nil; parts++ {
		var value []byte
		if value, err = l.store.Record(log.MetadataID, snapshotPartKey(offset, parts)); value == nil {
			break
		}
	}
	for ; err == nil && parts > 0; parts-- {
		err = l.store.SetRecord(log.MetadataID, snapshotPartKey(offset, parts-1), nil)
	}
	if err := l.changed(err); err != nil {
		return fmt.Errorf("remove snapshot at %d: %w", offset, err)
	}
	return nil
}

// forgetSnapshotsBefore removes the snapshots that end before an offset.
func (l *metadataLog) forgetSnapshotsBefore(offset engine.Offset) error {
	for len(l.snapshots) > 0 && l.snapshots[0].id.offset < offset {
		if err := l.removeSnapshot(l.snapshots[0].id.offset); err != nil {
			return err
		}
		l.snapshots = l.snapshots[1:]
	}
	return nil
}

// resetToSnapshot puts the latest snapshot in the place of a log that does not
// reach it: one that it was just fetched for, maybe in a life before
// (KafkaRaftLog.truncateToLatestSnapshot). It may as well have gone another way:
// then the snapshot's epoch is the later one.
func (l *metadataLog) resetToSnapshot() error {
	s, some := l.latestSnapshot()
	if !some || s.id.epoch < l.lastEpoch() || s.id.epoch == l.lastEpoch() && s.id.offset <= l.end {
		return nil
	}
	err := l.changed(l.store.Reset(log.MetadataID, s.id.offset, s.lastContained))
	if err == nil {
		err = l.refreshSegments()
	}
	if err != nil {
		return fmt.Errorf("begin metadata log anew at %d: %w", s.id.offset, err)
	}
	l.start, l.end = s.id.offset, s.id.offset
	l.epochs = nil
	l.beginEpoch(s.id.epoch, l.start)
	l.durableEnd = min(l.durableEnd, l.end)
	for i := range l.unsynced {
		l.unsynced[i].end = min(l.unsynced[i].end, l.end)
	}
	l.unsynced = append(l.unsynced, syncPoint{l.store.LastSeq(), l.end})
	if err := l.followSnapshot(s); err != nil {
		return err
	}
	return l.forgetSnapshotsBefore(l.start)
}

// trimHistory drops voter sets and versions that a snapshot at offset has made
// history of, but the last (VoterSetHistory.truncateOldEntries).
func (l *metadataLog) trimHistory(offset engine.Offset) {
	n := 0
	for n+1 < len(l.voters) && l.voters[n+1].offset <= offset {
		n++
	}
	l.voters = slices.Clone(l.voters[n:])
	n = 0
	for n+1 < len(l.versions) && l.versions[n+1].offset <= offset {
		n++
	}
	l.versions = slices.Clone(l.versions[n:])
}

// votersAt is the voter set as of a record, inclusive; nil where none is known.
func (l *metadataLog) votersAt(offset engine.Offset) VoterSet {
	for i := len(l.voters) - 1; i >= 0; i-- {
		if l.voters[i].offset <= offset {
			return l.voters[i].voters
		}
	}
	return nil
}

func (l *metadataLog) versionAt(offset engine.Offset) int16 {
	for i := len(l.versions) - 1; i >= 0; i-- {
		if l.versions[i].offset <= offset {
			return l.versions[i].version
		}
	}
	return 0
}

// clean removes old snapshots and what of the log they made needless, by size and
// then by time, as long as a later snapshot is there (KafkaRaftLog.maybeClean).
func (l *metadataLog) clean(now engine.WallTime, committed engine.Offset) error {
	if limit := l.cfg.retentionBytes; limit >= 0 {
		for len(l.snapshots) > 1 && l.sizeInBytes() > limit {
			if done, err := l.startAtSecond(committed); err != nil || !done {
				return err
			}
		}
	}
	if limit := l.cfg.retentionMs; limit >= 0 {
		for len(l.snapshots) > 1 && int64(now-l.snapshots[0].lastContained) > limit.Milliseconds() {
			if done, err := l.startAtSecond(committed); err != nil || !done {
				return err
			}
		}
	}
	return nil
}

// sizeInBytes is the log and its snapshots.
func (l *metadataLog) sizeInBytes() int64 {
	total := int64(0)
	for i := range l.segments {
		total += l.segments[i].Bytes
	}
	for i := range l.snapshots {
		total += l.snapshots[i].bytes
	}
	return total
}

// startAtSecond makes the log begin with its second snapshot: the start moves
// first, then segments and the older snapshot go (deleteBeforeSnapshot).
func (l *metadataLog) startAtSecond(committed engine.Offset) (bool, error) {
	id := l.snapshots[1].id
	if id.offset <= l.start || id.offset > committed {
		return false, nil
	}
	value := binary.BigEndian.AppendUint64(nil, uint64(id.offset))
	err := l.store.SetRecord(log.MetadataID, log.RecordKey{Kind: log.RecordLogStartOffset}, value)
	if err == nil {
		err = l.changed(l.store.TruncateStart(log.MetadataID, id.offset))
	}
	if err == nil {
		err = l.refreshSegments()
	}
	if err != nil {
		return false, fmt.Errorf("begin metadata log at %d: %w", id.offset, err)
	}
	l.start = id.offset
	n := 0
	for n+1 < len(l.epochs) && l.epochs[n+1].start <= l.start {
		n++
	}
	l.epochs = slices.Clone(l.epochs[n:])
	if l.epochs[0].start < l.start {
		l.epochs[0].start = l.start
	}
	if l.epochs[0].epoch != id.epoch {
		// The log goes on in a later epoch right there.
		l.epochs = slices.Insert(l.epochs, 0, epochStart{id.epoch, l.start})
	}
	return true, l.forgetSnapshotsBefore(l.start)
}

// snapshotContent is a snapshot's batches: header, version and voters; records;
// footer (RecordsSnapshotWriter). Their offsets count from 0, their epoch is the
// snapshot's.
func (l *metadataLog) snapshotContent(s snapshot, now engine.WallTime, frames [][]byte) []byte {
	header := records.NewSnapshotHeaderRecord()
	header.LastContainedLogTimestamp = int64(s.lastContained)
	control := controlBatch(0, s.id.epoch)
	appendControl(control, now, controlSnapshotHeader, &header)
	if version := l.versionAt(s.id.offset - 1); version >= kraftVersionReconfig {
		record := records.NewKRaftVersionRecord()
		record.KRaftVersion = version
		appendControl(control, now, controlKRaftVersion, &record)
		if voters := l.votersAt(s.id.offset - 1); len(voters) > 0 {
			record := voters.record()
			appendControl(control, now, controlVoters, &record)
		}
	}
	next := control.NextOffset()
	content := []byte(buildBatch(control))
	for len(frames) > 0 {
		data := batch.NewBuilder(batch.Options{BaseOffset: next, LeaderEpoch: s.id.epoch})
		for len(frames) > 0 && (data.Count() == 0 || data.SizeInBytes()+batch.RecordSizeUpperBound(nil, frames[0]) <= batchBytesMax) {
			data.Append(batch.Timestamp(now), nil, frames[0])
			frames = frames[1:]
		}
		next = data.NextOffset()
		content = append(content, buildBatch(data)...)
	}
	return append(content, snapshotFooter(next, s.id.epoch, now)...)
}

var errBadSnapshot = errors.New("not a snapshot")

// checkSnapshot says what is wrong with a snapshot's batches, and gives the time of
// the last batch that it holds: sound batches from offset 0 on in one epoch, a
// header first, a footer last.
func checkSnapshot(id epochAndOffset, content []byte) (lastContained engine.WallTime, err error) {
	next, footer := engine.Offset(0), false
	it := batch.Iterate(content)
	for it.Next() {
		b := it.Batch()
		if err := b.EnsureValid(); err != nil {
			return 0, err
		}
		if footer || b.BaseOffset() != next || b.LastOffset() < next || b.PartitionLeaderEpoch() != id.epoch {
			return 0, fmt.Errorf("%w: %v after %d", errBadSnapshot, b, next)
		}
		if b.IsControl() {
			header, isHeader, isFooter, err := readBounds(b)
			if err == nil {
				_, err = readControl(b) // followSnapshot will
			}
			if err != nil || isHeader != (next == 0) {
				return 0, fmt.Errorf("%w: %v, header %v: %w", errBadSnapshot, b, isHeader, err)
			}
			if isHeader {
				lastContained = header
			}
			footer = isFooter
		} else if next == 0 {
			return 0, fmt.Errorf("%w: no header", errBadSnapshot)
		}
		next = b.NextOffset()
	}
	if err := it.Err(); err != nil {
		return 0, err
	}
	if !footer {
		return 0, fmt.Errorf("%w: no footer", errBadSnapshot)
	}
	return lastContained, nil
}
