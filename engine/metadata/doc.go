// Package metadata is the state that a cluster's metadata log builds: Kafka's
// MetadataImage and MetadataDelta (org.apache.kafka.image).
//
// In: metadata records (package records), applied in offset order by every
// broker and controller alike. Out: an Image to read, and a Delta that says what
// a run of records changed, which is what brokers act on.
//
// Invariants:
//   - the same records in the same order give the same image, and every list
//     that an image gives out is sorted;
//   - what an image points at (Partition, Broker, ...) never changes: a record
//     replaces the value. So Clone copies maps, not the things in them, and a
//     pointer taken before a change still shows what was;
//   - applying what Encode gives to an empty image gives the same image.
//
// Records between BeginTransaction and EndTransaction are held back and applied
// together, as MetadataBatchLoader does; AbortTransaction drops them.
//
// Not modelled: SCRAM credentials, client quotas, ACLs and delegation tokens.
// Their records are refused, not passed over, since a cluster that lost an ACL
// would be worse than one that does not start.
package metadata
