package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
)

// callbacks gathers what the rebalance listener of a Java consumer would have been
// told, one line a call: partitions that are assigned or revoked at one instant.
type callbacks struct {
	lines []string
	at    engine.Time
	last  string
}

func (c *callbacks) Observe(at engine.Time, ev *engine.Event) {
	var what string
	switch ev.Kind {
	case engine.EventClientAssigned:
		what = "assigned"
	case engine.EventClientRevoked:
		what = "revoked"
	default:
		return
	}
	head := fmt.Sprintf("c%d %s", ev.Node-consumerA+1, what)
	tp := engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}.String()
	if n := len(c.lines); n > 0 && c.at == at && c.last == head {
		c.lines[n-1] += " " + tp
		return
	}
	c.at, c.last = at, head
	c.lines = append(c.lines, head+" "+tp)
}

// assignments gives who has what, as DescribeGroups showed it.
func (w *world) assignments() string {
	var out []string
	for _, id := range []engine.NodeID{consumerA, consumerB, consumerC} {
		n, state := w.Node(id)
		if n == nil || state != 0 {
			continue
		}
		var tps []string
		for _, p := range n.(*client.Consumer).State().Partitions {
			tps = append(tps, p.TopicPartition.String())
		}
		out = append(out, fmt.Sprintf("c%d: %s", id-consumerA+1, strings.Join(tps, " ")))
	}
	return strings.Join(out, "; ")
}

// javaStory is what was recorded of three Java consumers in one group: topics a (4
// partitions, then 6) and b (3); c1 and c2 start, then c3, c2 closes, a grows, c1
// closes, c3 closes.
type javaStory struct {
	strategy string
	stable   [5]string // who had what when each step had settled
}

func javaStories() []javaStory {
	rangeStable := [5]string{
		"c1: a-0 a-1 b-0 b-1; c2: a-2 a-3 b-2",
		"c1: a-0 a-1 b-0; c2: a-2 b-1; c3: a-3 b-2",
		"c1: a-0 a-1 b-0 b-1; c3: a-2 a-3 b-2",
		"c1: a-0 a-1 a-2 b-0 b-1; c3: a-3 a-4 a-5 b-2",
		"c3: a-0 a-1 a-2 a-3 a-4 a-5 b-0 b-1 b-2",
	}
	return []javaStory{
		{strategy: "range", stable: rangeStable},
		{strategy: "range,cooperative-sticky", stable: rangeStable},
		{strategy: "roundrobin", stable: [5]string{
			"c1: a-0 a-2 b-0 b-2; c2: a-1 a-3 b-1",
			"c1: a-0 a-3 b-2; c2: a-1 b-0; c3: a-2 b-1",
			"c1: a-0 a-2 b-0 b-2; c3: a-1 a-3 b-1",
			"c1: a-0 a-2 a-4 b-0 b-2; c3: a-1 a-3 a-5 b-1",
			"c3: a-0 a-1 a-2 a-3 a-4 a-5 b-0 b-1 b-2",
		}},
		{strategy: "cooperative-sticky", stable: [5]string{
			"c1: a-0 a-2 b-0 b-2; c2: a-1 a-3 b-1",
			"c1: a-0 a-2 b-0; c2: a-1 b-1; c3: a-3 b-2",
			"c1: a-0 a-2 b-0 b-1; c3: a-1 a-3 b-2",
			"c1: a-0 a-2 a-5 b-0 b-1; c3: a-1 a-3 a-4 b-2",
			"c3: a-0 a-1 a-2 a-3 a-4 a-5 b-0 b-1 b-2",
		}},
	}
}

// TestThreeConsumersDoAsThreeJavaConsumersDid plays the story with each assignor.
func TestThreeConsumersDoAsThreeJavaConsumersDid(t *testing.T) {
	for _, story := range javaStories() {
		t.Run(story.strategy, func(t *testing.T) {
			w := newWorld(t, 4)
			w.createTopic("a", 4)
			w.createTopic("b", 3)
			heard := &callbacks{}
			w.SetObserver(heard)
			start := func(id engine.NodeID) {
				w.addConsumer(id, fmt.Sprintf("c%d", id-consumerA+1), map[string]string{
					"partition.assignment.strategy": story.strategy, "metadata.max.age.ms": "3000",
				})
				w.Command(id, client.Subscribe{Topics: []string{"a", "b"}})
			}
			settle := func(step int) {
				t.Helper()
				if !w.RunUntil(func() bool { return w.assignments() == story.stable[step] }, 60*time.Second) {
					t.Fatalf("step %d: %q, want %q\n%s", step, w.assignments(), story.stable[step], strings.Join(heard.lines, "\n"))
				}
				w.RunFor(7 * time.Second)
				if w.assignments() != story.stable[step] {
					t.Fatalf("step %d did not stay so: %q, want %q", step, w.assignments(), story.stable[step])
				}
			}
			start(consumerA)
			w.RunFor(200 * time.Millisecond)
			start(consumerB)
			settle(0)
			start(consumerC)
			settle(1)
			w.Command(consumerB, client.CloseClient{})
			settle(2)
			w.growTopic("a", 6)
			settle(3)
			w.Command(consumerA, client.CloseClient{})
			settle(4)
			w.Command(consumerC, client.CloseClient{})
			w.RunFor(time.Second)
			if story.strategy == "cooperative-sticky" {
				checkCooperative(t, heard.lines)
			}
		})
	}
}

// checkCooperative holds that members keep what they have while others come and go.
func checkCooperative(t *testing.T, lines []string) {
	t.Helper()
	for _, want := range []string{
		"c1 revoked b-2", "c2 revoked a-3", "c3 assigned a-3 b-2", "c2 revoked a-1 b-1", "c3 assigned a-1", "c1 assigned b-1",
		"c1 assigned a-5", "c3 assigned a-4", "c3 assigned a-0 a-2 a-5 b-0 b-1",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q did not happen:\n%s", want, strings.Join(lines, "\n"))
		}
	}
}
