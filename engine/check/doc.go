// Package check holds what a Kafka cluster promises, and watches a simulation for
// the moment in which a promise is broken. The properties of replication are named
// as in Jack Vanlightly's kip_966_properties.tla, and mean what they mean there.
//
// A Checker is the simulation's observer and watcher: it sees every event and every
// message. What is cheap it decides there and then; what walks logs or asks every
// node it decides in Quiet, which whoever drives the simulation calls now and then;
// what can only be said of a healed cluster it decides in Healed and Finish. It
// changes nothing: the trace is the same with and without it.
//
// # The truth it keeps
//
// Of each partition it keeps what no node knows: the true high watermark (the
// largest offset that a leader committed, that a client was told is written, or
// that a consumer was given) and the batches below it, as they were then. A leader
// alone in its ISR commits as it appends, before its disk has it; there only what a
// client was told counts.
//
// # The fault budget
//
// Nothing here forgives a killed process, a pause, a cut link, a slow or a full
// disk, or a clock that jumps: in any number of them every property holds. What
// acks=all does not survive is the loss of data that was on disk: a loss of power
// takes what was not synced, a torn write cuts, a flipped bit spoils. A copy that
// came back without committed data is lossy, until it has been in sync again. The
// budget of a partition with min.insync.replicas=m is
//
//   - with eligible leader replicas (KIP-966): fewer than m lossy copies at once;
//   - without: no lossy copy is the last one of the ISR, which Kafka elects when it
//     returns, whatever it lost ("last replica standing");
//   - no unclean election, which is asked for.
//
// Outside it the run has a Loss: told, as Kafka would suffer it, and no violation.
// From then on the properties say nothing of that partition's records, or of the
// groups whose offsets it held. The metadata log is always synced before it is
// promised, and so has no such budget: it bears every fault here but the damage of
// its disk.
//
// # The properties
//
// Properties lists them, with what each means, when it is looked at, and what of
// the budget it needs.
//
// Not modelled: transactions (a consumer's gaps where they were aborted),
// compaction of what is being compared, and deletion by retention during a run.
package check
