package log_test

import (
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// BenchmarkLogAppendAsLeader appends one batch a call, as a produce request does,
// with the checks of every record; the log is emptied now and then.
func BenchmarkLogAppendAsLeader(b *testing.B) {
	for _, bench := range []struct {
		name           string
		records, bytes int
		idempotent     bool
	}{
		{"1 record of 100 bytes", 1, 100, false},
		{"1 record of 100 bytes, idempotent", 1, 100, true},
		{"140 records of 100 bytes", 140, 100, false},
	} {
		b.Run(bench.name, func(b *testing.B) {
			store := log.NewMemory(1 << 30)
			config := log.DefaultConfig()
			config.TimestampAfterMax = 1<<63 - 1
			l, err := log.Create(store, playID, engine.TopicPartition{Topic: "orders"}, config, playNow)
			must(b, err)
			made := logtest.Batch(bench.records, playNow, bench.bytes)
			seq := int32(0)
			var scratch log.Scratch
			b.SetBytes(int64(len(made)))
			b.ReportAllocs()
			for n := 1; b.Loop(); n++ {
				if bench.idempotent {
					made.SetProducer(1, 0, seq)
					seq = batch.IncrementSequence(made.LastSequence(), 1)
				}
				if _, err := l.AppendAsLeader(made, log.LeaderAppend{Epoch: 1, Now: playNow}, &scratch); err != nil {
					b.Fatal(err)
				}
				if n%4096 == 0 {
					must(b, l.TruncateFullyAndStartAt(l.LogEndOffset(), playNow))
					seq = 0
				}
				if n%16 == 0 {
					commit(b, store)
				}
			}
		})
	}
}
