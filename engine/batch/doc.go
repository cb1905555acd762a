// Package batch reads, writes and checks record batches of magic 2, the one
// format that Kafka has written since 0.11 (KIP-98): what producers send, logs
// hold and consumers fetch, byte for byte.
//
// It models org.apache.kafka.common.record: DefaultRecordBatch, DefaultRecord,
// MemoryRecords, MemoryRecordsBuilder, EndTransactionMarker, the compression
// package, and of org.apache.kafka.storage.internals.log the LogValidator.
//
// In come bytes from sockets and stores, which are never trusted: an Iterator
// cuts them into a Batch each, a RecordIterator cuts a Batch into records, and
// whatever is wrong is an error, never a panic and never a large allocation. Out
// go bytes from a Builder, and batches changed in place where a leader has to
// (base offset, leader epoch, log append time).
//
// Invariants: a Batch is a view, so changing it changes the bytes that it was cut
// from; nobody changes bytes once a store or a message holds them. Equal records
// and settings give equal bytes, natively and in WASM.
//
// Not modelled: message sets (magic 0 and 1), which are recognised and refused.
package batch
