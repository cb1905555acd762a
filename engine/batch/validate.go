package batch

import (
	"fmt"
	"strings"

	"bitacora/engine"
)

// Origin says who appends through the leader, which decides what is checked
// (AppendOrigin). Replication and the Raft leader take offsets as they are and
// use EnsureValid alone.
type Origin uint8

// Client batches are checked in full; a coordinator may write control batches and
// batches whose counts a client's may not have.
const (
	Client Origin = iota
	Coordinator
)

// zstdProduceVersionMin is the first Produce version that may carry zstd (KIP-110).
const zstdProduceVersionMin = 7

// CheckProduce takes the records of one partition of a Produce request of the
// given version: exactly one batch of magic 2 (ProduceRequest.validateRecords).
// The CRC is not checked here. Errors are Corrupt, OldMagic, NoBatch,
// SeveralBatches, UnsupportedCodec.
func CheckProduce(records []byte, version int16) (Batch, error) {
	it := Iterate(records)
	if !it.Next() {
		switch DefectOf(it.err) {
		case OldMagic:
			return nil, defect(OldMagic, "Produce requests with version %d are only allowed to contain record batches with magic version 2", version)
		case 0:
			return nil, defect(NoBatch, "Produce requests with version %d must have at least one record batch per partition", version)
		}
		return nil, it.err
	}
	b := it.Batch()
	if version < zstdProduceVersionMin && b.Codec() == Zstd {
		return nil, defect(UnsupportedCodec, "Produce requests with version %d are not allowed to use ZStandard compression", version)
	}
	if it.Next() || DefectOf(it.err) == OldMagic {
		return nil, defect(SeveralBatches, "Produce requests with version %d are only allowed to contain exactly one record batch per partition", version)
	}
	return b, it.err
}

// Rules are what an append is checked against and what the leader assigns.
type Rules struct {
	Partition     engine.TopicPartition // for Kafka's messages
	Origin        Origin
	BatchBytesMax int // max.message.bytes; 0 is no limit
	// Compacted: cleanup.policy has compact, so every record needs a key.
	Compacted     bool
	TimestampType TimestampType // message.timestamp.type
	// How far a record's time may lie before and after Now, in milliseconds
	// (message.timestamp.before.max.ms, message.timestamp.after.max.ms).
	BeforeMaxMs, AfterMaxMs int64
	Now                     Timestamp
	// Recompress: compression.type names a codec (Codec) and is not "producer".
	Recompress bool
	Codec      Codec
	Level      int // of Codec; DefaultLevel is its own

	BaseOffset  engine.Offset // the log end offset: the first record's offset
	LeaderEpoch engine.LeaderEpoch
}

// Result is a batch as the leader appends it.
type Result struct {
	// Batch is the one handed in, changed in place, or a new one where records had
	// to be written anew (another codec, or gaps between the offsets inside).
	Batch        Batch
	MaxTimestamp Timestamp
	Rebuilt      bool
}

// Assign checks a batch as UnifiedLog.append and LogValidator do for a leader, and
// gives it offsets, leader epoch and timestamps in place: b must be the caller's
// own bytes, not those of a message. After an error b is as it was.
//
// The order of the checks is Kafka's, since it decides the answer: base offset 0,
// size, CRC, codec, offset range, count, control bit, sequence, then each record:
// structure, key, timestamp.
func Assign(b Batch, rules Rules, codecs *Codecs) (Result, error) {
	if err := checkBytes(b, &rules); err != nil {
		return Result{}, err
	}
	if err := checkHeader(b, &rules); err != nil {
		return Result{}, err
	}
	scan, err := scanRecords(b, &rules, codecs)
	if err != nil {
		return Result{}, err
	}
	target := b.Codec()
	if rules.Recompress && !(target == None && b.IsControl()) {
		target = rules.Codec
	}
	if target != b.Codec() || (target != None && scan.hasGaps) {
		return rebuild(b, &rules, target, codecs)
	}
	largest := scan.maxTimestamp
	if rules.TimestampType == LogAppendTime {
		largest = rules.Now
	}
	b.SetLastOffset(rules.BaseOffset + engine.Offset(scan.count) - 1)
	b.SetPartitionLeaderEpoch(rules.LeaderEpoch)
	b.SetMaxTimestamp(rules.TimestampType, largest)
	return Result{Batch: b, MaxTimestamp: largest}, nil
}

// checkBytes is UnifiedLog.analyzeAndValidateRecords for one batch.
func checkBytes(b Batch, rules *Rules) error {
	if len(b) < HeaderBytes {
		return b.EnsureValid()
	}
	if rules.Origin == Client && b.BaseOffset() != 0 {
		return defect(InvalidRecord, "The baseOffset of the record batch in the append to %v should be 0, but it is %d", rules.Partition, b.BaseOffset())
	}
	if rules.BatchBytesMax > 0 && b.SizeInBytes() > rules.BatchBytesMax {
		return defect(TooLarge, "The record batch size in the append to %v is %d bytes which exceeds the maximum configured value of %d).", rules.Partition, b.SizeInBytes(), rules.BatchBytesMax)
	}
	if b.ComputeCRC() != b.CRC() {
		return defect(Corrupt, "Record is corrupt (stored crc = %d) in topic partition %v.", b.CRC(), rules.Partition)
	}
	if b.Codec() > Zstd {
		return defect(UnknownCodec, "Unknown compression type id: %d", b.Codec())
	}
	return nil
}

// checkHeader is LogValidator.validateBatch.
func checkHeader(b Batch, rules *Rules) error {
	if rules.Origin != Client {
		return nil
	}
	fromOffsets := int64(b.LastOffsetDelta()) + 1
	count := int64(b.RecordsCount())
	switch {
	case fromOffsets <= 0:
		return defect(InvalidRecord, "Batch has an invalid offset range: [%d, %d] in topic partition %v", b.BaseOffset(), b.LastOffset(), rules.Partition)
	case count <= 0:
		return defect(InvalidRecord, "Invalid reported count for record batch: %d in topic partition %v", count, rules.Partition)
	case fromOffsets != count:
		return defect(InvalidRecord, "Inconsistent batch offset range [%d, %d] and count of records %d in topic partition %v", b.BaseOffset(), b.LastOffset(), count, rules.Partition)
	case b.IsControl():
		return defect(InvalidRecord, "Clients are not allowed to write control records in topic partition %v", rules.Partition)
	case b.HasProducerID() && b.BaseSequence() < 0:
		return defect(InvalidRecord, "Invalid sequence number %d in record batch with producerId %d in topic partition %v", b.BaseSequence(), b.ProducerID(), rules.Partition)
	}
	return nil
}

// scanResult is what one pass over the records learned.
type scanResult struct {
	count        int
	maxTimestamp Timestamp
	hasGaps      bool
}

// recordErrorsMax bounds the records that one answer names. Kafka names them all;
// the first of them say the same, and an answer stays smaller than its request.
const recordErrorsMax = 1000

// scanRecords is LogValidator.validateRecord over all records: every record is
// looked at, so that the answer names all at fault.
func scanRecords(b Batch, rules *Rules, codecs *Codecs) (scanResult, error) {
	scan := scanResult{maxTimestamp: NoTimestamp}
	var wrong []RecordError
	kind := InvalidRecord
	it := b.Iterate(codecs)
	for it.Next() {
		r := it.Record()
		if d, message := checkRecord(b, r, rules); d != 0 {
			if d == InvalidTimestamp {
				kind = InvalidTimestamp
			}
			if len(wrong) < recordErrorsMax {
				wrong = append(wrong, RecordError{BatchIndex: int32(scan.count), Message: message})
			}
		}
		scan.maxTimestamp = max(scan.maxTimestamp, r.Timestamp)
		if r.Offset != b.BaseOffset()+engine.Offset(scan.count) {
			scan.hasGaps = true
		}
		scan.count++
	}
	if it.err != nil {
		return scan, it.err
	}
	if len(wrong) > 0 {
		return scan, recordErrors(kind, wrong)
	}
	return scan, nil
}

func checkRecord(b Batch, r *Record, rules *Rules) (Defect, string) {
	if rules.Compacted && r.Key == nil {
		return InvalidRecord, fmt.Sprintf("Compacted topic cannot accept message without key in topic partition %v", rules.Partition)
	}
	if rules.TimestampType == CreateTime && r.Timestamp != NoTimestamp {
		// Kafka subtracts in 64 bits and lets it overflow; so do we.
		age := int64(rules.Now - r.Timestamp)
		if age > rules.BeforeMaxMs || -age > rules.AfterMaxMs {
			return InvalidTimestamp, fmt.Sprintf("Timestamp %d of message with offset %d is out of range. The timestamp should be within [%d, %d]",
				r.Timestamp, r.Offset, int64(rules.Now)-rules.BeforeMaxMs, int64(rules.Now)+rules.AfterMaxMs)
		}
		return 0, ""
	}
	if b.TimestampType() == LogAppendTime {
		return InvalidTimestamp, fmt.Sprintf("Invalid timestamp type in message %s. Producer should not set timestamp type to LogAppendTime.", describe(r))
	}
	return 0, ""
}

// describe spells a record as DefaultRecord.toString does.
func describe(r *Record) string {
	return fmt.Sprintf("DefaultRecord(offset=%d, timestamp=%d, key=%d bytes, value=%d bytes)", r.Offset, r.Timestamp, len(r.Key), len(r.Value))
}

// recordErrors is LogValidator.processRecordErrors.
func recordErrors(kind Defect, wrong []RecordError) *Error {
	if kind == InvalidTimestamp {
		return &Error{Defect: kind, Records: wrong, Message: "One or more records have been rejected due to invalid timestamp"}
	}
	const shownMax = 3
	shown := make([]string, 0, shownMax)
	for _, w := range wrong[:min(shownMax, len(wrong))] {
		shown = append(shown, fmt.Sprintf("RecordError(batchIndex=%d, message='%s')", w.BatchIndex, w.Message))
	}
	return &Error{Defect: kind, Records: wrong, Message: fmt.Sprintf(
		"One or more records have been rejected due to %d record errors in total, and only showing the first three errors at most: [%s]",
		len(wrong), strings.Join(shown, ", "))}
}

// rebuild writes the records into a batch of consecutive offsets and the target
// codec (LogValidator.buildRecordsAndAssignOffsets).
func rebuild(b Batch, rules *Rules, target Codec, codecs *Codecs) (Result, error) {
	level := DefaultLevel
	if target == rules.Codec {
		level = rules.Level
	}
	builder := NewBuilder(Options{
		BaseOffset:    rules.BaseOffset,
		LeaderEpoch:   rules.LeaderEpoch,
		Codec:         target,
		Level:         level,
		TimestampType: rules.TimestampType,
		AppendTime:    rules.Now,
		HasProducer:   true, // as the client wrote them, -1 or not
		ProducerID:    b.ProducerID(),
		ProducerEpoch: b.ProducerEpoch(),
		BaseSequence:  b.BaseSequence(),
		Transactional: b.IsTransactional(),
	})
	it := b.Iterate(codecs)
	for it.Next() {
		builder.AppendRecord(builder.NextOffset(), it.Record())
	}
	if it.err != nil {
		return Result{}, it.err
	}
	out, err := builder.Build(codecs)
	if err != nil {
		return Result{}, err
	}
	return Result{Batch: out, MaxTimestamp: out.MaxTimestamp(), Rebuilt: true}, nil
}
