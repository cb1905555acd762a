package scene

import (
	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
)

// Input is all that a picture depends on.
type Input struct {
	State    *view.State
	Lang     lang.Lang
	Width    float32
	Height   float32
	ScrollY  float32
	Flights  []Flight
	Selected Target
	Hovered  Target
	// Open says which topics show their rows where it is not the default:
	// internal topics are closed, others open.
	Open map[string]bool
	Can  view.Can
	// Recent are replicas that changed a moment ago, with how much of the
	// moment is left (1 to 0): they glow.
	Recent []Glow
}

// Glow marks a replica that changed.
type Glow struct {
	Topic     string
	Partition int32
	Node      engine.NodeID
	Left      float32
}

// Flight is a message on its way across the stage.
type Flight struct {
	Message *view.Message
	Done    float32 // 0 at the sender, 1 at the receiver
}

// TargetKind says what a Target is.
type TargetKind uint8

// What can be pointed at.
const (
	TargetNone TargetKind = iota
	TargetProcess
	TargetMetadata  // Node's copy of the metadata log
	TargetTopic     // Topic
	TargetPartition // Topic, Partition
	TargetReplica   // Topic, Partition, Node
	TargetBatch     // Topic ("" for metadata), Partition, Node, Offset
	TargetGroup     // Topic is the group's name
	TargetProducer  // Node
	TargetConsumer  // Node
	TargetMessage   // Message
)

// Target names something in the picture.
type Target struct {
	Kind      TargetKind
	Node      engine.NodeID
	Topic     string
	Partition int32
	Offset    engine.Offset
	Message   uint64
}

// Action is what a click on a hit does.
type Action uint8

// The actions. All but Select and Toggle are commands to the target's process.
const (
	Select Action = iota
	Toggle        // show or hide a topic's rows
	Kill
	Restart
	Freeze
	Thaw
)

// Hit is a place that answers to a pointer. Later hits lie above earlier ones.
type Hit struct {
	Box    Box
	Target Target
	Action Action
}

// At finds what lies at a point. A button is a button even while a message flies
// over it.
func (l *List) At(x, y float32) (Hit, bool) {
	for i := len(l.Hits) - 1; i >= 0; i-- {
		if l.Hits[i].Action != Select && l.Hits[i].Box.Contains(x, y) {
			return l.Hits[i], true
		}
	}
	for i := len(l.Hits) - 1; i >= 0; i-- {
		if l.Hits[i].Box.Contains(x, y) {
			return l.Hits[i], true
		}
	}
	return Hit{}, false
}

func (l *List) hit(b Box, t Target, a Action) {
	l.Hits = append(l.Hits, Hit{Box: b, Target: t, Action: a})
}
