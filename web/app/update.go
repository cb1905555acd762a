package app

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/scene"
)

// Msg is something that happened to the page. The set is closed.
type Msg interface{ msg() }

// Tick says that so much of the reader's time has passed.
type Tick struct{ Passed time.Duration }

// Packet came from the source.
type Packet struct{ view.Packet }

// LinkChanged tells how the connection is.
type LinkChanged struct {
	Link    Link
	RetryIn time.Duration
	Silent  time.Duration
}

// Resize gives the stage's size in CSS pixels.
type Resize struct{ Width, Height float32 }

// PointerMoved says where the pointer is; Left that it left the stage.
type PointerMoved struct {
	X, Y float32
	Left bool
}

// PointerPressed is a click or a tap on the stage.
type PointerPressed struct{ X, Y float32 }

// Scrolled moves the rows.
type Scrolled struct{ By float32 }

// KeyPressed is a key on the focused stage, named as KeyboardEvent.key has it.
type KeyPressed struct{ Key string }

// Acted is a control outside the stage: its name and the values beside it.
type Acted struct {
	Name   string
	Values map[string]string
}

func (Tick) msg()           {}
func (Packet) msg()         {}
func (LinkChanged) msg()    {}
func (Resize) msg()         {}
func (PointerMoved) msg()   {}
func (PointerPressed) msg() {}
func (Scrolled) msg()       {}
func (KeyPressed) msg()     {}
func (Acted) msg()          {}

// Update takes one message into the model and gives what must be done.
func (m *Model) Update(msg Msg) []Effect {
	switch msg := msg.(type) {
	case Tick:
		m.tick(msg.Passed)
	case Packet:
		return m.onPacket(msg.Packet)
	case LinkChanged:
		return m.onLink(msg)
	case Resize:
		m.Width, m.Height = msg.Width, msg.Height
		m.clampScroll()
	case PointerMoved:
		m.onPointer(msg)
	case PointerPressed:
		if hit, ok := m.list.At(msg.X, msg.Y); ok {
			return m.press(hit)
		}
		m.choose(scene.Target{})
	case Scrolled:
		m.ScrollY += msg.By
		m.clampScroll()
	case KeyPressed:
		return m.onKey(msg.Key)
	case Acted:
		return m.onAction(msg)
	}
	return nil
}

func (m *Model) clampScroll() {
	m.ScrollY = max(0, min(m.ScrollY, scene.ScrollMax(m.Picture())))
}

const (
	glowLasts   = 900 * time.Millisecond
	noticeLasts = 7 * time.Second
)

// tick moves what moves by itself. While time stands still, messages stop half
// way, unless they have arrived.
func (m *Model) tick(passed time.Duration) {
	playing := m.State.Clock.Playing || m.Source == view.SourceLive
	kept := m.flights[:0]
	for i := range m.flights {
		f := m.flights[i]
		if f.wait > 0 {
			if playing {
				f.wait -= passed
			} else {
				f.wait = 0
			}
			kept = append(kept, f)
			continue
		}
		goal := float32(1)
		if !playing && f.message.Arrives > m.State.At {
			goal = 0.5
		}
		span := f.span
		if !playing {
			span = min(span, flightLeast)
		}
		if f.done < goal {
			f.done = min(goal, f.done+float32(passed)/float32(span))
		}
		if f.done < 1 {
			kept = append(kept, f)
		}
	}
	m.flights = kept
	glows := m.glows[:0]
	for _, g := range m.glows {
		g.Left -= float32(passed) / float32(glowLasts)
		if g.Left > 0 {
			glows = append(glows, g)
		}
	}
	m.glows = glows
	m.passing -= passed
	if m.noticeFor > 0 {
		if m.noticeFor -= passed; m.noticeFor <= 0 {
			m.Notice = ""
		}
	}
}

func (m *Model) onLink(l LinkChanged) []Effect {
	before := m.Link
	m.Link, m.RetryIn, m.Silent = l.Link, l.RetryIn, l.Silent
	if before == LinkLost && l.Link == LinkOpen {
		m.notice(m.t(lang.ConnectionBack), false)
		return []Effect{Announce{m.Notice}}
	}
	return nil
}

func (m *Model) notice(text string, bad bool) {
	m.Notice, m.NoticeBad, m.noticeFor = text, bad, noticeLasts
}

func (m *Model) onPointer(p PointerMoved) {
	m.Hovered, m.HoverAction = scene.Target{}, false
	if p.Left {
		return
	}
	if hit, ok := m.list.At(p.X, p.Y); ok {
		m.Hovered, m.HoverAction = hit.Target, true
	}
}

// press does what a hit is for.
func (m *Model) press(h scene.Hit) []Effect {
	switch h.Action {
	case scene.Toggle:
		m.toggle(h.Target.Topic)
		return nil
	case scene.Kill:
		return m.send(view.Command{Kind: view.CommandKill, Node: h.Target.Node})
	case scene.Restart:
		return m.send(view.Command{Kind: view.CommandRestart, Node: h.Target.Node})
	case scene.Freeze:
		return m.send(view.Command{Kind: view.CommandFreeze, Node: h.Target.Node})
	case scene.Thaw:
		return m.send(view.Command{Kind: view.CommandThaw, Node: h.Target.Node})
	}
	return m.choose(h.Target)
}

func (m *Model) toggle(topic string) {
	open, said := m.Open[topic]
	if !said {
		open = true
		for _, t := range m.State.Topics {
			if t.Name == topic && t.Internal {
				open = false
			}
		}
	}
	m.Open[topic] = !open
	m.clampScroll()
}

// choose selects something, and asks for a batch's records.
func (m *Model) choose(t scene.Target) []Effect {
	m.Selected = t
	m.picked = nil
	if t.Kind == scene.TargetMessage {
		for i := range m.flights {
			if m.flights[i].message.ID == t.Message {
				copied := m.flights[i].message
				m.picked = &copied
			}
		}
	}
	if t.Kind == scene.TargetNone {
		return nil
	}
	m.PanelOpen = true
	if t.Kind != scene.TargetBatch || t == m.detailFor || !m.Hello.Can.Has(view.CanInspect) {
		return nil
	}
	m.Detail, m.detailFor = nil, t
	return m.send(view.Command{Kind: view.CommandInspect, Topic: t.Topic, Partition: t.Partition, Node: t.Node, Offset: t.Offset})
}

// onKey walks through the picture by keyboard.
func (m *Model) onKey(key string) []Effect {
	switch key {
	case "Escape":
		return m.choose(scene.Target{})
	case " ":
		return m.playOrPause()
	case ".":
		return m.send(view.Command{Kind: view.CommandStep})
	case "PageDown":
		m.ScrollY += m.Height * 0.7
		m.clampScroll()
	case "PageUp":
		m.ScrollY -= m.Height * 0.7
		m.clampScroll()
	case "k", "K", "r", "R":
		p := scene.ProcessOf(&m.State, m.Selected.Node)
		if p == nil {
			return nil
		}
		kind := view.CommandKill
		if p.Status == view.Dead {
			kind = view.CommandRestart
		}
		return m.send(view.Command{Kind: kind, Node: p.ID})
	case "Enter":
		if m.Selected.Kind == scene.TargetTopic {
			m.toggle(m.Selected.Topic)
		}
		m.PanelOpen = true
	case "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown":
		m.walk(key)
		return append(m.choose(m.Selected), Announce{m.spoken()})
	}
	return nil
}

// spoken says what is selected, for those who hear the page: what it is, why it
// is so, and the first facts about it.
func (m *Model) spoken() string {
	const factsMax = 4
	i := m.Inspector()
	parts := []string{i.Kind + " " + i.Title}
	if i.Why != "" {
		parts = append(parts, i.Why)
	}
	for n, r := range i.Rows {
		if n == factsMax {
			break
		}
		parts = append(parts, strings.TrimSpace(r.Name+" "+r.Value))
	}
	return strings.Join(parts, ". ")
}

// walk goes to the nearest thing in a direction, among what the picture holds.
func (m *Model) walk(key string) {
	var from scene.Box
	found := false
	for _, h := range m.list.Hits {
		if h.Action == scene.Select && h.Target == m.Selected {
			from, found = h.Box, true
		}
	}
	if !found {
		for _, h := range m.list.Hits {
			if h.Target.Kind == scene.TargetProcess && scene.ProcessOf(&m.State, h.Target.Node).Roles.Has(view.RoleBroker) {
				m.Selected = h.Target
				return
			}
		}
		return
	}
	best, bestAt := float32(-1), m.Selected
	for _, h := range m.list.Hits {
		if h.Action != scene.Select || h.Target == m.Selected || h.Target.Kind == scene.TargetMessage {
			continue
		}
		along, aside := distance(key, from, h.Box)
		if along <= 1 {
			continue
		}
		if cost := along + 3*aside; best < 0 || cost < best {
			best, bestAt = cost, h.Target
		}
	}
	m.Selected = bestAt
}

// distance measures from a to b in a key's direction, and across it.
func distance(key string, a, b scene.Box) (along, aside float32) {
	dx, dy := b.MidX()-a.MidX(), b.MidY()-a.MidY()
	switch key {
	case "ArrowLeft":
		dx = -dx
		fallthrough
	case "ArrowRight":
		return dx, max(dy, -dy)
	case "ArrowUp":
		dy = -dy
	}
	return dy, max(dx, -dx)
}

// send gives a command its number and asks for it to be sent.
func (m *Model) send(c view.Command) []Effect {
	if need := c.Kind.Needs(); !m.Hello.Can.Has(need) {
		m.notice(m.t(lang.RefusedCannot), true)
		return nil
	}
	m.lastID++
	c.ID = m.lastID
	m.pending[c.ID] = c.Kind
	return []Effect{Send{&c}}
}

func (m *Model) playOrPause() []Effect {
	if m.State.Clock.Playing {
		return m.send(view.Command{Kind: view.CommandPause})
	}
	return m.send(view.Command{Kind: view.CommandPlay})
}

// onAction does what a control of the panels asks.
func (m *Model) onAction(a Acted) []Effect {
	switch a.Name {
	case "lang":
		m.Lang = m.Lang.Other()
		m.retell()
		return []Effect{Remember{"lang", m.Lang.Tag()}}
	case "theme":
		m.Dark = !m.Dark
		return []Effect{Remember{"theme", map[bool]string{true: "dark", false: "light"}[m.Dark]}}
	case "guide":
		m.GuideOpen = !m.GuideOpen
	case "panel":
		m.PanelOpen = !m.PanelOpen
	case "tables":
		m.TablesOpen = a.Values["open"] != ""
	case "source":
		return m.changeSource(a.Values["to"])
	case "token":
		m.Token = a.Values["token"]
		return []Effect{Remember{"token", m.Token}, Connect{m.Source}} // the next connection carries it
	case "close":
		return m.choose(scene.Target{})
	case "select":
		return m.choose(targetOf(a.Values))
	case "play":
		return m.playOrPause()
	case "step":
		return m.send(view.Command{Kind: view.CommandStep})
	case "pace":
		i := int(number(a.Values["pace"], 0))
		return m.send(view.Command{Kind: view.CommandPace, Every: paces[max(0, min(i, len(paces)-1))]})
	case "reset":
		return m.send(view.Command{Kind: view.CommandReset, Seed: m.Hello.Seed})
	case "newseed":
		return m.send(view.Command{Kind: view.CommandReset, Seed: m.Hello.Seed*6364136223846793005 + 1442695040888963407})
	}
	if c, ok := m.command(a); ok {
		return m.send(c)
	}
	return nil
}

func (m *Model) changeSource(to string) []Effect {
	want := view.SourceSimulation
	link := LinkStarting
	if to == "live" && m.CanLive {
		want, link = view.SourceLive, LinkConnecting
	}
	if want == m.Source && m.Link == LinkOpen {
		return nil
	}
	m.Source, m.Link, m.Known = want, link, false
	m.State, m.Hello = view.State{}, view.Hello{}
	m.Feed, m.flights, m.glows, m.events = nil, nil, nil, nil
	clear(m.fetched)
	m.Selected, m.Detail, m.detailFor, m.ScrollY = scene.Target{}, nil, scene.Target{}, 0
	return []Effect{Connect{want}}
}

// command reads a command out of a control's values.
func (m *Model) command(a Acted) (view.Command, bool) {
	v := a.Values
	node := engine.NodeID(number(v["node"], int64(engine.NoNode)))
	c := view.Command{Node: node, Peer: engine.NoNode, Topic: v["topic"], Partition: -1, Acks: -1, Group: v["group"]}
	if acks, err := strconv.ParseInt(v["acks"], 10, 16); err == nil {
		c.Acks = int16(acks)
	}
	if rate := number(v["rate"], 0); rate > 0 {
		c.Every = time.Second / time.Duration(rate)
	}
	switch a.Name {
	case "kill":
		c.Kind = view.CommandKill
	case "killleader":
		p := scene.PartitionOf(&m.State, v["topic"], int32(number(v["partition"], 0)))
		if p == nil || p.Leader == engine.NoNode {
			return c, false
		}
		c.Kind, c.Node = view.CommandKill, p.Leader
	case "restart":
		c.Kind = view.CommandRestart
	case "freeze":
		c.Kind = view.CommandFreeze
	case "thaw":
		c.Kind = view.CommandThaw
	case "cut":
		c.Kind, c.Peer = view.CommandCut, engine.NodeID(number(v["peer"], -1))
	case "heal":
		c.Kind, c.Peer = view.CommandHeal, engine.NodeID(number(v["peer"], -1))
	case "topic":
		c.Kind = view.CommandCreateTopic
		c.Partitions, c.Factor = int32(number(v["partitions"], -1)), int16(number(v["factor"], -1))
		m.lastMade = c.Topic
	case "produce":
		c.Kind = view.CommandProduce
		c.Key, c.NullKey = []byte(v["key"]), v["key"] == ""
		c.Value = []byte(v["value"])
		m.lastMade = c.Topic
	case "producer":
		c.Kind = view.CommandStartProducer
	case "stopproducer":
		c.Kind = view.CommandStopProducer
	case "consumer":
		c.Kind = view.CommandStartConsumer
	case "stopconsumer":
		c.Kind = view.CommandStopConsumer
	default:
		return c, false
	}
	return c, true
}

func number(s string, otherwise int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// targetOf reads what a control of the table or the feed points at.
func targetOf(v map[string]string) scene.Target {
	t := scene.Target{Node: engine.NodeID(number(v["node"], 0)), Topic: v["topic"],
		Partition: int32(number(v["partition"], 0)), Offset: engine.Offset(number(v["offset"], 0))}
	t.Kind = scene.TargetKind(number(v["kind"], 0))
	return t
}

// paces are the speeds to choose from: how much of the cluster's time passes in
// a second of the reader's.
var paces = [...]time.Duration{
	400 * time.Microsecond, time.Millisecond, 3 * time.Millisecond, 10 * time.Millisecond, 30 * time.Millisecond,
	100 * time.Millisecond, 300 * time.Millisecond, time.Second, 3 * time.Second, 10 * time.Second,
}

// paceIndex is the nearest of paces.
func paceIndex(d time.Duration) int {
	i, _ := slices.BinarySearch(paces[:], d)
	return min(i, len(paces)-1)
}
