package scene

import (
	"slices"
	"strconv"
	"strings"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
)

// drawing is one picture being made.
type drawing struct {
	in   *Input
	lay  *layout
	list *List
	// anchors say where a process's messages leave and arrive, by default.
	cards map[engine.NodeID]Box
	// strips say where each replica lies, for messages about one partition.
	strips map[Target]Box
}

// Draw makes the picture. The list must be Reset.
func Draw(in *Input, l *List) {
	d := &drawing{in: in, lay: arrange(in), list: l,
		cards: map[engine.NodeID]Box{}, strips: map[Target]Box{}}
	l.Rect(Box{0, 0, in.Width, in.Height}, Ground)
	d.controllers()
	d.columns()
	d.deadColumns()
	l.Clip(Box{0, d.lay.rowsTop, in.Width, in.Height - d.lay.rowsTop})
	for i := range d.lay.rows {
		d.row(&d.lay.rows[i])
	}
	d.noTopics()
	l.Unclip()
	d.more()
	d.heads()
	d.cuts()
	d.producers()
	d.groups()
	d.flights()
}

func (d *drawing) t(k lang.Key, args ...string) string { return d.in.Lang.T(k, args...) }

func num[T ~int8 | ~int16 | ~int32 | ~int64 | ~int](n T) string {
	return strconv.FormatInt(int64(n), 10)
}

// pill writes text on a rounded ground and gives its box. Y is the middle.
func (d *drawing) pill(x, y float32, text string, size float32, fill, stroke, ink Color) Box {
	f := Font{Strong, size}
	b := Box{X: x, Y: y - size*0.5 - 4, W: TextWidth(text, f) + 14, H: size + 8}
	d.list.Round(b, b.H/2, fill, stroke, 1.2, 0)
	d.list.Text(b.MidX(), y+size*0.36, text, f, ink, Center)
	return b
}

// badge is a slim pill: it leaves the lane above it free.
func (d *drawing) badge(x, y float32, text string, fill, stroke, ink Color) Box {
	f := Font{Strong, 11}
	b := Box{X: x, Y: y - 8, W: TextWidth(text, f) + 14, H: 16}
	d.list.Round(b, b.H/2, fill, stroke, 1.2, 0)
	d.list.Text(b.MidX(), y+4, text, f, ink, Center)
	return b
}

// button draws a small button whose right edge is at right; it gives its left.
func (d *drawing) button(right, y float32, text string, t Target, a Action, danger bool) float32 {
	f := Font{Strong, 11.5}
	w := TextWidth(text, f) + 16
	b := Box{X: right - w, Y: y, W: w, H: 22}
	ink, edge := Ink, EdgeStrong
	if danger {
		ink, edge = Bad, Bad
	}
	d.list.Round(b, 6, Card, edge, 1, 0)
	d.list.Text(b.MidX(), b.MidY()+4, text, f, ink, Center)
	d.list.hit(b, t, a)
	return b.X
}

// controllers draws the quorum above the brokers.
func (d *drawing) controllers() {
	if len(d.lay.controllers) == 0 {
		return
	}
	l, lay := d.list, d.lay
	var copies []copyOfLog
	newest := (*view.QuorumReplica)(nil)
	for _, p := range lay.controllers {
		c, q := d.metadataCopy(p)
		copies = append(copies, c)
		if q != nil && p.Status == view.Running && (newest == nil || q.Epoch > newest.Epoch) {
			newest = q
		}
	}
	y := float32(margin)
	x := lay.labels.X
	title := d.t(lang.MetadataQuorum)
	y = d.label(x, y+22, title, lay.labels.W) - 22
	if newest != nil {
		l.Text(x, y+40, Fit(d.t(lang.MetadataQuorumCaption, num(newest.Epoch)), Font{Plain, 12}, lay.labels.W), Font{Plain, 12}, InkSoft, Left)
		leader := d.t(lang.NoControllerLeader)
		if p := lay.process(newest.Leader); p != nil && p.Status == view.Running {
			leader = d.t(lang.LeaderIs, num(newest.Leader))
		}
		l.Text(x, y+56, Fit(leader, Font{Plain, 12}, lay.labels.W), Font{Plain, 12}, InkSoft, Left)
	}
	s := newScale(copies, lay.cards[0].W-24, 24, lay.cards[0].W > 120)
	for i, p := range lay.controllers {
		d.controller(lay.cards[i], p, &copies[i], &s)
	}
}

// label writes a row's name, on two lines where one does not hold it, and gives
// the last baseline.
func (d *drawing) label(x, y float32, text string, width float32) float32 {
	f := Font{Strong, pick(d.lay.narrow, 12, 14)}
	if cut := strings.LastIndexByte(text, ' '); cut > 0 && TextWidth(text, f) > width {
		d.list.Text(x, y, Fit(text[:cut], f, width), f, Ink, Left)
		text, y = text[cut+1:], y+f.Size+3
	}
	d.list.Text(x, y, Fit(text, f, width), f, Ink, Left)
	return y
}

func (d *drawing) metadataCopy(p *view.Process) (copyOfLog, *view.QuorumReplica) {
	c := copyOfLog{target: Target{Kind: TargetMetadata, Node: p.ID}, hw: engine.NoOffset, dead: p.Status == view.Dead, whole: metadataRecord(d.in.State)}
	q := QuorumOf(d.in.State, p.ID)
	if q != nil {
		c.logStart, c.hw, c.end, c.epoch, c.batches = q.LogStart, q.HighWatermark, q.LogEnd, q.Epoch, q.Batches
	}
	return c, q
}

func (d *drawing) controller(b Box, p *view.Process, c *copyOfLog, s *scale) {
	l := d.list
	target := Target{Kind: TargetProcess, Node: p.ID}
	d.cards[p.ID] = b
	l.Round(b, 9, Card, Edge, 1, 0)
	if p.Status == view.Dead {
		d.veil(b)
	}
	l.hit(b, target, Select)
	f := Font{Strong, 13}
	name := d.t(lang.ControllerN, num(p.ID))
	if TextWidth(name, f) > b.W-20 {
		name = num(p.ID)
	}
	l.Text(b.X+12, b.Y+23, Fit(name, f, b.W-20), f, Ink, Left)
	q := QuorumOf(d.in.State, p.ID)
	status, bad := d.status(p)
	right := b.X + b.W - 10
	switch {
	case bad:
		l.Text(b.X+12, b.Y+40, Fit(status, Font{Plain, 12}, b.W-24), Font{Plain, 12}, Bad, Left)
	case q != nil && q.Role == view.QuorumLeader:
		text := d.t(lang.LeaderBadge, num(q.Epoch))
		size := float32(11)
		w := TextWidth(text, Font{Strong, size}) + 14
		if b.W > 230 || d.lay.narrow {
			d.pill(max(right-w, b.X+4), b.Y+pick(d.lay.narrow, 36, 19), text, size, EpochColor(q.Epoch), None, EpochInk)
		} else {
			d.pill(b.X+11, b.Y+37, text, size, EpochColor(q.Epoch), None, EpochInk)
		}
	case q != nil:
		l.Text(b.X+12, b.Y+40, Fit(d.quorumRole(q), Font{Plain, 12}, b.W-24), Font{Plain, 12}, InkSoft, Left)
	}
	strip := Box{X: b.X + 10, Y: b.Y + 50, W: b.W - 20, H: 24}
	d.strip(strip, s, c)
	if !d.lay.narrow && b.W >= 190 {
		d.processButtons(right, b.Y+pick(q != nil && q.Role == view.QuorumLeader && !bad && b.W > 230, 30, 9), p, b.W)
	}
	d.ring(b, target, 9)
}

func pick(yes bool, a, b float32) float32 {
	if yes {
		return a
	}
	return b
}

// processButtons draws what can be done to a process, from the right.
func (d *drawing) processButtons(right, y float32, p *view.Process, width float32) {
	if !d.in.Can.Has(view.CanFault) || p.External {
		return
	}
	t := Target{Kind: TargetProcess, Node: p.ID}
	if p.Roles == view.RoleController && p.Status == view.Running {
		return // a controller is killed from its panel: the picture stays calm
	}
	switch p.Status {
	case view.Dead:
		d.button(right, y, d.t(lang.Restart), t, Restart, false)
	case view.Paused:
		x := d.button(right, y, d.t(lang.Thaw), t, Thaw, false)
		if width >= twoButtons {
			d.button(x-6, y, d.t(lang.Kill), t, Kill, true)
		}
	default:
		x := d.button(right, y, d.t(lang.Kill), t, Kill, true)
		if width >= twoButtons {
			d.button(x-6, y, d.t(lang.Freeze), t, Freeze, false)
		}
	}
}

// HaltedStatus is what to call a process that ended itself.
func HaltedStatus(reason engine.HaltReason) lang.Key {
	switch reason {
	case engine.HaltCleanShutdown:
		return lang.StatusHaltedClean
	case engine.HaltDiskFailed:
		return lang.StatusHaltedDisk
	}
	return lang.StatusHalted
}

// status says how a process is, and whether that is bad.
func (d *drawing) status(p *view.Process) (text string, bad bool) {
	since := d.in.Lang.Seconds(int64(d.in.State.At-p.Since), 1)
	switch {
	case p.Status == view.Dead && p.Halted:
		return d.t(HaltedStatus(p.Halt)), true
	case p.Status == view.Dead:
		return d.t(lang.StatusDeadFor, since), true
	case p.Status == view.Paused:
		return d.t(lang.StatusPausedFor, since), true
	case p.Status == view.Stopping || p.Shutting:
		return d.t(lang.StatusStopping), true
	case p.Roles.Has(view.RoleBroker) && p.Fenced:
		return d.t(lang.StatusFenced), false
	}
	return d.t(lang.StatusActive), false
}

func (d *drawing) quorumRole(q *view.QuorumReplica) string {
	switch q.Role {
	case view.QuorumLeader:
		return d.t(lang.LeaderBadge, num(q.Epoch))
	case view.QuorumCandidate:
		return d.t(lang.Candidate)
	case view.QuorumProspective:
		return d.t(lang.Prospective)
	case view.QuorumObserver:
		return d.t(lang.Observer)
	case view.QuorumResigned:
		return d.t(lang.Resigned)
	case view.QuorumUnattached:
		return d.t(lang.Unattached)
	}
	return d.t(lang.Follower)
}

// veil hatches what is dead.
func (d *drawing) veil(b Box) {
	d.list.Hatch(b.Inset(1), Stripe)
}

func (d *drawing) ring(b Box, t Target, radius float32) {
	if t == d.in.Selected {
		d.list.Round(b.Inset(-2), radius+2, None, Focus, 2.5, 0)
	} else if t == d.in.Hovered {
		d.list.Round(b, radius, None, EdgeStrong, 1.5, 0)
	}
}

// columns draws the brokers' grounds; rows come on top.
func (d *drawing) columns() {
	for i, p := range d.lay.brokers {
		b := d.lay.columns[i]
		d.cards[p.ID] = Box{b.X, b.Y, b.W, d.lay.head}
		d.list.Round(b, 10, Card, Edge, 1, 0)
		d.list.hit(b, Target{Kind: TargetProcess, Node: p.ID}, Select)
	}
}

func (d *drawing) deadColumns() {
	for i, p := range d.lay.brokers {
		b := d.lay.columns[i]
		if p.Status == view.Dead || p.Status == view.Paused {
			d.veil(Box{b.X + 1, b.Y + d.lay.head, b.W - 2, b.H - d.lay.head})
		}
	}
}

// heads draws the brokers' names above the rows that scroll below them.
func (d *drawing) heads() {
	l := d.list
	for i, p := range d.lay.brokers {
		col := d.lay.columns[i]
		b := Box{col.X, col.Y, col.W, d.lay.head}
		l.Round(b, 10, CardHead, None, 0, 0)
		l.Rect(Box{b.X, b.Y + b.H - 10, b.W, 10}, CardHead)
		l.Line(b.X, b.Y+b.H, b.X+b.W, b.Y+b.H, Edge, 1, 0)
		target := Target{Kind: TargetProcess, Node: p.ID}
		l.hit(b, target, Select)
		status, bad := d.status(p)
		tight := b.W < headTight
		if tight && p.Status == view.Dead {
			status = d.t(lang.StatusDead)
		} else if tight && p.Status == view.Paused {
			status = d.t(lang.StatusPaused)
		}
		name := d.t(lang.BrokerN, num(p.ID))
		if p.Roles.Has(view.RoleController) {
			name = d.t(lang.ServerN, num(p.ID))
		}
		size := pick(d.lay.narrow, 13, 16)
		pad := pick(d.lay.narrow, 7, 14)
		if TextWidth(name, Font{Strong, size}) > b.W-2*pad {
			name = num(p.ID)
		}
		ink := Ink
		if bad {
			ink = InkSoft
		}
		l.Text(b.X+pad, b.Y+pick(d.lay.narrow, 20, pick(d.lay.short, 22, 25)), Fit(name, Font{Strong, size}, b.W-2*pad), Font{Strong, size}, ink, Left)
		color := Good
		if bad {
			color = Bad
		} else if p.Fenced {
			color = Warn
		}
		sy := b.Y + pick(d.lay.narrow, 37, pick(d.lay.short, 41, 46))
		l.Circle(b.X+pad+4, sy-4, 4, color, None, 0)
		l.Text(b.X+pad+13, sy, Fit(status, Font{Plain, 12.5}, b.W-pad-16), Font{Plain, 12.5}, color, Left)
		if !d.lay.narrow {
			d.processButtons(b.X+b.W-10, b.Y+pick(tight, d.lay.head-29, 9), p, b.W)
		}
		d.ring(col, target, 10)
	}
}

// more shows how far the rows go on below, and where one is.
func (d *drawing) more() {
	most := d.lay.scrollMax()
	if most < 1 || len(d.lay.columns) == 0 {
		return
	}
	last := d.lay.columns[len(d.lay.columns)-1]
	room := d.in.Height - margin - d.lay.rowsTop
	size := max(24, room*room/(room+most))
	d.list.Round(Box{last.X + last.W + 3, d.lay.rowsTop + (room-size)*min(d.in.ScrollY/most, 1), 5, size}, 2.5, EdgeStrong, None, 0, 0)
	hidden := 0
	for i := range d.lay.rows {
		r := &d.lay.rows[i]
		if r.part != nil && r.box.Y-d.in.ScrollY > d.in.Height-margin {
			hidden++
		}
	}
	if hidden == 0 {
		return
	}
	text := d.t(lang.MorePartitions, num(hidden))
	d.pill(d.lay.labels.X, d.in.Height-margin-6, text, 12, AccentSoft, Accent, Ink)
}

// noTopics says what to do while there is nothing to see.
func (d *drawing) noTopics() {
	for i := range d.in.State.Topics {
		if !d.in.State.Topics[i].Internal {
			return
		}
	}
	if len(d.lay.columns) == 0 {
		return
	}
	first, last := d.lay.columns[0], d.lay.columns[len(d.lay.columns)-1]
	x, y := (first.X+last.X+last.W)/2, d.lay.bottom+46
	d.list.Text(x, y, d.t(lang.NoTopics), Font{Strong, 17}, InkSoft, Center)
	d.list.Text(x, y+24, d.t(lang.NoTopicsHint), Font{Plain, 14}, InkSoft, Center)
}

// cuts draws the links that are cut, between the cards of their ends.
func (d *drawing) cuts() {
	for _, c := range d.in.State.Cuts {
		a, aok := d.cards[c.From]
		b, bok := d.cards[c.To]
		reverse := view.Link{From: c.To, To: c.From}
		if !aok || !bok || c.From > c.To && slices.Contains(d.in.State.Cuts, reverse) {
			continue
		}
		x1, y1, x2, y2 := a.MidX(), a.Y, b.MidX(), b.Y
		if a.Y != b.Y { // a controller and a broker
			if a.Y > b.Y {
				x1, y1, x2, y2 = x2, y2, x1, y1
				a, b = b, a
			}
			y1 += a.H
		}
		cy := min(y1, y2) - 22
		d.list.Curve(x1, y1, (x1+x2)/2, cy, x2, y2, Bad, 2, 6)
		text := d.t(lang.LinkCut)
		w := TextWidth(text, Font{Strong, 11}) + 14
		d.pill((x1+x2)/2-w/2, (y1+y2)/4+cy/2, text, 11, BadSoft, Bad, Bad)
	}
}
