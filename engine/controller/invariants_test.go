package controller

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// TestPlacement holds what StripedReplicaPlacer promises, whatever the brokers.
func TestPlacement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHarness(config.Static{})
		h.quiet = true
		h.lead(1)
		brokers := rapid.IntRange(1, 7).Draw(t, "brokers")
		racks := rapid.IntRange(0, 3).Draw(t, "racks")
		rackOf := map[engine.NodeID]int{}
		unfenced := 0
		for id := 1; id <= brokers; id++ {
			rack := ""
			if racks > 0 {
				rackOf[engine.NodeID(id)] = id % racks
				rack = fmt.Sprint(id % racks)
			}
			h.register(id, rack, "a")
			if id == 1 || rapid.Bool().Draw(t, "unfenced") {
				h.heartbeat(id, false, false)
				unfenced++
			}
		}
		partitions, factor := rapid.IntRange(1, 12).Draw(t, "partitions"), rapid.IntRange(1, brokers).Draw(t, "factor")
		var placed [][]engine.NodeID
		var err *apiError
		h.do(func(env *engine.Env) { placed, err = h.c.place(env, partitions, factor) })
		if err != nil {
			t.Fatal(err.message)
		}
		leads := map[engine.NodeID]int{}
		for _, replicas := range placed {
			if sorted := slices.Compact(slices.Sorted(slices.Values(replicas))); len(sorted) != factor {
				t.Fatalf("%v: %d different replicas, want %d", replicas, len(sorted), factor)
			}
			if h.image.Broker(replicas[0]).Fenced {
				t.Fatalf("%v begins with a fenced broker", replicas)
			}
			leads[replicas[0]]++
			used := map[int]bool{}
			for _, id := range replicas {
				used[rackOf[id]] = true
			}
			if want := min(factor, len(rackSet(rackOf)), factor); racks > 0 && len(used) < want {
				t.Fatalf("%v are in %d racks, want %d", replicas, len(used), want)
			}
		}
		if racks > 0 {
			return // leaders walk over racks first, so brokers of a small rack lead more
		}
		for id, n := range leads {
			if n > (partitions+unfenced-1)/unfenced {
				t.Fatalf("broker %d of %d unfenced leads %d of %d", id, unfenced, n, partitions)
			}
		}
	})
}

func rackSet(rackOf map[engine.NodeID]int) map[int]bool {
	set := map[int]bool{}
	for _, rack := range rackOf {
		set[rack] = true
	}
	return set
}

func (h *harness) register(id int, rack, incarnation string) {
	r := kmsg.NewPtrBrokerRegistrationRequest()
	r.BrokerID, r.ClusterID, r.IncarnationID = int32(id), "cluster", directory(fmt.Sprint("inc-", incarnation))
	r.LogDirs = [][16]byte{directory(fmt.Sprintf("dir-%d", id))}
	if rack != "" {
		r.Rack = &rack
	}
	for _, name := range []string{"metadata.version", "kraft.version", "eligible.leader.replicas.version"} {
		f := kmsg.NewBrokerRegistrationRequestFeature()
		f.Name, f.MaxSupportedVersion = name, 30
		r.Features = append(r.Features, f)
	}
	h.call(r)
}

func (h *harness) heartbeat(id int, wantFence, wantShutdown bool) {
	r := kmsg.NewPtrBrokerHeartbeatRequest()
	r.BrokerID, r.WantFence, r.WantShutdown = int32(id), wantFence, wantShutdown
	r.CurrentMetadataOffset = int64(h.image.Offset())
	if b := h.image.Broker(engine.NodeID(id)); b != nil {
		r.BrokerEpoch = int64(b.Epoch)
	}
	h.call(r)
}

// TestInvariantsUnderRandomWork lets brokers come, go and fall silent while
// topics are made and ISRs change, and looks after every step.
func TestInvariantsUnderRandomWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHarness(config.Static{})
		h.quiet = true
		h.lead(1)
		const brokers = 4
		epoch := engine.LeaderEpoch(1)
		var before *metadata.Image
		incarnation := map[int]int{}
		stopping := map[int]bool{} // asked to go, and keeps asking
		stopped := map[int]bool{}  // told to go: it comes back as a new incarnation only
		for step := range rapid.IntRange(10, 60).Draw(t, "steps") {
			before = h.image.Clone()
			id := rapid.IntRange(1, brokers).Draw(t, "broker")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1:
				if stopped[id] || rapid.Bool().Draw(t, "new incarnation") {
					incarnation[id]++
					stopped[id], stopping[id] = false, false
				}
				h.register(id, "", fmt.Sprint(incarnation[id]))
			case 2, 3, 4:
				if b := h.image.Broker(engine.NodeID(id)); stopped[id] || b != nil && b.IncarnationID != directory(fmt.Sprint("inc-", incarnation[id])) {
					continue // this process is gone, or has not registered yet
				}
				stopping[id] = stopping[id] || rapid.IntRange(0, 9).Draw(t, "shutdown") == 0
				h.heartbeat(id, !stopping[id] && rapid.IntRange(0, 9).Draw(t, "fence") == 0, stopping[id])
				stopped[id] = h.responses[len(h.responses)-1].(*kmsg.BrokerHeartbeatResponse).ShouldShutdown
			case 5:
				h.advance(time.Duration(rapid.IntRange(0, 8).Draw(t, "seconds")) * time.Second)
			case 6:
				h.createTopic(fmt.Sprint("t", step), rapid.IntRange(1, 3).Draw(t, "partitions"), rapid.IntRange(1, 3).Draw(t, "factor"),
					rapid.IntRange(0, 3).Draw(t, "unclean") == 0)
			case 7, 8:
				h.proposeISR(t)
			case 9:
				epoch += 2
				h.do(func(env *engine.Env) { h.c.Resigned(env, h) })
				h.lead(epoch)
			}
			checkImage(t, h.image, before)
			if got, want := encoded(h.c.pending), encoded(h.image); got != want {
				t.Fatalf("all is committed, and yet pending is\n%s\ncommitted\n%s", got, want)
			}
		}
		if len(h.responses) != h.calls {
			t.Fatalf("%d calls, %d answers", h.calls, len(h.responses))
		}
	})
}

func encoded(m *metadata.Image) string {
	var b strings.Builder
	for _, v := range m.Encode() {
		fmt.Fprintln(&b, v)
	}
	return b.String()
}

func (h *harness) createTopic(name string, partitions, factor int, unclean bool) {
	r := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, int32(partitions), int16(factor)
	if unclean {
		entry := kmsg.NewCreateTopicsRequestTopicConfig()
		yes := "true"
		entry.Name, entry.Value = config.UncleanLeaderElection, &yes
		topic.Configs = append(topic.Configs, entry)
	}
	r.Topics = append(r.Topics, topic)
	h.call(r)
}

// proposeISR has some partition's leader propose some of the replicas.
func (h *harness) proposeISR(t *rapid.T) {
	names := h.image.TopicNames()
	if len(names) == 0 {
		return
	}
	topic := h.image.Topic(rapid.SampledFrom(names).Draw(t, "topic"))
	number := rapid.IntRange(0, len(topic.Partitions)-1).Draw(t, "partition")
	p := topic.Partitions[number]
	if !p.HasLeader() {
		return
	}
	r := kmsg.NewPtrAlterPartitionRequest()
	r.BrokerID, r.BrokerEpoch, r.Version = int32(p.Leader), int64(h.image.Broker(p.Leader).Epoch), 3
	asked := kmsg.NewAlterPartitionRequestTopicPartition()
	asked.Partition, asked.LeaderEpoch, asked.PartitionEpoch = int32(number), int32(p.LeaderEpoch), int32(p.PartitionEpoch)
	for _, id := range p.Replicas {
		if id == p.Leader || rapid.Bool().Draw(t, "member") {
			m := kmsg.NewAlterPartitionRequestTopicPartitionNewEpochISR()
			m.BrokerID, m.BrokerEpoch = int32(id), int64(h.image.Broker(id).Epoch)
			asked.NewEpochISR = append(asked.NewEpochISR, m)
		}
	}
	at := kmsg.NewAlterPartitionRequestTopic()
	at.TopicID, at.Partitions = topic.ID, append(at.Partitions, asked)
	r.Topics = append(r.Topics, at)
	h.call(r)
}

// checkImage holds what must be true of committed metadata, and of any change to
// it.
func checkImage(t *rapid.T, m, before *metadata.Image) {
	for _, name := range m.TopicNames() {
		for i, p := range m.Topic(name).Partitions {
			where := fmt.Sprintf("%s-%d %+v", name, i, *p)
			if len(p.ISR) == 0 && p.HasLeader() {
				t.Fatalf("%s: nobody in sync", where)
			}
			if !p.HasLeader() && len(p.LastKnownELR) != 1 || p.HasLeader() && len(p.LastKnownELR) != 0 {
				t.Fatalf("%s: the last known leader is not told", where)
			}
			for _, id := range p.ELR {
				if !p.IsReplica(id) || p.InISR(id) {
					t.Fatalf("%s: %d is eligible and in sync, or no replica", where, id)
				}
			}
			if len(p.ELR) > 0 && len(p.ISR) >= 1 {
				t.Fatalf("%s: eligible replicas beside an ISR that has min.insync.replicas", where)
			}
			for _, id := range p.ISR {
				if !p.IsReplica(id) {
					t.Fatalf("%s: %d is in sync and no replica", where, id)
				}
				if !m.Broker(id).Active() {
					t.Fatalf("%s: %d is in sync and not active", where, id)
				}
			}
			if p.HasLeader() && (!p.InISR(p.Leader) || !m.Broker(p.Leader).Active()) {
				t.Fatalf("%s: the leader is not in sync, or not active", where)
			}
			checkStep(t, where, before.Partition(engine.TopicPartition{Topic: name, Partition: int32(i)}), p)
		}
	}
}

func checkStep(t *rapid.T, where string, was, is *metadata.Partition) {
	if was == nil {
		return
	}
	if is.LeaderEpoch < was.LeaderEpoch || is.PartitionEpoch < was.PartitionEpoch {
		t.Fatalf("%s: epochs went back from %d, %d", where, was.LeaderEpoch, was.PartitionEpoch)
	}
	if is.Leader != was.Leader && is.LeaderEpoch == was.LeaderEpoch {
		t.Fatalf("%s: another leader in the same epoch", where)
	}
	if is.LeaderEpoch == was.LeaderEpoch && is.PartitionEpoch == was.PartitionEpoch && !slices.Equal(is.ISR, was.ISR) {
		t.Fatalf("%s: another ISR in the same epochs", where)
	}
}

// TestEqualRunsWriteEqualRecords holds determinism: the same inputs give the same
// records and answers, random choices included.
func TestEqualRunsWriteEqualRecords(t *testing.T) {
	run := func() string {
		h := newHarness(config.Static{})
		h.lead(1)
		for id := 1; id <= 5; id++ {
			h.register(id, fmt.Sprint(id%2), "a")
			h.heartbeat(id, false, false)
		}
		for i := range 5 {
			h.createTopic(fmt.Sprint("t", i), 7, 3, false)
		}
		h.advance(30 * time.Second)
		return h.out.String()
	}
	if a, b := run(), run(); a != b {
		t.Errorf("one run wrote\n%s\nthe other\n%s", a, b)
	}
}
