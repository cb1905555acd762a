package replica

import (
	"testing"

	"bitacora/engine"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// leaderBench is a leader of `partitions` partitions with two followers that the
// benchmark plays.
type leaderBench struct {
	process *engine.Process
	node    *testNode
	store   log.Store
	now     engine.Time
	session [2]int32
	epoch   [2]int32
	id      engine.TopicID
}

func newLeaderBench(b *testing.B, partitions int32) *leaderBench {
	l := &leaderBench{now: 1, store: log.NewMemory(1 << 40)}
	host := &testHost{image: metadata.NewImage()}
	l.node = &testNode{m: New(Default(1), l.store), host: host}
	l.process = engine.NewProcess(1, l.node, 1, 0)
	l.process.SetTracing(false)
	l.step(engine.Started{})
	copy(l.id[:], "bench")
	delta := metadata.NewDelta()
	rs := []records.Record{&records.TopicRecord{Name: "bench", TopicID: l.id}}
	for id := engine.NodeID(1); id <= 3; id++ {
		rs = append(rs, &records.RegisterBrokerRecord{BrokerID: id, BrokerEpoch: 10,
			EndPoints: []records.RegisterBrokerEndpoint{{Name: "PLAINTEXT", Host: "b", Port: 9092}}})
	}
	all := []engine.NodeID{1, 2, 3}
	for p := range partitions {
		rs = append(rs, &records.PartitionRecord{PartitionID: p, TopicID: l.id, Replicas: all, ISR: all,
			Directories: make([][16]byte, 3), Leader: 1})
	}
	for _, r := range rs {
		if err := host.image.Apply(r, delta); err != nil {
			b.Fatal(err)
		}
	}
	l.step(engine.Command{Body: metadataInput{delta}})
	for f := range l.session {
		req := l.fetch(f)
		for p := range partitions {
			addAsk(req, sessionKey{id: l.id, partition: p}, fetchAsk{lastFetchedEpoch: -1, bytesMax: 1 << 20})
		}
		req.MaxWaitMillis = 0
		for _, e := range l.step(engine.Request{Conn: engine.ConnID(100 + f), Body: req}) {
			if r, ok := e.Response.(*kmsg.FetchResponse); ok {
				l.session[f] = r.SessionID
			}
		}
		l.epoch[f] = 1
	}
	return l
}

func (l *leaderBench) step(in engine.Input) []engine.Effect {
	l.now += 1000
	effects, violated := l.process.Step(l.now, wallStart+engine.WallTime(l.now/1e6), in)
	if violated != nil {
		panic(violated)
	}
	if commit, some := l.store.Seal(); some {
		_ = commit.Run()
		l.store.Committed(commit.Seq())
	}
	return effects
}

func (l *leaderBench) fetch(f int) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.MinBytes, req.MaxBytes, req.MaxWaitMillis = 18, 1, 10<<20, 500
	req.SessionID, req.SessionEpoch = l.session[f], l.epoch[f]
	req.ReplicaState.ID, req.ReplicaState.Epoch = int32(2+f), 10
	l.epoch[f]++
	return req
}

// BenchmarkReplicate is one batch of 1 KiB from produce with acks=all to its
// acknowledgement, with both followers' fetches, at the leader.
func BenchmarkReplicate(b *testing.B) {
	for _, n := range []struct {
		name       string
		partitions int32
	}{{"1 partition", 1}, {"30 partitions", 30}, {"1000 partitions", 1000}} {
		b.Run(n.name, func(b *testing.B) {
			l := newLeaderBench(b, n.partitions)
			run := benchBatch(b, 1024)
			ends := make([]int64, n.partitions)
			for f := range l.session {
				l.step(engine.Request{Conn: engine.ConnID(100 + f), Body: l.fetch(f)})
			}
			b.ReportAllocs()
			acked := 0
			for i := 0; b.Loop(); i++ {
				p := int32(i) % n.partitions
				req := produceRequest(12, -1, 1000, "bench", run)
				req.Topics[0].Partitions[0].Partition = p
				l.step(engine.Request{Conn: 1, Body: req})
				ends[p]++
				for f := range l.session {
					req := l.fetch(f)
					addAsk(req, sessionKey{id: l.id, partition: p}, fetchAsk{fetchOffset: engine.Offset(ends[p]), bytesMax: 1 << 20})
					for _, e := range l.step(engine.Request{Conn: engine.ConnID(100 + f), Body: req}) {
						if _, ok := e.Response.(*kmsg.ProduceResponse); ok {
							acked++
						}
					}
				}
			}
			if acked == 0 {
				b.Fatal("nothing was acknowledged")
			}
		})
	}
}

func benchBatch(b *testing.B, size int) []byte {
	t := &testing.T{}
	return testBatch(t, wallStart, string(make([]byte, size)))
}
