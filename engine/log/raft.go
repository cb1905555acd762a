package log

import (
	"bitacora/engine"
)

// LastFetchedEpoch is the epoch of the last record, 0 for an empty log: what a
// Raft replica's Fetch says (KafkaRaftLog.lastFetchedEpoch).
func (l *Log) LastFetchedEpoch() engine.LeaderEpoch {
	return max(l.epochs.latest(), 0)
}

// RaftEndOffsetForEpoch is EndOffsetForEpoch, but an epoch that is not known ends
// where the log does (KafkaRaftLog.endOffsetForEpoch).
func (l *Log) RaftEndOffsetForEpoch(epoch engine.LeaderEpoch) OffsetAndEpoch {
	end := l.EndOffsetForEpoch(epoch)
	if end.Offset == engine.NoOffset {
		return OffsetAndEpoch{Offset: l.leo, Epoch: l.LastFetchedEpoch()}
	}
	return end
}

// ValidateOffsetAndEpoch tells a Raft leader whether a follower whose log ends at
// an offset with an epoch has a prefix of this log; if not, diverging is where the
// follower must look (RaftLog.validateOffsetAndEpoch, without snapshots).
func (l *Log) ValidateOffsetAndEpoch(offset engine.Offset, epoch engine.LeaderEpoch) (diverging OffsetAndEpoch, valid bool) {
	if l.logStartOffset == 0 && offset == 0 {
		return OffsetAndEpoch{}, true
	}
	end := l.RaftEndOffsetForEpoch(epoch)
	if end.Epoch != epoch || end.Offset < offset {
		return end, false
	}
	return OffsetAndEpoch{Offset: offset, Epoch: epoch}, true
}

// TruncateToEndOffset truncates a Raft follower's log to where it may still agree
// with its leader's, which said where an epoch ends there, and gives that offset
// (RaftLog.truncateToEndOffset). Below the high watermark is a broken promise.
func (l *Log) TruncateToEndOffset(end OffsetAndEpoch, now engine.WallTime) (engine.Offset, error) {
	to := min(end.Offset, l.leo)
	if end.Epoch != 0 {
		local := l.RaftEndOffsetForEpoch(end.Epoch)
		to = local.Offset
		if local.Epoch == end.Epoch {
			to = min(local.Offset, end.Offset)
		}
	}
	if to < l.highWatermark {
		engine.Violated("CommittedIsNeverTruncated", "%v to %d, high watermark is %d", l.name, to, l.highWatermark)
	}
	_, err := l.TruncateTo(to, now)
	return to, err
}
