package oracle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// durableTime parts what a watcher saw in states that lasted and states that
// were on the way. Polls come every watchPause; Kafka's own transitions take
// some 20 to 300 ms, and what is to be told apart lasts two seconds or more.
// With onlyLast, whatever is not the last state was on the way: a busy machine
// can draw a transition out to more than durableTime.
const (
	durableTime = time.Second
	onlyLast    = time.Hour
	watchPause  = 40 * time.Millisecond
)

// sight is one state and when it was first seen.
type sight struct {
	at    time.Time
	state any
	shown string
}

// watcher keeps the changes of one thing that is looked at again and again.
type watcher struct {
	name string

	mu     sync.Mutex
	sights []sight
}

// see adds a state where it is not the last one.
func (w *watcher) see(at time.Time, state any) {
	shown := show(state)
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.sights); n > 0 && w.sights[n-1].shown == shown {
		return
	}
	w.sights = append(w.sights, sight{at: at, state: state, shown: shown})
}

// last gives the newest state; nil before the first.
func (w *watcher) last() any {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sights) == 0 {
		return nil
	}
	return w.sights[len(w.sights)-1].state
}

// between gives what was seen from one instant to another: the states that
// lasted, with the class of their beginning, and the ones on the way.
func (w *watcher) between(from, to time.Time, durable time.Duration, classes []class) (lasted []Object, onTheWay []any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	way := map[string]any{}
	lastShown := ""
	lasted, onTheWay = []Object{}, []any{}
	for i, s := range w.sights {
		end := to
		if i+1 < len(w.sights) && w.sights[i+1].at.Before(to) {
			end = w.sights[i+1].at
		}
		switch {
		case !s.at.After(from):
			lastShown = s.shown // what was so before
		case !s.at.Before(to):
			// after the end
		case end.Sub(s.at) < durable && end != to:
			way[s.shown] = s.state
		case s.shown != lastShown:
			lasted = append(lasted, object("after", classOf(classes, s.at.Sub(from)), "state", s.state))
			lastShown = s.shown
		}
	}
	for _, key := range slices.Sorted(maps.Keys(way)) {
		onTheWay = append(onTheWay, way[key])
	}
	return lasted, onTheWay
}

// class is a span of time with its meaning.
type class struct {
	name     string
	from, to time.Duration
}

func classOf(classes []class, d time.Duration) string {
	for _, c := range classes {
		if d >= c.from && d < c.to {
			return fmt.Sprintf("%s (%v to %v)", c.name, c.from, c.to)
		}
	}
	return fmt.Sprintf("%v: in none of the classes", d.Round(10*time.Millisecond))
}

// watchers is a group of watchers that run until it is stopped.
type watchers struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	list   []*watcher
}

func (r *Run) newWatchers() *watchers {
	ctx, cancel := context.WithCancel(r.ctx)
	return &watchers{ctx: ctx, cancel: cancel}
}

// stop ends every watcher and waits for it.
func (w *watchers) stop() {
	w.cancel()
	w.done.Wait()
}

// add starts a watcher that looks every pause.
func (w *watchers) add(name string, look func() any) *watcher {
	return w.loop(name, func(see func(any)) time.Duration {
		see(look())
		return watchPause
	})
}

// loop starts a watcher whose turn says how long to wait for the next.
func (w *watchers) loop(name string, turn func(see func(any)) time.Duration) *watcher {
	one := &watcher{name: name}
	w.list = append(w.list, one)
	w.done.Go(func() {
		for {
			pause := turn(func(state any) {
				if w.ctx.Err() == nil {
					one.see(time.Now(), state) // when it is known, not when it was asked for
				}
			})
			t := time.NewTimer(pause)
			select {
			case <-w.ctx.Done():
				t.Stop()
				return
			case <-t.C:
			}
		}
	})
	return one
}

// noteAll writes down what every watcher saw from one instant to another.
func (w *watchers) noteAll(r *Run, since string, from, to time.Time, durable time.Duration, classes []class) {
	for _, one := range w.list {
		lasted, onTheWay := one.between(from, to, durable, classes)
		r.note(since+": "+one.name, "lasted", lasted, fieldOnTheWay, onTheWay)
	}
}

// noteNow writes down the newest state of every watcher.
func (w *watchers) noteNow(r *Run, what string) {
	for _, one := range w.list {
		r.note(what+": "+one.name, "state", one.last())
	}
}

// quiet is the state of a broker that does not answer, however it does not.
const quiet = "no answer from it"

// watchTopic watches what every broker tells of a topic's partition 0.
func (w *watchers) watchTopic(r *Run, topic string) {
	for _, b := range brokerIDs {
		w.add(fmt.Sprintf("metadata of %s told by broker %d", topic, b), func() any {
			t, err := r.topicMetadata(b, topic)
			if err != nil {
				return quiet
			}
			return partitionState(t)
		})
	}
}

// watchFenced watches which brokers are fenced, as some brokers tell it.
func (w *watchers) watchFenced(r *Run, brokers []int32) {
	for _, b := range brokers {
		w.add(fmt.Sprintf("fenced brokers told by broker %d", b), func() any {
			o, err := r.fencedState(b)
			if err != nil {
				return quiet
			}
			return o
		})
	}
}

// acknowledged is what one producer knows to be written, in order.
type acknowledged struct {
	mu     sync.Mutex
	values []string
}

func (a *acknowledged) add(v string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.values = append(a.values, v)
}

func (a *acknowledged) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.values)
}

// watchProducer sends a record about every 40 ms to the leader that metadata
// names. After an error it asks for metadata again and waits 100 ms; it does
// not repeat a record.
func (w *watchers) watchProducer(r *Run, topic string, acks int16) *acknowledged {
	var acked acknowledged
	leader := int32(-1)
	n := 0
	name := map[int16]string{-1: "acks=all", 1: "acks=1"}[acks]
	w.loop("producer "+name, func(see func(any)) time.Duration {
		const afterError = 100 * time.Millisecond
		if leader < 0 {
			if leader = r.leaderToldByAny(topic); leader < 0 {
				return afterError
			}
		}
		n++
		v := fmt.Sprintf("%s-%d", name, n)
		p, err := r.producePartition(production{broker: leader, topic: topic, acks: acks, records: newBatch(batchOptions{}, value(v))})
		switch {
		case err != nil:
			see(object("broker", leader, "answer", quiet))
		case p.ErrorCode != 0:
			see(object("broker", leader, "answer", codeName(p.ErrorCode)))
		default:
			see(object("broker", leader, "answer", codeName(0)))
			acked.add(v)
			return watchPause
		}
		leader = -1
		return afterError
	})
	return &acked
}

// leaderToldByAny asks the brokers in turn who leads partition 0.
func (r *Run) leaderToldByAny(topic string) int32 {
	for _, b := range brokerIDs {
		t, err := r.topicMetadata(b, topic)
		if err != nil {
			continue
		}
		if p, ok := partitionOf(t, 0); ok {
			return p.Leader
		}
	}
	return -1
}
