package config

import (
	"slices"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
)

func TestCheckTopic(t *testing.T) {
	for name, c := range map[string]struct{ key, value, want string }{
		"an unknown key is refused":               {"no.such", "1", "Unknown topic config name: no.such"},
		"text is no long":                         {FlushMessages, "abc", "Invalid value abc for configuration flush.messages: Not a number of type LONG"},
		"a long is no int":                        {MaxMessageBytes, "3000000000", "Invalid value 3000000000 for configuration max.message.bytes: Not a number of type INT"},
		"a number with spaces is one":             {MaxMessageBytes, " 500 ", ""},
		"below the minimum is refused":            {MinInSyncReplicas, "0", "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"},
		"more in sync than replicas is not asked": {MinInSyncReplicas, "4", ""},
		"a segment below 1 MiB is refused":        {SegmentBytes, "1048575", "Invalid value 1048575 for configuration segment.bytes: Value must be at least 1048576"},
		"an internal segment may be small":        {InternalSegmentBytes, "1000", ""},
		"a negative size is refused":              {MaxMessageBytes, "-1", "Invalid value -1 for configuration max.message.bytes: Value must be at least 0"},
		"a policy must be one of two":             {CleanupPolicy, "x", "Invalid value x for configuration cleanup.policy: String must be one of: compact, delete"},
		"no policy is a policy":                   {CleanupPolicy, "", ""},
		"both policies are one":                   {CleanupPolicy, "compact,delete", ""},
		"the same policy twice is refused":        {CleanupPolicy, "delete, delete", "Configuration 'cleanup.policy' values must not be duplicated."},
		"an empty element is refused":             {CleanupPolicy, "delete,", "Configuration 'cleanup.policy' values must not be empty."},
		"a type must be one of two":               {MessageTimestampType, "x", "Invalid value x for configuration message.timestamp.type: String must be one of: CreateTime, LogAppendTime"},
		"maybe is no boolean":                     {UncleanLeaderElection, "maybe", "Invalid value maybe for configuration unclean.leader.election.enable: Expected value to be either true or false"},
		"gzip has levels 1 to 9":                  {CompressionGzipLevel, "10", "Invalid value 10 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1"},
		"gzip has no level 0":                     {CompressionGzipLevel, "0", "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1"},
		"gzip's own level is -1":                  {CompressionGzipLevel, "-1", ""},
		"lz4 has levels 1 to 17":                  {CompressionLZ4Level, "18", "Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17"},
		"lz4 has no level 0":                      {CompressionLZ4Level, "0", "Invalid value 0 for configuration compression.lz4.level: Value must be at least 1"},
		"zstd goes far down":                      {CompressionZstdLevel, "-131072", ""},
		"a ratio above one is refused":            {MinCleanableDirtyRatio, "1.01", "Invalid value 1.01 for configuration min.cleanable.dirty.ratio: Value must be no more than 1"},
		"a negative ratio is refused":             {MinCleanableDirtyRatio, "-1e-3", "Invalid value -1e-3 for configuration min.cleanable.dirty.ratio: Value must be at least 0"},
		"text is no double":                       {MinCleanableDirtyRatio, "half", "Invalid value half for configuration min.cleanable.dirty.ratio: Not a number of type DOUBLE"},
		"a lag that no segment can have":          {MinCompactionLagMs, "9223372036854775807", ""},
		"a boolean has no case":                   {UncleanLeaderElection, "TRUE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := CheckTopic(map[string]string{c.key: c.value}); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func imageWith(t *testing.T, all ...*records.ConfigRecord) *metadata.Image {
	m := metadata.NewImage()
	for _, r := range all {
		if err := m.Apply(r, nil); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func record(resource metadata.ConfigResource, name, value string) *records.ConfigRecord {
	return &records.ConfigRecord{ResourceType: int8(resource.Type), ResourceName: resource.Name, Name: name, Value: &value}
}

func TestWhereAValueComesFrom(t *testing.T) {
	static, err := NewStatic(map[string]string{"message.max.bytes": "4"})
	if err != nil {
		t.Fatal(err)
	}
	layers := []*records.ConfigRecord{
		record(ClusterResource(), "message.max.bytes", "3"),
		record(BrokerResource(1), "message.max.bytes", "2"),
		record(TopicResource("t"), "max.message.bytes", "1"),
	}
	for n, want := range []int32{4, 3, 2, 1} {
		m := imageWith(t, layers[:n]...)
		if got := ForTopic(m, static, 1, "t").MaxMessageBytes; got != want {
			t.Errorf("with %d layers: %d, want %d", n, got, want)
		}
	}
	m := imageWith(t, layers...)
	if got := ForTopic(m, static, 2, "other").MaxMessageBytes; got != 3 {
		t.Errorf("another broker's and topic's: %d, want the cluster's 3", got)
	}
	if got := ForTopic(m, Static{}, 1, "t"); got.SegmentBytes != 1<<30 || !got.Delete || got.Compact || got.MinInSyncReplicas != 1 {
		t.Errorf("defaults: %+v", got)
	}
	want := []Value{
		{"max.message.bytes", "1", DynamicTopic}, {"message.max.bytes", "2", DynamicBroker},
		{"message.max.bytes", "3", DynamicDefaultBroker}, {"message.max.bytes", "4", StaticBroker},
		{"message.max.bytes", "1048588", Default},
	}
	got := DescribeTopic(m, static, 1, "t", []string{"max.message.bytes"})
	if len(got) != 1 || !slices.Equal(got[0].Synonyms, want) || got[0].Value != want[0] {
		t.Errorf("got %+v", got)
	}
}

func TestInternalKeysAreListedOnlyWhenSet(t *testing.T) {
	listed := func(entries []Entry) bool {
		return slices.ContainsFunc(entries, func(e Entry) bool { return e.Name == InternalSegmentBytes })
	}
	m := imageWith(t, record(TopicResource("t"), InternalSegmentBytes, "1000"))
	if !listed(DescribeTopic(m, Static{}, 1, "t", nil)) || listed(DescribeTopic(m, Static{}, 1, "u", nil)) {
		t.Error("set for t, not for u")
	}
	if ForTopic(m, Static{}, 1, "t").SegmentBytes != 1000 {
		t.Error("it counts over segment.bytes")
	}
}

func TestStatic(t *testing.T) {
	if _, err := NewStatic(map[string]string{"zookeeper.connect": "x"}); err == nil {
		t.Error("an unknown key was taken")
	}
	if _, err := NewStatic(map[string]string{NumPartitions: "0"}); err == nil {
		t.Error("a bad value was taken")
	}
	s := Static{}.With(NumPartitions, "3").With(BrokerRack, "a")
	if s.Int(NumPartitions) != 3 || s.Text(BrokerRack) != "a" || !s.Bool(AutoCreateTopics) {
		t.Errorf("%+v", s)
	}
	for name, want := range map[string]time.Duration{
		BrokerSessionTimeout: 9 * time.Second, LeaderImbalanceCheck: 300 * time.Second, OffsetsRetentionMinutes: 7 * 24 * time.Hour,
	} {
		if got := s.Duration(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	defer func() {
		if _, ok := recover().(engine.Violation); !ok {
			t.Error("a misspelt key passed")
		}
	}()
	s.Int("num.partition")
}

func TestKeysAreSortedAndTheirDefaultsGood(t *testing.T) {
	for _, keys := range [][]Key{TopicKeys(), ServerKeys()} {
		for i, k := range keys {
			if i > 0 && keys[i-1].Name >= k.Name {
				t.Errorf("%s after %s", k.Name, keys[i-1].Name)
			}
			if !k.Unset && k.Check(k.Default) != nil {
				t.Errorf("default of %s: %v", k.Name, k.Check(k.Default))
			}
		}
	}
}

func TestLagsMayNotContradictEachOther(t *testing.T) {
	err := CheckTopic(map[string]string{MinCompactionLagMs: "10", MaxCompactionLagMs: "9"})
	if want := "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (9)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDecimal(t *testing.T) {
	for text, want := range map[string]Decimal{
		"0": 0, "1": DecimalOne, "0.5": 500_000_000, ".5": 500_000_000, "5e-1": 500_000_000, "0.5d": 500_000_000,
		"-0.25": -250_000_000, "12.": 12 * DecimalOne, "0.0000000019": 1, "1.7976931348623157E308": DecimalMax, "1e-400": 0,
		"9223372037": DecimalMax, "0.000000000000000000000001e24": DecimalOne,
	} {
		if got, ok := ParseDecimal(text); !ok || got != want {
			t.Errorf("%q: %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ".", "e5", "1e", "0x10", "NaN", "1,5", "1.2.3", "--1"} {
		if got, ok := ParseDecimal(text); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
	if got := Decimal(500_000_000).Times(7); got != 3 {
		t.Errorf("half of 7 is %d", got)
	}
	if got := DecimalMax.Times(1 << 62); got != 1<<63-1 {
		t.Errorf("too much is %d", got)
	}
}

func TestCoarserUnits(t *testing.T) {
	hours := Static{}.With(LogRetentionHours, "2").With(LogRollHours, "3").With(LogRollJitterHours, "1")
	minutes := hours.With(LogRetentionMinutes, "5")
	for name, c := range map[string]struct {
		static Static
		set    string // log.retention.ms, of the cluster
		want   int64
	}{
		"the default is a week":           {Static{}, "", 604_800_000},
		"hours count":                     {hours, "", 7_200_000},
		"minutes count over hours":        {minutes, "", 300_000},
		"milliseconds count over minutes": {minutes, "7", 7},
		"negative hours are no limit":     {Static{}.With(LogRetentionHours, "-1"), "", -1},
	} {
		t.Run(name, func(t *testing.T) {
			var all []*records.ConfigRecord
			if c.set != "" {
				all = append(all, record(ClusterResource(), LogRetentionMs, c.set))
			}
			got := ForTopic(imageWith(t, all...), c.static, 1, "t")
			if got.RetentionMillis != c.want {
				t.Errorf("retention is %d, want %d", got.RetentionMillis, c.want)
			}
		})
	}
	if got := ForTopic(imageWith(t), hours, 1, "t"); got.SegmentMillis != 3*3_600_000 || got.SegmentJitterMillis != 3_600_000 {
		t.Errorf("got %+v", got)
	}
}

func TestTheLevelIsThatOfTheCodec(t *testing.T) {
	levels := []*records.ConfigRecord{
		record(TopicResource("t"), CompressionGzipLevel, "2"), record(TopicResource("t"), CompressionLZ4Level, "4"),
		record(ClusterResource(), CompressionZstdLevel, "6"),
	}
	for codec, want := range map[string]int{"gzip": 2, "lz4": 4, "zstd": 6, "snappy": 0, "producer": 0} {
		m := imageWith(t, append(levels, record(TopicResource("t"), CompressionType, codec))...)
		if got := ForTopic(m, Static{}, 1, "t").CompressionLevel; got != want {
			t.Errorf("%s: level %d, want %d", codec, got, want)
		}
	}
}
