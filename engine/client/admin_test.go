package client_test

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"
	"bitacora/engine/log"
	"bitacora/engine/sim"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const adminA engine.NodeID = 401

// admin is a node that sends what it is told to, and keeps the last answer.
type admin struct {
	ch     channel.Channel
	addr   engine.Addr
	answer kmsg.Response
}

func (a *admin) Boot(engine.NodeID, []log.Store) (engine.Node, error) { return a, nil }

func (a *admin) Handle(env *engine.Env, in engine.Input) {
	if c, ok := in.(engine.Command); ok {
		a.answer = nil
		a.ch.SetAddr(env, a.addr)
		a.ch.Send(env, channel.Tag{}, c.Body.(kmsg.Request), engine.Durable{})
		return
	}
	results, _ := a.ch.Handle(env, in)
	for _, r := range results {
		a.answer = r.Response
	}
}

// ask sends an administrator's request and waits for the answer.
func (w *world) ask(req kmsg.Request) kmsg.Response {
	w.t.Helper()
	if w.admin == nil {
		w.admin = &admin{ch: channel.New(channel.Config{Owner: engine.OwnerClient, ClientID: "admin"})}
		w.admin.addr = sim.BrokerAddr(1)
		if err := w.Add(sim.ProcessConfig{ID: adminA, Host: "admin", Booter: w.admin}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.admin.answer = nil
	w.Command(adminA, req)
	w.until(kmsg.NameForKey(req.Key()), 30*time.Second, func() bool { return w.admin.answer != nil })
	return w.admin.answer
}

// createTopic makes a topic and waits until the brokers know it.
func (w *world) createTopic(name string, partitions int32, configs map[string]string) {
	w.t.Helper()
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version, req.TimeoutMillis = 7, 30000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, 3
	for k, v := range configs {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = k, kmsg.StringPtr(v)
		t.Configs = append(t.Configs, c)
	}
	req.Topics = append(req.Topics, t)
	resp := w.ask(req).(*kmsg.CreateTopicsResponse)
	if code := resp.Topics[0].ErrorCode; code != 0 {
		w.t.Fatalf("create %s: %v", name, engine.ErrorCode(code))
	}
	w.untilSize(name, partitions)
}

// growTopic gives a topic more partitions.
func (w *world) growTopic(name string, partitions int32) {
	w.t.Helper()
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.Version, req.TimeoutMillis = 3, 30000
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = name, partitions
	req.Topics = append(req.Topics, t)
	resp := w.ask(req).(*kmsg.CreatePartitionsResponse)
	if code := resp.Topics[0].ErrorCode; code != 0 {
		w.t.Fatalf("grow %s: %v", name, engine.ErrorCode(code))
	}
	w.untilSize(name, partitions)
}

func (w *world) untilSize(name string, partitions int32) {
	w.t.Helper()
	w.until("the brokers know "+name, 30*time.Second, func() bool {
		for _, id := range []engine.NodeID{1, 2, 3} {
			b := w.broker(id)
			if b == nil {
				continue
			}
			if t := b.Image().Topic(name); t == nil || int32(len(t.Partitions)) != partitions {
				return false
			}
		}
		return true
	})
}
