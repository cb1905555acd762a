package scene

import (
	"bitacora/engine/view"
	"bitacora/web/lang"
)

// Bounds of what flies at once, as measured: a pill with its text costs 15 us
// to paint, a long curve 20 us. What is past them is a dot.
const (
	pillsMax  = 60
	curvesMax = 60
	dotsMax   = 240
)

// flights draws the messages on their way: dots first, so that what carries
// records lies above.
func (d *drawing) flights() {
	pills, dots := 0, 0
	for i := range d.in.Flights {
		f := &d.in.Flights[i]
		if f.Message.Flags&view.MessageEmpty != 0 && dots < dotsMax {
			dots++
			d.dot(f)
		}
	}
	for i := range d.in.Flights {
		f := &d.in.Flights[i]
		if f.Message.Flags&view.MessageEmpty != 0 {
			continue
		}
		if pills < pillsMax {
			pills++
			d.message(f, pills <= curvesMax)
		} else if dots < dotsMax {
			dots++
			d.dot(f)
		}
	}
}

// path is where a message flies.
type path struct{ x1, y1, cx, cy, x2, y2 float32 }

func (p *path) at(t float32) (x, y float32) {
	u := 1 - t
	return u*u*p.x1 + 2*u*t*p.cx + t*t*p.x2, u*u*p.y1 + 2*u*t*p.cy + t*t*p.y2
}

// route finds the two ends. A message about one partition goes from strip to
// strip; others from card to card.
func (d *drawing) route(m *view.Message) (path, bool) {
	a, ok := d.end(m, true)
	b, ok2 := d.end(m, false)
	if !ok || !ok2 {
		return path{}, false
	}
	p := path{x1: a.MidX(), y1: a.MidY(), x2: b.MidX(), y2: b.MidY()}
	switch {
	case a.X+a.W <= b.X:
		p.x1, p.x2 = a.X+a.W, b.X
	case b.X+b.W <= a.X:
		p.x1, p.x2 = a.X, b.X+b.W
	case a.Y+a.H <= b.Y:
		p.y1, p.y2 = a.Y+a.H, b.Y
	case b.Y+b.H <= a.Y:
		p.y1, p.y2 = a.Y, b.Y+b.H
	}
	dx, dy := p.x2-p.x1, p.y2-p.y1
	bend := float32(0.16)
	if m.Flags&view.MessageResponse != 0 { // requests bend one way, answers the other
		bend = -bend
	}
	if dx < 0 {
		bend = -bend
	}
	p.cx, p.cy = (p.x1+p.x2)/2-dy*bend*0.6, (p.y1+p.y2)/2+max(min(dx*bend, 46), -46)
	return p, true
}

func (d *drawing) end(m *view.Message, from bool) (Box, bool) {
	node := m.To
	if from {
		node = m.From
	}
	if len(m.Items) > 0 {
		it := &m.Items[0]
		if b, ok := d.strips[Target{Kind: TargetReplica, Topic: it.Topic, Partition: it.Partition, Node: node}]; ok {
			if b.Y > d.lay.rowsTop && b.Y < d.in.Height {
				return b, true
			}
		}
	}
	b, ok := d.cards[node]
	return b, ok
}

func (d *drawing) dot(f *Flight) {
	p, ok := d.route(f.Message)
	if !ok {
		return
	}
	x, y := p.at(f.Done)
	color := InkFaint
	if f.Message.Flags&view.MessageDoomed != 0 {
		color = Bad
	}
	d.list.Alpha(0.75)
	if f.Message.Flags&view.MessageResponse != 0 {
		d.list.Circle(x, y, 2.5, Ground, color, 1.2)
	} else {
		d.list.Circle(x, y, 2.8, color, None, 0)
	}
	d.list.Alpha(1)
}

func (d *drawing) message(f *Flight, curve bool) {
	p, ok := d.route(f.Message)
	if !ok {
		return
	}
	l, m := d.list, f.Message
	color := Accent
	if len(m.Items) > 0 && m.Items[0].Epoch >= 0 && m.Items[0].Until > m.Items[0].Offset {
		color = EpochColor(m.Items[0].Epoch)
	}
	bad := m.Flags&(view.MessageDoomed|view.MessageError) != 0
	if bad {
		color = Bad
	}
	if curve {
		l.Alpha(0.55)
		l.Curve(p.x1, p.y1, p.cx, p.cy, p.x2, p.y2, color, 1.4, 0)
		l.Alpha(1)
	}
	done := f.Done
	if m.Flags&view.MessageDoomed != 0 {
		done = min(done, 0.55)
		l.Alpha(max(0.15, 1-f.Done))
	}
	x, y := p.at(done)
	text := FlightText(d.in.Lang, m)
	font := Font{Mono, 11.5}
	w := TextWidth(text, font) + 18
	x = min(max(x, w/2+2), d.in.Width-w/2-2)
	b := Box{x - w/2, y - 11, w, 22}
	fill, ink := Card, Ink
	if m.Flags&view.MessageResponse != 0 {
		fill = AccentSoft
	}
	if bad {
		fill, ink = BadSoft, Bad
	}
	l.Round(b, 11, fill, color, 1.6, 0)
	l.Text(b.MidX(), b.MidY()+4, text, font, ink, Center)
	l.hit(b, Target{Kind: TargetMessage, Message: m.ID}, Select)
	l.Alpha(1)
}

// FlightText is what a message says on its pill.
func FlightText(l lang.Lang, m *view.Message) string {
	text := m.Name
	if m.Flags&view.MessageResponse != 0 {
		text += " ✓"
		if m.Flags&view.MessageError != 0 {
			text = m.Name + " ✗"
		}
	}
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
