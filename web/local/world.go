package local

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
	"bitacora/engine/view"
)

// Node ids of what is not a server. Kafka knows none of them.
const (
	adminID       engine.NodeID = 9000
	firstHandID   engine.NodeID = 9001 // producers for records written by hand, one for each acks
	firstClientID engine.NodeID = 10001
)

// Limits, for what a page can show and hold.
const (
	clientsMax    = 24
	eventsMax     = 600 // of one frame; a burst past it is counted
	messagesMax   = 120
	frameEvery    = 33 * time.Millisecond // of the reader's time
	owedMax       = 60 * time.Millisecond // of the reader's time, made up for after a slow frame
	bootTimeLimit = 30 * time.Second      // of virtual time
)

// What a reader finds at the beginning.
const (
	firstPartitions = 3
	firstEvery      = 700 * time.Millisecond
	warmFor         = 3 * time.Second
)

// Config says what cluster to make.
type Config struct {
	Seed        uint64
	Brokers     int
	Controllers int
	Topic       string // made at the start, with a producer and a group's consumers; "" for none
	Group       string
}

// World is a simulated cluster with its clients.
type World struct {
	cfg       Config
	sim       *sim.Sim
	playing   bool
	pace      time.Duration
	last      view.State
	seq       uint64
	sinceShot time.Duration
	owed      time.Duration // virtual time
	dirty     bool
	phase     phase
	warmAt    engine.Time

	observers map[engine.NodeID]*view.Observer
	assembler view.Assembler
	since     map[engine.NodeID]engine.Time
	lives     map[engine.NodeID]int32
	halted    map[engine.NodeID]engine.HaltReason
	names     map[engine.NodeID]string
	admin     *admin
	hands     map[int16]*hand
	producers []engine.NodeID
	consumers []engine.NodeID
	reads     map[engine.NodeID]subscribed
	nextID    engine.NodeID

	events    []view.Event
	eventsCut uint64
	messages  []view.Message
	rest      map[view.Traffic]*view.Traffic
	out       []view.Packet
}

// hand is a producer for records that a person writes.
type hand struct {
	id      engine.NodeID
	sent    int64
	waiting map[int64]uint32 // record's number: the command that asked
}

// New makes the cluster. It boots while Advance is called.
func New(cfg Config) (*World, error) {
	w := &World{cfg: cfg, pace: time.Second, playing: true}
	if err := w.reset(cfg.Seed); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *World) reset(seed uint64) error {
	w.cfg.Seed = seed
	s, err := sim.NewCluster(sim.Config{Seed: seed}, cluster.Spec{Brokers: w.cfg.Brokers, Controllers: w.cfg.Controllers})
	if err != nil {
		return fmt.Errorf("make the cluster: %w", err)
	}
	w.sim, w.owed, w.seq, w.last = s, 0, 0, view.State{}
	w.observers, w.assembler = map[engine.NodeID]*view.Observer{}, view.Assembler{}
	w.since, w.lives = map[engine.NodeID]engine.Time{}, map[engine.NodeID]int32{}
	w.halted, w.names = map[engine.NodeID]engine.HaltReason{}, map[engine.NodeID]string{}
	w.hands, w.producers, w.consumers, w.nextID = map[int16]*hand{}, nil, nil, firstClientID
	w.reads = map[engine.NodeID]subscribed{}
	w.events, w.eventsCut, w.messages, w.rest = nil, 0, nil, map[view.Traffic]*view.Traffic{}
	s.SetObserver(w)
	s.SetWatcher(w)
	w.admin = newAdmin(w.bootstrap())
	if err := s.Add(sim.ProcessConfig{ID: adminID, Host: "admin", Booter: w.admin}); err != nil {
		return err
	}
	w.phase, w.dirty = booting, true
	return nil
}

// phase is how far the cluster's beginning has come. Until it is settled, time
// runs as fast as the slices allow: nobody wants to wait for a cluster to boot,
// but it may be watched.
type phase uint8

const (
	booting  phase = iota // until every broker is unfenced
	creating              // until the first topic has leaders
	warming               // until there are some records to see
	settled
)

// prepare runs the beginning until the slice is used up. What comes next depends
// on virtual time and state only, never on the slices.
func (w *World) prepare(spent func() bool) {
	for w.phase != settled {
		w.proceed()
		if w.phase == settled || spent() || !w.sim.Step() {
			break
		}
		w.dirty = true
	}
	w.admin.answers = nil // nobody asked
}

// proceed goes on to the next phase where this one is over.
func (w *World) proceed() {
	switch {
	case w.sim.Now() > engine.Time(bootTimeLimit):
		w.phase = settled // it does not come up; what there is can be looked at
	case w.phase == warming && w.sim.Now() >= w.warmAt:
		w.phase = settled
	case w.phase == booting && w.serving():
		w.phase = settled
		if w.cfg.Topic != "" {
			w.phase = creating
			w.admin.ask(w.sim, adminAsk{topic: w.cfg.Topic, partitions: firstPartitions, factor: int16(min(3, w.cfg.Brokers))})
		}
	case w.phase == creating && w.hasLeaders(w.cfg.Topic, firstPartitions):
		w.phase, w.warmAt = warming, w.sim.Now().Add(warmFor)
		w.people()
	}
}

// people puts up what a reader finds: somebody who writes and a group that reads.
func (w *World) people() {
	// Nothing but a lack of room for clients can fail here, and there is room.
	_, _ = w.startProducer(w.cfg.Topic, firstEvery, -1)
	for range 2 {
		_, _ = w.startConsumer(w.cfg.Topic, w.cfg.Group)
	}
}

// serving says that every broker is registered and unfenced.
func (w *World) serving() bool {
	for _, id := range w.sim.Nodes() {
		if s := w.server(id); s != nil && s.Broker() != nil && s.Broker().Fenced() {
			return false
		}
	}
	return true
}

func (w *World) hasLeaders(topic string, partitions int) bool {
	found := 0
	for _, id := range w.sim.Nodes() {
		s := w.server(id)
		if s == nil || s.Broker() == nil {
			continue
		}
		for _, tp := range s.Broker().Replicas().Partitions() {
			if st, ok := s.Broker().Replicas().State(tp); ok && tp.Topic == topic && st.IsLeader(id) {
				found++
			}
		}
	}
	return found >= partitions
}

func (w *World) server(id engine.NodeID) *cluster.Server {
	node, _ := w.sim.Node(id)
	s, _ := node.(*cluster.Server)
	return s
}

func (w *World) bootstrap() []engine.Addr {
	var all []engine.Addr
	for id := engine.NodeID(1); id <= engine.NodeID(w.cfg.Brokers); id++ {
		all = append(all, sim.BrokerAddr(id))
	}
	return all
}

// Hello says what this source can do.
func (w *World) Hello() *view.Hello {
	can := view.CanPlay | view.CanStep | view.CanFault | view.CanTopic | view.CanProduce | view.CanInspect | view.CanClients
	return &view.Hello{Source: view.SourceSimulation, Can: can, Seed: w.cfg.Seed}
}

// Advance lets the reader's time pass: the world runs for as much as the pace
// makes of it, unless spent says that the slice is used up. It gives what there
// is to tell.
func (w *World) Advance(passed time.Duration, spent func() bool) []view.Packet {
	if w.phase != settled {
		w.prepare(spent)
	} else if w.playing {
		w.owed = min(w.owed+scaled(passed, w.pace), scaled(max(owedMax, passed), w.pace))
		goal := w.sim.Now().Add(w.owed)
		for {
			at, some := w.sim.Next()
			if !some || at > goal {
				w.sim.Run(goal)
				w.owed = 0
				break
			}
			w.sim.Step()
			w.dirty = true
			if spent() {
				w.owed = goal.Sub(w.sim.Now())
				break
			}
		}
	}
	w.settle()
	w.sinceShot += passed
	if w.sinceShot >= frameEvery && (w.dirty || w.playing) {
		w.shoot()
	}
	out := w.out
	w.out = nil
	return out
}

// scaled is how much virtual time a span of the reader's is at a pace.
func scaled(d, pace time.Duration) time.Duration {
	high, low := bits.Mul64(uint64(max(d, 0)), uint64(pace))
	whole, _ := bits.Div64(high, low, uint64(time.Second)) // a span of minutes at most: it fits
	return time.Duration(whole)
}

// shoot takes the picture and sends what changed.
func (w *World) shoot() {
	now := w.state()
	f := &view.Frame{Key: w.seq == 0, Seq: w.seq, Events: w.events, EventsCut: w.eventsCut, Messages: w.messages}
	if f.Key {
		f.Changed = now
	} else {
		f.Changed, f.Removed = view.Delta(&w.last, &now)
	}
	for _, t := range w.rest {
		f.Rest = append(f.Rest, *t)
	}
	slices.SortFunc(f.Rest, func(a, b view.Traffic) int {
		if a.From != b.From {
			return int(a.From) - int(b.From)
		}
		if a.To != b.To {
			return int(a.To) - int(b.To)
		}
		return strings.Compare(a.Name, b.Name)
	})
	w.out = append(w.out, f)
	w.last, w.seq, w.sinceShot, w.dirty = now, w.seq+1, 0, false
	w.events, w.eventsCut, w.messages = nil, 0, nil
	clear(w.rest)
}

// state takes the whole picture.
func (w *World) state() view.State {
	var processes []view.Process
	for _, id := range w.sim.Nodes() {
		node, state := w.sim.Node(id)
		if id < firstClientID && id >= adminID {
			continue // the admin and the hands are the reader's own
		}
		p := view.Process{ID: id, Status: statuses[state], Since: w.since[id], Life: w.lives[id], Name: w.names[id]}
		p.Halt, p.Halted = w.halted[id]
		switch n := node.(type) {
		case *cluster.Server:
			cfg := n.Config()
			if cfg.Broker {
				p.Roles |= view.RoleBroker
				p.Host, p.Port = sim.BrokerAddr(id).Host, sim.BrokerAddr(id).Port
			}
			if cfg.Controller {
				p.Roles |= view.RoleController
			}
			w.report(id, n, state)
		default:
			p.Roles = view.RoleClient
			w.assembler.Report(view.ClientReport(id, node))
		}
		processes = append(processes, p)
	}
	var cuts []view.Link
	for _, c := range w.sim.Cuts() {
		cuts = append(cuts, view.Link{From: c.From, To: c.To})
	}
	return w.assembler.State(w.sim.Now(), w.sim.Wall(engine.NoNode), view.Clock{Playing: w.playing, Pace: w.pace}, processes, cuts)
}

var statuses = [...]view.Status{sim.Running: view.Running, sim.Paused: view.Paused, sim.Dead: view.Dead}

// report draws a server's part, unless it is dead: then its last one stays.
func (w *World) report(id engine.NodeID, s *cluster.Server, state sim.State) {
	if state == sim.Dead {
		return
	}
	o := w.observers[id]
	if o == nil {
		o = &view.Observer{}
		w.observers[id] = o
	}
	w.assembler.Report(o.Server(id, w.sim.Now(), w.sim.Wall(id), s.Quorum(), s.Controller(), s.Broker(), w.sim.Requests(id)))
}

// Observe keeps what happened for the next frame.
func (w *World) Observe(at engine.Time, ev *engine.Event) {
	w.dirty = true
	switch ev.Kind {
	case engine.EventSent, engine.EventDelivered, engine.EventConnected:
		return // messages come by Watch
	case engine.EventProcessStarted:
		if _, again := w.since[ev.Node]; again {
			w.lives[ev.Node]++
		}
		delete(w.halted, ev.Node)
		delete(w.observers, ev.Node)
		w.since[ev.Node] = at
	case engine.EventProcessKilled, engine.EventProcessPaused, engine.EventProcessResumed:
		w.since[ev.Node] = at
	case engine.EventProcessHalted:
		w.since[ev.Node], w.halted[ev.Node] = at, engine.HaltReason(ev.Code)
	case engine.EventClientAcked, engine.EventClientFailed:
		w.answerHand(ev)
	}
	if ev.Node >= adminID && ev.Node < firstClientID {
		return
	}
	if len(w.events) >= eventsMax {
		w.eventsCut++
		return
	}
	w.events = append(w.events, view.Event{At: at, Event: *ev})
}

// Watch keeps a sample of the messages, and counts the rest.
func (w *World) Watch(at engine.Time, m *sim.Sent) {
	if m.From == adminID || m.To == adminID {
		return
	}
	msg := view.Message{ID: m.Number, From: m.From, To: m.To, Bytes: int32(m.Bytes), Sent: at, Arrives: m.Arrives}
	if m.Request != nil {
		view.DescribeRequest(&msg, m.Request)
	} else {
		view.DescribeResponse(&msg, m.Response)
	}
	if m.Doomed {
		msg.Flags |= view.MessageDoomed
	}
	if len(w.messages) < messagesMax {
		w.messages = append(w.messages, msg)
		return
	}
	key := view.Traffic{From: m.From, To: m.To, Name: msg.Name}
	t := w.rest[key]
	if t == nil {
		t = &view.Traffic{From: m.From, To: m.To, Name: msg.Name}
		w.rest[key] = t
	}
	t.Messages++
	t.Bytes += m.Bytes
}
