package replica_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/broker/replica"
	"bitacora/engine/channel"
	"bitacora/engine/cluster"
	"bitacora/engine/log"
	"bitacora/engine/sim"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// client sends the requests that it is told to, to any broker.
type client struct {
	channels map[engine.NodeID]*channel.Channel
	answers  map[int64]kmsg.Response // nil: failed
}

type askOf struct {
	broker engine.NodeID
	number int64
	req    kmsg.Request
}

func (c *client) Handle(env *engine.Env, in engine.Input) {
	if cmd, ok := in.(engine.Command); ok {
		ask := cmd.Body.(askOf)
		ch := c.channels[ask.broker]
		if ch == nil {
			made := channel.New(channel.Config{Owner: engine.OwnerClient, Key: int64(ask.broker), ClientID: "test"})
			ch = &made
			c.channels[ask.broker] = ch
			ch.SetAddr(env, sim.BrokerAddr(ask.broker))
		}
		ch.Send(env, channel.Tag{Key: ask.number}, ask.req, engine.Durable{})
		return
	}
	for _, id := range []engine.NodeID{1, 2, 3} {
		if ch := c.channels[id]; ch != nil {
			if results, mine := ch.Handle(env, in); mine {
				for _, r := range results {
					c.answers[r.Tag.Key] = r.Response
				}
				return
			}
		}
	}
}

type clientBooter struct{ client *client }

func (b clientBooter) Boot(engine.NodeID, []log.Store) (engine.Node, error) { return b.client, nil }

const clientID engine.NodeID = 9000

type world struct {
	t      *testing.T
	s      *sim.Sim
	client *client
	asked  int64
}

func newWorld(t *testing.T, seed uint64) *world {
	s, err := sim.NewCluster(sim.Config{Seed: seed}, cluster.Spec{Brokers: 3, Controllers: 3})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, s: s, client: &client{channels: map[engine.NodeID]*channel.Channel{}, answers: map[int64]kmsg.Response{}}}
	if err := s.Add(sim.ProcessConfig{ID: clientID, Host: "client", Booter: clientBooter{w.client}}); err != nil {
		t.Fatal(err)
	}
	w.until("all brokers serve", func() bool {
		return !slices.ContainsFunc([]engine.NodeID{1, 2, 3}, func(id engine.NodeID) bool { return !w.server(1).Image().Broker(id).Active() })
	})
	return w
}

func (w *world) server(id engine.NodeID) *cluster.Server {
	n, _ := w.s.Node(id)
	return n.(*cluster.Server)
}

func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	if !w.s.RunUntil(done, 60*time.Second) {
		w.t.Fatalf("at %v: not in time: %s (violation %v)", time.Duration(w.s.Now()), what, w.s.Violation())
	}
}

// ask sends a request and waits for its answer; nil when the connection failed.
func (w *world) ask(to engine.NodeID, req kmsg.Request) kmsg.Response {
	w.t.Helper()
	w.asked++
	n := w.asked
	w.s.Command(clientID, askOf{to, n, req})
	w.until(fmt.Sprintf("an answer to %T", req), func() bool { _, ok := w.client.answers[n]; return ok })
	return w.client.answers[n]
}

func (w *world) createTopic(name string) {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version = 7
	req.TimeoutMillis = 10_000
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, 1, 3
	req.Topics = append(req.Topics, topic)
	resp, ok := w.ask(1, req).(*kmsg.CreateTopicsResponse)
	if !ok || resp.Topics[0].ErrorCode != 0 {
		w.t.Fatalf("create topic: %+v", resp)
	}
	tp := engine.TopicPartition{Topic: name}
	w.until("all copies are there", func() bool {
		return !slices.ContainsFunc([]engine.NodeID{1, 2, 3}, func(id engine.NodeID) bool {
			_, ok := w.server(id).Broker().Replicas().State(tp)
			return !ok
		})
	})
}

// put writes one record with acks=all, wherever the leader is, until it is
// acknowledged, and gives its offset.
func (w *world) put(topic, value string) engine.Offset {
	w.t.Helper()
	b := batch.NewBuilder(batch.Options{})
	b.Append(sim.DefaultEpoch, nil, []byte(value))
	run, err := b.Build(&batch.Codecs{})
	if err != nil {
		w.t.Fatal(err)
	}
	for range 200 {
		req := kmsg.NewPtrProduceRequest()
		req.Version, req.Acks, req.TimeoutMillis = 12, -1, 1000
		rt := kmsg.NewProduceRequestTopic()
		rt.Topic = topic
		part := kmsg.NewProduceRequestTopicPartition()
		part.Records = run
		rt.Partitions = append(rt.Partitions, part)
		req.Topics = append(req.Topics, rt)
		if leader := w.leader(topic); leader != engine.NoNode {
			if resp, ok := w.ask(leader, req).(*kmsg.ProduceResponse); ok && resp.Topics[0].Partitions[0].ErrorCode == 0 {
				return engine.Offset(resp.Topics[0].Partitions[0].BaseOffset)
			}
		}
		until := w.s.Now() + engine.Time(200*time.Millisecond)
		w.until("a pause", func() bool { return w.s.Now() >= until })
	}
	w.t.Fatalf("%q was never acknowledged", value)
	return 0
}

// leader is whom some living broker's metadata names.
func (w *world) leader(topic string) engine.NodeID {
	for _, id := range []engine.NodeID{1, 2, 3} {
		if _, state := w.s.Node(id); state != sim.Running {
			continue
		}
		if p := w.server(id).Image().Partition(engine.TopicPartition{Topic: topic}); p != nil && p.HasLeader() {
			if _, state := w.s.Node(p.Leader); state == sim.Running {
				return p.Leader
			}
		}
	}
	return engine.NoNode
}

// A leader dies in a whole cluster, comes back and follows; nothing acknowledged
// is lost, and all copies are alike in the end.
func TestALeaderDiesInAWholeCluster(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			w := newWorld(t, seed)
			w.createTopic("orders")
			acked := map[string]engine.Offset{}
			put := func(value string) { acked[value] = w.put("orders", value) }
			for i := range 5 {
				put(fmt.Sprint("before", i))
			}
			leader := w.leader("orders")
			w.s.Kill(leader)
			for i := range 5 {
				put(fmt.Sprint("after", i))
			}
			if now := w.leader("orders"); now == leader {
				t.Fatalf("broker %d leads although it is dead", now)
			}
			w.s.Restart(leader)
			tp := engine.TopicPartition{Topic: "orders"}
			w.until("the ISR is whole again and all copies are alike", func() bool {
				now := w.leader("orders")
				st, ok := w.server(now).Broker().Replicas().State(tp)
				if !ok || len(st.ISR) != 3 || st.HighWatermark != st.LogEnd {
					return false
				}
				for _, id := range []engine.NodeID{1, 2, 3} {
					if _, state := w.s.Node(id); state != sim.Running {
						return false
					}
					if copy, ok := w.server(id).Broker().Replicas().State(tp); !ok || copy.LogEnd != st.LogEnd {
						return false
					}
				}
				return true
			})
			for _, id := range []engine.NodeID{1, 2, 3} {
				checkHolds(t, w.server(id).Broker().Replicas(), id, acked)
			}
			if v := w.s.Violation(); v != nil {
				t.Error(v)
			}
		})
	}
}

func checkHolds(t *testing.T, m *replica.Manager, id engine.NodeID, acked map[string]engine.Offset) {
	tp := engine.TopicPartition{Topic: "orders"}
	for value, offset := range acked {
		b := m.RecordsAt(tp, offset)
		if b == nil {
			t.Errorf("b%d has nothing at %d, where %q was acknowledged", id, offset, value)
			continue
		}
		it := b.Iterate(&batch.Codecs{})
		if !it.Next() || string(it.Record().Value) != value {
			t.Errorf("b%d has another record at %d than %q", id, offset, value)
		}
	}
}
