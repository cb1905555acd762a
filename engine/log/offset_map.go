package log

import (
	"crypto/sha256"
	"encoding/binary"

	"bitacora/engine"
)

// offsetMap says at which offset each key stands last, for the cleaner
// (SkimpyOffsetMap). It keeps digests of keys, not keys: two keys that share one
// would be taken for one, which 128 bits make improbable enough for Kafka, too
// (whose digest is MD5). It is one flat table, so that a garbage collector has
// nothing to look into and a copy is a copy.
type offsetMap struct {
	table   []offsetSlot // its length is a power of two, or slotsMax
	used    int
	usedMax int // how many keys it takes (slots * load factor)
	// latest is the last offset that the map speaks for.
	latest engine.Offset
}

// offsetSlot is one key. A slot whose offset is 0 is empty: offsets are kept
// plus one.
type offsetSlot struct {
	digest    [16]byte
	offsetOne engine.Offset
}

// offsetSlotBytes is what log.cleaner.dedupe.buffer.size counts for a key.
const offsetSlotBytes = 24

// offsetTableMin is a table that costs little where a topic has few keys.
const offsetTableMin = 64

// newOffsetMap makes a map that takes up to keysMax keys, at least one.
func newOffsetMap(keysMax int) offsetMap {
	return offsetMap{usedMax: max(keysMax, 1), latest: engine.NoOffset}
}

// KeysFor is how many keys a buffer takes (log.cleaner.dedupe.buffer.size), filled
// to so many billionths (log.cleaner.io.buffer.load.factor).
func KeysFor(bufferBytes, loadBillionths int64) int {
	const whole = 1_000_000_000
	slots := bufferBytes / offsetSlotBytes
	return int(slots/whole*loadBillionths + slots%whole*loadBillionths/whole)
}

func digestOf(key []byte) [16]byte {
	sum := sha256.Sum256(key)
	return [16]byte(sum[:16])
}

// find gives the slot of a digest, or the empty one where it would stand.
func (m *offsetMap) find(digest [16]byte) *offsetSlot {
	at := binary.BigEndian.Uint64(digest[:]) % uint64(len(m.table))
	for {
		s := &m.table[at]
		if s.offsetOne == 0 || s.digest == digest {
			return s
		}
		if at++; at == uint64(len(m.table)) {
			at = 0
		}
	}
}

// get gives the last offset of a key, NoOffset where it has none.
func (m *offsetMap) get(key []byte) engine.Offset {
	if m.used == 0 {
		return engine.NoOffset
	}
	return m.find(digestOf(key)).offsetOne - 1
}

// put notes that a key stands at an offset. false: the map takes no more keys.
func (m *offsetMap) put(key []byte, offset engine.Offset) bool {
	if m.used >= m.usedMax {
		// As Kafka's: not even a key that it has (Cleaner.buildOffsetMapForSegment).
		return false
	}
	if 4*(m.used+1) > 3*len(m.table) {
		m.grow()
	}
	digest := digestOf(key)
	s := m.find(digest)
	if s.offsetOne == 0 {
		s.digest = digest
		m.used++
	}
	s.offsetOne, m.latest = offset+1, offset
	return true
}

func (m *offsetMap) grow() {
	old := m.table
	m.table = make([]offsetSlot, max(2*len(old), offsetTableMin))
	for i := range old {
		if old[i].offsetOne != 0 {
			*m.find(old[i].digest) = old[i]
		}
	}
}
