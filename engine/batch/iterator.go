package batch

import (
	"encoding/binary"
)

// legacyOverheadBytes is the least length that Kafka lets any magic claim
// (LegacyRecord.RECORD_OVERHEAD_V0).
const legacyOverheadBytes = 14

// Iterator cuts a run of bytes into whole batches, as ByteBufferLogInputStream
// does. A Fetch answer may end in the middle of a batch: the iteration stops
// before it and Rest gives what is left.
//
//	it := batch.Iterate(run)
//	for it.Next() {
//		b := it.Batch()
//	}
//	if err := it.Err(); err != nil { ... }
type Iterator struct {
	rest  []byte
	batch Batch
	err   error
}

// Iterate begins at the first byte of run. It checks lengths and magic, not CRCs.
func Iterate(run []byte) Iterator { return Iterator{rest: run} }

// Next moves to the next whole batch. False means the end, a partial batch or a
// defect; Err tells which.
func (it *Iterator) Next() bool {
	it.batch = nil
	if it.err != nil || len(it.rest) < LogOverheadBytes {
		return false
	}
	length := int32(binary.BigEndian.Uint32(it.rest[lengthAt:]))
	if length < legacyOverheadBytes {
		it.err = defect(Corrupt, "Record size %d is less than the minimum record overhead (%d)", length, legacyOverheadBytes)
		return false
	}
	if len(it.rest) <= magicAt {
		return false
	}
	magic := int8(it.rest[magicAt])
	if magic < 0 || magic > Magic {
		it.err = defect(Corrupt, "Invalid magic found in record: %d", magic)
		return false
	}
	size := LogOverheadBytes + int64(length)
	if int64(len(it.rest)) < size {
		return false
	}
	if magic < Magic {
		it.err = defect(OldMagic, "A message set of magic %d, which was replaced by record batches in Kafka 0.11", magic)
		return false
	}
	if size < HeaderBytes {
		it.err = defect(Corrupt, "Record batch is corrupted (the size %d is smaller than the minimum allowed overhead %d)", size, HeaderBytes)
		return false
	}
	it.batch = Batch(it.rest[:size:size])
	it.rest = it.rest[size:]
	return true
}

// Batch is the batch that Next found: a view, valid as long as the run is.
func (it *Iterator) Batch() Batch { return it.batch }

// Err is the defect that ended the iteration, an *Error, or nil.
func (it *Iterator) Err() error { return it.err }

// Rest is what was not handed out: nothing, a partial batch, or the bytes at fault.
func (it *Iterator) Rest() []byte { return it.rest }

// Parse takes run as exactly one whole batch with a right CRC.
func Parse(run []byte) (Batch, error) {
	it := Iterate(run)
	if !it.Next() {
		if it.err != nil {
			return nil, it.err
		}
		return nil, defect(NoBatch, "%d bytes hold no whole record batch", len(run))
	}
	if len(it.rest) > 0 {
		return nil, defect(SeveralBatches, "%d bytes follow the record batch", len(it.rest))
	}
	return it.batch, it.batch.EnsureValid()
}

// EnsureValid checks size and CRC (DefaultRecordBatch.ensureValid).
func (b Batch) EnsureValid() error {
	if len(b) < HeaderBytes {
		return defect(Corrupt, "Record batch is corrupted (the size %d is smaller than the minimum allowed overhead %d)", len(b), HeaderBytes)
	}
	if crc := b.ComputeCRC(); crc != b.CRC() {
		return defect(Corrupt, "Record is corrupt (stored crc = %d, computed crc = %d)", b.CRC(), crc)
	}
	return nil
}
