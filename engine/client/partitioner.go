package client

import (
	"encoding/binary"

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
// Not modelled: adaptive partitioning by queue length, partitioner.availability.
type stickyPartitioner struct {
	chosen   int32 // noPartition before the first record
	produced int   // bytes since it was chosen
}

func (s *stickyPartitioner) partition(env *engine.Env, view *clusterView, topic string) int32 {
	if s.chosen == noPartition {
		s.choose(env, view, topic)
	}
	return s.chosen
}

func (s *stickyPartitioner) choose(env *engine.Env, view *clusterView, topic string) {
	s.produced = 0
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
