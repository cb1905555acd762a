// Package engine is the contract that every process of a Bitácora cluster is
// written to: brokers, KRaft controllers and simulated clients.
//
// A Node is a deterministic state machine. It takes one Input at one instant (a
// request, a response, a timer, a lost connection, a finished commit) and leaves
// effects on its Env (send, reply, set a timer, trace). It never blocks, never
// starts a goroutine, never reads a clock, a file, a socket or a global random
// source, and never lets map order reach an effect. Two drivers run the same
// nodes: engine/sim in virtual time, server/live in real time.
//
// # Process and node
//
// A Process is the unit of kill, pause and power loss: a node with its random
// stream, its connections, its listeners, its disks and its two clocks. A Kafka
// server with both roles is one process whose node is composed of a broker and a
// controller that share one Raft replica (engine/cluster).
//
// # Appends are visible at once, durable later
//
// A node appends to a log.Store directly; the append is seen by its next read,
// as in Kafka's page cache. Afterwards the driver commits what was appended and
// hands in Committed. What a message promises must be committed before it
// leaves: such a message is sent with a Durable barrier, and the driver holds it
// (and whatever follows it on that connection) until the barrier is met.
//
// # Connections
//
// Connections behave as TCP ones do: ordered, with latency and disconnects. A
// single request is never lost alone. As Kafka's SocketServer mutes a channel,
// the driver hands in one request of a connection at a time: the next one waits
// until the node has called Reply, NoReply or Close for the one before.
//
// # Invariants
//
//   - effects leave only when Handle returns; a Violation drops them all
//   - the same inputs at the same instants give the same effects, to the byte,
//     natively and in js/wasm
//   - messages are immutable once sent, and so are the record bytes in them
//   - a node's state is data: no func, channel or closure
//
// Not modelled: threads. Kafka's thread pools (request handlers, fetchers, the
// controller's queue) are orderings of inputs here.
package engine
