// Package app is what the page knows and does: a Model, the messages that
// change it and the effects that it asks for. It is pure: no clock, no network,
// no document; the shell brings time and input in and carries effects out. The
// same messages give the same model, natively and in the browser.
//
// It speaks to a cluster in view packets only, so a simulation in the tab and a
// live server differ in nothing but what their Hello says they can do.
package app

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/scene"
)

// Link is how the connection to the source is.
type Link uint8

// The states of the connection.
const (
	LinkStarting   Link = iota // the engine in the tab is being made
	LinkConnecting             // the first connection to a server
	LinkOpen
	LinkLost // retrying
)

// Limits of what a page keeps.
const (
	feedMax    = 120 // entries; a feed is read, not searched
	flightsMax = 300 // what the stage can draw
	glowsMax   = 60
)

// Entry is one line of what happened.
type Entry struct {
	At     engine.Time
	Text   string
	Weight Weight
	Count  int // how many times in a row
}

// Model is all that the page knows.
type Model struct {
	Lang    lang.Lang
	Dark    bool
	Reduced bool // prefers-reduced-motion: nothing flies
	CanLive bool // the page was served by a cluster
	Source  view.Source
	Link    Link
	RetryIn time.Duration // until the next attempt, while LinkLost
	Silent  time.Duration // since the last packet, while LinkLost
	Hello   view.Hello
	State   view.State
	Known   bool // a key frame has arrived
	Token   string

	Width, Height float32
	ScrollY       float32
	Open          map[string]bool
	Selected      scene.Target
	Hovered       scene.Target
	HoverAction   bool // the pointer is over something to press
	GuideOpen     bool
	PanelOpen     bool
	TablesOpen    bool // closed tables are not kept up: nobody reads them

	Feed      []Entry // oldest first
	Notice    string  // the answer to the last command
	NoticeBad bool
	noticeFor time.Duration // how long it still stays

	Detail    *view.Detail // of the selected batch
	detailFor scene.Target
	pending   map[uint32]view.CommandKind
	lastID    uint32
	lastMade  string // topic that a form used last
	events    []view.Event
	flights   []flight
	glows     []glow
	list      scene.List // of the last picture, to find what was hit
	picked    *view.Message
	fetched   map[fetchKey]engine.Offset
	passing   time.Duration // until the next small thing is told at full speed
}

type flight struct {
	message view.Message
	done    float32
	span    time.Duration // of the reader's time, from end to end
	wait    time.Duration // before it leaves
}

type glow struct {
	scene.Glow
}

// New makes the model of a page that was just opened.
func New(l lang.Lang, canLive bool) *Model {
	m := &Model{Lang: l, CanLive: canLive, Open: map[string]bool{}, pending: map[uint32]view.CommandKind{}, fetched: map[fetchKey]engine.Offset{},
		GuideOpen: true, PanelOpen: true}
	if canLive {
		m.Source, m.Link = view.SourceLive, LinkConnecting
	}
	return m
}

// Effect is something that the shell must do. The set is closed: Send, Connect,
// Remember, Announce.
type Effect interface{ effect() }

// Send hands a command to the source.
type Send struct{ Command *view.Command }

// Connect leaves the source and opens another. A packet stream follows.
type Connect struct{ Source view.Source }

// Remember keeps a preference for the next visit.
type Remember struct{ Name, Value string }

// Announce has a screen reader say something now.
type Announce struct{ Text string }

func (Send) effect()     {}
func (Connect) effect()  {}
func (Remember) effect() {}
func (Announce) effect() {}

// Picture is what the stage shows at this instant.
func (m *Model) Picture() *scene.Input {
	in := &scene.Input{State: &m.State, Lang: m.Lang, Width: m.Width, Height: m.Height, ScrollY: m.ScrollY,
		Selected: m.Selected, Hovered: m.Hovered, Open: m.Open, Can: m.Hello.Can}
	for i := range m.flights {
		if m.flights[i].wait <= 0 {
			in.Flights = append(in.Flights, scene.Flight{Message: &m.flights[i].message, Done: m.flights[i].done})
		}
	}
	for i := range m.glows {
		in.Recent = append(in.Recent, m.glows[i].Glow)
	}
	return in
}

// Draw makes the picture and keeps it, so that a pointer finds what it hits. It
// reports whether the string table started afresh.
func (m *Model) Draw() (list *scene.List, renewed bool) {
	renewed = m.list.Reset()
	scene.Draw(m.Picture(), &m.list)
	return &m.list, renewed
}

// Moving says whether the picture changes by itself at the moment.
func (m *Model) Moving() bool {
	return len(m.flights) > 0 || len(m.glows) > 0 || m.State.Clock.Playing
}

func (m *Model) t(k lang.Key, args ...string) string { return m.Lang.T(k, args...) }
