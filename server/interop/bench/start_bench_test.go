package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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

// BenchmarkStart measures from exec to the first acknowledgement: fresh, after a
// clean stop with 1 GB of data, and after kill -9 of the whole server.
func BenchmarkStart(b *testing.B) {
	var fresh, clean, killed, apache sample
	for range *rounds {
		from := time.Now()
		s := rig.Serve(b, rig.Options{})
		fresh = append(fresh, firstAck(b, s, "first", from))
		s.Kill9()
	}
	data := filepath.Join(b.TempDir(), "data")
	options := rig.Options{Data: data, Port: rig.FreeBase(b, 3)}
	s := rig.Serve(b, options)
	fill(b, s, 1<<30)
	for range *rounds {
		s.Stop(b)
		from := time.Now()
		s = rig.Serve(b, options)
		clean = append(clean, firstAck(b, s, "first", from))
	}
	for range *rounds {
		s.Kill9()
		from := time.Now()
		s = rig.Serve(b, options)
		killed = append(killed, firstAck(b, s, "first", from))
	}
	s.Kill9()
	if !*alone {
		apache = append(apache, startApache(b))
	}
	fmt.Println()
	fmt.Println("| from exec to the first acks=all acknowledgement, ms | target | Bitácora | Apache Kafka 4.3.1 |\n| --- | --- | --- | --- |")
	fmt.Println(row("fresh, three brokers, its own RF 3 topic", "500 (aim 200)", fresh, apache))
	fmt.Println(row("after a clean stop, 1 GB of data", "1,000", clean, nil))
	fmt.Println(row("after kill -9 of everything, 1 GB of data", "13,000", killed, nil))
	fmt.Println()
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
