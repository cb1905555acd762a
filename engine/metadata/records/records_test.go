package records

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"bitacora/engine"
)

// dumped is one line of kafka-dump-log.
type dumped struct {
	Type    string
	Version int16
	Data    json.RawMessage
}

// fromJSON fills a generated struct from kafka-dump-log's JSON.
func fromJSON(t *testing.T, into reflect.Value, data json.RawMessage) {
	t.Helper()
	switch into.Kind() {
	case reflect.Struct:
		var fields map[string]json.RawMessage
		must(t, json.Unmarshal(data, &fields))
		for name, value := range fields {
			f := into.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, name) })
			if !f.IsValid() {
				t.Fatalf("%v has no field %q", into.Type(), name)
			}
			fromJSON(t, f, value)
		}
	case reflect.Array:
		var text string
		must(t, json.Unmarshal(data, &text))
		raw, err := base64.RawURLEncoding.DecodeString(text)
		must(t, err)
		reflect.Copy(into, reflect.ValueOf(raw))
	case reflect.Slice:
		if into.Type().Elem().Kind() == reflect.Uint8 {
			must(t, json.Unmarshal(data, into.Addr().Interface()))
			return
		}
		if string(data) == "null" {
			return
		}
		var elements []json.RawMessage
		must(t, json.Unmarshal(data, &elements))
		into.Set(reflect.MakeSlice(into.Type(), len(elements), len(elements)))
		for i, e := range elements {
			fromJSON(t, into.Index(i), e)
		}
	case reflect.Uint64:
		var f float64
		must(t, json.Unmarshal(data, &f))
		into.SetUint(math.Float64bits(f))
	default:
		must(t, json.Unmarshal(data, into.Addr().Interface()))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func recordOfType(t *testing.T, typeName string) Record {
	for key := int16(0); key < 100; key++ {
		if r := newRecord(key); r != nil && r.TypeName() == typeName {
			return r
		}
	}
	t.Fatalf("no record type %s", typeName)
	return nil
}

func TestRecordsOfARealMetadataLog(t *testing.T) {
	text, err := os.ReadFile("testdata/dump.txt")
	must(t, err)
	want, got, index, batches := 0, 0, 0, 0
	check := func() {
		if got != want {
			t.Errorf("batch of %d records: %d bytes, Kafka's has %d", index, got, want)
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "size "):
			check()
			must(t, json.Unmarshal([]byte(line[5:]), &want))
			got, index = batchHeaderBytes, 0
			batches++
		case strings.HasPrefix(line, "{"):
			value := encodeDumped(t, line)
			got += recordBytes(index, len(value))
			index++
		}
	}
	check()
	if batches < 40 {
		t.Errorf("only %d batches were checked", batches)
	}
}

const batchHeaderBytes = 61 // of a magic-2 batch

// recordBytes is the size of a record without key and headers in a batch.
func recordBytes(offsetDelta, valueLen int) int {
	varint := func(v int) int { return len(binary.AppendVarint(nil, int64(v))) }
	body := 1 + varint(0) + varint(offsetDelta) + varint(-1) + varint(valueLen) + valueLen + varint(0)
	return varint(body) + body
}

// encodeDumped gives the record's bytes, having proved that they decode to what
// prints as the line says.
func encodeDumped(t *testing.T, line string) []byte {
	var d dumped
	must(t, json.Unmarshal([]byte(line), &d))
	record := recordOfType(t, d.Type)
	fromJSON(t, reflect.ValueOf(record).Elem(), d.Data)
	value := AppendFrame(nil, Versioned{record, d.Version})
	back, err := DecodeFrame(value)
	must(t, err)
	if again := AppendFrame(nil, back); !bytes.Equal(again, value) {
		t.Errorf("%s\nencodes as %x\nand, decoded, as %x", line, value, again)
	}
	if d.Type != "CLIENT_QUOTA_RECORD" && back.String() != line {
		t.Errorf("prints\n%s\nKafka prints\n%s", back, line)
	}
	return value
}

func TestDecodeFrame(t *testing.T) {
	topic := AppendFrame(nil, Versioned{&TopicRecord{Name: "t", TopicID: engine.TopicID{1}}, 0})
	for name, c := range map[string]struct {
		src  []byte
		want string
	}{
		"nothing at all is refused":             {nil, "too soon"},
		"frame version 0 is refused":            {[]byte{0, 20, 0, 0}, "frame version 0"},
		"a type beyond a short is refused":      {[]byte{1, 0x80, 0x80, 0x02, 0, 0}, "too large"},
		"a type that Kafka lacks is refused":    {[]byte{1, 99, 0, 0}, "not known"},
		"a version that Kafka lacks is refused": {[]byte{1, 20, 1, 0}, "version 1 is not known"},
		"a message cut short is refused":        {topic[:len(topic)-1], "too soon"},
		"garbage behind a message is refused":   {append(bytes.Clone(topic), 0), "left over"},
		"null where none may be is refused":     {[]byte{1, 2, 0, 0}, "null"},
		"an endless varint is refused":          {[]byte{1, 2, 0, 255, 255, 255, 255, 255, 255}, "too"},
		"an unknown tag is skipped":             {append(bytes.Clone(topic[:len(topic)-1]), 1, 77, 2, 5, 5), ""},
		"a tag with a wrong size is refused":    {append([]byte{1, 17, 0}, append(make([]byte, 12), 1, 0, 2, 1, 1)...), "tagged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeFrame(c.src)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestVersionsDecideWhatIsWritten(t *testing.T) {
	change := NewPartitionChangeRecord()
	change.PartitionID, change.ISR = 3, []engine.NodeID{1, 2}
	change.EligibleLeaderReplicas = []engine.NodeID{3}
	var back PartitionChangeRecord
	must(t, back.ReadFrom(change.AppendTo(nil, 1), 1))
	if back.EligibleLeaderReplicas != nil {
		t.Error("version 1 carries no eligible leader replicas")
	}
	must(t, back.ReadFrom(change.AppendTo(nil, 2), 2))
	if !reflect.DeepEqual(back, change) {
		t.Errorf("got %+v, want %+v", back, change)
	}
}

func TestControlRecordsAndQuorumState(t *testing.T) {
	voters := NewVotersRecord()
	part := NewVotersVoter()
	part.VoterID, part.VoterDirectoryID = 3000, [16]byte{1}
	part.Endpoints = []VotersEndpoint{{Name: "CONTROLLER", Host: "localhost", Port: 9102}}
	part.KRaftVersionFeature.MaxSupportedVersion = 1
	voters.Voters = []VotersVoter{part}
	state := NewQuorumStateData()
	state.LeaderEpoch, state.VotedID, state.VotedDirectoryID = 5, 3001, [16]byte{2}
	for name, c := range map[string]struct {
		message, into Message
		version       int16
		want          string
	}{
		"leader change": {&LeaderChangeMessage{
			Version: 1, LeaderID: 3000, Voters: []LeaderChangeVoter{{VoterID: 3000}}, GrantingVoters: []LeaderChangeVoter{{VoterID: 3000}},
		}, &LeaderChangeMessage{}, 1, `{"version":1,"leaderId":3000,"voters":[{"voterId":3000,"voterDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA"}],"grantingVoters":[{"voterId":3000,"voterDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA"}]}`},
		"kraft version": {&KRaftVersionRecord{KRaftVersion: 1}, &KRaftVersionRecord{}, 0, `{"version":0,"kRaftVersion":1}`},
		"voters": {&voters, &VotersRecord{}, 0,
			`{"version":0,"voters":[{"voterId":3000,"voterDirectoryId":"AQAAAAAAAAAAAAAAAAAAAA","endpoints":[{"name":"CONTROLLER","host":"localhost","port":9102}],"kRaftVersionFeature":{"minSupportedVersion":0,"maxSupportedVersion":1}}]}`},
		"snapshot header": {&SnapshotHeaderRecord{LastContainedLogTimestamp: 7}, &SnapshotHeaderRecord{}, 0, `{"version":0,"lastContainedLogTimestamp":7}`},
		"snapshot footer": {&SnapshotFooterRecord{}, &SnapshotFooterRecord{}, 0, `{"version":0}`},
		"quorum state": {&state, &QuorumStateData{}, 1,
			`{"leaderId":-1,"leaderEpoch":5,"votedId":3001,"votedDirectoryId":"AgAAAAAAAAAAAAAAAAAAAA"}`},
	} {
		t.Run(name, func(t *testing.T) {
			raw := c.message.AppendTo(nil, c.version)
			must(t, c.into.ReadFrom(raw, c.version))
			if got := string(c.into.AppendJSON(nil, c.version)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if err := c.into.ReadFrom(raw, c.version+1); c.version == c.message.HighestVersion() && err == nil {
				t.Error("a version not known was read")
			}
		})
	}
}

// FuzzDecodeFrame holds that no bytes panic or allocate without bound, and that
// what decodes encodes and decodes again to the same.
func FuzzDecodeFrame(f *testing.F) {
	f.Add([]byte{1, 20, 0, 0})
	change := NewPartitionChangeRecord()
	change.ISR = []engine.NodeID{1}
	f.Add(AppendFrame(nil, Versioned{&change, 2}))
	f.Fuzz(func(t *testing.T, src []byte) {
		v, err := DecodeFrame(src)
		if err != nil {
			return
		}
		once := AppendFrame(nil, v)
		again, err := DecodeFrame(once)
		if err != nil {
			t.Fatalf("%x does not decode again: %v", once, err)
		}
		if twice := AppendFrame(nil, again); !bytes.Equal(once, twice) {
			t.Fatalf("%x became %x", once, twice)
		}
	})
}
