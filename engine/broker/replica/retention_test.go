package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/config"
	"bitacora/engine/log"
)

// recorded is one topic of one replica on a broker whose tasks come every second, as
// in the recording "retention and compaction: which offsets remain" of Apache Kafka
// 4.3.1, with its sizes of segments and records.
type recorded struct {
	*testing.T
	c *testCluster
}

const recordedTopic = "b16"

func newRecorded(t *testing.T, set ...string) *recorded {
	c := newTestCluster(t, 1, func(cfg *Config) {
		cfg.RetentionCheckInterval, cfg.RetentionInitialDelay = time.Second, time.Second
		cfg.Static, cfg.CleanerBackoff = cfg.Static.With(config.LogCleanerBackoff, "1000"), time.Second
	})
	c.createTopic(recordedTopic, 1)
	c.setConfig(recordedTopic, "segment.bytes", "1048576")
	for i := 0; i < len(set); i += 2 {
		c.setConfig(recordedTopic, set[i], set[i+1])
	}
	return &recorded{t, c}
}

func (r *recorded) log() *log.Log {
	return r.c.hosts[1].node.m.partitions[engine.TopicPartition{Topic: recordedTopic}].log
}

// produce writes one batch of one record: with a value of so many bytes, or none.
func (r *recorded) produce(key string, valueBytes int, age time.Duration) {
	var k, v []byte
	if key != "" {
		k = []byte(key)
	}
	if valueBytes >= 0 {
		v = make([]byte, valueBytes)
	}
	b := batch.NewBuilder(batch.Options{})
	at := wallStart + engine.WallTime(r.c.now/1e6) - engine.WallTime(age.Milliseconds())
	b.Append(at, k, v)
	built, err := b.Build(nil)
	if err != nil {
		r.Fatal(err)
	}
	r.c.ask(1, produceRequest(12, 1, 1000, recordedTopic, built))
	r.c.run(time.Millisecond)
}

// segments spells base and bytes of each, as files of a folder.
func (r *recorded) segments() string {
	var all []string
	for _, s := range r.log().Segments() {
		all = append(all, fmt.Sprintf("%d:%d", s.Base, s.Bytes))
	}
	return strings.Join(all, " ")
}

func (r *recorded) offsets() string {
	var all []string
	for from := r.log().LogStartOffset(); ; {
		run, err := r.log().Read(from, log.LogEnd, 1<<20, true)
		if err != nil {
			r.Fatal(err)
		}
		if len(run) == 0 {
			return strings.Join(all, " ")
		}
		for it := batch.Iterate(run); it.Next(); from = it.Batch().NextOffset() {
			all = append(all, fmt.Sprint(it.Batch().BaseOffset()))
		}
	}
}

func (r *recorded) want(what, got, want string) {
	r.Helper()
	if got != want {
		r.Errorf("%s: %s, Kafka has %s", what, got, want)
	}
}

func span(from, to int) string {
	var all []string
	for ; from <= to; from++ {
		all = append(all, fmt.Sprint(from))
	}
	return strings.Join(all, " ")
}

func TestRetentionIsAsRecorded(t *testing.T) {
	const large = 100_000
	t.Run("by size", func(t *testing.T) {
		r := newRecorded(t, "retention.bytes", "2500000")
		for range 45 {
			r.produce("", large, 0)
		}
		r.c.run(5 * time.Second)
		r.want("segments", r.segments(), "20:1000720 30:1000720 40:500360")
		r.want("log start", fmt.Sprint(r.log().LogStartOffset()), "20")
	})
	t.Run("by time a segment goes when its largest timestamp is too old", func(t *testing.T) {
		r := newRecorded(t, "retention.ms", "3600000")
		for i := range 25 {
			age := 2 * time.Hour
			if i >= 15 {
				age = 0
			}
			r.produce("", large, age)
		}
		r.c.run(5 * time.Second)
		r.want("segments", r.segments(), "10:1000720 20:500360")
		found, _, err := r.log().MaxTimestamp(&batch.Codecs{})
		if err != nil {
			t.Fatal(err)
		}
		if found.Offset < 15 {
			t.Errorf("the largest timestamp stands at %d", found.Offset)
		}
	})
	t.Run("the active segment goes, too", func(t *testing.T) {
		r := newRecorded(t, "retention.ms", "1000")
		for range 3 {
			r.produce("", 1, 0)
		}
		r.c.run(5 * time.Second)
		r.want("segments", r.segments(), "3:0")
		r.produce("", 5, 0)
		r.want("segments after one more record", r.segments(), "3:73")
	})
	t.Run("what lies below the log start goes, whatever the policy", func(t *testing.T) {
		r := newRecorded(t, "cleanup.policy", "")
		for range 25 {
			r.produce("", large, 0)
		}
		if _, err := r.log().MaybeIncrementLogStartOffset(20); err != nil {
			t.Fatal(err)
		}
		r.c.run(2 * time.Second)
		r.want("segments", r.segments(), "20:500360")
	})
}

func TestCompactionIsAsRecorded(t *testing.T) {
	const large = 100_000
	r := newRecorded(t, "cleanup.policy", "compact", "delete.retention.ms", "5000")
	r.c.hosts[1].node.m.cfg.CleanerBackoff = time.Hour // not while it is written
	delete(r.c.hosts[1].timers, r.c.hosts[1].node.m.timer(timerCleaner))
	for i := range 25 {
		r.produce(fmt.Sprint("k", i%4), large, 0)
	}
	r.produce("k1", -1, 0)
	r.produce("k5", 4, 0)
	for i := range 12 {
		r.produce(fmt.Sprint("f", i), large, 0)
	}
	r.want("segments as written", r.segments(), "0:1000740 10:1000740 20:1000884 32:700520")
	// The tombstone's time counts from its horizon: 8192 ms before that it takes two
	// bytes, in the recording it took three.
	r.c.run(4 * time.Second)
	r.c.hosts[1].node.m.cfg.CleanerBackoff = time.Second
	r.c.hosts[1].timers[r.c.hosts[1].node.m.timer(timerCleaner)] = r.c.now
	r.c.run(8 * time.Second)
	r.want("segments", r.segments(), "0:0 10:0 20:800738 32:700520")
	r.want("offsets", r.offsets(), span(22, 38))
	r.want("log start", fmt.Sprint(r.log().LogStartOffset()), "0")
	for i := range 12 {
		r.produce(fmt.Sprint("g", i), large, 0)
	}
	r.c.run(20 * time.Second)
	r.want("segments", r.segments(), "0:800666 32:1000742 42:900668")
	r.want("offsets", r.offsets(), span(22, 24)+" "+span(26, 50))
	found, _, err := r.log().MaxTimestamp(&batch.Codecs{})
	if err != nil || found.Offset != 50 {
		t.Errorf("the largest timestamp stands at %d, %v", found.Offset, err)
	}
}

// TestRetentionOfCompactedLogs is the cleaner's part: by time with both policies,
// never with compact alone.
func TestRetentionOfCompactedLogs(t *testing.T) {
	for policy, want := range map[string]string{"compact,delete": "3:0", "compact": "0:213"} {
		t.Run(policy, func(t *testing.T) {
			r := newRecorded(t, "cleanup.policy", policy, "retention.ms", "1000")
			for i := range 3 {
				r.produce(fmt.Sprint("k", i), 1, 0)
			}
			r.c.run(5 * time.Second)
			if policy == "compact" {
				want = fmt.Sprintf("0:%d", r.log().Size())
			}
			r.want("segments", r.segments(), want)
		})
	}
}
