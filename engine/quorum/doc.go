// Package quorum is KRaft: Raft over the metadata log, pulled by its followers
// (KIP-595), with pre-vote (KIP-996), changes of the voter set (KIP-853) and
// controllers that join by themselves (KIP-1186). It models KafkaRaftClient,
// QuorumState and its states (UnattachedState, ProspectiveState, CandidateState,
// LeaderState, FollowerState, ResignedState), VoterSet,
// KRaftControlRecordStateMachine, RequestManager, and the handlers of AddRaftVoter,
// RemoveRaftVoter and UpdateRaftVoter, as of Kafka 4.3.1; and snapshots of the log
// (KIP-630: KafkaRaftLog, RecordsSnapshotWriter, FetchSnapshot).
//
// A Replica is one process's copy of the log. In come the inputs of
// engine.OwnerQuorum, the requests of the controller listener, Committed of the
// metadata disk, and records to append; out go messages, and Events for the
// controller and the broker of the same process: leadership, and committed batches
// in offset order, each once in the life of the process, behind a snapshot where
// the log begins with one.
//
// As KafkaRaftClient.poll does, each input is followed by a round over the current
// state, which sends what is due and says when to look again.
//
// # Durability
//
// An append is visible at once and durable later, so what a message promises is
// its barrier:
//
//   - every message waits for the election state (epoch, leader, vote) it speaks
//     from; so no vote, candidacy or leadership is known to others before it would
//     survive a crash
//   - a voter's Fetch waits for the log below its fetch offset, and a Vote request
//     for the log whose end it names
//   - the leader counts itself for the high watermark with what is durable only
//
// # Invariants
//
//   - one leader an epoch (ElectionSafety): two would need two majorities of votes
//     that are durable before they are known
//   - the high watermark never goes back, and nothing below it is truncated
//   - the leader commits by counting only once an entry of its own epoch is on a
//     majority, which is why it begins with a LeaderChange record
//   - a voter set takes effect when it is appended, and the next change waits until
//     it is committed, so that any two majorities in use overlap
//
// # Snapshots
//
// A snapshot stands for everything below its end offset, which is committed. Each
// replica makes its own; the owner says when and of what (CreateSnapshot). Once there
// are two and they are too much or too old, the log begins with the second, and what
// is before it goes. A follower or observer that has nothing, or ends below the start
// of the leader's log, is told of the latest snapshot in the place of records, fetches
// it piece by piece, and begins its log anew behind it. They lie in small records of
// the store: the pieces first, then one that says that they are all there; so what a
// crash leaves half done is no snapshot, and a whole one that the log does not reach
// is taken at the next start. The bootstrap checkpoint, at offset 0, is never
// replicated.
//
// # What Kafka leaves open
//
// The leader of two voters that removes itself and is lost before the other has
// the record leaves nobody to be elected: it is no voter by its own log, and
// refuses its vote to the other, whose log is shorter. Kafka stands still here
// (KafkaRaftClient.pollUnattached lets voters only become prospective), and so do
// we. An observer whose bootstrap servers know no voter finds no leader.
//
// # Not modelled
//
// Static voters (controller.quorum.voters, kraft.version 0) and therefore upgrades
// of kraft.version, metrics. A snapshot is made within one step, and fetched into
// memory before it is written.
package quorum
