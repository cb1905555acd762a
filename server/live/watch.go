package live

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/server/hub"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// What a viewer's frame gathers at most between two looks: beyond it, things are
// counted. A page draws a few dozen messages at once.
const (
	watchedEventsMax   = 2000
	watchedMessagesMax = 120
	// emptyMessagesMax leaves room for messages with something in them: an idle
	// cluster's are nearly all empty fetches and heartbeats.
	emptyMessagesMax = 40
)

type trafficKey struct {
	from, to engine.NodeID
	name     string
}

// watch gathers what happens between two looks of the viewers. Processes report
// from their own goroutines.
type watch struct {
	mu       sync.Mutex
	events   []view.Event
	cut      uint64
	messages []view.Message
	empty    int
	number   uint64
	rest     map[trafficKey]*view.Traffic
}

// Observe takes an event.
func (w *watch) Observe(at engine.Time, _ engine.WallTime, ev *engine.Event) {
	switch ev.Kind {
	case engine.EventSent, engine.EventDelivered:
		return // viewers see the messages themselves
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) >= watchedEventsMax {
		w.cut++
		return
	}
	w.events = append(w.events, view.Event{At: at, Event: *ev})
}

// message takes a message that leaves; exactly one of req and resp is there.
func (w *watch) message(at engine.Time, from, to engine.NodeID, req kmsg.Request, resp kmsg.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := int16(0)
	if req != nil {
		key = req.Key()
	} else {
		key = resp.Key()
	}
	if len(w.messages) >= watchedMessagesMax {
		w.count(from, to, key)
		return
	}
	w.number++
	// In one program a message arrives as it leaves.
	m := view.Message{ID: w.number, From: from, To: to, Sent: at, Arrives: at}
	if req != nil {
		view.DescribeRequest(&m, req)
	} else {
		view.DescribeResponse(&m, resp)
	}
	if m.Flags&view.MessageEmpty != 0 {
		if w.empty >= emptyMessagesMax {
			w.count(from, to, key)
			return
		}
		w.empty++
	}
	w.messages = append(w.messages, m)
}

func (w *watch) count(from, to engine.NodeID, key int16) {
	k := trafficKey{from, to, kmsg.NameForKey(key)}
	t := w.rest[k]
	if t == nil {
		t = &view.Traffic{From: from, To: to, Name: k.name}
		w.rest[k] = t
	}
	t.Messages++
}

// take gives what was gathered, and begins anew.
func (w *watch) take(limit int) hub.Happened {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := hub.Happened{Events: w.events, EventsCut: w.cut, Messages: w.messages}
	if len(h.Events) > limit {
		h.EventsCut += uint64(len(h.Events) - limit)
		h.Events = h.Events[len(h.Events)-limit:]
	}
	if len(h.Messages) > limit {
		h.Messages = h.Messages[:limit]
	}
	for _, t := range w.rest {
		h.Rest = append(h.Rest, *t)
	}
	slices.SortFunc(h.Rest, func(a, b view.Traffic) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Name, b.Name))
	})
	w.events, w.cut, w.messages, w.empty = nil, 0, nil, 0
	clear(w.rest)
	return h
}

// externalFirst is where the ids of clients that came by TCP begin: Kafka knows no
// number for them, and pictures need one.
const externalFirst engine.NodeID = 100_000

// externals gives clients that came by TCP an id each, by what they call
// themselves and where they come from, so that one program is one client however
// many connections it has.
type externals struct {
	mu        sync.Mutex
	ids       map[string]engine.NodeID
	names     map[engine.NodeID]string
	connected map[engine.NodeID]int // connections
}

// join gives a connection its client's id, in the place of the one it had.
func (x *externals) join(clientID, host string, had engine.NodeID) engine.NodeID {
	x.mu.Lock()
	defer x.mu.Unlock()
	key := clientID + "\x00" + host
	id, known := x.ids[key]
	if !known {
		id = externalFirst + engine.NodeID(len(x.ids))
		x.ids[key], x.names[id] = id, clientID
	}
	x.connected[had]--
	x.connected[id]++
	return id
}

// leave takes a connection away.
func (x *externals) leave(id engine.NodeID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.connected[id]--
}

// doneWithin bounds a command of a viewer.
const doneWithin = 20 * time.Second
