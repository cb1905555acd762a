package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
)

// requests keeps what a node asks, in order, equal neighbours once.
type requests struct {
	node engine.NodeID
	all  []string
}

func (r *requests) Observe(_ engine.Time, ev *engine.Event) {
	if ev.Kind != engine.EventSent || ev.Node != r.node || ev.Name == "ApiVersions" && ev.Code == 4 && r.node != producerA {
		return
	}
	line := fmt.Sprintf("%s %d", ev.Name, ev.Code)
	if n := len(r.all); n == 0 || r.all[n-1] != line {
		r.all = append(r.all, line)
	}
}

// TestClientsAskWhatJavaClientsAsk compares the requests and their versions, in order,
// with what the Java console producer and consumer of 4.3.1 sent to one broker for
// three records of one partition, read by a group from the beginning.
func TestClientsAskWhatJavaClientsAsk(t *testing.T) {
	s, err := sim.NewCluster(sim.Config{Seed: 1}, cluster.Spec{Brokers: 1, Controllers: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Sim: s, t: t, ledger: newLedger()}
	w.until("the broker is up", 30*time.Second, func() bool { return w.broker(1) != nil && !w.broker(1).Fenced() })
	if err := s.AddAdmin(adminA, client.DefaultAdmin("admin", sim.BrokerAddr(1))); err != nil {
		t.Fatal(err)
	}
	w.Command(adminA, client.CreateTopic{Topic: topic, Partitions: 1, ReplicationFactor: 1})
	w.RunFor(time.Second)
	sent := &requests{node: producerA}
	s.SetObserver(sent)
	if err := s.AddProducer(producerA, client.DefaultProducer("p", sim.BrokerAddr(1))); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.Command(producerA, client.Send{Topic: topic, Partition: -1, Value: []byte("v")})
	}
	w.RunFor(time.Second)
	want := []string{"ApiVersions 4", "Metadata 13", "InitProducerID 5", "ApiVersions 4", "Produce 13"}
	if !slices.Equal(sent.all, want) {
		t.Errorf("a producer asks %s, want %s", strings.Join(sent.all, ", "), strings.Join(want, ", "))
	}
	// The console had been told where the coordinator is before; here the first
	// question makes the topic of the offsets.
	warm := client.DefaultConsumer("warm", "other", sim.BrokerAddr(1))
	if err := s.AddConsumer(consumerB, warm); err != nil {
		t.Fatal(err)
	}
	w.Command(consumerB, client.Subscribe{Topics: []string{topic}})
	w.RunFor(10 * time.Second)
	read := &requests{node: consumerA}
	s.SetObserver(read)
	cfg := client.DefaultConsumer("c", "g", sim.BrokerAddr(1))
	cfg.Reset = client.ResetEarliest
	if err := s.AddConsumer(consumerA, cfg); err != nil {
		t.Fatal(err)
	}
	w.Command(consumerA, client.Subscribe{Topics: []string{topic}})
	w.until("all is read", 20*time.Second, func() bool { return w.consumer(consumerA).State().Read == 3 })
	w.Command(consumerA, client.CloseClient{})
	w.RunFor(2 * time.Second)
	want = []string{"Metadata 13", "FindCoordinator 6", "JoinGroup 9", "SyncGroup 5", "OffsetFetch 9", "ListOffsets 11",
		"Fetch 18", "OffsetCommit 9", "LeaveGroup 5", "Fetch 18"}
	// The group waits 3 s for company, which is a heartbeat's interval here as there.
	got := slices.DeleteFunc(read.all, func(s string) bool { return s == "Heartbeat 4" })
	if !slices.Equal(got, want) {
		t.Errorf("a consumer asks %s, want %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}
