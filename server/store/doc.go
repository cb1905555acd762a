// Package store keeps the logs of one process in Badger: engine/log's Store for
// the server. It models what a log directory is to Kafka (LocalLog, LogSegment,
// the checkpoint files, meta.properties), but for the layout on disk.
//
// A process has a Directory, which says whose it is, and in it two stores: Meta
// for the metadata log and the quorum's state, always synced, and Data for the
// partitions. Both are a Store over a Badger database tuned for its part.
//
// # Keys
//
// Everything is named by ids that are given once and never again, so that what is
// deleted can stay where it is until there is time to remove it:
//
//	q                                   -> the last operation that is stored
//	l topic partition                   -> the log: ids of its segment list and records
//	s segmentList base                  -> a segment: its description and its files
//	r records kind offset part          -> a small record
//	b file lastOffset [part]            -> a batch
//	g kind id [from]                    -> a grave: something dead, how large
//
// Numbers are big endian, so key order is log order. A batch lies under its last
// offset rather than its base offset: the batch that contains an offset is then
// the first key at or after it, and no iterator ever has to go backwards.
//
// A segment is a list of files, each a run of batches up to a limit. Truncating
// lowers a limit and lets the next append begin a new file; replacing, resetting
// and deleting take files off the list. So every operation, however many batches
// it removes, is one small transaction, and the description of each segment is
// always exactly that of the operations that survived: what the segment does not
// claim is not there. What was removed is noted as a grave in the same
// transaction; reclaim.go gives its space back.
//
// # Rules of Badger that shape this package
//
//   - A full disk is SIGBUS, because Badger writes to mapped files: before each
//     commit the free space is compared with a reserve.
//   - Mapped bytes are not ours to keep: reads copy once, into memory that belongs
//     to whoever reads. The end of each log is also kept in memory, bounded.
//   - Deleted keys free nothing by themselves: see reclaim.go.
//   - db.Sync covers only the current memtable, so a synced commit syncs after
//     each of its transactions and looks at every error.
//   - A transaction is bounded by 15% of a memtable, so a commit is as many
//     transactions as it takes, each a whole number of operations; each also
//     writes the number of its last operation.
//
// Buffers are left to the garbage collector instead of a pool: the Store contract
// lets a reader keep bytes for as long as it likes, and says no goodbye.
package store
