// Package records holds the messages of Kafka's metadata log: the metadata
// records (org.apache.kafka.common.metadata), the KRaft control records
// (LeaderChangeMessage, KRaftVersionRecord, VotersRecord, SnapshotHeaderRecord,
// SnapshotFooterRecord) and the quorum-state file's QuorumStateData.
//
// The zz_*.go files are generated from the message definitions in Kafka's own
// jars (see the repository's NOTICE). This package adds the frame that metadata
// records travel in (MetadataRecordSerde): frame version 1, type and version as
// unsigned varints, then the message.
//
// Every message is flexible in all of its versions: compact strings and arrays,
// tagged fields. Nil stands for null where a field is nullable; elsewhere a nil
// slice is an empty array. A literal such as PartitionChangeRecord{} is *not*
// Kafka's empty message (its leader would be 0, not "no change"): use the New
// functions.
//
// Not modelled: unknown tagged fields are skipped when read, and so not written
// again.
package records

//go:generate go run ../generate
