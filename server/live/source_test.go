package live

import (
	"context"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/view"

	"github.com/twmb/franz-go/pkg/kgo"
)

// watched is a cluster in memory that somebody watches.
func watched(t *testing.T, cfg Config) *Source {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSource(c, "test")
	t.Cleanup(func() {
		s.End()
		c.Close(10 * time.Second)
	})
	s.Watch(true)
	if !c.AwaitServing(within(t, 30*time.Second)) {
		_, missing := c.Serving()
		t.Fatalf("it does not serve: %s", missing)
	}
	return s
}

// do carries out a command and wants this reason.
func (s *Source) do(t *testing.T, c view.Command, want view.Reason) view.Packet {
	t.Helper()
	p := s.Do(within(t, 30*time.Second), &c)
	if r, ok := p.(*view.Result); ok && r.Reason != want {
		t.Errorf("command %d: reason %d (%s), want %d", c.Kind, r.Reason, r.Detail, want)
	}
	return p
}

// sees looks again and again until the picture is as it should be.
func (s *Source) sees(t *testing.T, what string, as func(*view.State) bool) {
	t.Helper()
	ctx := within(t, 30*time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if now := s.State(); as(&now) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not seen: %s", what)
		}
	}
}

func processOf(s *view.State, id engine.NodeID) *view.Process {
	for i := range s.Processes {
		if s.Processes[i].ID == id {
			return &s.Processes[i]
		}
	}
	return &view.Process{ID: engine.NoNode}
}

func TestTheSourceSaysWhyANodeEnded(t *testing.T) {
	tests := []struct {
		name   string
		end    func(t *testing.T, s *Source)
		halted bool
		halt   engine.HaltReason
		event  engine.EventKind
	}{
		{"killed", func(t *testing.T, s *Source) { s.do(t, view.Command{Kind: view.CommandKill, Node: 2}, view.ReasonDone) },
			false, 0, engine.EventProcessKilled},
		{"stopped cleanly", func(t *testing.T, s *Source) {
			if err := s.Shutdown(2); err != nil {
				t.Fatal(err)
			}
		}, true, engine.HaltCleanShutdown, engine.EventProcessHalted},
		{"its disk failed", func(t *testing.T, s *Source) {
			p, err := s.alive(2)
			if err != nil {
				t.Fatal(err)
			}
			p.in.post(func() { p.step(engine.DiskFailed{Disk: engine.DiskData, Cause: "full"}) })
		}, true, engine.HaltDiskFailed, engine.EventProcessHalted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := watched(t, Config{Spec: cluster.Spec{Brokers: 2, Controllers: 1}})
			s.Take(1000)
			test.end(t, s)
			s.sees(t, "broker 2 is dead", func(now *view.State) bool { return processOf(now, 2).Status == view.Dead })
			now := s.State()
			if p := processOf(&now, 2); p.Halted != test.halted || p.Halt != test.halt {
				t.Errorf("halted %v for %d", p.Halted, p.Halt)
			}
			var told []engine.EventKind
			for _, e := range s.Take(1000).Events {
				if e.Node == 2 && (e.Kind == engine.EventProcessKilled || e.Kind == engine.EventProcessHalted) {
					told = append(told, e.Kind)
				}
			}
			if !slices.Equal(told, []engine.EventKind{test.event}) {
				t.Errorf("told %v, want %v alone", told, test.event)
			}
			s.do(t, view.Command{Kind: view.CommandRestart, Node: 2}, view.ReasonDone)
			s.sees(t, "broker 2 runs again", func(now *view.State) bool {
				p := processOf(now, 2)
				return p.Status == view.Running && !p.Halted && p.Life == 1
			})
		})
	}
}

func TestCommandsOfAViewer(t *testing.T) {
	// Clients are told of a host that this machine does not know.
	s := watched(t, Config{Spec: cluster.Spec{Brokers: 3, Controllers: 1}, Advertise: "kafka.example"})
	create := view.Command{Kind: view.CommandCreateTopic, Topic: "pedidos", Partitions: 2, Factor: 3}
	s.do(t, create, view.ReasonDone)
	if r := s.do(t, create, view.ReasonKafka).(*view.Result); r.Code != int16(engine.ErrTopicAlreadyExists) {
		t.Errorf("a topic that is there: code %d", r.Code)
	}
	byHand := view.Command{Kind: view.CommandProduce, Topic: "pedidos", Partition: 1, Acks: -1, NullKey: true, Value: []byte("hola")}
	if r := s.do(t, byHand, view.ReasonDone).(*view.Result); r.Detail != "pedidos-1 · offset 0" {
		t.Errorf("a record written by hand is at %q", r.Detail)
	}
	s.sees(t, "the record is committed on every copy of its partition", func(now *view.State) bool {
		copies := 0
		for _, r := range now.Replicas {
			if r.Topic == "pedidos" && r.Partition == 1 && r.HighWatermark == 1 && len(r.Batches) == 1 {
				copies++
			}
		}
		return copies == 3
	})
	d, ok := s.do(t, view.Command{Kind: view.CommandInspect, Topic: "pedidos", Partition: 1, Node: 3, Offset: 0}, view.ReasonDone).(*view.Detail)
	if !ok || len(d.Records) != 1 || string(d.Records[0].Value) != "hola" || d.Records[0].KeyBytes != -1 {
		t.Errorf("read back: %+v", d)
	}
	s.do(t, view.Command{Kind: view.CommandInspect, Topic: "pedidos", Partition: 1, Node: 3, Offset: 7}, view.ReasonGone)

	s.do(t, view.Command{Kind: view.CommandFreeze, Node: 2}, view.ReasonDone)
	s.do(t, view.Command{Kind: view.CommandFreeze, Node: 2}, view.ReasonNotNow)
	s.sees(t, "broker 2 is paused", func(now *view.State) bool { return processOf(now, 2).Status == view.Paused })
	s.do(t, view.Command{Kind: view.CommandThaw, Node: 2}, view.ReasonDone)
	s.do(t, view.Command{Kind: view.CommandCut, Node: 1, Peer: 3}, view.ReasonDone)
	if now := s.State(); !slices.Equal(now.Cuts, []view.Link{{From: 1, To: 3}, {From: 3, To: 1}}) {
		t.Errorf("cuts %v", now.Cuts)
	}
	s.do(t, view.Command{Kind: view.CommandHeal, Node: engine.NoNode, Peer: engine.NoNode}, view.ReasonDone)
	if now := s.State(); len(now.Cuts) > 0 {
		t.Errorf("cuts %v after all were healed", now.Cuts)
	}
	byHand.Partition = 0
	for _, as := range []struct {
		acks  int16
		where string
	}{{1, "pedidos-0 · offset 0"}, {0, "pedidos-0"}} { // without acks nobody tells
		byHand.Acks = as.acks
		if r := s.do(t, byHand, view.ReasonDone).(*view.Result); r.Detail != as.where {
			t.Errorf("with acks=%d it is at %q, want %q", as.acks, r.Detail, as.where)
		}
	}
	byHand.Acks = 2
	s.do(t, byHand, view.ReasonInvalid)
	s.do(t, view.Command{Kind: view.CommandKill, Node: 77}, view.ReasonUnknownNode)
	s.do(t, view.Command{Kind: view.CommandStep}, view.ReasonCannot)
	s.do(t, view.Command{Kind: view.CommandStartProducer, Node: engine.NoNode, Topic: ""}, view.ReasonInvalid)
}

func TestClientsOfAViewer(t *testing.T) {
	s := watched(t, Config{Spec: cluster.Spec{Brokers: 1, Controllers: 1}})
	s.do(t, view.Command{Kind: view.CommandCreateTopic, Topic: "pedidos", Partitions: 1, Factor: 1}, view.ReasonDone)
	s.do(t, view.Command{Kind: view.CommandStartProducer, Node: engine.NoNode, Topic: "pedidos", Every: 20 * time.Millisecond, Acks: -1}, view.ReasonDone)
	s.do(t, view.Command{Kind: view.CommandStartConsumer, Node: engine.NoNode, Topic: "pedidos", Group: "cocina"}, view.ReasonDone)
	s.sees(t, "what one writes, the other reads and its group commits", func(now *view.State) bool {
		return len(now.Producers) == 1 && now.Producers[0].Running && now.Producers[0].Acked > 5 &&
			len(now.Consumers) == 1 && now.Consumers[0].Read > 5 &&
			len(now.Groups) == 1 && now.Groups[0].Name == "cocina" && len(now.Groups[0].Offsets) == 1
	})
	now := s.State()
	producer, consumer := now.Producers[0].Node, now.Consumers[0].Node
	s.do(t, view.Command{Kind: view.CommandStopProducer, Node: producer}, view.ReasonDone)
	s.do(t, view.Command{Kind: view.CommandStopConsumer, Node: consumer}, view.ReasonDone)
	s.sees(t, "both have stopped, and the group is empty", func(now *view.State) bool {
		return !now.Producers[0].Running && !now.Consumers[0].Running && now.Groups[0].State == view.GroupEmpty
	})
	s.do(t, view.Command{Kind: view.CommandStartProducer, Node: producer}, view.ReasonDone)
	s.do(t, view.Command{Kind: view.CommandStartConsumer, Node: consumer}, view.ReasonDone)
	s.sees(t, "both go on", func(now *view.State) bool {
		return now.Producers[0].Running && len(now.Groups[0].Members) == 1
	})

	// A program of somebody's, by TCP, has its name in the picture while it is there.
	cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap(s.Cluster)...), kgo.ClientID("tienda"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cl.Ping(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	named := func(now *view.State) bool {
		return slices.ContainsFunc(now.Processes, func(p view.Process) bool { return p.External && p.Name == "tienda" })
	}
	s.sees(t, "a client by TCP", named)
	cl.Close()
	s.sees(t, "it went", func(now *view.State) bool { return !named(now) })
}

func TestASlowDiskIsSlowAndNotDead(t *testing.T) {
	c := startCluster(t, "")
	ctx := within(t, 60*time.Second)
	c.AwaitServing(ctx)
	cl := newClient(t, c)
	createTopic(ctx, t, cl, "pedidos", 3)
	produceN(ctx, t, cl, "pedidos", 0, 1)
	const by = 300 * time.Millisecond
	if err := c.SlowDisk(1, by); err != nil {
		t.Fatal(err)
	}
	took := func() time.Duration {
		at := time.Now()
		produceN(ctx, t, cl, "pedidos", 1, 2)
		return time.Since(at)
	}
	if d := took(); d < by {
		t.Errorf("with one slow disk of three, acks=all took %v", d)
	}
	if ok, missing := c.Serving(); !ok {
		t.Errorf("a slow disk is not a dead broker: %s", missing)
	}
	// What a disk had not done when its broker was killed, it never does, and the
	// kill does not wait for it.
	if err := c.SlowDisk(1, time.Minute); err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithTimeout(ctx, by)
	newClient(t, c).Produce(late, &kgo.Record{Topic: "pedidos", Value: []byte("x")}, nil)
	<-late.Done()
	cancel()
	at := time.Now()
	if err := c.Kill(1); err != nil || time.Since(at) > 10*time.Second {
		t.Errorf("kill: %v after %v", err, time.Since(at))
	}
	if err := c.SlowDisk(1, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(1); err != nil {
		t.Fatal(err)
	}
	produceN(ctx, t, cl, "pedidos", 2, 3)
	if err := c.SlowDisk(77, by); err == nil {
		t.Error("the disk of a node that is not there")
	}
}
