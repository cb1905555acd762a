package scene

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/view"
)

// Sizes, in pixels. A stage narrower than lanesFrom leaves out the lanes of
// producers and groups, so that the logs keep their room; one narrower than
// narrowBelow the buttons too: a phone has the table for them.
const (
	margin        = 14
	gap           = 12
	narrowBelow   = 560
	lanesFrom     = 860
	labelWidth    = 138
	labelTight    = 118
	labelNarrow   = 84
	producerWidth = 148
	producerTight = 124
	groupWidth    = 186
	groupTight    = 162
	tightBelow    = 1120 // lanes give up what they can, so that columns keep theirs
	twoButtons    = 222  // a head at least so wide holds two buttons beside the name
	headTight     = 186  // a column's head below it puts its buttons on the second line
	columnMin     = 84
	columnMax     = 460
	headHeight    = 62
	headNarrow    = 48
	headShort     = 50 // of a stage lower than shortBelow
	shortBelow    = 560
	laneBetween   = 20 // where messages pass between controllers and brokers
	bandHeight    = 92
	topicHeight   = 24
	rowsFoot      = 6 // of a column, below its last row
	rowFullMin    = 64
	rowFullMax    = 124
	rowCompact    = 46
	compactLeader = 54 // a compact row at least so high says in its label who leads
	rowDense      = 22
	readableMax   = 80 // rows; more are shown dense
)

// detail is how much a row shows.
type detail uint8

const (
	full    detail = iota // badges, cells with offsets, high watermark with its number
	compact               // badges, cells, high watermark
	dense                 // cells only
)

// row is one line of the matrix.
type row struct {
	box      Box
	topic    *view.Topic     // a topic's heading; nil else
	part     *view.Partition // nil for the metadata log
	replicas []view.Replica
	closed   bool // heading of a topic whose rows are hidden
}

// layout is where everything stands.
type layout struct {
	in          *Input
	narrow      bool
	detail      detail
	controllers []*view.Process
	brokers     []*view.Process
	cards       []Box // of controllers
	columns     []Box // of brokers, as long as the rows
	head        float32
	short       bool
	cardLane    float32 // height of the lane above the brokers
	rows        []row
	rowsTop     float32
	labels      Box
	producers   Box // zero where there is no lane
	groups      Box
	bottom      float32 // of all rows, before scrolling
}

func arrange(in *Input) *layout {
	l := &layout{in: in, narrow: in.Width < narrowBelow, short: in.Height < shortBelow, head: headHeight, cardLane: margin}
	if l.narrow {
		l.head = headNarrow
	} else if l.short {
		l.head = headShort
	}
	for i := range in.State.Processes {
		p := &in.State.Processes[i]
		if p.Roles.Has(view.RoleController) && !p.Roles.Has(view.RoleBroker) {
			l.controllers = append(l.controllers, p)
		}
		if p.Roles.Has(view.RoleBroker) {
			l.brokers = append(l.brokers, p)
		}
	}
	l.lanes()
	top := float32(margin)
	if len(l.controllers) > 0 {
		l.cards = spread(l.labels.X+l.labels.W+gap, l.room(), len(l.controllers), top, bandHeight)
		l.cardLane = laneBetween
		top += bandHeight + laneBetween
	}
	l.columns = spread(l.labels.X+l.labels.W+gap, l.room(), len(l.brokers), top, l.head)
	l.rowsTop = top + l.head + 4
	l.arrangeRows()
	for i := range l.columns {
		l.columns[i].H = min(l.bottom, in.Height-margin) - l.columns[i].Y
	}
	return l
}

// lanes takes the sides for clients and labels.
func (l *layout) lanes() {
	x := float32(margin)
	tight := l.in.Width < tightBelow
	lanes := l.in.Width >= lanesFrom
	if lanes && len(l.in.State.Producers)+len(l.externals()) > 0 {
		w := pick(tight, producerTight, producerWidth)
		l.producers = Box{X: x, Y: margin, W: w, H: l.in.Height - 2*margin}
		x += w + gap
	}
	w := pick(tight, labelTight, labelWidth)
	if l.narrow {
		w = labelNarrow
	}
	l.labels = Box{X: x, Y: margin, W: w, H: l.in.Height - 2*margin}
	if lanes && len(l.in.State.Groups)+len(l.in.State.Consumers) > 0 {
		w := pick(tight, groupTight, groupWidth)
		l.groups = Box{X: l.in.Width - margin - w, Y: margin, W: w, H: l.in.Height - 2*margin}
	}
}

// externals are the clients of their own that no group shows as a member.
func (l *layout) externals() []*view.Process {
	var all []*view.Process
	for i := range l.in.State.Processes {
		p := &l.in.State.Processes[i]
		if p.External && p.Roles.Has(view.RoleClient) && !isMember(l.in.State, p.Name) {
			all = append(all, p)
		}
	}
	return all
}

func isMember(s *view.State, clientID string) bool {
	for i := range s.Groups {
		for j := range s.Groups[i].Members {
			if s.Groups[i].Members[j].ClientID == clientID {
				return true
			}
		}
	}
	return false
}

// room is the width that columns share.
func (l *layout) room() float32 {
	right := l.in.Width - margin
	if l.groups.W > 0 {
		right = l.groups.X - gap - 8
	}
	return right - (l.labels.X + l.labels.W + gap)
}

func spread(x, width float32, n int, y, h float32) []Box {
	if n == 0 {
		return nil
	}
	w := min(max((width-gap*float32(n-1))/float32(n), columnMin), columnMax)
	out := make([]Box, n)
	for i := range out {
		out[i] = Box{X: x + float32(i)*(w+gap), Y: y, W: w, H: h}
	}
	return out
}

// arrangeRows lists the rows and gives each as much height as there is.
func (l *layout) arrangeRows() {
	s := l.in.State
	headings := 0
	l.rows = append(l.rows[:0], row{}) // the metadata log
	for i := range s.Topics {
		t := &s.Topics[i]
		if !t.Internal {
			headings += l.topicRows(t)
		}
	}
	for i := range s.Topics { // internal topics stand last
		if t := &s.Topics[i]; t.Internal {
			headings += l.topicRows(t)
		}
	}
	lines := float32(len(l.rows) - headings)
	free := l.in.Height - margin - rowsFoot - l.rowsTop - float32(headings)*topicHeight
	h := free / lines
	switch {
	case h >= rowFullMin:
		l.detail, h = full, min(h, rowFullMax)
	case h >= rowCompact:
		l.detail = compact
	case lines <= readableMax: // scroll: what cannot be read helps nobody
		l.detail, h = full, rowFullMin
	default: // a map of all there is, as far as it goes
		l.detail, h = dense, max(h, rowDense)
	}
	y := l.rowsTop
	for i := range l.rows {
		r := &l.rows[i]
		height := h
		if r.topic != nil {
			height = topicHeight
		}
		r.box = Box{X: l.labels.X, Y: y, W: l.labels.W, H: height}
		y += height
	}
	l.bottom = y + rowsFoot
}

func (l *layout) topicRows(t *view.Topic) (headings int) {
	s := l.in.State
	open, said := l.in.Open[t.Name]
	if !said {
		open = !t.Internal
	}
	l.rows = append(l.rows, row{topic: t, closed: !open})
	if !open {
		return 1
	}
	from, _ := slices.BinarySearchFunc(s.Partitions, t.Name, func(p view.Partition, name string) int {
		return compareStrings(p.Topic, name)
	})
	for i := from; i < len(s.Partitions) && s.Partitions[i].Topic == t.Name; i++ {
		p := &s.Partitions[i]
		l.rows = append(l.rows, row{part: p, replicas: ReplicasOf(s, p.Topic, p.Partition)})
	}
	return 1
}

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ReplicasOf gives a partition's replicas in order of node.
func ReplicasOf(s *view.State, topic string, partition int32) []view.Replica {
	from, _ := slices.BinarySearchFunc(s.Replicas, partition, func(r view.Replica, p int32) int {
		if c := compareStrings(r.Topic, topic); c != 0 {
			return c
		}
		return int(r.Partition) - int(p)
	})
	to := from
	for to < len(s.Replicas) && s.Replicas[to].Topic == topic && s.Replicas[to].Partition == partition {
		to++
	}
	return s.Replicas[from:to]
}

// scrollMax is how far the rows can scroll.
func (l *layout) scrollMax() float32 { return max(0, l.bottom-(l.in.Height-margin)) }

// ScrollMax is how far the rows of a picture can scroll.
func ScrollMax(in *Input) float32 { return arrange(in).scrollMax() }

// process finds a process.
func (l *layout) process(id engine.NodeID) *view.Process { return ProcessOf(l.in.State, id) }

// ProcessOf finds a process; nil where there is none.
func ProcessOf(s *view.State, id engine.NodeID) *view.Process {
	i, ok := slices.BinarySearchFunc(s.Processes, id, func(p view.Process, id engine.NodeID) int { return int(p.ID) - int(id) })
	if !ok {
		return nil
	}
	return &s.Processes[i]
}

// PartitionOf finds a partition; nil where there is none.
func PartitionOf(s *view.State, topic string, partition int32) *view.Partition {
	for i := range s.Partitions {
		if p := &s.Partitions[i]; p.Partition == partition && p.Topic == topic {
			return p
		}
	}
	return nil
}

// QuorumOf finds a process's copy of the metadata log; nil where there is none.
func QuorumOf(s *view.State, node engine.NodeID) *view.QuorumReplica {
	for i := range s.Quorum {
		if s.Quorum[i].Node == node {
			return &s.Quorum[i]
		}
	}
	return nil
}
