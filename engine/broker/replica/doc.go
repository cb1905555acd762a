// Package replica is a broker's data plane: the copies of partitions that it
// holds, and what keeps them alike.
//
// It models Kafka 4.3.1's ReplicaManager, Partition, Replica, AlterPartition-
// Manager, AbstractFetcherThread and ReplicaFetcherThread, FetchSession and
// FetchManager, DelayedProduce and DelayedFetch, LogCleaner with LogCleanerManager
// (cleaner.go), and of UnifiedLog what decides over high watermarks. One file for each API: produce.go, fetch.go,
// list_offsets.go, offset_for_leader_epoch.go.
//
// In come requests (Handle...), changes of metadata (OnMetadata), and what its
// connections and timers bring (OnInput). Out go answers and fetches on the
// engine.Env, an AlterPartition request for the broker's controller channel
// (DrainAlterPartition), and happenings for the coordinators (DrainEvents).
//
// Invariants, asserted where they could break:
//   - log start <= high watermark <= log end, in every copy
//   - leader epoch and partition epoch of a copy never go back
//   - an answer that promises records carries the barrier of their commit; so
//     does a follower's Fetch, whose offset promises what lies below it
//   - a leader proposes one ISR at a time and counts the proposed one, too, for
//     the high watermark (KIP-497's maximal ISR)
//
// Not modelled: several log directories, quotas, reading from the nearest
// replica by rack, tiered storage, and transactions (a Produce with a
// transactional id is refused). Fetch answers hold whole batches only, where
// Kafka may cut the last one short.
package replica
