package log_test

import (
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// rotten is a store whose batch at an offset cannot be read, as Badger's would say;
// or, if silent, comes back with a byte changed.
type rotten struct {
	*log.Memory
	at     engine.Offset
	silent bool
}

func (s *rotten) Read(id log.ID, from, to engine.Offset, bytesMax int, one bool) ([]byte, error) {
	run, err := s.Memory.Read(id, from, to, bytesMax, one)
	if err != nil || s.at == engine.NoOffset {
		return run, err
	}
	var out []byte
	for it := batch.Iterate(run); it.Next(); {
		b := it.Batch()
		out = append(out, b...)
		if b.BaseOffset() == s.at {
			if !s.silent {
				return nil, log.ErrCorrupt
			}
			out[len(out)-1]++
		}
	}
	return out, nil
}

func TestRecovery(t *testing.T) {
	cases := []struct {
		name       string
		rot        engine.Offset
		silent     bool
		checkpoint int // after so many of the ten appends
		clean      bool
		end        engine.Offset
		cut        log.CutReason
	}{
		{name: "nothing wrong, nothing cut", rot: -1, end: 10, cut: log.NotCut},
		{name: "a damaged batch ends the log", rot: 6, silent: true, end: 6, cut: log.CutCRC},
		{name: "so does one that the store refuses, and only that one", rot: 6, end: 6, cut: log.CutUnreadable},
		{name: "the first one leaves nothing", rot: 0, end: 0, cut: log.CutUnreadable},
		{name: "below the recovery point nobody looks", rot: 6, checkpoint: 8, end: 10, cut: log.NotCut},
		{name: "nor after a clean shutdown", rot: 6, silent: true, clean: true, end: 10, cut: log.NotCut},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			store := &rotten{Memory: log.NewMemory(0), at: engine.NoOffset}
			config := log.DefaultConfig()
			config.SegmentBytes = 1 << 20
			name := engine.TopicPartition{Topic: "orders"}
			l, err := log.Create(store, playID, name, config, playNow)
			must(t, err)
			var scratch log.Scratch
			for i := range 10 {
				_, err := l.AppendAsLeader(logtest.Batch(1, playNow, 20), log.LeaderAppend{Now: playNow}, &scratch)
				must(t, err)
				if i+1 == tt.checkpoint {
					must(t, l.Checkpoint())
				}
			}
			l.UpdateHighWatermark(9)
			must(t, l.CheckpointHighWatermark())
			if tt.clean {
				must(t, l.Close())
			}
			commit(t, store.Memory)
			store.at, store.silent = tt.rot, tt.silent
			l, found, err := log.Open(store, playID, name, config, tt.clean, playNow)
			must(t, err)
			if l.LogEndOffset() != tt.end || found.Cut != tt.cut || l.HighWatermark() != min(9, tt.end) {
				t.Errorf("end %d, high watermark %d, cut %v; want end %d, cut %v", l.LogEndOffset(), l.HighWatermark(), found.Cut, tt.end, tt.cut)
			}
			if (found.CutBytes > 0) != (tt.cut != log.NotCut) {
				t.Errorf("cut %d bytes", found.CutBytes)
			}
		})
	}
}
