package quorum

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// checker holds the properties of Raft over a whole run: one leader an epoch
// (ElectionSafety), one batch at an offset once committed (StateMachineSafety),
// every leader has what was committed before it (LeaderCompleteness), equal epochs
// at equal offsets mean equal logs (LogMatching).
type checker struct {
	t         testing.TB
	leaders   map[engine.LeaderEpoch]engine.NodeID
	log       map[engine.Offset]batch.Batch        // committed, by base offset
	epochOf   map[engine.Offset]engine.LeaderEpoch // that it was committed in
	end       engine.Offset
	leading   map[engine.NodeID]engine.LeaderEpoch // whom it looked at already
	complaint string
}

func newChecker(t testing.TB) checker {
	return checker{
		t: t, leaders: map[engine.LeaderEpoch]engine.NodeID{}, log: map[engine.Offset]batch.Batch{},
		epochOf: map[engine.Offset]engine.LeaderEpoch{}, leading: map[engine.NodeID]engine.LeaderEpoch{},
	}
}

func (c *checker) complain(format string, args ...any) {
	if c.complaint == "" {
		c.complaint = fmt.Sprintf(format, args...)
	}
}

func (c *checker) died(id engine.NodeID) { delete(c.leading, id) }

// look runs after each step of a process.
func (c *checker) look(w *world, p *proc) {
	r := p.node.replica
	epoch := r.state.election.epoch
	if r.state.role != Leader || c.leading[p.id] == epoch {
		return
	}
	c.leading[p.id] = epoch
	if other, ok := c.leaders[epoch]; ok && (other != p.id) {
		c.complain("ElectionSafety: epoch %d is led by %d and %d", epoch, other, p.id)
	}
	c.leaders[epoch] = p.id
	// LeaderCompleteness: everything committed is in the log that a leader begins with.
	mine := map[engine.Offset]batch.Batch{}
	for _, b := range w.logOf(p) {
		mine[b.BaseOffset()] = b
	}
	for offset, b := range c.log {
		if c.epochOf[offset] < epoch && offset >= r.log.start && !bytes.Equal(mine[offset], b) {
			c.complain("LeaderCompleteness: %d leads epoch %d without %v", p.id, epoch, b)
			return
		}
	}
}

// snapshot holds that a snapshot stands for what was committed below its end, and
// nothing else.
func (c *checker) snapshot(p *proc, id SnapshotID, values []string) {
	if id.EndOffset() > c.end {
		c.complain("SnapshotIsCommitted: %d has %v, but the committed log ends at %d", p.id, id, c.end)
		return
	}
	if want := c.valuesBelow(id.EndOffset()); !slices.Equal(values, want) {
		c.complain("SnapshotMatchesLog: %d has %d records in %v, %d were committed", p.id, len(values), id, len(want))
	}
}

func (c *checker) valuesBelow(end engine.Offset) []string {
	var values []string
	for _, offset := range slices.Sorted(maps.Keys(c.log)) {
		if offset < end {
			values = append(values, valuesOf(c.t, c.log[offset])...)
		}
	}
	return values
}

// committed takes a batch that a replica handed out.
func (c *checker) committed(w *world, p *proc, b batch.Batch) {
	base := b.BaseOffset()
	if base != p.delivered {
		c.complain("CommittedInOrder: %d handed out %d after %d", p.id, base, p.delivered)
	}
	p.delivered = b.NextOffset()
	if known, ok := c.log[base]; ok && !bytes.Equal(known, b) {
		c.complain("StateMachineSafety: %d handed out %v at %d, where %v was committed", p.id, b, base, known)
	} else if !ok {
		if base != c.end {
			c.complain("StateMachineSafety: %d handed out %v, but the committed log ends at %d", p.id, b, c.end)
		}
		c.log[base] = bytes.Clone(b)
		c.epochOf[base] = p.node.replica.state.election.epoch
		c.end = max(c.end, b.NextOffset())
	}
}

// compareLogs holds LogMatching between two replicas, as far as both logs reach.
func (c *checker) compareLogs(w *world, a, b *proc) {
	la, lb := w.logOf(a), map[engine.Offset]batch.Batch{}
	for _, other := range w.logOf(b) {
		lb[other.BaseOffset()] = other
	}
	match := -1
	for i := range la {
		if other, ok := lb[la[i].BaseOffset()]; ok && other.PartitionLeaderEpoch() == la[i].PartitionLeaderEpoch() {
			match = i
		}
	}
	for i := 0; i <= match; i++ {
		if la[i].BaseOffset() < b.node.replica.log.start {
			continue
		}
		if other := lb[la[i].BaseOffset()]; !bytes.Equal(la[i], other) {
			c.complain("LogMatching: %d has %v, %d has %v", a.id, la[i], b.id, other)
			return
		}
	}
}

// logOf reads a log, segment by segment.
func (w *world) logOf(p *proc) []batch.Batch {
	var all []batch.Batch
	r := p.node.replica
	for from := r.log.start; from < r.log.end; from = all[len(all)-1].NextOffset() {
		run, err := r.ReadLog(from, 64<<20)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, batchesOf(w.t, run)...)
	}
	return all
}

// broken says what property was broken, by the checker or by an assertion.
func (w *world) broken() string {
	if w.violation != nil {
		return w.violation.Error()
	}
	return w.checker.complaint
}
