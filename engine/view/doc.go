// Package view is the one way out of a cluster for anything that looks at it:
// the page's local cluster and the server's WebSocket speak it alike.
//
// A State is a plain picture of everything at one instant. Each process draws
// the part that it alone knows (a Report, taken on the goroutine that runs the
// process); an Assembler lays the parts together. A Frame carries what changed
// since the frame before, what happened, a bounded sample of the messages that
// left and exact counts of the rest. Packets (Hello, Frame, Detail, Result one
// way, Command the other) have one compact binary form: see Encode and Decode.
//
// # Invariants
//
//   - applying the delta of two states to the first gives the second
//   - whatever bytes Decode is given, it returns a packet or an error, and it
//     allocates no more than a small multiple of what it was given
//   - slices of a State are sorted by their keys, so equal states are equal bytes
//
// Looking never changes what is looked at: builders read and copy.
//
// Not modelled: the metrics that Kafka exports by MBean name.
package view
