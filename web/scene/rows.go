package scene

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
)

// row draws one line of the matrix.
func (d *drawing) row(r *row) {
	y := r.box.Y - d.in.ScrollY
	if y+r.box.H < d.lay.rowsTop || y > d.in.Height {
		return
	}
	b := Box{r.box.X, y, r.box.W, r.box.H}
	switch {
	case r.topic != nil:
		d.heading(b, r)
	case r.part == nil:
		d.metadataRow(b)
	default:
		d.partitionRow(b, r)
	}
}

func (d *drawing) heading(b Box, r *row) {
	l := d.list
	right := d.lay.labels.X + d.lay.labels.W + gap + d.lay.room()
	if n := len(d.lay.columns); n > 0 {
		right = d.lay.columns[n-1].X + d.lay.columns[n-1].W
	}
	target := Target{Kind: TargetTopic, Topic: r.topic.Name}
	line := Box{b.X - 6, b.Y + 2, right - b.X + 6, b.H - 4}
	ground := CardHead
	if target == d.in.Hovered || target == d.in.Selected {
		ground = AccentSoft
	}
	l.Round(line, 5, ground, None, 0, 0)
	l.hit(line, target, Select)
	x, mid := b.X+4, b.Y+b.H/2+1
	if r.closed {
		l.Triangle(x, mid-4, x, mid+4, x+6, mid, InkSoft)
	} else {
		l.Triangle(x-1, mid-3, x+7, mid-3, x+3, mid+3, InkSoft)
	}
	l.hit(Box{b.X, b.Y, 22, b.H}, target, Toggle)
	text := r.topic.Name
	f := Font{Strong, 12.5}
	l.Text(x+13, mid+4, Fit(text, f, right-x-80), f, Accent, Left)
	x += 13 + min(TextWidth(text, f), right-x-80) + 10
	detail := d.t(lang.PartitionsCount, num(r.topic.Partitions))
	if r.topic.Partitions == 1 {
		detail = d.t(lang.OnePartition)
	}
	if r.topic.Internal {
		detail += " · " + d.t(lang.Internal)
	}
	act := d.t(lang.HideRows)
	if r.closed {
		act = d.t(lang.ShowRows)
	}
	w := TextWidth(act, Font{Strong, 12})
	l.Text(x, mid+4, Fit(detail, Font{Plain, 12}, right-x-w-24), Font{Plain, 12}, InkFaint, Left)
	l.Text(right-10, mid+4, act, Font{Strong, 12}, Accent, Right)
	l.hit(Box{right - w - 20, b.Y, w + 20, b.H}, target, Toggle)
}

func (d *drawing) metadataRow(b Box) {
	d.label(b.X, b.Y+pick(d.lay.detail == dense, 15, 28+slack(b)), d.t(lang.MetadataRow), b.W)
	if d.lay.detail == full {
		d.list.Text(b.X, b.Y+44+slack(b), Fit(d.t(lang.MetadataRowCaption), Font{Plain, 12}, b.W), Font{Plain, 12}, InkSoft, Left)
	}
	var copies []copyOfLog
	for _, p := range d.lay.brokers {
		c, _ := d.metadataCopy(p)
		copies = append(copies, c)
	}
	if len(copies) == 0 {
		return
	}
	strip := d.stripBox(d.lay.columns[0], b)
	s := newScale(copies, strip.W-8, strip.H, d.lay.detail != dense)
	for i, p := range d.lay.brokers {
		box := d.stripBox(d.lay.columns[i], b)
		if d.lay.detail != dense {
			q := QuorumOf(d.in.State, p.ID)
			if q != nil && q.Role == view.QuorumLeader {
				d.badge(box.X, box.Y-11, d.t(lang.LeaderBadge, num(q.Epoch)), EpochColor(q.Epoch), None, EpochInk)
			} else if q != nil {
				d.list.Text(box.X, box.Y-7, Fit(d.quorumRole(q), Font{Plain, 12}, box.W), Font{Plain, 12}, InkSoft, Left)
			}
		}
		d.strips[Target{Kind: TargetReplica, Node: p.ID}] = box
		d.strip(box, &s, &copies[i])
	}
}

// A full row holds, from above: the lane of messages, the badges, the strips, the
// high watermarks' numbers.
const (
	fullAbove  = 33 // the strip: 14 for the lane, 19 for the badges
	fullAround = fullAbove + 13
)

// slack is how far a full row's lane lies below the row's top.
func slack(b Box) float32 { return (b.H - fullAround - min(44, b.H-fullAround)) / 3 }

// stripAside is the room between a column's edge and its strips.
func stripAside(narrow bool) float32 { return pick(narrow, 6, 12) }

// stripBox is where a copy lies: in column col, on the row b.
func (d *drawing) stripBox(col, b Box) Box {
	side := stripAside(d.lay.narrow)
	x, w := col.X+side, col.W-2*side
	switch d.lay.detail {
	case full:
		return Box{x, b.Y + fullAbove + slack(b), w, min(44, b.H-fullAround)}
	case compact:
		return Box{x, b.Y + 20, w, b.H - 28}
	}
	return Box{x, b.Y + 3, w, b.H - 6}
}

func (d *drawing) partitionRow(b Box, r *row) {
	p := r.part
	target := Target{Kind: TargetPartition, Topic: p.Topic, Partition: p.Partition}
	d.partitionLabel(b, p, target)
	var copies []copyOfLog
	whole := recordOf(p, r.replicas)
	for i := range r.replicas {
		rep := &r.replicas[i]
		proc := d.lay.process(rep.Node)
		copies = append(copies, copyOfLog{
			target:   Target{Kind: TargetReplica, Topic: p.Topic, Partition: p.Partition, Node: rep.Node},
			logStart: rep.LogStart, hw: rep.HighWatermark, end: rep.LogEnd, epoch: rep.Epoch, batches: rep.Batches,
			dead: proc == nil || proc.Status == view.Dead, whole: whole,
		})
	}
	if len(d.lay.columns) == 0 {
		return
	}
	first := d.stripBox(d.lay.columns[0], b)
	s := newScale(copies, first.W-8, first.H, d.lay.detail != dense && first.W > 100)
	for i := range copies {
		col := slices.IndexFunc(d.lay.brokers, func(q *view.Process) bool { return q.ID == copies[i].target.Node })
		if col >= 0 {
			d.replica(d.stripBox(d.lay.columns[col], b), p, &r.replicas[i], &copies[i], &s)
		}
	}
}

func (d *drawing) partitionLabel(b Box, p *view.Partition, target Target) {
	l := d.list
	box := Box{b.X - 4, b.Y + 2, b.W + 4, b.H - 4}
	l.hit(box, target, Select)
	d.ring(box, target, 5)
	if d.lay.detail == dense {
		l.Text(b.X, b.Y+b.H/2+4, fitPartition(p, Font{Strong, 12}, b.W), Font{Strong, 12}, Ink, Left)
		return
	}
	f := Font{Strong, pick(d.lay.narrow, 12, 14)}
	l.Text(b.X, b.Y+pick(d.lay.detail == full, 28+slack(b), 17), fitPartition(p, f, b.W), f, Ink, Left)
	leader, color := d.t(lang.LeaderNone), Bad
	if p.Leader != engine.NoNode {
		leader, color = d.t(lang.LeaderIs, d.t(lang.BrokerN, num(p.Leader))), InkSoft
	}
	isr := d.isrText(p)
	if d.lay.detail == full {
		l.Text(b.X, b.Y+44+slack(b), Fit(leader, Font{Plain, 12.5}, b.W), Font{Plain, 12.5}, color, Left)
		l.Text(b.X, b.Y+59+slack(b), Fit(isr, Font{Plain, 12.5}, b.W), Font{Plain, 12.5}, isrColor(p), Left)
		return
	}
	y := b.Y + 33
	if b.H >= compactLeader {
		l.Text(b.X, y, Fit(leader, Font{Plain, 12}, b.W), Font{Plain, 12}, color, Left)
		y += 15
	}
	l.Text(b.X, y, Fit(isr, Font{Plain, 12}, b.W), Font{Plain, 12}, isrColor(p), Left)
}

// fitPartition cuts a long topic's name and keeps the partition's number.
func fitPartition(p *view.Partition, f Font, width float32) string {
	number := "-" + num(p.Partition)
	return Fit(p.Topic, f, width-TextWidth(number, f)) + number
}

func (d *drawing) isrText(p *view.Partition) string {
	if len(p.ISR) == 0 {
		return d.t(lang.ISREmpty)
	}
	text := ""
	for i, n := range p.ISR {
		if i > 0 {
			text += ", "
		}
		text += num(n)
	}
	return d.t(lang.ISRList, text)
}

// isrColor warns when a replica is missing from the ISR.
func isrColor(p *view.Partition) Color {
	if len(p.ISR) < len(p.Replicas) {
		return Warn
	}
	return InkSoft
}

func (d *drawing) replica(b Box, p *view.Partition, r *view.Replica, c *copyOfLog, s *scale) {
	d.strips[c.target] = b
	for _, g := range d.in.Recent {
		if g.Node == r.Node && g.Partition == r.Partition && g.Topic == r.Topic {
			d.list.Alpha(g.Left * 0.8)
			d.list.Round(b.Inset(-3), 7, None, EpochColor(r.Epoch), 2.5, 0)
			d.list.Alpha(1)
		}
	}
	d.strip(b, s, c)
	if c.target == d.in.Selected {
		d.list.Round(b.Inset(-2), 7, None, Focus, 2.5, 0)
	}
	leads := p.Leader == r.Node
	if d.lay.detail == dense {
		if leads {
			d.list.Triangle(b.X-7, b.MidY()-5, b.X-7, b.MidY()+5, b.X-1, b.MidY(), EpochColor(p.Epoch))
		}
		return
	}
	y := b.Y - 11
	if d.lay.detail == compact {
		y = b.Y - 10
	}
	var left float32
	switch {
	case leads:
		left = d.badge(b.X, y, d.t(lang.LeaderBadge, num(p.Epoch)), EpochColor(p.Epoch), None, EpochInk).W
	case r.Role == view.ReplicaLeader && !c.dead:
		// It still takes itself for the leader: nobody could tell it yet.
		left = d.badge(b.X, y, d.t(lang.LeaderBadge, num(r.Epoch))+" ?", Card, EpochColor(r.Epoch), Ink).W
	default:
		room := b.W
		if d.lay.narrow { // whether it is in the ISR matters more
			room -= TextWidth(d.t(lang.OutOfISR), Font{Strong, 12}) + 14
		}
		text := Fit(d.t(lang.Follower), Font{Plain, 12}, room)
		if room < TextWidth(d.t(lang.Follower), Font{Plain, 12}) {
			text = ""
		}
		d.list.Text(b.X, y+4, text, Font{Plain, 12}, InkSoft, Left)
		left = TextWidth(text, Font{Plain, 12})
	}
	d.standing(b, y, left, slices.Contains(p.ISR, r.Node), c.hw)
}

// standing says at the right of a copy's badge, which ends at left, whether it is
// in the ISR, in as many words as fit; and its high watermark where the row has no
// line for it.
func (d *drawing) standing(b Box, y, left float32, in bool, hw engine.Offset) {
	f, small := Font{Strong, 12}, Font{Mono, 10}
	mark, between := "", float32(14)
	if d.lay.detail == compact && hw != engine.NoOffset {
		mark = d.t(lang.HW, num(hw))
		between = TextWidth(mark, small) + 10
	}
	text, color := d.t(lang.OutOfISR), Bad
	if in {
		text, color = d.t(lang.InISR), Good
		if left+between+TextWidth(text, f) > b.W {
			text = "ISR"
		}
	}
	right := TextWidth(text, f)
	if left+8+right < b.W {
		d.list.Text(b.X+b.W, y+4, text, f, color, Right)
	} else {
		right = 12
		d.isrSign(b.X+b.W-5, y, in)
	}
	if mark != "" && left+between+right <= b.W {
		d.list.Text(b.X+left+5, y+4, mark, small, InkSoft, Left)
	}
}

// isrSign says in the ISR (a tick) or out of it (a cross) where words do not fit.
func (d *drawing) isrSign(x, y float32, in bool) {
	if in {
		d.list.Line(x-4, y, x-1, y+3.5, Good, 2, 0)
		d.list.Line(x-1, y+3.5, x+4, y-4, Good, 2, 0)
		return
	}
	d.list.Line(x-4, y-4, x+4, y+4, Bad, 2, 0)
	d.list.Line(x-4, y+4, x+4, y-4, Bad, 2, 0)
}
