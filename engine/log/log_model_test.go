package log_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// logModel is what a log should hold: its batches, and what the last commit held.
type logModel struct {
	*rapid.T
	store   *log.Memory
	log     *log.Log
	config  log.Config
	scratch log.Scratch
	now     logState
	durable logState
	epoch   engine.LeaderEpoch

	producers     [4]engine.ProducerID
	producersMade engine.ProducerID
}

type logState struct {
	batches []batch.Batch // from the first that was ever appended and not truncated
	start   engine.Offset
	end     engine.Offset
}

func (s logState) copy() logState {
	s.batches = slices.Clone(s.batches)
	return s
}

func newLogModel(t *rapid.T) *logModel {
	m := &logModel{T: t, store: log.NewMemory(0), config: log.DefaultConfig()}
	m.config.SegmentBytes = 1500
	m.config.RetentionBytes = 4000
	var err error
	m.log, err = log.Create(m.store, playID, engine.TopicPartition{Topic: "orders"}, m.config, playNow)
	m.must(err)
	m.commit(t)
	return m
}

func (m *logModel) must(err error) {
	if err != nil {
		m.Fatal(err)
	}
}

// TestLogModel does random things to a log, with crashes, and looks whether all that
// should be there is, under the right epochs, known to its producers.
func TestLogModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newLogModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"produce": m.produce, "produce more": m.produce, "produce much": m.produce,
			"new leader": func(*rapid.T) {
				m.epoch++
				m.must(m.log.AssignEpochStartOffset(m.epoch, m.log.LogEndOffset()))
			},
			"roll":       func(*rapid.T) { m.must(m.log.Roll(playNow)) },
			"truncate":   m.truncate,
			"advance":    m.advance,
			"delete old": m.deleteOld,
			"checkpoint": func(*rapid.T) { m.must(m.log.Checkpoint()); m.must(m.log.CheckpointHighWatermark()) },
			"commit":     m.commit,
			"crash":      m.crash,
			"close":      m.close,
			"clone":      m.clone,
			"":           m.check,
		})
	})
}

func (m *logModel) produce(*rapid.T) {
	b := logtest.Batch(rapid.IntRange(1, 4).Draw(m.T, "records"), playNow, rapid.IntRange(0, 300).Draw(m.T, "bytes"))
	if p := rapid.IntRange(0, 3).Draw(m.T, "producer"); p > 0 {
		seq := int32(0)
		if last := m.lastOf(m.producers[p]); last != nil {
			seq = last.LastSequence() + 1
		} else { // the log may know it or not: take a new one
			m.producersMade++
			m.producers[p] = m.producersMade
		}
		b.SetProducer(m.producers[p], 0, seq)
	}
	info, err := m.log.AppendAsLeader(b, log.LeaderAppend{Epoch: m.epoch, Now: playNow}, &m.scratch)
	m.must(err)
	if info.FirstOffset != m.now.end {
		m.Fatalf("appended at %d, want %d", info.FirstOffset, m.now.end)
	}
	b.SetBaseOffset(info.FirstOffset)
	b.SetPartitionLeaderEpoch(m.epoch)
	m.now.batches = append(m.now.batches, b)
	m.now.end = info.LastOffset + 1
}

// lastOf is the last batch of a producer that must be known.
func (m *logModel) lastOf(pid engine.ProducerID) batch.Batch {
	for _, b := range slices.Backward(m.now.batches) {
		if b.ProducerID() == pid && b.BaseOffset() >= m.log.LogStartOffset() {
			return b
		}
	}
	return nil
}

func (m *logModel) truncate(*rapid.T) {
	if len(m.now.batches) == 0 {
		return
	}
	b := m.now.batches[rapid.IntRange(max(0, len(m.now.batches)-6), len(m.now.batches)-1).Draw(m.T, "batch")]
	to := b.BaseOffset()
	if to < m.log.LogStartOffset() {
		return
	}
	_, err := m.log.TruncateTo(to, playNow)
	m.must(err)
	m.now.batches = slices.DeleteFunc(m.now.batches, func(b batch.Batch) bool { return b.BaseOffset() >= to })
	m.now.end = to
}

func (m *logModel) advance(*rapid.T) {
	m.log.UpdateHighWatermark(engine.Offset(rapid.Int64Range(0, int64(m.now.end)).Draw(m.T, "high watermark")))
	to := engine.Offset(rapid.Int64Range(0, int64(m.log.HighWatermark())).Draw(m.T, "log start"))
	_, err := m.log.MaybeIncrementLogStartOffset(to)
	m.must(err)
	m.now.start = max(m.now.start, to)
}

func (m *logModel) deleteOld(*rapid.T) {
	_, err := m.log.DeleteOldSegments(playNow)
	m.must(err)
	m.now.start = m.log.LogStartOffset()
	if m.now.start > m.log.HighWatermark() {
		m.Fatalf("log start offset %d above the high watermark %d", m.now.start, m.log.HighWatermark())
	}
}

func (m *logModel) commit(*rapid.T) {
	if c, ok := m.store.Seal(); ok {
		m.must(c.Run())
		m.store.Committed(c.Seq())
	}
	m.durable = m.now.copy()
}

// open opens the log. A crash may take the taking of the mark, but then it took all
// that came later, too.
func (m *logModel) open() {
	clean, err := log.TakeCleanMark(m.store)
	m.must(err)
	var found log.Recovery
	m.log, found, err = log.Open(m.store, playID, m.log.Name(), m.config, clean, playNow)
	m.must(err)
	if found.Cut != log.NotCut {
		m.Fatalf("recovery cut %d bytes at %d: %v", found.CutBytes, found.To, found.Cut)
	}
}

func (m *logModel) crash(*rapid.T) {
	m.must(m.store.Crash())
	m.now = m.durable.copy()
	m.open()
	m.must(m.log.AssignEpochStartOffset(m.epoch, m.log.LogEndOffset()))
}

func (m *logModel) close(t *rapid.T) {
	hw := m.log.HighWatermark()
	m.must(m.log.Close())
	m.must(log.MarkClean(m.store))
	m.commit(t)
	m.must(m.store.Crash()) // nothing is lost any more
	m.open()
	if m.log.HighWatermark() != hw {
		m.Fatalf("high watermark %d, was %d when closed", m.log.HighWatermark(), hw)
	}
}

// clone goes on with a clone, after the original went another way.
func (m *logModel) clone(*rapid.T) {
	store := m.store.Clone()
	cloned := m.log.Clone(store)
	other := func(epoch engine.LeaderEpoch, producer int) {
		b := logtest.Batch(3, playNow, 50)
		if last := m.lastOf(m.producers[producer]); last != nil && producer > 0 {
			b.SetProducer(last.ProducerID(), 0, last.LastSequence()+1)
		}
		_, err := m.log.AppendAsLeader(b, log.LeaderAppend{Epoch: epoch, Now: playNow}, &m.scratch)
		m.must(err)
	}
	for producer := range m.producers {
		other(m.epoch+5, producer)
	}
	_, err := m.log.TruncateTo(m.log.LogStartOffset(), playNow)
	m.must(err)
	other(m.epoch+6, 0)
	m.store, m.log = store, cloned
}

func (m *logModel) check(t *rapid.T) {
	l := m.log
	if l.LogEndOffset() != m.now.end || l.LogStartOffset() != m.now.start {
		t.Fatalf("log is [%d, %d), want [%d, %d)", l.LogStartOffset(), l.LogEndOffset(), m.now.start, m.now.end)
	}
	if l.HighWatermark() < l.LogStartOffset() || l.HighWatermark() > l.LogEndOffset() || l.Segments()[0].Base > l.LogStartOffset() {
		t.Fatalf("first segment %d <= log start offset %d <= high watermark %d <= end %d", l.Segments()[0].Base, l.LogStartOffset(), l.HighWatermark(), l.LogEndOffset())
	}
	m.checkBatches(t)
	m.checkEpochs(t)
	m.checkProducers(t)
}

func (m *logModel) checkBatches(t *rapid.T) {
	next := m.now.start
	for _, b := range m.now.batches {
		if b.LastOffset() < m.now.start {
			continue
		}
		run, err := m.log.Read(next, log.LogEnd, 0, true)
		m.must(err)
		if !bytes.Equal(run, b) {
			t.Fatalf("read at %d: %v, want %v", next, batch.Batch(run), b)
		}
		next = b.NextOffset()
	}
	if run, err := m.log.Read(next, log.LogEnd, 0, true); err != nil || len(run) > 0 || next != m.now.end {
		t.Fatalf("read at the end, %d of %d: %d bytes, %v", next, m.now.end, len(run), err)
	}
}

// checkEpochs compares with the batches' own epochs.
func (m *logModel) checkEpochs(t *rapid.T) {
	for i, b := range m.now.batches {
		if b.LastOffset() < m.now.start {
			continue
		}
		offset := max(b.BaseOffset(), m.now.start)
		if got := m.log.EpochForOffset(offset); got != b.PartitionLeaderEpoch() {
			t.Fatalf("epoch of offset %d is %d, want %d; epochs %v", offset, got, b.PartitionLeaderEpoch(), m.log.EpochEntries())
		}
		if i+1 < len(m.now.batches) && m.now.batches[i+1].PartitionLeaderEpoch() != b.PartitionLeaderEpoch() {
			if end := m.log.EndOffsetForEpoch(b.PartitionLeaderEpoch()); end.Offset != b.NextOffset() {
				t.Fatalf("epoch %d ends at %d, want %d; epochs %v", b.PartitionLeaderEpoch(), end.Offset, b.NextOffset(), m.log.EpochEntries())
			}
		}
	}
}

// checkProducers sends the last batch of a producer again: it must be known.
func (m *logModel) checkProducers(t *rapid.T) {
	known := map[engine.ProducerID]batch.Batch{}
	for _, b := range m.now.batches {
		if b.HasProducerID() && b.BaseOffset() >= m.now.start {
			known[b.ProducerID()] = b
		}
	}
	size := m.log.Size()
	for _, active := range m.log.ActiveProducers() {
		b := known[active.ID]
		if b == nil {
			continue
		}
		delete(known, active.ID)
		again := slices.Clone(b)
		again.SetBaseOffset(0)
		info, err := m.log.AppendAsLeader(again, log.LeaderAppend{Epoch: m.epoch, Now: playNow}, &m.scratch)
		m.must(err)
		if !info.Duplicate || info.FirstOffset != b.BaseOffset() || info.LastOffset != b.LastOffset() {
			t.Fatalf("%v sent again went to %d, duplicate %v", b, info.FirstOffset, info.Duplicate)
		}
	}
	if len(known) > 0 {
		t.Fatalf("%d producers are forgotten; there are %v", len(known), m.log.ActiveProducers())
	}
	if m.log.Size() != size {
		t.Fatal("a duplicate was appended")
	}
}
