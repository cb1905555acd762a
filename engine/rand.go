package engine

// Rand is a stream of pseudo-random numbers: xoshiro256** seeded by splitmix64.
// It is plain data, so a copy continues as the original would. Streams with
// different names are independent, so that one node's draws never change
// another's luck.
type Rand struct{ s [4]uint64 }

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
	golden    = 0x9e3779b97f4a7c15 // splitmix64's increment
)

// NewRand gives the stream that belongs to name under seed.
func NewRand(seed uint64, name string) Rand {
	h := uint64(fnvOffset)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * fnvPrime
	}
	x := seed ^ h
	var r Rand
	for i := range r.s {
		x += golden
		z := x
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		r.s[i] = z ^ z>>31
	}
	return r
}

func rotl(x uint64, k uint) uint64 { return x<<k | x>>(64-k) }

// Uint64 draws 64 bits.
func (r *Rand) Uint64() uint64 {
	result := rotl(r.s[1]*5, 7) * 9
	t := r.s[1] << 17
	r.s[2] ^= r.s[0]
	r.s[3] ^= r.s[1]
	r.s[1] ^= r.s[2]
	r.s[0] ^= r.s[3]
	r.s[2] ^= t
	r.s[3] = rotl(r.s[3], 45)
	return result
}

// Int64N draws a number from 0 to n-1. n must be positive.
func (r *Rand) Int64N(n int64) int64 {
	if n <= 0 {
		Violated("RandBoundIsPositive", "n=%d", n)
	}
	bound := uint64(n)
	limit := -bound % bound // values below it would favour small results
	for {
		if v := r.Uint64(); v >= limit {
			return int64(v % bound)
		}
	}
}

// IntN draws a number from 0 to n-1. n must be positive.
func (r *Rand) IntN(n int) int { return int(r.Int64N(int64(n))) }

// Bytes fills b, as ids and member ids need.
func (r *Rand) Bytes(b []byte) {
	for i := 0; i < len(b); i += 8 {
		v := r.Uint64()
		for j := i; j < len(b) && j < i+8; j++ {
			b[j] = byte(v)
			v >>= 8
		}
	}
}

// UUID draws a random (version 4) UUID, as Kafka's Uuid.randomUuid does; ids
// that Kafka reserves or would print with a leading dash are drawn again.
func (r *Rand) UUID() [16]byte {
	for {
		var id [16]byte
		r.Bytes(id[:])
		id[6] = id[6]&0x0f | 0x40
		id[8] = id[8]&0x3f | 0x80
		if id[0]>>2 != 62 { // 62 is '-' in URL base64
			return id
		}
	}
}
