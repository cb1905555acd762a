package replica

import (
	"errors"
	"math/bits"
	"time"

	"bitacora/engine"
	"bitacora/engine/log"
)

// cleaner is LogCleaner with its one thread and LogCleanerManager: it cleans the
// dirtiest compacted log, then the next, and sleeps log.cleaner.backoff.ms when
// none is dirty enough. A round goes in steps of what Kafka's cleaner reads at
// once, each in its own time, so that a viewer sees it and a broker serves
// meanwhile; a segment that was swapped in is waited for on the disk before the
// next, as Kafka syncs it, so a slow disk makes a slow cleaner.
//
// Not modelled: log.cleaner.threads above 1.
type cleaner struct {
	working *Partition // nil between rounds
	round   *log.Cleaning
	// swapped is the operation whose commit the round waits for; 0: none.
	swapped uint64
}

// cleanerBytesPerSecond is the most that a round reads and writes. Kafka's cleaner
// has a thread of its own and takes what it gets; ours works in the broker's steps
// (a step of 256 KiB of small records costs one or two milliseconds), and so leaves
// most of the time to those who wait for an answer.
const cleanerBytesPerSecond = 50 << 20

func (m *Manager) onCleanerTimer(env *engine.Env) {
	c := &m.cleaner
	if c.working == nil && !m.beginCleaning(env) {
		m.deleteFromCompacted(env)
		env.SetTimer(m.timer(timerCleaner), m.cfg.CleanerBackoff)
		return
	}
	p := c.working
	if p.gone || !p.log.Config().Compact {
		m.endCleaning(env, cleaningAborted, p.log.CleanedTo())
		return
	}
	did, err := c.round.Step(p.log, m.cfg.CleanerStepBytes, &m.scratch)
	switch {
	case errors.Is(err, log.ErrUncleanable):
		p.uncleanable = true
		m.endCleaning(env, cleaningFailed, p.log.CleanedTo())
		return
	case err != nil:
		m.onStorageError(env, p, err)
		return
	}
	if did.From != engine.NoOffset {
		m.trace(env, p, engine.Event{Kind: engine.EventSegmentsCleaned, Offset: did.From, Until: did.To,
			Count: did.SegmentBytes, Code: int16(did.Taken)})
	}
	switch {
	case did.Aborted:
		m.endCleaning(env, cleaningAborted, did.End)
	case did.Done:
		m.endCleaning(env, cleaningDone, did.End)
	case did.From != engine.NoOffset:
		c.swapped = uint64(m.store.LastSeq())
		m.store.Flush()
	default:
		env.SetTimer(m.timer(timerCleaner), m.cleaningTime(did.Bytes))
	}
}

// onCleanerCommitted goes on when a cleaned segment is on the disk.
func (m *Manager) onCleanerCommitted(env *engine.Env, in engine.Committed) {
	c := &m.cleaner
	if in.Disk != engine.DiskData || c.swapped == 0 || in.Seq < c.swapped {
		return
	}
	c.swapped = 0
	env.SetTimer(m.timer(timerCleaner), 0)
}

// cleaningTime is how long reading and writing so many bytes takes, with
// log.cleaner.io.max.bytes.per.second.
func (m *Manager) cleaningTime(bytes int64) time.Duration {
	rate := min(cleanerBytesPerSecond, max(m.cfg.CleanerBytesPerSecond, 1))
	return time.Duration(bytes) * time.Second / time.Duration(rate)
}

// beginCleaning takes the dirtiest log that may be cleaned, if there is one
// (LogCleanerManager.grabFilthiestCompactedLog).
func (m *Manager) beginCleaning(env *engine.Env) bool {
	var filthiest *Partition
	var what log.Cleanable
	for _, p := range m.ordered {
		if !p.log.Config().Compact || p.uncleanable {
			continue
		}
		c := p.log.Cleanable(env.Wall())
		total := c.TotalBytes()
		if total == 0 || !(c.Overdue && c.DirtyBytes > 0) && c.DirtyBytes <= p.dirtyRatio.Times(total) {
			continue
		}
		if filthiest == nil || dirtier(c, what) {
			filthiest, what = p, c
		}
	}
	if filthiest == nil {
		return false
	}
	m.cleaner.working = filthiest
	m.cleaner.round = filthiest.log.BeginCleaning(what, m.cfg.CleanerKeysMax, env.Wall())
	m.trace(env, filthiest, engine.Event{Kind: engine.EventCleaningBegan, Offset: what.FirstDirty, Until: what.FirstUncleanable,
		Count: what.DirtyBytes})
	return true
}

// dirtier compares the dirty parts of two logs: a/b > c/d as a*d > c*b.
func dirtier(a, b log.Cleanable) bool {
	ah, al := bits.Mul64(uint64(a.DirtyBytes), uint64(b.TotalBytes()))
	bh, bl := bits.Mul64(uint64(b.DirtyBytes), uint64(a.TotalBytes()))
	return ah > bh || ah == bh && al > bl
}

// How a round of cleaning ended, as EventLogCleaned's Code tells.
const (
	cleaningDone    int16 = 0
	cleaningAborted int16 = 1 // truncated, deleted, or no longer compacted
	cleaningFailed  int16 = 2 // bytes that are no records: left alone from now on
)

// endCleaning ends a round and looks for the next log at once, as Kafka's thread
// does.
func (m *Manager) endCleaning(env *engine.Env, how int16, end engine.Offset) {
	p, stats := m.cleaner.working, m.cleaner.round.Stats()
	from := m.cleaner.round.FirstDirty
	m.cleaner = cleaner{}
	m.trace(env, p, engine.Event{Kind: engine.EventLogCleaned, Offset: from, Until: end,
		Count: stats.ReadBytes - stats.WrittenBytes, Code: how})
	m.deleteFromCompacted(env)
	env.SetTimer(m.timer(timerCleaner), 0)
}

// deleteFromCompacted applies retention to compacted logs, which is the cleaner's
// part (LogCleanerManager.deletableLogs): with cleanup.policy=compact,delete by
// time and size, with compact alone what lies below the log start offset.
func (m *Manager) deleteFromCompacted(env *engine.Env) {
	for _, p := range m.ordered {
		if p.log.Config().Compact && !p.uncleanable && p != m.cleaner.working {
			m.deleteOldSegments(env, p)
		}
	}
}
