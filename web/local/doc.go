// Package local is a simulated cluster as a source of view packets: what the
// page runs when no server is behind it. It drives engine/sim in slices, takes
// the picture after each, and carries out what a person asks.
//
// In go the reader's time and commands; out come packets. The same seed and the
// same commands at the same virtual instants give the same run; the reader's
// clock decides how many events run in a slice, never which.
//
// Not modelled: recording, scrubbing and forking.
package local
