package replica

import (
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// FuzzProduce hands in whatever bytes a client may send as records.
func FuzzProduce(f *testing.F) {
	good := testBatch(&testing.T{}, wallStart, "a", "b")
	f.Add([]byte(good), int16(12), int16(-1))
	f.Add([]byte(good[:70]), int16(3), int16(1))
	f.Add([]byte{}, int16(13), int16(0))
	f.Fuzz(func(t *testing.T, run []byte, version, acks int16) {
		if version < 3 || version > 13 || run == nil {
			return
		}
		c := newTestCluster(t, 1, nil)
		c.createTopic("plain", 1)
		c.ask(1, produceRequest(version, acks, 10, "plain", run))
		c.run(20_000_000)
	})
}

// FuzzFetched hands a follower whatever bytes a broken leader may answer.
func FuzzFetched(f *testing.F) {
	good := testBatch(&testing.T{}, wallStart, "a", "b")
	f.Add([]byte(good), int64(2), int64(0), int32(-1), int64(-1))
	f.Add([]byte(good[:70]), int64(-1), int64(9), int32(0), int64(0))
	f.Fuzz(func(t *testing.T, run []byte, hw, start int64, epoch int32, end int64) {
		c := newTestCluster(t, 2, nil)
		id := c.createTopic("plain", 1, 2)
		asCoordinator(c, 2, func(env *engine.Env, m *Manager) {
			resp := kmsg.NewPtrFetchResponse()
			resp.SessionID = m.fetchers[0].session.id
			topic := kmsg.NewFetchResponseTopic()
			topic.TopicID = id
			p := kmsg.NewFetchResponseTopicPartition()
			p.RecordBatches, p.HighWatermark, p.LogStartOffset = run, hw, start
			p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset = epoch, end
			topic.Partitions = append(topic.Partitions, p)
			resp.Topics = append(resp.Topics, topic)
			m.onFetchResponse(env, m.fetchers[0], resp)
		})
		c.run(2_000_000_000)
	})
}
