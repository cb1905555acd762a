package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"bitacora/server/interop/rig"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const startLimit = 2 * time.Minute

// firstAck writes one record with acks=all as soon as the cluster takes it, into
// a topic of three copies that it creates first, and tells how long after `from`
// the acknowledgement came.
func firstAck(b *testing.B, c rig.Cluster, topic string, from time.Time) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), startLimit)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.MetadataMinAge(10*time.Millisecond), kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond }),
		kgo.UnknownTopicRetries(-1), kgo.DefaultProduceTopic(topic))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	// A cluster that is starting refuses connections, or knows too few brokers.
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		_, err := kadm.NewClient(cl).CreateTopic(ctx, 3, 3, nil, topic)
		if err == nil || errors.Is(err, kerr.TopicAlreadyExists) {
			break
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			b.Fatal(err)
		}
	}
	if err := cl.ProduceSync(ctx, kgo.StringRecord("first")).FirstErr(); err != nil {
		b.Fatal(err)
	}
	return float64(time.Since(from).Microseconds()) / 1000
}

// measureStart measures from exec to the first acknowledgement: fresh, after a
// clean stop with data, and after kill -9 of the whole server under load. What
// the stored data costs in memory is seen on the way.
func measureStart(b *testing.B, r *report, z size) {
	var fresh, clean, killed, apache sample
	rig.Program(b) // built before the clock runs
	for range z.rounds {
		from := time.Now()
		s := rig.Serve(b, rig.Options{})
		fresh = append(fresh, firstAck(b, s, "first", from))
		s.Kill9()
	}
	data := filepath.Join(b.TempDir(), "data")
	options := rig.Options{Data: data, Port: rig.FreeBase(b, 3)}
	s := rig.Serve(b, options)
	fill(b, s, z.dataBytes)
	var stored sample
	for range z.rounds {
		s.Stop(b)
		from := time.Now()
		s = rig.Serve(b, options)
		clean = append(clean, firstAck(b, s, "first", from))
		stored = append(stored, megabytes(rig.MemoryOf(b, s.Pid()).Anon)...)
	}
	for round := range z.rounds {
		acked := killUnderLoad(b, s, fmt.Sprintf("killed-%d", round))
		from := time.Now()
		s = rig.Serve(b, options)
		killed = append(killed, firstAck(b, s, "first", from))
		checkKept(b, s, fmt.Sprintf("killed-%d", round), acked)
	}
	s.Kill9()
	if !*alone {
		apache = append(apache, startApache(b))
	}
	gigabytes := fmt.Sprintf("%d MB of data", z.dataBytes>>20)
	r.add("exec to first acks=all ack, fresh, its own RF 3 topic: ms", atMost(500, "500 (aim 200)"), fresh, apache)
	r.add("... after a clean stop, "+gigabytes+": ms", atMost(1000, "1,000"), clean, nil)
	r.add("... after kill -9 under load, nothing acknowledged lost: ms", atMost(13000, "13,000"), killed, nil)
	r.add("RssAnon just restarted on "+gigabytes+": MB", atMost(150, "150"), stored, nil)
}

// killUnderLoad writes with acks=all until many records are acknowledged, and
// kills everything with more in flight. It gives the largest acknowledged offset
// of each partition.
func killUnderLoad(b *testing.B, s *rig.Bitacora, topic string) map[int32]int64 {
	b.Helper()
	const enough = 20_000
	rig.CreateTopic(b, s, topic, 3, 3)
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.Bootstrap()...), kgo.DefaultProduceTopic(topic))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var mu sync.Mutex
	acked, count, reached := map[int32]int64{}, 0, make(chan struct{})
	produced := make(chan struct{})
	go func() {
		defer close(produced)
		for ctx.Err() == nil {
			cl.Produce(ctx, kgo.StringRecord("something to keep"), func(r *kgo.Record, err error) {
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					return // unknown: neither acknowledged nor lost
				}
				acked[r.Partition] = max(acked[r.Partition], r.Offset)
				if count++; count == enough {
					close(reached)
				}
			})
		}
	}()
	select {
	case <-reached:
	case <-time.After(startLimit):
		b.Fatalf("fewer than %d records were acknowledged within %v", enough, startLimit)
	}
	s.Kill9()
	cancel()
	<-produced
	cl.Close()
	mu.Lock()
	defer mu.Unlock()
	return acked
}

// checkKept reads how far each partition goes after the restart.
func checkKept(b *testing.B, c rig.Cluster, topic string, acked map[int32]int64) {
	b.Helper()
	ends, err := rig.Admin(b, c).ListEndOffsets(b.Context(), topic)
	if err != nil {
		b.Fatal(err)
	}
	for partition, offset := range acked {
		end, _ := ends.Lookup(topic, partition)
		if end.Err != nil || end.Offset <= offset {
			b.Fatalf("%s-%d ends at %d after kill -9 (%v): offset %d was acknowledged", topic, partition, end.Offset, end.Err, offset)
		}
	}
}

func startApache(b *testing.B) float64 {
	b.Helper()
	a := rig.FormatApache(b, rig.Options{})
	from := time.Now()
	a.Start()
	return firstAck(b, a, "first", from)
}

// fill writes so many bytes, three copies each included, in records of 1 KiB.
func fill(b *testing.B, c rig.Cluster, bytes int) {
	b.Helper()
	rig.CreateTopic(b, c, "fill", 3, 3)
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.DefaultProduceTopic("fill"),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	const recordBytes = 1 << 10
	value := make([]byte, recordBytes)
	for range bytes / 3 / recordBytes {
		cl.Produce(b.Context(), &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				b.Error(err)
			}
		})
	}
	if err := cl.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}
