package scene_test

import (
	"fmt"
	"testing"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/scene"
)

// busy adds messages of every kind of sender and receiver to the still moment.
func busy(in *scene.Input, done float32) {
	topic := in.Lang.T(lang.ExampleTopic)
	in.Flights = nil
	id := uint64(0)
	add := func(from, to engine.NodeID, name string, flags view.MessageFlags, items ...view.MessageItem) {
		id++
		in.Flights = append(in.Flights, scene.Flight{Message: &view.Message{ID: id, From: from, To: to, Name: name, Flags: flags, Items: items}, Done: done})
	}
	for p := int32(0); p < 3; p++ {
		item := view.MessageItem{Topic: topic, Partition: p, Offset: 7, Until: 9, Epoch: 1, Records: 2}
		for _, other := range []engine.NodeID{2, 3, 10001, 10002, 10003} {
			add(other, 1, "Fetch", 0, item)
			add(1, other, "Fetch", view.MessageResponse, item)
		}
	}
	metadata := view.MessageItem{Offset: 17, Until: 18, Epoch: 2, Records: 1}
	for node := engine.NodeID(1); node <= 3; node++ {
		add(node, 3000, "BrokerHeartbeat", view.MessageEmpty)
		add(3000, node, "Fetch", view.MessageResponse, metadata)
		add(3000+node%3, 3000+(node+1)%3, "Vote", 0)
		add(node, 3000, "AlterPartition", view.MessageDoomed)
		add(10002, node, "JoinGroup", 0)
		add(node, 10001, "Metadata", view.MessageResponse|view.MessageError)
	}
}

var sizes = [][2]float32{{1340, 760}, {1008, 516}, {1060, 640}, {860, 470}, {390, 480}}

// texts gives the boxes of all text in a list.
func texts(l *scene.List) map[scene.Box]string {
	out := map[scene.Box]string{}
	l.Each(func(op scene.Op, a []float32) {
		if op != scene.OpText {
			return
		}
		s, f := l.Strings[int(a[2])], scene.Font{Face: scene.Face(a[3]), Size: a[4]}
		w := scene.TextWidth(s, f)
		x := a[0]
		switch scene.Align(a[6]) {
		case scene.Center:
			x -= w / 2
		case scene.Right:
			x -= w
		}
		out[scene.Box{X: x, Y: a[1] - 0.7*f.Size, W: w, H: 0.7 * f.Size}] = s
	})
	return out
}

func overlap(a, b scene.Box) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestMessagesHideNothing(t *testing.T) {
	for _, size := range sizes {
		for _, l := range []lang.Lang{lang.Spanish, lang.English} {
			t.Run(fmt.Sprintf("at %v in %s", size, l.Tag()), func(t *testing.T) {
				in := stillInput(l, size[0], size[1])
				in.Flights = nil
				var still, moving scene.List
				still.Reset()
				scene.Draw(in, &still)
				written := texts(&still)
				pills := 0
				for _, done := range []float32{0, 0.1, 0.3, 0.5, 0.8, 1} {
					busy(in, done)
					moving.Reset()
					scene.Draw(in, &moving)
					var seen []scene.Box
					for _, h := range moving.Hits {
						if h.Target.Kind != scene.TargetMessage {
							continue
						}
						pills++
						for b, s := range written {
							if overlap(h.Box, b) {
								t.Errorf("a message at %v hides %q at %v", h.Box, s, b)
							}
						}
						for _, o := range seen {
							if overlap(h.Box, o) {
								t.Errorf("a message at %v hides another at %v", h.Box, o)
							}
						}
						for _, o := range still.Hits {
							if (o.Action != scene.Select || o.Target.Kind == scene.TargetBatch) && overlap(h.Box, o.Box) {
								t.Errorf("a message at %v hides %+v", h.Box, o)
							}
						}
						seen = append(seen, h.Box)
					}
				}
				if pills == 0 && size[0] > 800 {
					t.Error("no message has words")
				}
			})
		}
	}
}

func TestMessagesOfAKindOnALinkAreOne(t *testing.T) {
	in := stillInput(lang.English, 1340, 760)
	in.Flights = nil
	item := view.MessageItem{Topic: "orders", Offset: 10, Until: 10, Epoch: 3}
	for id := uint64(1); id <= 3; id++ {
		in.Flights = append(in.Flights, scene.Flight{Message: &view.Message{ID: id, From: 3, To: 1, Name: "Fetch", Items: []view.MessageItem{item}}, Done: 0.2 * float32(id)})
	}
	var list scene.List
	list.Reset()
	scene.Draw(in, &list)
	found := 0
	for _, s := range texts(&list) {
		if s == "Fetch ×3" {
			found++
		}
	}
	pills := 0
	for _, h := range list.Hits {
		if h.Target.Kind == scene.TargetMessage {
			pills++
		}
	}
	if found != 1 || pills != 1 {
		t.Errorf("%d pills, of which %d say ×3", pills, found)
	}
}
