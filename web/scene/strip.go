package scene

import (
	"slices"
	"strconv"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
)

// copyOfLog is one copy of a log, of a partition or of the metadata.
type copyOfLog struct {
	target   Target // of the whole copy
	logStart engine.Offset
	hw       engine.Offset // NoOffset: not known
	end      engine.Offset
	epoch    engine.LeaderEpoch
	batches  []view.Batch
	dead     bool
	whole    record // what all copies say together
}

// scale is the offsets that a row shows, the same in every column: slot i
// begins at bases[i] and ends where the next one begins. So a batch that one
// copy lacks is a hole at the same place.
type scale struct {
	bases []engine.Offset
	end   engine.Offset // of the last slot
	cut   bool          // older batches are not shown
	cell  float32       // width of a slot
}

const (
	cellMin   = 20
	cellMax   = 40
	cellThin  = 7 // without a number in it
	slotsFree = 1 // kept free at the right, so that growth has a place
)

// newScale gathers the batches' bases of all copies and keeps the newest that
// fit. Height decides how wide a cell looks right.
func newScale(copies []copyOfLog, width, height float32, numbers bool) scale {
	var bases []engine.Offset
	var end engine.Offset
	for _, c := range copies {
		for i := range c.batches {
			bases = append(bases, c.batches[i].Base)
		}
		end = max(end, c.end)
	}
	slices.Sort(bases)
	bases = slices.Compact(bases)
	least := float32(cellThin)
	if numbers {
		digits := len(strconv.FormatInt(int64(end), 10))
		least = max(cellMin, float32(digits)*7.6+7)
	}
	slots := max(1, int(width/least)-slotsFree)
	s := scale{bases: bases, end: end}
	if len(bases) > slots {
		s.bases, s.cut = bases[len(bases)-slots:], true
	}
	if len(s.bases) > 0 && s.bases[0] > 0 && !s.cut {
		s.cut = true // the window that the source gave begins later
	}
	s.cell = min(max(height*1.15, least), cellMax, width/float32(len(s.bases)+slotsFree))
	s.cell = max(s.cell, min(least, width/float32(len(s.bases)+slotsFree)))
	return s
}

// x is where an offset lies, from the strip's left edge.
func (s *scale) x(o engine.Offset) float32 {
	i, exact := slices.BinarySearch(s.bases, o)
	if exact {
		return float32(i) * s.cell
	}
	if i == 0 {
		return 0
	}
	base, next := s.bases[i-1], s.end
	if i < len(s.bases) {
		next = s.bases[i]
	}
	if next <= base || o >= next {
		return float32(i) * s.cell
	}
	return (float32(i-1) + float32(o-base)/float32(next-base)) * s.cell
}

// strip draws one copy of a log.
func (d *drawing) strip(b Box, s *scale, c *copyOfLog) {
	l := d.list
	l.Round(b, 5, Strip, Edge, 1, 0)
	l.hit(b, c.target, Select)
	pad := float32(2)
	if c.dead {
		l.Alpha(0.5)
	}
	for i := range c.batches {
		batch := &c.batches[i]
		if len(s.bases) == 0 || batch.Last < s.bases[0] {
			continue
		}
		x := s.x(batch.Base)
		d.cell(Box{X: b.X + 3 + x, Y: b.Y + pad, W: s.x(batch.Last+1) - x, H: b.H - 2*pad}, c, batch)
	}
	l.Alpha(1)
	if c.end == c.logStart && len(c.batches) == 0 && d.lay.detail != dense {
		l.Text(b.X+8, b.MidY()+4, d.t(lang.EmptyLog), Font{Plain, 12}, InkFaint, Left)
	}
	if s.cut && len(s.bases) > 0 {
		d.older(b)
	}
	d.highWatermark(b, s, c)
}

// older says that the log goes on to the left.
func (d *drawing) older(b Box) {
	for i := range 3 {
		d.list.Rect(Box{X: b.X - 5, Y: b.Y + b.H/2 - 5 + float32(i)*4, W: 3, H: 2}, InkFaint)
	}
}

func (d *drawing) cell(b Box, c *copyOfLog, batch *view.Batch) {
	l := d.list
	b = Box{X: b.X + 1, Y: b.Y + 1, W: max(b.W-2, 2), H: b.H - 2}
	target := c.target
	target.Kind, target.Offset = TargetBatch, batch.Base
	l.hit(b, target, Select)
	ink := d.block(b, c, batch)
	if target == d.in.Selected {
		l.Round(b.Inset(-2), 5, None, Focus, 2.5, 0)
	}
	if d.lay.detail == dense || b.W < 15 || b.H < 12 {
		return
	}
	f := Font{MonoStrong, min(13, max(10.5, b.H*0.5))}
	text := strconv.FormatInt(int64(batch.Base), 10)
	if batch.Last > batch.Base {
		if span := text + "–" + strconv.FormatInt(int64(batch.Last), 10); TextWidth(span, f)+2 <= b.W {
			text = span
		}
	}
	if w := TextWidth(text, f); w > b.W-1 {
		f.Size = max(8.5, f.Size*(b.W-1)/w)
	}
	l.Text(b.MidX(), b.MidY()+f.Size*0.35, text, f, ink, Center)
	if batch.Flags&view.BatchControl != 0 {
		l.Triangle(b.X, b.Y, b.X+6, b.Y, b.X, b.Y+6, ink)
	}
	if c.target.Topic != "" {
		d.keyMark(b, batch, ink)
	}
}

// unheardAlpha is how pale a batch is that is committed in a copy that has not
// heard yet; its border is solid, where a batch that waits has a dashed one.
const unheardAlpha = 0.22

// block draws a batch's rectangle by what it is to a consumer, and gives the ink to
// write on it.
func (d *drawing) block(b Box, c *copyOfLog, batch *view.Batch) (ink Color) {
	l, color, flat := d.list, EpochColor(batch.Epoch), b.W < 12 || d.lay.detail == dense
	switch c.whole.commitment(c.hw, batch) {
	case Known:
		if flat {
			l.Rect(b, color)
		} else {
			l.Round(b, 3, color, None, 0, 0)
		}
		return EpochInk
	case Unheard:
		whole := l.alpha
		l.Alpha(whole * unheardAlpha)
		l.Rect(b, color)
		l.Alpha(whole)
		l.Round(b.Inset(0.75), 3, None, color, 1.5, 0)
	default:
		l.Round(b.Inset(0.75), 3, Card, color, 1.5, 3)
	}
	return Ink
}

// keyMark draws the little mark of a batch's first key: equal keys, equal
// marks, wherever they go.
func (d *drawing) keyMark(b Box, batch *view.Batch, ink Color) {
	if batch.Label == "" || batch.Records == 0 || b.H < 22 {
		return
	}
	h := uint32(2166136261)
	for i := range len(batch.Label) {
		h = (h ^ uint32(batch.Label[i])) * 16777619
	}
	for i := range 3 { // three bars of one or two heights: eight marks
		height := float32(1.5)
		if h>>(7*i)&1 == 1 {
			height = 3
		}
		d.list.Rect(Box{X: b.X + b.W/2 - 5 + float32(i)*4, Y: b.Y + b.H - 2 - height, W: 2.5, H: height}, ink)
	}
}

// highWatermark draws the mark up to which the log is committed.
func (d *drawing) highWatermark(b Box, s *scale, c *copyOfLog) {
	if c.hw == engine.NoOffset || d.lay.detail == dense && b.H < 12 {
		return
	}
	l := d.list
	x := b.X + 3 + s.x(c.hw)
	x = min(max(x, b.X+1), b.X+b.W-1)
	color := Mark
	if c.dead {
		color = InkFaint
	}
	l.Line(x, b.Y-4, x, b.Y+b.H+4, color, 2, 0)
	if d.lay.detail == dense {
		return
	}
	l.Triangle(x-4.5, b.Y+b.H+9, x+4.5, b.Y+b.H+9, x, b.Y+b.H+3, color)
	if d.lay.detail != full {
		return
	}
	text := d.t(lang.HW, strconv.FormatInt(int64(c.hw), 10))
	f := Font{Mono, 11}
	w := TextWidth(text, f)
	ink := InkSoft
	switch {
	case x+8+w < b.X+b.W+4:
		l.Text(x+8, b.Y+b.H+13, text, f, ink, Left)
	case x-8-w > b.X-4:
		l.Text(x-8, b.Y+b.H+13, text, f, ink, Right)
	}
}
