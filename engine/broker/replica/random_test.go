package replica

import (
	"bytes"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var (
	seedFlag = flag.Uint64("seed", 0, "replay one seed of TestRandomFaults")
	runsFlag = flag.Int("runs", 60, "how many seeds TestRandomFaults tries")
)

// TestRandomFaults kills, restarts and cuts three brokers at random under a small
// controller that elects from the ISR only, and holds what replication promises:
// what was acknowledged to acks=all is on the leader in the end, and copies agree
// below their high watermarks at every moment (kip_966_properties.tla:
// LeaderCompletenessProperty, ConsistentHighWatermark). A killed broker loses what
// was not committed to its disk, so an ISR member that comes back is one more
// fault than acks=all promises to survive only if all others die as well.
func TestRandomFaults(t *testing.T) {
	if *seedFlag != 0 {
		newRandomRun(t, *seedFlag).play()
		return
	}
	for seed := uint64(1); seed <= uint64(*runsFlag); seed++ {
		newRandomRun(t, seed).play()
		if t.Failed() {
			t.Fatalf("replay with: go test ./engine/broker/replica -run TestRandomFaults -seed %d", seed)
		}
	}
}

type randomRun struct {
	t       *testing.T
	c       *testCluster
	rand    engine.Rand
	seed    uint64
	next    int
	pending map[engine.ConnID]string
	acked   []string
}

const randomTopic = "random"

func newRandomRun(t *testing.T, seed uint64) *randomRun {
	c := newTestCluster(t, 3, nil)
	c.createTopic(randomTopic, 1, 2, 3)
	return &randomRun{t: t, c: c, rand: engine.NewRand(seed, "random"), seed: seed, pending: map[engine.ConnID]string{}}
}

func (r *randomRun) partition() *metadata.Partition {
	image := metadata.NewImage()
	for _, rec := range r.c.records {
		if err := image.Apply(rec, nil); err != nil {
			r.t.Fatal(err)
		}
	}
	return image.Partition(engine.TopicPartition{Topic: randomTopic})
}

func (r *randomRun) play() {
	for range 120 {
		r.act()
		r.collect()
		r.checkAgreement()
		if r.t.Failed() {
			return
		}
	}
	r.heal()
	r.checkAcknowledged()
}

func (r *randomRun) act() {
	c := r.c
	id := engine.NodeID(1 + r.rand.IntN(3))
	other := engine.NodeID(1 + r.rand.IntN(3))
	up := 0
	for _, h := range c.sorted() {
		if h.up {
			up++
		}
	}
	switch n := r.rand.IntN(20); {
	case n < 8:
		r.produce()
	case n < 11:
		c.run(time.Duration(r.rand.IntN(2000)) * time.Millisecond)
	case n < 13:
		r.alter()
	case n == 13 && up > 1:
		// The ISR keeps at least one who lives: the fault budget.
		if isr := r.partition().ISR; slices.ContainsFunc(isr, func(m engine.NodeID) bool { return m != id && c.hosts[m].up }) {
			r.kill(id)
		}
	case n == 14 || n == 15:
		if !c.hosts[id].up {
			c.register(id)
			c.start(id)
			r.elect()
		}
	case n == 16 && id != other:
		c.cut[[2]engine.NodeID{id, other}] = true
		c.dropConnections(func(a, b testEnd) bool {
			return a.host != nil && b.host != nil && (a.host.id == id && b.host.id == other || a.host.id == other && b.host.id == id)
		})
	case n == 17:
		clear(c.cut)
	case n == 18 && c.hosts[id].up:
		c.hosts[id].held = !c.hosts[id].held
		if !c.hosts[id].held {
			c.hosts[id].commit()
		}
	default:
		r.electAnother()
	}
	c.settle()
}

func (r *randomRun) produce() {
	leader := r.partition().Leader
	if leader == engine.NoNode || !r.c.hosts[leader].up {
		return
	}
	r.next++
	value := fmt.Sprintf("%d", r.next)
	run := testBatch(r.t, wallStart+engine.WallTime(r.c.now/1e6), value)
	r.pending[r.c.ask(leader, produceRequest(12, -1, 5000, randomTopic, run))] = value
}

func (r *randomRun) collect() {
	for conn, value := range r.pending {
		resp, done := r.c.replies[conn]
		if !done {
			continue
		}
		delete(r.pending, conn)
		if resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode == 0 {
			r.acked = append(r.acked, value)
		}
	}
}

// kill takes a broker down; the controller fences it and elects from who remains.
func (r *randomRun) kill(id engine.NodeID) {
	r.c.kill(id)
	r.c.apply(&records.BrokerRegistrationChangeRecord{BrokerID: id, BrokerEpoch: r.c.epochs[id], Fenced: 1})
	p := r.partition()
	change := &records.PartitionChangeRecord{TopicID: r.topicID(), Leader: -2, LeaderRecoveryState: -1}
	if isr := slices.DeleteFunc(slices.Clone(p.ISR), func(m engine.NodeID) bool { return m == id }); len(isr) > 0 && len(isr) < len(p.ISR) {
		change.ISR = isr
	}
	if p.Leader == id {
		change.Leader = r.choose(change.ISR)
	}
	r.c.apply(change)
}

func (r *randomRun) choose(isr []engine.NodeID) engine.NodeID {
	for _, id := range isr {
		if r.c.hosts[id].up {
			return id
		}
	}
	return engine.NoNode
}

// elect gives a leaderless partition a leader of its ISR.
func (r *randomRun) elect() {
	p := r.partition()
	if p.Leader != engine.NoNode {
		return
	}
	if id := r.choose(p.ISR); id != engine.NoNode {
		r.c.apply(&records.PartitionChangeRecord{TopicID: r.topicID(), Leader: id, LeaderRecoveryState: -1})
	}
}

func (r *randomRun) electAnother() {
	isr := slices.Clone(r.partition().ISR)
	slices.Reverse(isr)
	if id := r.choose(isr); id != engine.NoNode {
		r.c.apply(&records.PartitionChangeRecord{TopicID: r.topicID(), Leader: id, LeaderRecoveryState: -1})
	}
}

func (r *randomRun) topicID() (id engine.TopicID) {
	copy(id[:], randomTopic)
	return id
}

// alter is ReplicationControlManager.alterPartition: epochs first, then whether
// all who are proposed live in the incarnation that the leader saw.
func (r *randomRun) alter() {
	for _, h := range r.c.sorted() {
		for len(h.alters) > 0 {
			req := h.alters[0]
			h.alters = h.alters[1:]
			if h.up && req.BrokerEpoch == int64(r.c.epochs[h.id]) && r.rand.IntN(10) > 0 {
				h.step(engine.Command{Body: alterAnswer{r.decide(req)}})
			} else if h.up {
				h.step(engine.Command{Body: alterAnswer{nil}})
			}
		}
	}
}

func (r *randomRun) decide(req *kmsg.AlterPartitionRequest) *kmsg.AlterPartitionResponse {
	asked := &req.Topics[0].Partitions[0]
	p := r.partition()
	resp := kmsg.NewPtrAlterPartitionResponse()
	topic := kmsg.NewAlterPartitionResponseTopic()
	topic.TopidID = r.topicID()
	part := kmsg.NewAlterPartitionResponseTopicPartition()
	var isr []engine.NodeID
	for _, m := range asked.NewEpochISR {
		id := engine.NodeID(m.BrokerID)
		isr = append(isr, id)
		if !r.c.hosts[id].up || m.BrokerEpoch != int64(r.c.epochs[id]) {
			part.ErrorCode = int16(engine.ErrIneligibleReplica)
		}
	}
	switch {
	case asked.LeaderEpoch != int32(p.LeaderEpoch):
		part.ErrorCode = int16(engine.ErrFencedLeaderEpoch)
	case asked.PartitionEpoch != int32(p.PartitionEpoch):
		part.ErrorCode = int16(engine.ErrInvalidUpdateVersion)
	}
	if part.ErrorCode == 0 {
		r.c.apply(&records.PartitionChangeRecord{TopicID: r.topicID(), ISR: isr, Leader: -2, LeaderRecoveryState: -1})
		part.LeaderID, part.LeaderEpoch, part.PartitionEpoch = req.BrokerID, asked.LeaderEpoch, asked.PartitionEpoch+1
		for _, id := range isr {
			part.ISR = append(part.ISR, int32(id))
		}
	}
	topic.Partitions = append(topic.Partitions, part)
	resp.Topics = append(resp.Topics, topic)
	return resp
}

func (r *randomRun) heal() {
	c := r.c
	clear(c.cut)
	for _, h := range c.sorted() {
		if h.held {
			h.held = false
			h.commit()
		}
	}
	for range 10 {
		for _, h := range c.sorted() {
			if !h.up {
				c.register(h.id)
				c.start(h.id)
			}
		}
		r.elect()
		r.alter()
		c.run(5 * time.Second)
		r.collect()
	}
	// A follower that was told to truncate did not hear that answer's high
	// watermark, and an incremental session tells the next one only: make one.
	r.produce()
	c.run(2 * time.Second)
	r.collect()
}

// checkAgreement compares every pair of copies below both high watermarks.
func (r *randomRun) checkAgreement() {
	var committed [][]byte
	for _, h := range r.c.sorted() {
		if h.up {
			committed = append(committed, r.read(h, log.HighWatermark))
		}
	}
	for _, a := range committed {
		for _, b := range committed {
			if n := min(len(a), len(b)); !bytes.Equal(a[:n], b[:n]) {
				r.t.Errorf("seed %d at %v: copies differ below their high watermarks", r.seed, time.Duration(r.c.now))
				return
			}
		}
	}
}

func (r *randomRun) read(h *testHost, isolation log.Isolation) []byte {
	p := h.node.m.partitions[engine.TopicPartition{Topic: randomTopic}]
	run, err := p.log.Read(0, isolation, 1<<30, true)
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

func (r *randomRun) checkAcknowledged() {
	p := r.partition()
	if p.Leader == engine.NoNode || len(p.ISR) != 3 {
		r.t.Errorf("seed %d: healed, but leader %d and ISR %v", r.seed, p.Leader, p.ISR)
		return
	}
	there := map[string]bool{}
	var first []byte
	for _, h := range r.c.sorted() {
		run := r.read(h, log.HighWatermark)
		if first == nil {
			first = run
		}
		if !bytes.Equal(run, first) {
			r.t.Errorf("seed %d: healed, but b%d differs", r.seed, h.id)
		}
		for it := batch.Iterate(run); it.Next(); {
			b := it.Batch()
			for records := b.Iterate(&batch.Codecs{}); records.Next(); {
				there[string(records.Record().Value)] = true
			}
		}
	}
	for _, value := range r.acked {
		if !there[value] {
			r.t.Errorf("seed %d: %s was acknowledged and is lost", r.seed, value)
		}
	}
}
