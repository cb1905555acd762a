// Package group is a broker's group coordinator: the classic protocol of consumer
// groups and the offsets that they commit (Kafka 4.3.1's GroupCoordinatorService,
// CoordinatorRuntime, GroupMetadataManager, ClassicGroup, OffsetMetadataManager).
//
// A group lives in one partition of __consumer_offsets; whoever leads it is the
// group's coordinator. In come requests, and from the broker's replicas: a
// partition is led here now (OnElected: its records are read before anything is
// answered), no longer (OnResigned), or committed up to an offset
// (OnHighWatermark). Out go answers and records: what an answer promises is
// written first, and the answer waits until the records are committed.
//
// Invariants:
//   - a generation has one leader and one assignment for each member
//   - offsets that OffsetFetch gives were committed (below the high watermark)
//   - a member waits in at most one JoinGroup and one SyncGroup
//
// Not modelled: the consumer protocol of KIP-848 (group.version is 0), share and
// streams groups, transactional offset commits, group.max.size.
package group
