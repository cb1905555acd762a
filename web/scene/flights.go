package scene

import (
	"bitacora/engine/view"
	"bitacora/web/lang"
)

// Bounds of what flies at once. Text costs most, for a painter and a reader: what
// is past pillsMax, or finds no room in its lane, is a bead without words.
const (
	pillsMax   = 24
	bundlesMax = 48
	dotsMax    = 240
)

const (
	pillHeight  = 14
	pillAside   = 90 // how far a pill may stand from its bead to make room
	laneToStrip = 26 // from a full row's lane down to its strips
	laneStroke  = 2  // a request and an answer lie so far to either side of a lane's middle
)

// bundle is the messages of one kind on one link: one line, one pill, a bead each.
type bundle struct {
	first *Flight
	path  path
	count int
}

// flights draws the messages on their way. They keep to lanes in which nothing
// else stands: above the rows' badges, between the columns, between controllers
// and brokers. So no message ever hides a name, a button, a badge or a record.
func (d *drawing) flights() {
	dots := 0
	var bundles []bundle
	var beads []*Flight
	for i := range d.in.Flights {
		f := &d.in.Flights[i]
		switch {
		case f.Message.Flags&view.MessageEmpty != 0:
			if dots++; dots <= dotsMax {
				d.dot(f)
			}
		case d.joins(bundles, f) || len(bundles) == bundlesMax:
			beads = append(beads, f)
		default:
			if p, ok := d.route(f.Message); ok {
				bundles = append(bundles, bundle{f, p, 1})
			}
		}
	}
	for i := range bundles {
		d.line(&bundles[i])
	}
	for _, f := range beads[:min(len(beads), dotsMax)] {
		if p, ok := d.route(f.Message); ok {
			d.bead(f, &p)
		}
	}
	for i := range bundles {
		d.bead(bundles[i].first, &bundles[i].path)
	}
	var taken []Box
	for i := range bundles {
		if len(taken) < pillsMax {
			taken = d.messagePill(&bundles[i], taken)
		}
	}
}

// joins counts a flight in with the others of its kind on its link, if there are any.
func (d *drawing) joins(bundles []bundle, f *Flight) bool {
	const kind = view.MessageResponse | view.MessageDoomed | view.MessageError
	m := f.Message
	for i := range bundles {
		o := bundles[i].first.Message
		if m.From == o.From && m.To == o.To && m.Name == o.Name && m.Flags&kind == o.Flags&kind && sameLog(m, o) {
			bundles[i].count++
			return true
		}
	}
	return false
}

func sameLog(a, b *view.Message) bool {
	if len(a.Items) == 0 || len(b.Items) == 0 {
		return len(a.Items) == len(b.Items)
	}
	return a.Items[0].Topic == b.Items[0].Topic && a.Items[0].Partition == b.Items[0].Partition
}

type point struct{ x, y float32 }

// path is where a message flies: out of its sender to a lane, along it, and into
// its receiver.
type path struct {
	points [6]point
	length float32
	lane   float32 // its y
	wordy  bool    // the lane is high enough for text
}

func (p *path) at(t float32) point {
	rest := t * p.length
	for i := 1; i < len(p.points); i++ {
		a, b := p.points[i-1], p.points[i]
		size := span(a, b)
		if rest <= size && size > 0 {
			return point{a.x + (b.x-a.x)*rest/size, a.y + (b.y-a.y)*rest/size}
		}
		rest -= size
	}
	return p.points[len(p.points)-1]
}

// span is the length of a stretch, which is level or upright.
func span(a, b point) float32 { return max(a.x-b.x, b.x-a.x) + max(a.y-b.y, b.y-a.y) }

// side is what kind of thing a message leaves or reaches.
type side uint8

const (
	sideStrip  side = iota // a copy of a log
	sideClient             // a producer's or consumer's card
	sideBroker             // a column's head
	sideController
)

type end struct {
	box  Box
	side side
}

// route finds a message's path. A message about one partition goes from strip to
// strip in that row's lane; others in the lane between controllers and brokers.
func (d *drawing) route(m *view.Message) (path, bool) {
	a, ok := d.end(m, true)
	b, ok2 := d.end(m, false)
	if !ok || !ok2 || len(d.lay.columns) == 0 {
		return path{}, false
	}
	p := path{lane: d.lay.columns[0].Y - d.lay.cardLane/2, wordy: true}
	for _, e := range [2]*end{&a, &b} {
		other := &b
		if e == &b {
			other = &a
		}
		if e.side == sideStrip && (other.side == sideStrip || other.side == sideClient) {
			p.lane, p.wordy = d.rowLane(e.box), d.lay.detail == full
		}
	}
	shift := float32(-laneStroke)
	if m.Flags&view.MessageResponse != 0 {
		shift = laneStroke
	}
	from, out := d.leave(a, b, shift)
	to, in := d.leave(b, a, shift)
	p.points = [6]point{from, {out, from.y}, {out, p.lane + shift}, {in, p.lane + shift}, {in, to.y}, to}
	for i := 1; i < len(p.points); i++ {
		p.length += span(p.points[i-1], p.points[i])
	}
	return p, true
}

// rowLane is the y of the lane of the row in which a strip lies.
func (d *drawing) rowLane(strip Box) float32 {
	switch d.lay.detail {
	case full:
		return strip.Y - laneToStrip
	case compact:
		return strip.Y - 18
	}
	return strip.Y - 3
}

// leave gives the point at which a message leaves e (or reaches it) and the x at
// which it goes up or down beside it.
func (d *drawing) leave(e, other end, shift float32) (point, float32) {
	b, right := e.box, other.box.MidX() > e.box.MidX()
	switch e.side {
	case sideController:
		x := b.MidX() + 3*shift
		return point{x, b.Y + b.H}, x
	case sideBroker:
		x := b.MidX() + 3*shift
		return point{x, b.Y}, x
	case sideClient:
		if right {
			return point{b.X + b.W, b.MidY() + 3*shift}, d.lay.producers.X + d.lay.producers.W + 5 + shift
		}
		return point{b.X, b.MidY() + 3*shift}, d.lay.groups.X - 7 + shift
	}
	beside := stripAside(d.lay.narrow) + gap/2
	if right {
		return point{b.X + b.W, b.MidY() + 2*shift}, b.X + b.W + beside + shift
	}
	return point{b.X, b.MidY() + 2*shift}, b.X - beside + shift
}

func (d *drawing) end(m *view.Message, from bool) (end, bool) {
	node := m.To
	if from {
		node = m.From
	}
	if len(m.Items) > 0 {
		it := &m.Items[0]
		if b, ok := d.strips[Target{Kind: TargetReplica, Topic: it.Topic, Partition: it.Partition, Node: node}]; ok {
			if d.rowLane(b) >= d.lay.rowsTop-3 && b.Y < d.in.Height {
				return end{b, sideStrip}, true
			}
		}
	}
	e := end{box: d.cards[node], side: sideClient}
	if e.box.W == 0 {
		return e, false
	}
	if p := d.lay.process(node); p != nil && p.Roles.Has(view.RoleBroker) {
		e.side = sideBroker
	} else if p != nil && p.Roles.Has(view.RoleController) {
		e.side = sideController
	}
	return e, true
}

// dot is a message without news: a heartbeat, an empty fetch.
func (d *drawing) dot(f *Flight) {
	p, ok := d.route(f.Message)
	if !ok {
		return
	}
	at, color := p.at(f.Done), InkFaint
	if f.Message.Flags&view.MessageDoomed != 0 {
		color = Bad
	}
	if f.Message.Flags&view.MessageResponse != 0 {
		d.list.Circle(at.x, at.y, 2.5, Ground, color, 1.2)
	} else {
		d.list.Circle(at.x, at.y, 2.8, color, None, 0)
	}
}

// flightColor is the epoch's of the records that a message carries.
func flightColor(m *view.Message) Color {
	switch {
	case m.Flags&(view.MessageDoomed|view.MessageError) != 0:
		return Bad
	case len(m.Items) > 0 && m.Items[0].Epoch >= 0 && m.Items[0].Until > m.Items[0].Offset:
		return EpochColor(m.Items[0].Epoch)
	}
	return Accent
}

// line draws a way from end to end, with an arrow's head at the receiver.
func (d *drawing) line(b *bundle) {
	color, p := flightColor(b.first.Message), &b.path
	d.list.Alpha(0.8)
	for i := 1; i < len(p.points); i++ {
		if a, z := p.points[i-1], p.points[i]; span(a, z) > 0.5 {
			d.list.Line(a.x, a.y, z.x, z.y, color, 2, 0)
		}
	}
	d.list.Alpha(1)
	tip := p.points[len(p.points)-1]
	from := p.points[len(p.points)-2]
	if span(from, tip) == 0 { // a card is reached upright
		from = p.points[len(p.points)-3]
	}
	const long, half = 8, 4.5
	switch {
	case from.x < tip.x:
		d.list.Triangle(tip.x-long, tip.y-half, tip.x-long, tip.y+half, tip.x, tip.y, color)
	case from.x > tip.x:
		d.list.Triangle(tip.x+long, tip.y-half, tip.x+long, tip.y+half, tip.x, tip.y, color)
	case from.y < tip.y:
		d.list.Triangle(tip.x-half, tip.y-long, tip.x+half, tip.y-long, tip.x, tip.y, color)
	default:
		d.list.Triangle(tip.x-half, tip.y+long, tip.x+half, tip.y+long, tip.x, tip.y, color)
	}
}

// flown is how far a message gets: one that will be lost, half the way.
func flown(f *Flight) float32 {
	if f.Message.Flags&view.MessageDoomed != 0 {
		return min(f.Done, 0.55)
	}
	return f.Done
}

// bead is where a message is: full for a request, a ring for an answer.
func (d *drawing) bead(f *Flight, p *path) {
	at, color := p.at(flown(f)), flightColor(f.Message)
	if f.Message.Flags&view.MessageDoomed != 0 {
		d.list.Alpha(max(0.15, 1-f.Done))
	}
	if f.Message.Flags&view.MessageResponse != 0 {
		d.list.Circle(at.x, at.y, 4, Card, color, 2)
	} else {
		d.list.Circle(at.x, at.y, 4.5, color, None, 0)
	}
	d.list.Alpha(1)
}

// messagePill writes in the lane what a bundle is, beside or around its bead, where
// there is room among the pills that stand there.
func (d *drawing) messagePill(b *bundle, taken []Box) []Box {
	if !b.path.wordy {
		return taken
	}
	l, m := d.list, b.first.Message
	text := FlightText(d.in.Lang, m)
	if b.count > 1 {
		text = m.Name + answerSign(m) + " ×" + num(b.count)
	}
	font := Font{Mono, 10.5}
	at := b.path.at(flown(b.first))
	box := Box{0, b.path.lane - pillHeight/2, TextWidth(text, font) + 12, pillHeight}
	left, right := d.lay.labels.X-4, d.in.Width-4
	if d.lay.groups.W > 0 {
		right = d.lay.groups.X - 4
	}
	wish := min(max(at.x-box.W/2, left), right-box.W)
	x, ok := place(wish, box, left, right, taken)
	if !ok {
		return taken
	}
	box.X = x
	fill, ink := Card, Ink
	if m.Flags&view.MessageResponse != 0 {
		fill = AccentSoft
	}
	if m.Flags&(view.MessageDoomed|view.MessageError) != 0 {
		fill, ink = BadSoft, Bad
	}
	l.Round(box, pillHeight/2, fill, flightColor(m), 1.4, 0)
	l.Text(box.MidX(), box.MidY()+3.7, text, font, ink, Center)
	l.hit(box, Target{Kind: TargetMessage, Message: m.ID}, Select)
	return append(taken, box)
}

// place finds an x near the wished one at which box hides none of taken.
func place(wish float32, box Box, left, right float32, taken []Box) (float32, bool) {
	best, found := float32(0), false
	try := func(x float32) {
		away := max(x-wish, wish-x)
		if x < left || x+box.W > right || away > pillAside || found && away >= max(best-wish, wish-best) {
			return
		}
		for _, o := range taken {
			if x < o.X+o.W && o.X < x+box.W && box.Y < o.Y+o.H && o.Y < box.Y+box.H {
				return
			}
		}
		best, found = x, true
	}
	try(wish)
	for _, o := range taken {
		try(o.X + o.W + 2)
		try(o.X - box.W - 2)
	}
	return best, found
}

// answerSign tells answers from requests in a pill's text.
func answerSign(m *view.Message) string {
	switch {
	case m.Flags&view.MessageResponse == 0:
		return ""
	case m.Flags&view.MessageError != 0:
		return " ✗"
	}
	return " ✓"
}

// FlightText is what a message says on its pill.
func FlightText(l lang.Lang, m *view.Message) string {
	text := m.Name + answerSign(m)
	if len(m.Items) == 0 {
		return text
	}
	it := &m.Items[0]
	response := m.Flags&view.MessageResponse != 0
	switch {
	case m.Name == "Produce" && !response: // its offsets are the producer's, from 0
		text += " " + l.T(lang.MsgRecords, num(it.Records))
	case response && it.Until == it.Offset && it.Offset >= 0 && m.Name == "Produce":
		text += " " + num(it.Offset)
	case it.Until > it.Offset+1:
		text += " " + num(it.Offset) + "–" + num(it.Until-1)
	case it.Until > it.Offset:
		text += " " + num(it.Offset)
	case it.Records > 0:
		text += " " + l.T(lang.MsgRecords, num(it.Records))
	case it.Offset >= 0:
		text += " " + l.T(lang.MsgFrom, num(it.Offset))
	}
	if more := len(m.Items) - 1; more > 0 {
		text += " +" + num(more)
	}
	return text
}
