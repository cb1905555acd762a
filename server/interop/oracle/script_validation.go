package oracle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var produceValidation = Script{
	Name:  "11-produce-validation",
	Title: "what Produce accepts and refuses",
	Setup: "topics b11 (defaults), b11-compact (cleanup.policy=compact), b11-lat (message.timestamp.type=LogAppendTime), b11-small (max.message.bytes=500), all with replicas [1,2,3]; sent to the leader 1; acks=-1, Produce v12 unless said",
	Run:   playProduceValidation,
}

// shortSilence is how long the probe waits where Kafka is known not to answer.
const shortSilence = 1500 * time.Millisecond

// validation is one produce to be judged by the broker.
type validation struct {
	what    string
	topic   string // empty: b11
	version int16
	acks    int16 // as in the request; ackAll is the default
	records []byte
	limit   time.Duration
}

const ackAll = -1

func playProduceValidation(r *Run) error {
	replicas := assignment{{1, 2, 3}}
	for _, t := range []struct{ name, config, value string }{
		{"b11", "", ""},
		{"b11-compact", "cleanup.policy", "compact"},
		{"b11-lat", "message.timestamp.type", "LogAppendTime"},
		{"b11-small", "max.message.bytes", "500"},
	} {
		var configs []string
		if t.config != "" {
			configs = []string{t.config, t.value}
		}
		if err := r.createTopic(t.name, replicas, configs...); err != nil {
			return err
		}
	}
	groups := [][]validation{sizeCases(), timestampCases(), codecCases(), countCases(), headerCases(), magicCases(), keyCases(), ackCases()}
	for _, group := range groups {
		for _, v := range group {
			if err := r.noteValidation(v); err != nil {
				return err
			}
		}
	}
	if err := r.noteTargets(); err != nil {
		return err
	}
	for _, topic := range []string{"b11-lat", "b11-compact"} {
		if err := r.noteLog("log of "+topic, 1, topic); err != nil {
			return err
		}
	}
	return r.noteLog("log of b11", 1, "b11")
}

func (r *Run) noteValidation(v validation) error {
	topic := v.topic
	if topic == "" {
		topic = "b11"
	}
	p := production{broker: 1, topic: topic, version: v.version, acks: v.acks, records: v.records, limit: v.limit}
	if v.version >= 13 {
		id, err := r.topicID(topic)
		if err != nil {
			return err
		}
		p.topicID = id
	}
	return r.noteProduce(v.what, p)
}

// batchOfBytes makes a batch of exactly that many bytes, with one record.
func batchOfBytes(size int) []byte {
	n := size
	for {
		b := newBatch(batchOptions{}, record{value: bytes.Repeat([]byte("x"), n), offsetDelta: -1})
		if len(b) == size {
			return b
		}
		n -= len(b) - size
	}
}

func sizeCases() []validation {
	cases := []validation{
		{what: "good batch of 2", acks: ackAll, records: newBatch(batchOptions{}, value("a"), value("b"))},
		{what: "good batch, v3", version: 3, acks: ackAll, records: newBatch(batchOptions{}, value("a"))},
		{what: "good batch, v13 (topic id)", version: 13, acks: ackAll, records: newBatch(batchOptions{}, value("a"))},
		{what: "record of 1100000 bytes (max.message.bytes is 1048588)", acks: ackAll, records: batchOfBytes(1_100_000)},
	}
	for _, n := range []int{1_048_589, 1_048_588, 1_048_587} {
		cases = append(cases, validation{what: fmt.Sprintf("batch of %d bytes", n), acks: ackAll, records: batchOfBytes(n)})
	}
	for _, n := range []int{500, 501} {
		cases = append(cases, validation{what: fmt.Sprintf("max.message.bytes=500, batch of %d bytes", n), topic: "b11-small", acks: ackAll, records: batchOfBytes(n)})
	}
	return cases
}

func timestampCases() []validation {
	now := time.Now().UnixMilli()
	future := now + 2*time.Hour.Milliseconds()
	wrongMax := func(b *kmsg.RecordBatch) { b.MaxTimestamp += 1000 }
	return []validation{
		{what: "timestamp 2 h ahead (message.timestamp.after.max.ms is 3600000)", acks: ackAll, records: newBatch(batchOptions{}, valueAt("a", future))},
		{what: "one of two records 2 h ahead", acks: ackAll, records: newBatch(batchOptions{}, valueAt("a", now), valueAt("b", future))},
		{what: "timestamp 1970", acks: ackAll, records: newBatch(batchOptions{}, valueAt("a", 1))},
		{what: "timestamp -1", acks: ackAll, records: newBatch(batchOptions{}, valueAt("a", -1))},
		{what: "timestamp -5", acks: ackAll, records: newBatch(batchOptions{}, valueAt("a", -5))},
		{what: "max timestamp in the header is wrong", acks: ackAll, records: newBatch(batchOptions{change: wrongMax}, value("a"))},
		{what: "LogAppendTime topic, timestamp 2 h ahead", topic: "b11-lat", acks: ackAll, records: newBatch(batchOptions{}, valueAt("future", future))},
	}
}

func codecCases() []validation {
	wrongCRC := newBatch(batchOptions{}, value("a"))
	wrongCRC[batchCRCOffset] ^= 0xff
	cases := []validation{{what: "wrong CRC", acks: ackAll, records: wrongCRC}}
	for codec := int16(1); codec <= 4; codec++ {
		cases = append(cases, validation{what: fmt.Sprintf("codec %d in attributes over plain bytes", codec), acks: ackAll,
			records: newBatch(batchOptions{attributes: codec}, value("a"))})
	}
	for _, codec := range []int16{5, 7} {
		cases = append(cases, validation{what: fmt.Sprintf("unknown codec %d", codec), acks: ackAll,
			records: newBatch(batchOptions{attributes: codec}, value("a"))})
	}
	const zstd = 4
	return append(cases, validation{what: "zstd in Produce v6", version: 6, acks: ackAll, records: newBatch(batchOptions{attributes: zstd}, value("a"))})
}

func countCases() []validation {
	set := func(change func(b *kmsg.RecordBatch)) batchOptions { return batchOptions{change: change} }
	return []validation{
		{what: "no records: header says 0 records, lastOffsetDelta 0", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.LastOffsetDelta = 0 }))},
		{what: "no records: lastOffsetDelta -1", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.LastOffsetDelta = -1 }))},
		{what: "zero bytes", acks: ackAll, records: []byte{}},
		{what: "null records", acks: ackAll, limit: 2 * shortSilence},
		{what: "header says 2 records, 1 is there", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.NumRecords, b.LastOffsetDelta = 2, 1 }), value("a"))},
		{what: "header says 1 record, 2 are there", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.NumRecords, b.LastOffsetDelta = 1, 0 }), value("a"), value("b"))},
		{what: "lastOffsetDelta too big (5 for 2 records)", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.LastOffsetDelta = 5 }), value("a"), value("b"))},
		{what: "record offset deltas 0,5, lastOffsetDelta 1", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.LastOffsetDelta = 1 }),
				value("a"), record{value: []byte("b"), offsetDelta: 5})},
		{what: "base offset 77 in the batch", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.FirstOffset = 77 }), value("a"))},
		{what: "partition leader epoch 99 in the batch", acks: ackAll,
			records: newBatch(set(func(b *kmsg.RecordBatch) { b.PartitionLeaderEpoch = 99 }), value("a"))},
	}
}

// Bits of a batch's attributes above the codec.
const (
	attributeLogAppendTime = 1 << 3
	attributeTransactional = 1 << 4
	attributeControl       = 1 << 5
	attributeDeleteHorizon = 1 << 6
	attributeUnused        = 1 << 7
)

func headerCases() []validation {
	attributes := func(what string, bits int16) validation {
		return validation{what: what, acks: ackAll, records: newBatch(batchOptions{attributes: bits}, value("a"))}
	}
	length := func(b []byte, delta int) []byte {
		n := int32(binary.BigEndian.Uint32(b[batchLengthOffset:])) + int32(delta)
		binary.BigEndian.PutUint32(b[batchLengthOffset:], uint32(n))
		return b
	}
	one := func() []byte { return newBatch(batchOptions{}, value("a")) }
	tiny := one()
	binary.BigEndian.PutUint32(tiny[batchLengthOffset:], 5)
	return []validation{
		attributes("control batch from a client", attributeControl),
		attributes("transactional bit without producer id", attributeTransactional),
		attributes("unused attribute bit 7", attributeUnused),
		attributes("timestamp type bit set (LogAppendTime) on a CreateTime topic", attributeLogAppendTime),
		attributes("delete horizon bit set", attributeDeleteHorizon),
		{what: "two batches in one partition", acks: ackAll, records: append(one(), one()...)},
		{what: "batch length field too long by 10", acks: ackAll, records: length(one(), 10)},
		{what: "batch cut short by 3 bytes", acks: ackAll, records: one()[:len(tiny)-3]},
		{what: "batch length field 5 (less than a header)", acks: ackAll, records: tiny},
		{what: "garbage of 80 bytes", acks: ackAll, records: bytes.Repeat([]byte("z"), 80)},
	}
}

// oldMessage makes a message of magic 0 or 1, as producers before 0.11 sent.
func oldMessage(magic int8) []byte {
	var m kmsg.MessageV0
	body := kmsg.MessageV1{Magic: magic, Value: []byte("old"), Timestamp: 1}
	encoded := body.AppendTo(nil)
	if magic == 0 {
		m = kmsg.MessageV0{Magic: 0, Value: []byte("old")}
		encoded = m.AppendTo(nil)
	}
	const sizeOffset, crcOffset, crcEnd = 8, 12, 16
	binary.BigEndian.PutUint32(encoded[sizeOffset:], uint32(len(encoded)-crcOffset))
	binary.BigEndian.PutUint32(encoded[crcOffset:], ieee(encoded[crcEnd:]))
	return encoded
}

func magicCases() []validation {
	three := newBatch(batchOptions{}, value("a"))
	three[batchMagicOffset] = 3
	return []validation{
		{what: "magic 0 message", acks: ackAll, records: oldMessage(0)},
		{what: "magic 1 message", acks: ackAll, records: oldMessage(1)},
		{what: "magic 3", acks: ackAll, records: three},
		{what: "magic 1 message, Produce v3", version: 3, acks: ackAll, records: oldMessage(1)},
	}
}

func keyCases() []validation {
	const topic = "b11-compact"
	return []validation{
		{what: "null key to a compacted topic", topic: topic, acks: ackAll, records: newBatch(batchOptions{}, value("a"))},
		{what: "two records, the second without key, compacted topic", topic: topic, acks: ackAll,
			records: newBatch(batchOptions{}, keyed([]byte("k"), []byte("a")), value("b"))},
		{what: "empty key to a compacted topic", topic: topic, acks: ackAll, records: newBatch(batchOptions{}, keyed([]byte{}, []byte("a")))},
		{what: "null value with key, compacted topic", topic: topic, acks: ackAll, records: newBatch(batchOptions{}, keyed([]byte("k"), nil))},
	}
}

func ackCases() []validation {
	wrongCRC := newBatch(batchOptions{}, value("a"))
	wrongCRC[batchCRCOffset] ^= 0xff
	return []validation{
		{what: "acks=2", acks: 2, records: newBatch(batchOptions{}, value("a"))},
		{what: "acks=-2", acks: -2, records: newBatch(batchOptions{}, value("a"))},
		{what: "acks=0 (no answer is due)", acks: 0, records: newBatch(batchOptions{}, value("acks 0")), limit: shortSilence},
		{what: "acks=0 with a wrong CRC", acks: 0, records: wrongCRC},
		{what: "acks=1", acks: 1, records: newBatch(batchOptions{}, value("acks 1"))},
	}
}

// noteTargets produces to what is not there or may not be written.
func (r *Run) noteTargets() error {
	one := newBatch(batchOptions{}, value("a"))
	for _, t := range []struct {
		what string
		p    production
	}{
		{"unknown partition 9", production{topic: "b11", partition: 9}},
		{"unknown topic", production{topic: "b11-nothing"}},
		{"unknown topic id, v13", production{version: 13, topicID: [16]byte{5, 5, 5}}},
		{"zero topic id, v13", production{version: 13}},
		{"v2 (below the lowest version)", production{version: 2, topic: "b11"}},
		{"to __cluster_metadata", production{topic: "__cluster_metadata"}},
	} {
		t.p.broker, t.p.acks, t.p.records = 1, ackAll, one
		if err := r.noteProduce(t.what, t.p); err != nil {
			return err
		}
	}
	return nil
}
