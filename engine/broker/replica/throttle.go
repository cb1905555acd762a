package replica

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"bitacora/engine"
	"bitacora/engine/config"
)

// replicationQuota bounds what replication of some partitions may cost
// (ReplicationQuotaManager, SimpleRate; KIP-73). A broker has one as leader and one
// as follower. The rate is that of the last samples, in whole bytes and
// milliseconds: bytes*1000 > bound*elapsed needs no fraction.
type replicationQuota struct {
	bytesPerSecond int64 // math.MaxInt64: no bound
	window         int64 // one sample's milliseconds
	samples        int
	current        int
	kept           []quotaSample
	throttled      map[string][]int32 // by topic; allPartitions alone is all of them
}

type quotaSample struct {
	start, last engine.WallTime
	bytes       int64
}

// allPartitions marks a topic whose every replica is throttled
// (ReplicationQuotaManager.ALL_REPLICAS).
const allPartitions int32 = -1

func (q *replicationQuota) isThrottled(tp engine.TopicPartition) bool {
	all := q.throttled[tp.Topic]
	return slices.Contains(all, tp.Partition) || len(all) == 1 && all[0] == allPartitions
}

// record counts bytes of throttled partitions, those of replicas in sync too: the
// whole traffic is to stay within the bound (SampledStat.record).
func (q *replicationQuota) record(bytes int64, now engine.WallTime) {
	if len(q.kept) == 0 {
		q.kept = append(q.kept, quotaSample{start: now, last: now})
	}
	if int64(now-q.kept[q.current].start) >= q.window {
		q.current = (q.current + 1) % (q.samples + 1)
		if q.current >= len(q.kept) {
			q.kept = append(q.kept, quotaSample{})
		}
		q.kept[q.current] = quotaSample{start: now}
	}
	s := &q.kept[q.current]
	s.bytes += bytes
	s.last = now
}

// isExceeded says whether the rate is above the bound. The first window counts
// whole, so that the beginning of a transfer is no flood (SimpleRate.windowSize).
func (q *replicationQuota) isExceeded(now engine.WallTime) bool {
	if q.bytesPerSecond == math.MaxInt64 || len(q.kept) == 0 {
		return false
	}
	oldest, sum := now, int64(0)
	for i := range q.kept {
		s := &q.kept[i]
		if int64(now-s.last) >= int64(q.samples)*q.window {
			*s = quotaSample{start: now, last: now} // SampledStat.purgeObsoleteSamples
		}
		oldest, sum = min(oldest, s.start), sum+s.bytes
	}
	elapsed := max(int64(now-oldest), q.window)
	return moreThan(uint64(sum), 1000, uint64(max(q.bytesPerSecond, 0)), uint64(elapsed))
}

// moreThan says whether a*b > c*d, however large.
func moreThan(a, b, c, d uint64) bool {
	high, low := bits.Mul64(a, b)
	otherHigh, otherLow := bits.Mul64(c, d)
	return high > otherHigh || high == otherHigh && low > otherLow
}

// updateQuotas takes over the bounds and what they are for (BrokerConfigHandler,
// TopicConfigHandler).
func (m *Manager) updateQuotas() {
	for _, q := range []struct {
		quota          *replicationQuota
		rate, replicas string
	}{
		{&m.leaderQuota, config.LeaderThrottledRate, config.LeaderThrottledReplicas},
		{&m.followerQuota, config.FollowerThrottledRate, config.FollowerThrottledReplicas},
	} {
		q.quota.window, q.quota.samples = m.cfg.QuotaWindow.Milliseconds(), m.cfg.QuotaSamples
		q.quota.bytesPerSecond = config.ServerInt(m.image, m.cfg.Static, m.cfg.NodeID, q.rate)
		q.quota.throttled = map[string][]int32{}
		for _, r := range m.image.ConfigResources() {
			if value, ok := m.image.Config(r, q.replicas); ok && r == config.TopicResource(r.Name) {
				q.quota.throttled[r.Name] = throttledPartitions(value, m.cfg.NodeID)
			}
		}
	}
}

// throttledPartitions reads a list of PARTITION:BROKER, or "*" (parseThrottledPartitions).
func throttledPartitions(value string, self engine.NodeID) []int32 {
	var all []int32
	for _, element := range config.SplitList(value) {
		if element == "*" {
			return []int32{allPartitions}
		}
		partition, broker, _ := strings.Cut(element, ":")
		number, err := strconv.ParseInt(partition, 10, 32)
		if id, idErr := strconv.ParseInt(broker, 10, 32); err == nil && idErr == nil && engine.NodeID(id) == self {
			all = append(all, int32(number))
		}
	}
	return all
}

// throttlesFollower says whether a follower gets nothing now. One in sync is never
// held back, lest it fall out of the ISR (ReplicaManager.shouldLeaderThrottle).
func (m *Manager) throttlesFollower(env *engine.Env, p *Partition, id engine.NodeID) bool {
	return m.leaderQuota.isThrottled(p.tp) && !slices.Contains(p.isr, id) && m.leaderQuota.isExceeded(env.Wall())
}

// throttlesItself says whether this follower asks for nothing now
// (RemoteLeaderEndPoint.shouldFollowerThrottle).
func (m *Manager) throttlesItself(env *engine.Env, s *fetchState) bool {
	return m.followerQuota.isThrottled(s.partition.tp) && !s.inSync && m.followerQuota.isExceeded(env.Wall())
}

// recordServed counts what an answer brings followers of throttled partitions
// (KafkaApis.sizeOfThrottledPartitions; here the records alone).
func (m *Manager) recordServed(env *engine.Env, op *fetchOp) {
	if !op.fromFollower() || len(m.leaderQuota.throttled) == 0 {
		return
	}
	bytes, some := int64(0), false
	for i := range op.entries {
		if e := &op.entries[i]; m.leaderQuota.isThrottled(e.tp()) {
			bytes, some = bytes+int64(len(e.result.records)), true
		}
	}
	if some {
		m.leaderQuota.record(bytes, env.Wall())
	}
}
