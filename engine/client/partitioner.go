package client

import (
	"encoding/binary"
	"slices"

	"bitacora/engine"
)

const noPartition int32 = -1

// Murmur2 hashes a key as Kafka's Java clients do (Utils.murmur2), so that a key
// goes to the same partition whoever sends it.
func Murmur2(key []byte) int32 {
	const (
		seed  uint32 = 0x9747b28c
		mix   uint32 = 0x5bd1e995
		shift uint32 = 24
	)
	h := seed ^ uint32(len(key))
	rest := key
	for len(rest) >= 4 {
		k := binary.LittleEndian.Uint32(rest) * mix
		k ^= k >> shift
		h = h*mix ^ k*mix
		rest = rest[4:]
	}
	if len(rest) > 0 {
		for i := len(rest) - 1; i >= 0; i-- {
			h ^= uint32(rest[i]) << (8 * i)
		}
		h *= mix
	}
	h ^= h >> 13
	h *= mix
	return int32(h ^ h>>15)
}

// PartitionForKey gives a key's partition (BuiltInPartitioner.partitionForKey).
func PartitionForKey(key []byte, partitions int32) int32 {
	return (Murmur2(key) & 0x7fffffff) % partitions
}

// stickyPartitioner chooses partitions for records without a key: one at a time,
// changed when about a batch has been sent to it (KIP-794, BuiltInPartitioner).
//
// With batch.size=16384: a partition that took 12 KB and whose batch then left by
// linger keeps being chosen until its next batch is full too, at most to 32 KB, so
// that linger does not leave a trail of small batches.
//
// Partitions with longer queues are chosen less often: of three with 0, 3 and 1
// batches waiting, the largest queue and one more make 4, so that they are drawn with
// weights 4, 1 and 3 (partitioner.adaptive.partitioning.enable). So a producer by
// itself turns away from a broker that is slow or gone.
//
// Not modelled: partitioner.availability.timeout.ms (off by default).
type stickyPartitioner struct {
	chosen   int32   // noPartition before the first record
	produced int     // bytes since it was chosen
	weights  []int64 // of ids
	ids      []int32 // empty where all are alike, or not all have a queue yet
}

// weigh takes the lengths of the queues of partitions with a leader. all is how many
// partitions have a queue (BuiltInPartitioner.updatePartitionLoadStats).
func (s *stickyPartitioner) weigh(ids []int32, lengths []int64, all int) {
	s.ids, s.weights = ids[:0], lengths[:0]
	if len(ids) == 0 || all < 2 {
		return
	}
	most := slices.Max(lengths)
	if len(ids) == all && slices.Min(lengths) == most {
		return
	}
	s.ids, s.weights = ids, lengths
	for i := range s.weights {
		s.weights[i] = most + 1 - s.weights[i]
	}
}

// draw chooses by weight.
func (s *stickyPartitioner) draw(env *engine.Env) int32 {
	sum := int64(0)
	for _, w := range s.weights {
		sum += w
	}
	at := env.Rand().Int64N(sum)
	for i, w := range s.weights {
		if at < w {
			return s.ids[i]
		}
		at -= w
	}
	return s.ids[len(s.ids)-1]
}

func (s *stickyPartitioner) partition(env *engine.Env, view *clusterView, topic string) int32 {
	if s.chosen == noPartition {
		s.choose(env, view, topic)
	}
	return s.chosen
}

func (s *stickyPartitioner) choose(env *engine.Env, view *clusterView, topic string) {
	s.produced = 0
	if len(s.ids) > 0 {
		s.chosen = s.draw(env)
		return
	}
	if available := view.available(topic); len(available) > 0 {
		s.chosen = available[env.Rand().IntN(len(available))]
		return
	}
	s.chosen = int32(env.Rand().Int64N(int64(view.partitionCount(topic))))
}

// appended counts what was appended, and chooses anew where it is time to. full
// says that the partition's last batch is full.
func (s *stickyPartitioner) appended(env *engine.Env, view *clusterView, topic string, bytes, batchBytes int, full bool) {
	s.produced += bytes
	if s.produced >= batchBytes && full || s.produced >= 2*batchBytes {
		s.choose(env, view, topic)
	}
}
