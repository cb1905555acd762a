package scene

import (
	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
)

const (
	producerHeight = 96
	externalHeight = 46
	consumerLine   = 17
	columnNames    = 12 // of a consumer's card: the line that names its columns
	lagWidth       = 48 // of the column that tells how far behind a reader is
)

// clientName is what a client calls itself.
func (d *drawing) clientName(id engine.NodeID) string {
	if p := d.lay.process(id); p != nil && p.Name != "" {
		return p.Name
	}
	return d.t(lang.ClientN, num(id))
}

// producers draws the lane at the left.
func (d *drawing) producers() {
	lane := d.lay.producers
	if lane.W == 0 {
		return
	}
	y := lane.Y
	if len(d.in.State.Producers) > 0 {
		d.list.Text(lane.X, y+18, d.t(lang.Producers), Font{Strong, 12.5}, InkFaint, Left)
		y += 28
	}
	for i := range d.in.State.Producers {
		p := &d.in.State.Producers[i]
		if y+producerHeight > lane.Y+lane.H {
			break
		}
		d.producer(Box{lane.X, y, lane.W, producerHeight}, p)
		y += producerHeight + gap
	}
	d.externals(lane, y)
}

// externals draws the clients that came by themselves, below the producers.
func (d *drawing) externals(lane Box, y float32) {
	all := d.lay.externals()
	if len(all) == 0 {
		return
	}
	d.list.Text(lane.X, y+18, Fit(d.t(lang.ExternalClients), Font{Strong, 12.5}, lane.W), Font{Strong, 12.5}, InkFaint, Left)
	y += 28
	for _, p := range all {
		if y+externalHeight > lane.Y+lane.H {
			return
		}
		b := Box{lane.X, y, lane.W, externalHeight}
		target := Target{Kind: TargetProcess, Node: p.ID}
		d.cards[p.ID] = b
		d.list.Round(b, 9, Card, Edge, 1, 0)
		d.list.hit(b, target, Select)
		d.list.Text(b.X+11, b.Y+20, Fit(d.clientName(p.ID), Font{Strong, 13}, b.W-22), Font{Strong, 13}, Ink, Left)
		d.list.Text(b.X+11, b.Y+36, Fit(d.t(lang.ExternalClient), Font{Plain, 12}, b.W-22), Font{Plain, 12}, InkFaint, Left)
		d.ring(b, target, 9)
		y += externalHeight + 8
	}
}

func (d *drawing) producer(b Box, p *view.Producer) {
	l := d.list
	target := Target{Kind: TargetProducer, Node: p.Node}
	d.cards[p.Node] = b
	l.Round(b, 9, Card, Edge, 1, 0)
	l.hit(b, target, Select)
	f := Font{Strong, 13}
	l.Text(b.X+11, b.Y+21, Fit(d.clientName(p.Node), f, b.W-22), f, Ink, Left)
	acks := "acks=" + num(p.Acks)
	if p.Acks < 0 {
		acks = "acks=all"
	}
	l.Text(b.X+11, b.Y+38, Fit(acks, Font{Mono, 11}, b.W-22), Font{Mono, 11}, InkSoft, Left)
	waiting, flying := int32(0), int32(0)
	for _, a := range p.Accumulators {
		waiting += a.Records
		flying += a.InFlight
	}
	state := ""
	color := InkSoft
	switch {
	case flying > 0:
		state = d.t(lang.InFlight, num(flying))
	case !p.Running:
		state, color = d.t(lang.Stopped), InkFaint
	}
	l.Text(b.X+b.W-11, b.Y+56, state, Font{Plain, 11.5}, color, Right)
	for i := range min(waiting, 5) { // the accumulator: a box a record
		x := b.X + 11 + float32(i)*10
		l.Round(Box{x, b.Y + 47, 8, 8}, 2, None, Accent, 1.2, 0)
	}
	l.Text(b.X+11, b.Y+74, d.t(lang.AckedCount, d.in.Lang.Number(p.Acked)), Font{Strong, 12}, Good, Left)
	if p.Failed > 0 {
		l.Text(b.X+11, b.Y+89, d.t(lang.FailedCount, d.in.Lang.Number(p.Failed)), Font{Strong, 12}, Bad, Left)
	} else {
		l.Text(b.X+11, b.Y+89, Fit(p.Topic, Font{Plain, 12}, b.W-22), Font{Plain, 12}, InkFaint, Left)
	}
	d.ring(b, target, 9)
}

// groups draws the lane at the right: groups with their members, then
// consumers without a group.
func (d *drawing) groups() {
	lane := d.lay.groups
	if lane.W == 0 {
		return
	}
	d.list.Text(lane.X, lane.Y+18, d.t(lang.Groups), Font{Strong, 12.5}, InkFaint, Left)
	y := lane.Y + 28
	shown := map[engine.NodeID]bool{}
	for i := range d.in.State.Groups {
		if y > lane.Y+lane.H-60 {
			return
		}
		y = d.group(Box{lane.X, y, lane.W, 0}, &d.in.State.Groups[i], shown) + gap
	}
	for i := range d.in.State.Consumers {
		c := &d.in.State.Consumers[i]
		if shown[c.Node] || y > lane.Y+lane.H-60 {
			continue
		}
		y = d.consumer(Box{lane.X, y, lane.W, 0}, c, nil) + gap
	}
}

func (d *drawing) group(b Box, g *view.Group, shown map[engine.NodeID]bool) float32 {
	l := d.list
	target := Target{Kind: TargetGroup, Topic: g.Name}
	l.Text(b.X+11, b.Y+20, Fit(d.t(lang.GroupName, g.Name), Font{Strong, 13}, b.W-22), Font{Strong, 13}, Accent, Left)
	l.hit(Box{b.X, b.Y, b.W, 44}, target, Select)
	l.Text(b.X+11, b.Y+37, Fit(GroupStateText(d.in.Lang, g.State), Font{Plain, 12}, b.W-22), Font{Plain, 12}, InkSoft, Left)
	y := b.Y + 46
	for i := range g.Members {
		m := &g.Members[i]
		y = d.member(Box{b.X + 8, y, b.W - 16, 0}, g, m, shown) + 8
	}
	b.H = y - b.Y + 2
	l.Round(b, 10, None, Accent, 1.2, 5)
	d.ring(b, target, 10)
	return y + 2
}

// member draws a group's member: our own consumer, or one known by its client
// id only.
func (d *drawing) member(b Box, g *view.Group, m *view.Member, shown map[engine.NodeID]bool) float32 {
	for i := range d.in.State.Consumers {
		c := &d.in.State.Consumers[i]
		// Its id reaches a member with the answer that ends the rebalance; the group
		// knows it before.
		joining := c.MemberID == "" && d.clientName(c.Node) == m.ClientID
		if c.Group == g.Name && (c.MemberID == m.ID || joining) {
			shown[c.Node] = true
			return d.consumer(b, c, g)
		}
	}
	lines := make([]line, 0, len(m.Assigned))
	for _, tp := range m.Assigned {
		lines = append(lines, d.positionLine(g, tp.Topic, tp.Partition, engine.NoOffset))
	}
	bottom := d.consumerCard(b, m.ClientID, d.t(lang.ExternalClient), lines, Target{Kind: TargetGroup, Topic: g.Name})
	for i := range d.in.State.Processes { // its messages come and go here
		if p := &d.in.State.Processes[i]; p.External && p.Name == m.ClientID {
			d.cards[p.ID] = Box{b.X, b.Y, b.W, bottom - b.Y}
		}
	}
	return bottom
}

type line struct {
	name, at, lag string
	late          bool
}

func (d *drawing) consumer(b Box, c *view.Consumer, g *view.Group) float32 {
	lines := make([]line, 0, len(c.Positions))
	for _, p := range c.Positions {
		lines = append(lines, d.positionLine(g, p.Topic, p.Partition, p.Offset))
	}
	state := d.t(lang.ReadCount, d.in.Lang.Number(c.Read))
	if !c.Running {
		state = d.t(lang.Stopped)
	}
	target := Target{Kind: TargetConsumer, Node: c.Node}
	bottom := d.consumerCard(b, d.clientName(c.Node), state, lines, target)
	d.cards[c.Node] = Box{b.X, b.Y, b.W, bottom - b.Y}
	return bottom
}

// positionLine says where a partition is read and how far behind that is.
func (d *drawing) positionLine(g *view.Group, topic string, partition int32, at engine.Offset) line {
	if at == engine.NoOffset && g != nil {
		for _, o := range g.Offsets {
			if o.Topic == topic && o.Partition == partition {
				at = o.Committed
			}
		}
	}
	l := line{name: topic + "-" + num(partition)}
	if at == engine.NoOffset {
		return l
	}
	l.at = num(at)
	if hw := LeaderHighWatermark(d.in.State, topic, partition); hw != engine.NoOffset {
		lag := max(hw-at, 0)
		l.lag, l.late = num(lag), lag > 0
	}
	return l
}

// LeaderHighWatermark is up to where consumers can read; NoOffset: not known.
func LeaderHighWatermark(s *view.State, topic string, partition int32) engine.Offset {
	p := PartitionOf(s, topic, partition)
	if p == nil {
		return engine.NoOffset
	}
	for _, r := range ReplicasOf(s, topic, partition) {
		if r.Node == p.Leader {
			return r.HighWatermark
		}
	}
	return engine.NoOffset
}

const linesMax = 8 // of one consumer; its panel shows all

func (d *drawing) consumerCard(b Box, name, state string, lines []line, target Target) float32 {
	l := d.list
	more := len(lines) - linesMax
	if more > 0 {
		lines = lines[:linesMax]
	}
	b.H = 44 + float32(len(lines))*consumerLine
	if len(lines) > 0 {
		b.H += columnNames
	}
	l.Round(b, 8, Card, Edge, 1, 0)
	l.hit(b, target, Select)
	f := Font{Strong, 13}
	l.Text(b.X+10, b.Y+20, Fit(name, f, b.W-20), f, Ink, Left)
	l.Text(b.X+10, b.Y+35, Fit(state, Font{Plain, 11.5}, b.W-20), Font{Plain, 11.5}, InkSoft, Left)
	y := b.Y + 51
	if len(lines) > 0 {
		small := Font{Plain, 10}
		l.Text(b.X+b.W-lagWidth, y-2, d.t(lang.PositionColumn), small, InkSoft, Right)
		l.Text(b.X+b.W-9, y-2, d.t(lang.LagColumn), small, InkSoft, Right)
		y += columnNames
	}
	for _, ln := range lines {
		l.Text(b.X+10, y, Fit(ln.name, Font{Mono, 11}, b.W-lagWidth-10-TextWidth(ln.at, Font{MonoStrong, 11})-4), Font{Mono, 11}, InkSoft, Left)
		l.Text(b.X+b.W-lagWidth, y, ln.at, Font{MonoStrong, 11}, Ink, Right)
		color := InkFaint
		if ln.late {
			color = Warn
		}
		l.Text(b.X+b.W-9, y, ln.lag, Font{Mono, 11}, color, Right)
		y += consumerLine
	}
	d.ring(b, target, 8)
	return b.Y + b.H
}

// GroupStateText names a group's state.
func GroupStateText(l lang.Lang, s view.GroupState) string {
	switch s {
	case view.GroupEmpty:
		return l.T(lang.GroupEmpty)
	case view.GroupPreparingRebalance:
		return l.T(lang.GroupPreparing)
	case view.GroupCompletingRebalance:
		return l.T(lang.GroupCompleting)
	case view.GroupStable:
		return l.T(lang.GroupStable)
	}
	return l.T(lang.GroupDead)
}
