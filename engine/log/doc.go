// Package log keeps the log of a partition, and of the KRaft quorum, over a Store.
//
// A Log models Kafka's UnifiedLog with LocalLog, LogLoader, LeaderEpochFileCache
// and ProducerStateManager: it decides what is appended where, knows log start
// offset, high watermark and log end offset, which leader epoch begins where, and
// what each idempotent producer sent last. In come batches from producers and
// leaders; out go runs of batches as they are stored.
//
// A Store is one disk of one process, with many logs: segments of whole batches
// and small records beside them. It models LogSegment, FileRecords and the
// checkpoint files. Memory is the one for tests and the page; logtest holds every
// Store to what the interface promises.
//
// Compaction is a Cleaning: one round of Kafka's Cleaner over one log, moved on step
// by step by whoever plays the cleaner's thread.
//
// Invariants: segment base <= log start offset <= high watermark <= log end
// offset. What a call appended is visible at once, and survives a crash once the
// commit that holds it was run (Store.LastSeq after the call). A crash leaves a
// prefix of the operations, in order; so a record that a log wrote after batches
// vouches for them. Log's state is data and is not shared: Clone copies it, to go
// on over a cloned store.
//
// Not modelled: transactions (the last stable offset is the high watermark, end
// markers are stored but mean nothing), tiered storage, index files (a store finds
// offsets its own way) and so rolling because an index is full, the minute for which
// deleted files stay on the disk (file.delete.delay.ms), partial batches at the end
// of a read.
package log
