// Package oracle asks the same questions of a real Apache Kafka 4.3.1 and of
// Bitácora, and compares the answers.
//
// A Script sends requests to a Cluster and breaks its nodes; what comes back is
// written down, normalised, as a Transcript. A Cluster is either Kafka's own
// jars in one Java process a node (StartKafka) or the bitacora program
// (StartBitacora), both in one topology: three dedicated controllers (3000,
// 3001, 3002) with a dynamic quorum, three brokers (1, 2, 3), three partitions
// and three replicas by default, and every feature at level 0 but
// metadata.version (30), kraft.version (1) and eligible.leader.replicas.version (1).
//
// What Kafka answered is kept in recorded/, one file a script, so that the
// comparison needs no Java. Values that depend on luck are taken out before
// anything is written:
//
//   - a topic id, a producer id, an address or a member id becomes a name
//     ("topic b08", "P+1", "broker 1")
//   - an instant becomes what it is equal to ("the batch's timestamp", "now")
//   - a span becomes the class it falls into, with its bounds written out
//     ("within the session time-out, 6 s to 11.5 s")
//   - a state that lasted less than a second, or an answer on the way to the
//     one that was waited for, goes to a set called onTheWay: Kafka may show
//     any part of it, and so may we, but nothing outside it
//
// All else must be equal. Allowed lists the differences that are choices, Lucky
// what Kafka shows on the way so seldom that a recording may lack it.
//
// make test compares; make oracle plays every script against Kafka first, twice,
// and holds the two playings against each other before it writes them.
//
// The wire side of this package (framing, batches) is its own and shares
// nothing with the engine but the message definitions of kmsg: a mistake in the
// engine's codecs must not be able to hide here.
package oracle
