package client_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"

	"github.com/cockroachdb/datadriven"
)

// TestStories plays the transcripts of testdata. What a command prints is what the
// clients reported since the last one, client by client: which of two hears of
// something first is the network's luck.
func TestStories(t *testing.T) {
	for _, name := range []string{"first_record", "leader_dies", "handover"} {
		t.Run(name, func(t *testing.T) {
			s := &story{world: newWorld(t, 1)}
			s.told()
			s.SetObserver(s)
			datadriven.RunTest(t, "testdata/"+name+".txt", func(t *testing.T, d *datadriven.TestData) string {
				s.t = t
				s.play(d)
				return s.told()
			})
		})
	}
}

type story struct {
	*world
	lines map[string][]string // by client
	runs  map[string]eventRun
}

func (s *story) told() string {
	var out []string
	for _, who := range slices.Sorted(maps.Keys(s.lines)) {
		out = append(out, s.lines[who]...)
	}
	s.lines, s.runs = map[string][]string{}, map[string]eventRun{}
	if len(out) == 0 {
		return "ok"
	}
	return strings.Join(out, "\n")
}

// eventRun gathers equal events of neighbouring offsets or records in one line.
type eventRun struct {
	head        string
	first, last int64
}

var nodeNames = map[engine.NodeID]string{producerA: "p", consumerA: "c1", consumerB: "c2", consumerC: "c3"}

func nodeNamed(name string) engine.NodeID {
	for id, n := range nodeNames {
		if n == name {
			return id
		}
	}
	return engine.NoNode
}

func (s *story) Observe(at engine.Time, ev *engine.Event) {
	s.ledger.Observe(at, ev)
	tp := engine.TopicPartition{Topic: ev.Topic, Partition: ev.Partition}.String()
	who := nodeNames[ev.Node]
	code := engine.ErrorCode(ev.Code).String()
	switch ev.Kind {
	case engine.EventClientSend:
		s.add(who, "sends to "+tp+" #", ev.Count)
	case engine.EventClientAcked:
		s.add(who, "is acknowledged "+tp+" @", int64(ev.Offset))
	case engine.EventClientFailed:
		s.add(who, "fails "+tp+" "+code+" #", ev.Count)
	case engine.EventClientRetried:
		s.add(who, "sends again to "+tp+" after "+code, -1)
	case engine.EventClientRead:
		s.add(who, "reads "+tp+" @", int64(ev.Offset))
	case engine.EventClientAssigned:
		s.add(who, "is assigned "+tp, -1)
	case engine.EventClientRevoked:
		s.add(who, "gives up "+tp, -1)
	case engine.EventClientPosition:
		from := [...]string{"by reset", "as committed", "after truncation", "by seek"}[ev.Code]
		s.add(who, "begins "+tp+" "+from+" @", int64(ev.Offset))
	case engine.EventProcessHalted:
		s.add(who, "ends", -1)
	}
}

func (s *story) add(who, what string, n int64) {
	head := who + " " + what
	run, lines := s.runs[who], s.lines[who]
	if len(lines) > 0 && run.head == head && (n < 0 || n == run.last+1) {
		run.last = n
	} else {
		run = eventRun{head, n, n}
		lines = append(lines, "")
	}
	line := head
	switch {
	case n < 0:
	case run.first == run.last:
		line += fmt.Sprint(run.first)
	default:
		line += fmt.Sprintf("%d-%d", run.first, run.last)
	}
	lines[len(lines)-1] = line
	s.runs[who], s.lines[who] = run, lines
}

func (s *story) play(d *datadriven.TestData) {
	name := ""
	if len(d.CmdArgs) > 0 {
		name = d.CmdArgs[0].Key
	}
	number := func(key string) int {
		n := 0
		d.ScanArgs(s.t, key, &n)
		return n
	}
	id := nodeNamed(name)
	properties := map[string]string{}
	for line := range strings.Lines(d.Input) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			properties[k] = v
		}
	}
	switch d.Cmd {
	case "topic":
		s.createTopic(name, int32(number("partitions")))
	case "producer":
		s.addProducer(id, properties)
	case "consumer":
		s.addConsumer(id, name, properties)
	case "subscribe":
		s.Command(id, client.Subscribe{Topics: []string{topic}})
	case "send":
		for line := range strings.Lines(d.Input) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			s.Command(id, client.Send{Topic: topic, Partition: -1, Key: []byte(key), Value: []byte(value)})
		}
		s.RunFor(time.Second)
	case "close":
		s.Command(id, client.CloseClient{})
		s.RunFor(5 * time.Second)
	case "kill":
		if name == "leader" {
			id = s.leaderOf(0)
		}
		s.Kill(id)
	case "run":
		span, err := time.ParseDuration(name)
		if err != nil {
			s.t.Fatal(err)
		}
		s.RunFor(span)
	default:
		s.t.Fatalf("no command %q", d.Cmd)
	}
}
