package log

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// AppendInfo says where an append went (LogAppendInfo).
type AppendInfo struct {
	FirstOffset engine.Offset
	LastOffset  engine.Offset
	// LogAppendTime is the leader's time with LogAppendTime, that of the first
	// appending for a duplicate, else batch.NoTimestamp.
	LogAppendTime  engine.WallTime
	LogStartOffset engine.Offset
	MaxTimestamp   batch.Timestamp
	// Duplicate: an idempotent producer sent it again; nothing was appended, the
	// offsets are those of the first time.
	Duplicate bool
	// Seq is what to wait for before promising the append: the store's last
	// operation, which is also after that of a duplicate's first time.
	Seq Seq
}

// LeaderAppend says how a leader appends.
type LeaderAppend struct {
	Epoch  engine.LeaderEpoch
	Origin batch.Origin
	Now    engine.WallTime
}

// Scratch is what appending as leader needs to work in, but not to remember: one
// for a node, never part of its state.
type Scratch struct {
	Codecs batch.Codecs
	bytes  []byte
}

// AppendAsLeader checks a batch of a client or coordinator, gives it offsets,
// leader epoch and, with LogAppendTime, the time, and appends it
// (UnifiedLog.appendAsLeader). The caller's bytes stay as they are.
//
// Errors: *batch.Error; ErrLargerThanSegment; ErrOutOfOrderSequence,
// ErrInvalidProducerEpoch; those of the store.
func (l *Log) AppendAsLeader(b batch.Batch, how LeaderAppend, scratch *Scratch) (AppendInfo, error) {
	scratch.bytes = append(scratch.bytes[:0], b...)
	assigned, err := batch.Assign(scratch.bytes, l.rules(how), &scratch.Codecs)
	if err != nil {
		return AppendInfo{}, err
	}
	b = assigned.Batch
	if max := l.config.MaxMessageBytes; max > 0 && assigned.Rebuilt && len(b) > max {
		return AppendInfo{}, &batch.Error{Defect: batch.TooLarge, Message: fmt.Sprintf(
			"Message batch size is %d bytes in append to partition %v which exceeds the maximum configured size of %d.", len(b), l.name, max)}
	}
	if err := l.assignEpoch(how.Epoch, b.BaseOffset()); err != nil {
		return AppendInfo{}, err
	}
	if err := l.maybeRoll(len(b), b.BaseOffset(), b.LastOffset(), assigned.MaxTimestamp, how.Now); err != nil {
		return AppendInfo{}, err
	}
	info := AppendInfo{
		FirstOffset: b.BaseOffset(), LastOffset: b.LastOffset(), LogAppendTime: batch.NoTimestamp,
		LogStartOffset: l.logStartOffset, MaxTimestamp: assigned.MaxTimestamp,
	}
	if l.config.MessageTimestampType == batch.LogAppendTime {
		info.LogAppendTime = how.Now
	}
	if b.HasProducerID() && !b.IsControl() {
		if seen, ok := l.producers.findDuplicate(b, how.Origin); ok {
			info.FirstOffset, info.LastOffset = seen.firstOffset(), seen.lastOffset
			info.LogAppendTime, info.Duplicate, info.Seq = seen.timestamp, true, l.store.LastSeq()
			return info, nil
		}
		if err := l.producers.check(l.name, b, how.Origin); err != nil {
			return AppendInfo{}, err
		}
	}
	if err := l.append(b); err != nil {
		return AppendInfo{}, err
	}
	l.maybeFlush()
	info.Seq = l.store.LastSeq()
	return info, nil
}

func (l *Log) rules(how LeaderAppend) batch.Rules {
	return batch.Rules{
		Partition:     l.name,
		Origin:        how.Origin,
		BatchBytesMax: l.config.MaxMessageBytes,
		Compacted:     l.config.Compact,
		TimestampType: l.config.MessageTimestampType,
		BeforeMaxMs:   int64(l.config.TimestampBeforeMax / time.Millisecond),
		AfterMaxMs:    int64(l.config.TimestampAfterMax / time.Millisecond),
		Now:           how.Now,
		Recompress:    l.config.Recompress,
		Codec:         l.config.Codec,
		Level:         l.config.Level,
		BaseOffset:    l.leo,
		LeaderEpoch:   how.Epoch,
	}
}

// AppendAsFollower appends a leader's batches with their own offsets and epochs
// (UnifiedLog.appendAsFollower). epoch is the leader epoch that the Fetch was sent
// with: batches of a higher one, and those after, are left out (KAFKA-18723). A
// partial batch at the end is left out, too. Nothing at all appended: LastOffset
// is -1.
//
// Errors: *batch.Error for bytes that are no batches; ErrUnexpectedOffset,
// ErrOffsetsOutOfOrder, ErrLargerThanSegment; those of the store. Up to the last
// one, nothing was appended.
func (l *Log) AppendAsFollower(run []byte, epoch engine.LeaderEpoch, now engine.WallTime) (AppendInfo, error) {
	return l.appendRun(run, epoch, now, false)
}

// AppendAsRaftLeader appends batches that a Raft leader made with their offsets
// and its epoch already in them (AppendOrigin.RAFT_LEADER). Errors are
// AppendAsFollower's, and ErrWrongEpoch.
func (l *Log) AppendAsRaftLeader(run []byte, epoch engine.LeaderEpoch, now engine.WallTime) (AppendInfo, error) {
	return l.appendRun(run, epoch, now, true)
}

// runCheck is what analyzeRun found.
type runCheck struct {
	info  AppendInfo
	bytes []byte // what of the run is to be appended
}

func (l *Log) appendRun(run []byte, epoch engine.LeaderEpoch, now engine.WallTime, raftLeader bool) (AppendInfo, error) {
	check, err := l.analyzeRun(run, epoch, raftLeader)
	if err != nil || len(check.bytes) == 0 {
		return check.info, err
	}
	info := check.info
	if info.FirstOffset < l.leo {
		return AppendInfo{}, fmt.Errorf("append to %v: first offset %d is less than the next offset %d, last offset in append %d, log start offset %d: %w",
			l.name, info.FirstOffset, l.leo, info.LastOffset, l.logStartOffset, ErrUnexpectedOffset)
	}
	for it := batch.Iterate(check.bytes); it.Next(); {
		b := it.Batch()
		if err := l.assignEpoch(b.PartitionLeaderEpoch(), b.BaseOffset()); err != nil {
			return AppendInfo{}, err
		}
	}
	if err := l.maybeRoll(len(check.bytes), info.FirstOffset, info.LastOffset, info.MaxTimestamp, now); err != nil {
		return AppendInfo{}, err
	}
	for it := batch.Iterate(check.bytes); it.Next(); {
		if err := l.append(it.Batch()); err != nil {
			return AppendInfo{}, err
		}
	}
	l.maybeFlush()
	info.Seq = l.store.LastSeq()
	return info, nil
}

// analyzeRun is UnifiedLog.analyzeAndValidateRecords for batches that keep their
// offsets.
func (l *Log) analyzeRun(run []byte, epoch engine.LeaderEpoch, raftLeader bool) (runCheck, error) {
	check := runCheck{info: AppendInfo{
		FirstOffset: engine.NoOffset, LastOffset: engine.NoOffset, LogAppendTime: batch.NoTimestamp,
		LogStartOffset: l.logStartOffset, MaxTimestamp: batch.NoTimestamp,
	}}
	used := 0
	it := batch.Iterate(run)
	for it.Next() {
		b := it.Batch()
		if raftLeader && b.PartitionLeaderEpoch() != epoch {
			return check, fmt.Errorf("append to %v: batch %d has epoch %d, leader has %d: %w", l.name, b.BaseOffset(), b.PartitionLeaderEpoch(), epoch, ErrWrongEpoch)
		}
		if b.PartitionLeaderEpoch() > epoch {
			break
		}
		if b.BaseOffset() <= check.info.LastOffset || b.NextOffset() <= b.BaseOffset() {
			return check, fmt.Errorf("append to %v: batch [%d, %d] after %d: %w", l.name, b.BaseOffset(), b.LastOffset(), check.info.LastOffset, ErrOffsetsOutOfOrder)
		}
		if max := l.config.MaxMessageBytes; raftLeader && max > 0 && len(b) > max {
			return check, &batch.Error{Defect: batch.TooLarge, Message: fmt.Sprintf(
				"The record batch size in the append to %v is %d bytes which exceeds the maximum configured value of %d).", l.name, len(b), max)}
		}
		if b.ComputeCRC() != b.CRC() {
			return check, &batch.Error{Defect: batch.Corrupt, Message: fmt.Sprintf(
				"Record is corrupt (stored crc = %d) in topic partition %v.", b.CRC(), l.name)}
		}
		if check.info.FirstOffset == engine.NoOffset {
			check.info.FirstOffset = b.BaseOffset()
		}
		check.info.LastOffset = b.LastOffset()
		check.info.MaxTimestamp = max(check.info.MaxTimestamp, b.MaxTimestamp())
		used += len(b)
	}
	if err := it.Err(); err != nil {
		return check, fmt.Errorf("append to %v: %w", l.name, err)
	}
	check.bytes = run[:used]
	return check, nil
}

// append writes one checked batch to the active segment.
func (l *Log) append(b batch.Batch) error {
	base := b.BaseOffset()
	if base > l.leo {
		if err := l.noteGaps(); err != nil {
			return err
		}
	}
	if err := l.store.Append(l.id, base, b.PartitionLeaderEpoch(), b); err != nil {
		return fmt.Errorf("append to %v at %d: %w", l.name, base, err)
	}
	l.active().Add(base, b)
	l.leo = b.NextOffset()
	l.unflushed += int64(b.LastOffsetDelta()) + 1
	l.producers.update(b)
	l.producers.mapEnd = l.leo
	return nil
}

// relativeOffsetMax bounds a segment: an index holds offsets relative to its base as
// int32.
const relativeOffsetMax = 1<<31 - 1

// maybeRoll begins a new segment if the active one has no room for so many more
// bytes, or is too old for messages of that time (LogSegment.shouldRoll).
func (l *Log) maybeRoll(bytes int, first, last engine.Offset, largest batch.Timestamp, now engine.WallTime) error {
	if bytes > l.config.SegmentBytes {
		return fmt.Errorf("append of %d bytes to %v, segment.bytes is %d: %w", bytes, l.name, l.config.SegmentBytes, ErrLargerThanSegment)
	}
	s := l.active()
	waited := int64(now - s.Created)
	if s.FirstTimestamp >= 0 {
		waited = int64(largest - s.FirstTimestamp)
	}
	if s.Bytes > int64(l.config.SegmentBytes-bytes) ||
		(s.Bytes > 0 && waited > l.rollAfterMillis(s)) ||
		last-s.Base > relativeOffsetMax {
		return l.roll(first, now)
	}
	return nil
}

// rollAfterMillis is how long a segment may take appends: segment.ms, or
// max.compaction.lag.ms so that what is in it can be compacted in time, less its
// jitter, which keeps partitions that were made together from rolling together
// (LogConfig.maxSegmentMs, randomSegmentJitter). Kafka draws the jitter when it
// makes or opens a segment; here it follows from which segment it is, so that a
// log needs no random numbers.
func (l *Log) rollAfterMillis(s *Segment) int64 {
	after := int64(l.config.SegmentMs / time.Millisecond)
	jitter := min(int64(l.config.SegmentJitter/time.Millisecond), after)
	if l.config.Compact && l.config.MaxCompactionLag > 0 {
		after = min(after, int64(l.config.MaxCompactionLag/time.Millisecond))
	}
	if jitter <= 0 {
		return after
	}
	seed := binary.BigEndian.AppendUint64(l.id.Topic[:len(l.id.Topic):len(l.id.Topic)], l.config.JitterSeed)
	seed = binary.BigEndian.AppendUint32(seed, uint32(l.id.Partition))
	seed = binary.BigEndian.AppendUint64(seed, uint64(s.Base))
	drawn := crc32.Checksum(seed, crc32.MakeTable(crc32.Castagnoli))
	return after - int64(drawn)%jitter
}

// Roll closes the active segment and begins a new one at the log end offset.
func (l *Log) Roll(now engine.WallTime) error { return l.roll(l.leo, now) }

func (l *Log) roll(base engine.Offset, now engine.WallTime) error {
	if s := l.active(); s.Base == base && s.Bytes == 0 {
		return nil // LocalLog.roll: an empty segment with this base is as good as new
	}
	if err := l.store.Roll(l.id, base, now); err != nil {
		return fmt.Errorf("roll %v at %d: %w", l.name, base, err)
	}
	if s := l.active(); s.Bytes == 0 {
		*s = EmptySegment(base, now)
	} else {
		l.segments = append(l.segments, EmptySegment(base, now))
	}
	l.leo = max(l.leo, base)
	l.producers.mapEnd = base
	if err := l.producers.takeSnapshot(l); err != nil {
		return err
	}
	// Kafka flushes what was closed in the background, which makes the new base
	// the recovery point.
	l.Flush()
	return l.setRecoveryPoint(base)
}

// maybeFlush honours flush.messages.
func (l *Log) maybeFlush() {
	if l.unflushed >= l.config.FlushMessages {
		l.Flush()
	}
}

// Flush asks the store to sync what was appended with its next commit.
func (l *Log) Flush() {
	l.unflushed = 0
	l.store.Flush()
}
