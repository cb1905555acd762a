package client_test

import (
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/sim"
)

const adminA engine.NodeID = 401

// admin gives the tests' admin client.
func (w *world) admin() *client.Admin {
	w.t.Helper()
	if n, _ := w.Node(adminA); n != nil {
		return n.(*client.Admin)
	}
	if err := w.AddAdmin(adminA, client.DefaultAdmin("admin", brokers()...)); err != nil {
		w.t.Fatal(err)
	}
	n, _ := w.Node(adminA)
	return n.(*client.Admin)
}

// ask has the admin client do something and gives how that ended.
func (w *world) ask(command any) client.AdminResult {
	w.t.Helper()
	a := w.admin()
	before := a.Results()
	w.Command(adminA, command)
	w.until("the admin client has ended", 2*time.Minute, func() bool { return !slices.Equal(a.Results(), before) })
	all := a.Results()
	return all[len(all)-1]
}

// createTopic makes a topic and waits until the brokers know it.
func (w *world) createTopic(name string, partitions int32, configs ...client.TopicConfig) {
	w.t.Helper()
	if r := w.ask(client.CreateTopic{Topic: name, Partitions: partitions, ReplicationFactor: 3, Configs: configs}); r.Code != engine.ErrNone {
		w.t.Fatalf("%+v", r)
	}
	w.untilSize(name, partitions)
}

// growTopic gives a topic more partitions.
func (w *world) growTopic(name string, partitions int32) {
	w.t.Helper()
	if r := w.ask(client.GrowTopic{Topic: name, Partitions: partitions}); r.Code != engine.ErrNone {
		w.t.Fatalf("%+v", r)
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

func TestWhatAnAdminIsAnswered(t *testing.T) {
	w := newWorld(t, 1)
	steps := []struct {
		name    string
		command any
		want    engine.ErrorCode
	}{
		{"a new topic", client.CreateTopic{Topic: "a", Partitions: 2, ReplicationFactor: -1}, engine.ErrNone},
		{"the same again", client.CreateTopic{Topic: "a", Partitions: 2, ReplicationFactor: -1}, engine.ErrTopicAlreadyExists},
		{"too many copies", client.CreateTopic{Topic: "b", Partitions: 2, ReplicationFactor: 4}, engine.ErrInvalidReplicationFactor},
		{"more partitions", client.GrowTopic{Topic: "a", Partitions: 5}, engine.ErrNone},
		{"fewer partitions", client.GrowTopic{Topic: "a", Partitions: 3}, engine.ErrInvalidPartitions},
		{"a config nobody knows", client.CreateTopic{Topic: "b", Partitions: 1, ReplicationFactor: 1,
			Configs: []client.TopicConfig{{Name: "no.such", Value: "1"}}}, engine.ErrInvalidConfig},
		{"delete it", client.DeleteTopic{Topic: "a"}, engine.ErrNone},
	}
	for _, step := range steps {
		if got := w.ask(step.command); got.Code != step.want {
			t.Errorf("%s: %+v, want %v", step.name, got, step.want)
		}
	}
}

// TestAnAdminOutlivesTheController asks while no controller leads.
func TestAnAdminOutlivesTheController(t *testing.T) {
	w := newWorld(t, 1)
	w.createTopic("a", 1)
	w.Kill(3000)
	if got := w.ask(client.CreateTopic{Topic: "b", Partitions: 1, ReplicationFactor: 3}); got.Code != engine.ErrNone {
		t.Errorf("%+v", got)
	}
	for _, b := range []engine.NodeID{1, 2, 3} {
		w.Do(sim.Action{Kind: sim.ActPause, Node: b})
	}
	if got := w.ask(client.CreateTopic{Topic: "c", Partitions: 1, ReplicationFactor: 3}); got.Code != engine.ErrRequestTimedOut {
		t.Errorf("nobody answers: %+v", got)
	}
}
