package hub

import (
	"context"

	"bitacora/engine/view"
)

// Source is the cluster that a hub shows and changes. Its methods are called
// from any goroutine. The hub calls State and Take only while Watch is on, at most
// framesPerSecond times a second, and never twice at once.
type Source interface {
	// Hello says what the source is and can do.
	Hello() view.Hello
	// Watch tells whether anybody looks: nobody looking must cost nothing.
	Watch(on bool)
	// State is the whole picture now. What it gives must not change afterwards.
	State() view.State
	// Take gives what happened since the last Take, at most limit events and
	// sampled messages, and counts of the rest.
	Take(limit int) Happened
	// Do carries out a command and answers with a *view.Result or a
	// *view.Detail, which the hub gives the command's id.
	Do(ctx context.Context, c *view.Command) view.Packet
	// Healthy says whether every broker serves.
	Healthy() bool
}

// Happened is what a source gathered between two frames.
type Happened struct {
	Events    []view.Event
	EventsCut uint64
	Messages  []view.Message
	Rest      []view.Traffic
}
