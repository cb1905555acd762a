package local

import (
	"slices"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/sim"
	"bitacora/engine/view"
)

// Do carries out a command. Its answer comes with this or a later Advance.
func (w *World) Do(c *view.Command) {
	reason := view.ReasonDone
	switch c.Kind {
	case view.CommandPlay:
		w.playing = true
	case view.CommandPause:
		w.playing, w.owed = false, 0
	case view.CommandStep:
		w.step()
	case view.CommandPace:
		w.pace = min(max(c.Every, paceMin), paceMax)
	case view.CommandReset:
		reason = w.restart(c)
	case view.CommandKill, view.CommandRestart, view.CommandFreeze, view.CommandThaw:
		reason = w.fault(c)
	case view.CommandCut, view.CommandHeal:
		reason = w.link(c)
	case view.CommandFault:
		if err := w.sim.Break(c.FaultOf()); err != nil {
			w.answer(c.ID, view.ReasonInvalid, 0, err.Error())
			return
		}
	case view.CommandCreateTopic:
		if c.Topic == "" || c.Partitions == 0 || c.Partitions < -1 || c.Factor == 0 || c.Factor < -1 {
			reason = view.ReasonInvalid
			break
		}
		w.admin.ask(w.sim, adminAsk{id: c.ID, topic: c.Topic, partitions: c.Partitions, factor: c.Factor})
		w.nudge()
		return
	case view.CommandProduce:
		if reason = w.produce(c); reason == view.ReasonDone {
			w.nudge()
			return
		}
	case view.CommandStartProducer, view.CommandStopProducer, view.CommandStartConsumer, view.CommandStopConsumer:
		reason = w.client(c)
	case view.CommandInspect:
		w.inspect(c)
		return
	default:
		reason = view.ReasonInvalid
	}
	w.answer(c.ID, reason, 0, "")
	w.dirty = true
	w.sinceShot = frameEvery
}

// Bounds of the pace: a network trip in half a minute, a minute in a second.
const (
	paceMin = 10 * time.Microsecond
	paceMax = time.Minute
)

func (w *World) answer(id uint32, reason view.Reason, code engine.ErrorCode, detail string) {
	w.out = append(w.out, &view.Result{ID: id, Reason: reason, Code: int16(code), Detail: detail})
}

// nudge shows at once what a command began, even while time stands still.
func (w *World) nudge() {
	w.dirty = true
	w.sinceShot = frameEvery
}

// step lets one event happen: the next input that leaves a trace.
func (w *World) step() {
	w.playing, w.owed = false, 0
	before := len(w.events) + len(w.messages)
	for range stepInputsMax {
		if !w.sim.Step() || len(w.events)+len(w.messages) > before {
			break
		}
	}
}

// stepInputsMax bounds a step over inputs that show nothing (timers that were
// moved, commits).
const stepInputsMax = 5000

func (w *World) restart(c *view.Command) view.Reason {
	pace, playing := w.pace, w.playing
	if err := w.reset(c.Seed); err != nil {
		return view.ReasonNotNow
	}
	w.pace, w.playing = pace, playing
	w.out = append(w.out, w.Hello())
	return view.ReasonDone
}

// fault breaks or mends a process.
func (w *World) fault(c *view.Command) view.Reason {
	if !slices.Contains(w.sim.Nodes(), c.Node) || c.Node >= adminID {
		return view.ReasonUnknownNode
	}
	_, state := w.sim.Node(c.Node)
	want := map[view.CommandKind]bool{
		view.CommandKill: state != sim.Dead, view.CommandRestart: state == sim.Dead,
		view.CommandFreeze: state == sim.Running, view.CommandThaw: state == sim.Paused,
	}
	if !want[c.Kind] {
		return view.ReasonNotNow
	}
	action := map[view.CommandKind]sim.ActionKind{
		view.CommandKill: sim.ActKill, view.CommandRestart: sim.ActRestart,
		view.CommandFreeze: sim.ActPause, view.CommandThaw: sim.ActResume,
	}[c.Kind]
	w.sim.Do(sim.Action{Kind: action, Node: c.Node})
	return view.ReasonDone
}

func (w *World) link(c *view.Command) view.Reason {
	if c.Kind == view.CommandHeal && c.Node == engine.NoNode {
		for _, cut := range w.sim.Cuts() {
			w.sim.Do(sim.Action{Kind: sim.ActHeal, Node: cut.From, Peer: cut.To})
		}
		return view.ReasonDone
	}
	nodes := w.sim.Nodes()
	if !slices.Contains(nodes, c.Node) || !slices.Contains(nodes, c.Peer) || c.Node == c.Peer {
		return view.ReasonUnknownNode
	}
	if c.Kind == view.CommandCut {
		w.sim.Cut(c.Node, c.Peer)
	} else {
		w.sim.Heal(c.Node, c.Peer)
	}
	return view.ReasonDone
}

// produce hands a record to the producer for its acks.
func (w *World) produce(c *view.Command) view.Reason {
	if c.Acks < -1 || c.Acks > 1 || c.Topic == "" {
		return view.ReasonInvalid
	}
	if reason := w.checkPartition(c.Topic, c.Partition); reason != view.ReasonDone {
		return reason
	}
	h := w.hands[c.Acks]
	if h == nil {
		h = &hand{id: firstHandID + engine.NodeID(len(w.hands)), waiting: map[int64]uint32{}}
		cfg := client.DefaultProducer("page", w.bootstrap()...)
		if err := cfg.Set(map[string]string{"acks": strconv.Itoa(int(c.Acks))}); err != nil {
			return view.ReasonInvalid
		}
		if err := w.sim.AddProducer(h.id, cfg); err != nil {
			return view.ReasonNotNow
		}
		w.hands[c.Acks] = h
	}
	h.sent++
	h.waiting[h.sent] = c.ID
	send := client.Send{Topic: c.Topic, Partition: c.Partition, Key: c.Key, Value: c.Value}
	if c.NullKey {
		send.Key = nil
	}
	if c.NullValue {
		send.Value = nil
	}
	w.sim.Command(h.id, send)
	return view.ReasonDone
}

func (w *World) checkPartition(topic string, partition int32) view.Reason {
	if len(w.last.Processes) == 0 {
		return view.ReasonDone
	}
	for i := range w.last.Topics {
		if t := &w.last.Topics[i]; t.Name == topic {
			if partition >= t.Partitions {
				return view.ReasonUnknownPartition
			}
			return view.ReasonDone
		}
	}
	return view.ReasonUnknownTopic
}

// answerHand tells the reader what became of a record written by hand.
func (w *World) answerHand(ev *engine.Event) {
	for _, h := range w.hands {
		if h.id != ev.Node {
			continue
		}
		id, waits := h.waiting[ev.Count]
		if !waits {
			return
		}
		delete(h.waiting, ev.Count)
		if ev.Kind == engine.EventClientFailed {
			w.answer(id, view.ReasonKafka, engine.ErrorCode(ev.Code), "")
			return
		}
		w.answer(id, view.ReasonDone, 0, view.Place(ev.Topic, ev.Partition, ev.Offset))
	}
}

// settle passes on what the admin heard.
func (w *World) settle() {
	for _, a := range w.admin.answers {
		if a.code == engine.ErrNone {
			w.answer(a.id, view.ReasonDone, 0, "")
		} else {
			w.answer(a.id, view.ReasonKafka, a.code, a.text)
		}
	}
	w.admin.answers = nil
}

func (w *World) inspect(c *view.Command) {
	s := w.server(c.Node)
	if s == nil {
		w.answer(c.ID, view.ReasonUnknownNode, 0, "")
		return
	}
	if d := view.Inspect(c, s.Quorum(), s.Broker()); d != nil {
		w.out = append(w.out, d)
		return
	}
	w.answer(c.ID, view.ReasonGone, 0, "")
}

// client starts and stops what writes and reads by itself.
func (w *World) client(c *view.Command) view.Reason {
	var err error
	switch c.Kind {
	case view.CommandStartProducer:
		if c.Node != engine.NoNode {
			return w.goOn(c.Node)
		}
		if c.Every < client.MakeIntervalMin || c.Acks < -1 || c.Acks > 1 {
			return view.ReasonInvalid
		}
		if reason := w.checkPartition(c.Topic, -1); reason != view.ReasonDone {
			return reason
		}
		_, err = w.startProducer(c.Topic, c.Every, c.Acks)
	case view.CommandStopProducer:
		if !slices.Contains(w.producers, c.Node) {
			return view.ReasonUnknownNode
		}
		w.sim.Command(c.Node, client.StopProducing{})
	case view.CommandStartConsumer:
		if c.Node != engine.NoNode {
			return w.goOn(c.Node)
		}
		if reason := w.checkPartition(c.Topic, -1); reason != view.ReasonDone {
			return reason
		}
		_, err = w.startConsumer(c.Topic, c.Group)
	case view.CommandStopConsumer:
		if !slices.Contains(w.consumers, c.Node) {
			return view.ReasonUnknownNode
		}
		w.sim.Command(c.Node, client.CloseClient{})
	}
	if err != nil {
		return view.ReasonBusy
	}
	return view.ReasonDone
}

// goOn has a client that was stopped start again.
func (w *World) goOn(id engine.NodeID) view.Reason {
	node, state := w.sim.Node(id)
	switch {
	case slices.Contains(w.producers, id):
		if p, ok := node.(*client.Producer); ok && state == sim.Running {
			w.sim.Command(id, p.State().Making)
			return view.ReasonDone
		}
	case slices.Contains(w.consumers, id) && state == sim.Dead:
		w.sim.Restart(id)
		w.sim.Command(id, w.subscription(id))
		return view.ReasonDone
	}
	return view.ReasonNotNow
}

// errFull says that there are as many clients as a page can show.
type errFull struct{}

// Error says so.
func (errFull) Error() string { return "no more clients" }

func (w *World) startProducer(topic string, every time.Duration, acks int16) (engine.NodeID, error) {
	if len(w.producers)+len(w.consumers) >= clientsMax {
		return 0, errFull{}
	}
	id := w.nextID
	name := "producer-" + strconv.Itoa(len(w.producers)+1)
	cfg := client.DefaultProducer(name, w.bootstrap()...)
	if err := cfg.Set(map[string]string{"acks": strconv.Itoa(int(acks))}); err != nil {
		return 0, err
	}
	w.names[id] = name
	if err := w.sim.AddProducer(id, cfg); err != nil {
		return 0, err
	}
	w.nextID++
	w.producers = append(w.producers, id)
	w.sim.Command(id, client.StartProducing{Topic: topic, Partition: -1, Interval: every, KeySpace: 8})
	return id, nil
}
