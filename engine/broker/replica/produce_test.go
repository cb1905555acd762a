package replica

import (
	"encoding/binary"
	"strings"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// produced asks broker 1 and gives the one partition's answer; nil: none came.
func produced(c *testCluster, req *kmsg.ProduceRequest) *kmsg.ProduceResponseTopicPartition {
	conn := c.ask(1, req)
	resp, _ := c.replies[conn].(*kmsg.ProduceResponse)
	if resp == nil {
		return nil
	}
	return &resp.Topics[0].Partitions[0]
}

func recrc(b []byte) []byte {
	batch.Batch(b).SetCRC()
	return b
}

// TestProduce holds answers against those of a real cluster
// (behaviour/11-produce-validation).
func TestProduce(t *testing.T) {
	now := wallStart
	hour := engine.WallTime(3_600_000)
	good := func(values ...string) []byte { return testBatch(t, now, values...) }
	with := func(change func(b []byte)) []byte {
		b := good("a")
		change(b)
		return recrc(b)
	}
	keyed := func(key []byte, value string) []byte {
		b := batch.NewBuilder(batch.Options{})
		b.Append(now, key, []byte(value))
		out, err := b.Build(&batch.Codecs{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	cases := []struct {
		name    string
		topic   string
		version int16
		acks    int16
		run     []byte
		client  string
		code    engine.ErrorCode
		base    int64
		start   int64  // log start offset of the answer
		message string // begins with
		records []int32
	}{
		{name: "a good batch is appended", run: good("a", "b")},
		{name: "by topic id too", version: 13, run: good("a")},
		{name: "acks=1 is fine", acks: 1, run: good("a")},
		{name: "a batch of max.message.bytes is fine", topic: "small", run: good(strings.Repeat("x", 430))},
		{name: "one byte more is too large", topic: "small", run: good(strings.Repeat("x", 431)), code: engine.ErrMessageTooLarge, base: -1, start: -1},
		{name: "a time 2 h ahead is out of range", run: testBatch(t, now+2*hour, "a"), code: engine.ErrInvalidTimestamp, base: -1,
			message: "One or more records have been rejected due to invalid timestamp", records: []int32{0}},
		{name: "a time in 1970 is fine", run: testBatch(t, 5, "a")},
		{name: "a wrong CRC is corrupt", run: func() []byte { b := good("a"); b[len(b)-1]++; return b }(), code: engine.ErrCorruptMessage, base: -1, start: -1},
		{name: "a codec over plain bytes is an unknown error", run: with(func(b []byte) { b[22] = 1 }), code: engine.ErrUnknownServerError, base: -1},
		{name: "an unknown codec is an unknown error", run: with(func(b []byte) { b[22] = 5 }), code: engine.ErrUnknownServerError, base: -1},
		{name: "zstd before v7 is unsupported", version: 6, run: with(func(b []byte) { b[22] = 4 }), code: engine.ErrUnsupportedCompressionType, base: -1, start: -1},
		{name: "no bytes are invalid", run: []byte{}, code: engine.ErrInvalidRecord, base: -1, start: -1},
		{name: "a count of 2 over one record is invalid", run: with(func(b []byte) { binary.BigEndian.PutUint32(b[57:], 2) }), code: engine.ErrInvalidRecord, base: -1},
		{name: "a base offset of 77 is invalid", run: with(func(b []byte) { b[7] = 77 }), code: engine.ErrInvalidRecord, base: -1},
		{name: "a leader epoch of 99 does not matter", run: with(func(b []byte) { b[15] = 99 })},
		{name: "a control batch of a client is invalid", run: with(func(b []byte) { b[22] = 0x20 }), code: engine.ErrInvalidRecord, base: -1},
		{name: "a transactional batch without a transactional id is refused", run: with(func(b []byte) { b[22] = 0x10 }), code: engine.ErrTransactionalIDAuthorizationFailed, base: -1, start: -1},
		{name: "two batches are invalid", run: append(good("a"), good("b")...), code: engine.ErrInvalidRecord, base: -1, start: -1},
		{name: "a batch cut short is invalid", run: good("a")[:66], code: engine.ErrInvalidRecord, base: -1, start: -1},
		{name: "a length below a header is corrupt", run: with(func(b []byte) { binary.BigEndian.PutUint32(b[8:], 5) }), code: engine.ErrCorruptMessage, base: -1, start: -1,
			message: "Record size 5 is less than the minimum record overhead (14)"},
		{name: "magic 3 is corrupt", run: with(func(b []byte) { b[16] = 3 }), code: engine.ErrCorruptMessage, base: -1, start: -1, message: "Invalid magic found in record: 3"},
		{name: "magic 1 is invalid", run: with(func(b []byte) { b[16] = 1 }), code: engine.ErrInvalidRecord, base: -1, start: -1},
		{name: "a null key to a compacted topic is invalid", topic: "compacted", run: good("a"), code: engine.ErrInvalidRecord, base: -1,
			message: "One or more records have been rejected due to 1 record errors", records: []int32{0}},
		{name: "an empty key to a compacted topic is fine", topic: "compacted", run: keyed([]byte{}, "a")},
		{name: "acks=2 is invalid", acks: 2, run: good("a"), code: engine.ErrInvalidRequiredAcks, base: -1, start: -1},
		{name: "acks=-2 is invalid", acks: -2, run: good("a"), code: engine.ErrInvalidRequiredAcks, base: -1, start: -1},
		{name: "an unknown topic is unknown", topic: "nowhere", run: good("a"), code: engine.ErrUnknownTopicOrPartition, base: -1, start: -1},
		{name: "an unknown topic id is unknown", topic: "nowhere", version: 13, run: good("a"), code: engine.ErrUnknownTopicID, base: -1, start: -1},
		{name: "the offsets topic is not for clients", topic: "__consumer_offsets", run: good("a"), code: engine.ErrInvalidTopicException, base: -1, start: -1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c := newTestCluster(t, 1, nil)
			for _, topic := range []string{"plain", "small", "compacted", "__consumer_offsets"} {
				c.createTopic(topic, 1)
			}
			c.setConfig("small", "max.message.bytes", "500")
			c.setConfig("compacted", "cleanup.policy", "compact")
			if tc.topic == "" {
				tc.topic = "plain"
			}
			if tc.version == 0 {
				tc.version = 12
			}
			if tc.acks == 0 {
				tc.acks = -1
			}
			before := string(tc.run)
			got := produced(c, produceRequest(tc.version, tc.acks, 1000, tc.topic, tc.run))
			if got == nil {
				t.Fatal("no answer")
			}
			if engine.ErrorCode(got.ErrorCode) != tc.code || got.BaseOffset != tc.base || got.LogStartOffset != tc.start {
				t.Errorf("answer %v base=%d start=%d, want %v %d %d",
					engine.ErrorCode(got.ErrorCode), got.BaseOffset, got.LogStartOffset, tc.code, tc.base, tc.start)
			}
			message := ""
			if got.ErrorMessage != nil {
				message = *got.ErrorMessage
			}
			if !strings.HasPrefix(message, tc.message) || tc.message == "" && message != "" {
				t.Errorf("message %q, want %q", message, tc.message)
			}
			if len(got.ErrorRecords) != len(tc.records) {
				t.Errorf("%d record errors, want %v", len(got.ErrorRecords), tc.records)
			}
			if string(tc.run) != before {
				t.Error("the request's bytes were changed")
			}
		})
	}
}

func TestProduceWithoutAnAnswer(t *testing.T) {
	c := newTestCluster(t, 1, nil)
	c.createTopic("plain", 1)
	run := testBatch(t, wallStart, "a")

	c.take()
	conn := c.ask(1, produceRequest(12, 0, 1000, "plain", run))
	if resp, done := c.replies[conn]; !done || resp != nil || strings.Contains(c.take(), "closes") {
		t.Error("acks=0 is taken without an answer")
	}
	broken := append([]byte{}, run...)
	broken[len(broken)-1]++
	c.ask(1, produceRequest(12, 0, 1000, "plain", broken))
	if !strings.Contains(c.take(), "b1 closes the connection") {
		t.Error("acks=0 with a wrong CRC closes the connection")
	}
	conn = c.ask(1, produceRequest(12, -1, 1000, "plain", nil))
	if _, done := c.replies[conn]; done {
		t.Error("null records get no answer at all")
	}
}

func TestLogAppendTime(t *testing.T) {
	c := newTestCluster(t, 1, nil)
	c.createTopic("lat", 1)
	c.setConfig("lat", "message.timestamp.type", "LogAppendTime")
	got := produced(c, produceRequest(12, -1, 1000, "lat", testBatch(t, wallStart+7_200_000, "future")))
	if got.ErrorCode != 0 || got.LogAppendTime != int64(wallStart) {
		t.Errorf("code %d logAppendTime %d, want 0 and %d", got.ErrorCode, got.LogAppendTime, wallStart)
	}
}

// TestIdempotence holds answers against those of a real cluster
// (behaviour/10-idempotence).
func TestIdempotence(t *testing.T) {
	c := newTestCluster(t, 1, nil)
	c.createTopic("plain", 1)
	at := wallStart
	steps := []struct {
		name     string
		id       engine.ProducerID
		epoch    engine.ProducerEpoch
		sequence int32
		count    int
		code     engine.ErrorCode
		base     int64
		again    bool
	}{
		{"first", 2000, 0, 0, 1, 0, 0, false},
		{"next", 2000, 0, 1, 1, 0, 1, false},
		{"duplicate of the last", 2000, 0, 1, 1, 0, 1, true},
		{"duplicate of the one before", 2000, 0, 0, 1, 0, 0, true},
		{"gap: 2 was due", 2000, 0, 5, 1, engine.ErrOutOfOrderSequenceNumber, -1, false},
		{"as due", 2000, 0, 2, 3, 0, 2, false},
		{"part of the last batch", 2000, 0, 3, 2, engine.ErrOutOfOrderSequenceNumber, -1, false},
		{"a new epoch must begin at 0", 2000, 1, 11, 1, engine.ErrOutOfOrderSequenceNumber, -1, false},
		{"epoch 1, sequence 0", 2000, 1, 0, 1, 0, 5, false},
		{"old epoch 0", 2000, 0, 5, 1, engine.ErrInvalidProducerEpoch, -1, false},
		{"unknown producer id may begin anywhere", 777001, 0, 7, 1, 0, 6, false},
		{"sequence -1 with a producer id", 2000, 1, -1, 1, engine.ErrInvalidRecord, -1, false},
		{"duplicate under the new epoch", 2000, 1, 0, 1, 0, 5, true},
	}
	for _, s := range steps {
		b := batch.NewBuilder(batch.Options{HasProducer: true, ProducerID: s.id, ProducerEpoch: s.epoch, BaseSequence: s.sequence})
		for range s.count {
			b.Append(at, nil, []byte("s"))
		}
		run, err := b.Build(&batch.Codecs{})
		if err != nil {
			t.Fatal(err)
		}
		got := produced(c, produceRequest(12, -1, 1000, "plain", run))
		if engine.ErrorCode(got.ErrorCode) != s.code || got.BaseOffset != s.base {
			t.Errorf("%s: %v base=%d, want %v %d", s.name, engine.ErrorCode(got.ErrorCode), got.BaseOffset, s.code, s.base)
		}
		if got.LogStartOffset != 0 {
			t.Errorf("%s: log start %d", s.name, got.LogStartOffset)
		}
		if s.again != (got.LogAppendTime == int64(at)) {
			t.Errorf("%s: logAppendTime %d", s.name, got.LogAppendTime)
		}
	}
}
