package bench

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

var (
	rounds = flag.Int("rounds", 5, "rounds that count, after three to warm up")
	alone  = flag.Bool("alone", false, "measure ours only, without Apache Kafka beside it")
)

const (
	warmRounds = 3
	records    = 1_000_000
	recordSize = 100 // bytes
	toolLimit  = 5 * time.Minute
)

// side is one of the two clusters, with what was measured of it.
type side struct {
	name    string
	cluster rig.Cluster
	pids    []int

	produced, producedP99, consumed, mean, p99 sample
	idle, loaded                               rig.Memory
}

// memory sums up what the processes of a side hold.
func (s *side) memory(b *testing.B) rig.Memory {
	var sum rig.Memory
	for _, pid := range s.pids {
		m := rig.MemoryOf(b, pid)
		sum.Anon += m.Anon
		sum.File += m.File
	}
	return sum
}

// sides starts both clusters: ours first, so that it is sides[0].
func sides(b *testing.B) []*side {
	ours := rig.Serve(b, rig.Options{})
	all := []*side{{name: "ours", cluster: ours, pids: []int{ours.Pid()}}}
	if !*alone {
		apache := rig.ServeApache(b, rig.Options{})
		all = append(all, &side{name: "Apache Kafka", cluster: apache, pids: apache.Pids()})
	}
	for _, s := range all {
		s.idle = s.memory(b)
	}
	return all
}

// BenchmarkThroughput produces a million records of 100 B into three partitions
// with three copies and acks=all, consumes them, and sends single records there
// and back, in alternating rounds.
func BenchmarkThroughput(b *testing.B) {
	all := sides(b)
	for round := range warmRounds + *rounds {
		for _, s := range all {
			topic := fmt.Sprintf("bench-%d", round)
			rig.CreateTopic(b, s.cluster, topic, 3, 3)
			counts := round >= warmRounds
			s.produce(b, topic, counts)
			s.consume(b, topic, counts)
			s.latency(b, fmt.Sprintf("latency-%d", round), counts)
			b.Logf("round %d, %s: produced %v/s, consumed %v/s, latency %v ms", round, s.name, s.produced, s.consumed, s.mean)
		}
	}
	printThroughput(all)
}

func (s *side) produce(b *testing.B, topic string, counts bool) {
	r := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: rig.JavaPerf(b, "org.apache.kafka.tools.ProducerPerformance",
		"--bootstrap-server", rig.Servers(s.cluster), "--topic", topic, "--num-records", fmt.Sprint(records),
		"--record-size", fmt.Sprint(recordSize), "--throughput", "-1", "--command-property", "acks=all")})
	p, err := parseProduced(r.Stdout)
	if err != nil {
		b.Fatal(err)
	}
	if m := s.memory(b); m.Anon > s.loaded.Anon {
		s.loaded = m
	}
	if counts {
		s.produced = append(s.produced, p.recordsPerSecond)
		s.producedP99 = append(s.producedP99, p.p99Ms)
	}
}

func (s *side) consume(b *testing.B, topic string, counts bool) {
	r := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: rig.JavaPerf(b, "org.apache.kafka.tools.ConsumerPerformance",
		"--bootstrap-server", rig.Servers(s.cluster), "--topic", topic, "--num-records", fmt.Sprint(records))})
	rate, err := parseConsumed(r.Stdout, records)
	if err != nil {
		b.Fatal(err)
	}
	if counts {
		s.consumed = append(s.consumed, rate)
	}
}

func (s *side) latency(b *testing.B, topic string, counts bool) {
	rig.CreateTopic(b, s.cluster, topic, 1, 3)
	r := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: rig.JavaPerf(b, "org.apache.kafka.tools.EndToEndLatency",
		rig.Servers(s.cluster), topic, "5000", "all", fmt.Sprint(recordSize))})
	l, err := parseLatency(r.Stdout)
	if err != nil {
		b.Fatal(err)
	}
	if counts {
		s.mean = append(s.mean, l.meanMs)
		s.p99 = append(s.p99, l.p99Ms)
	}
}

func printThroughput(all []*side) {
	ours, apache := all[0], &side{}
	if len(all) > 1 {
		apache = all[1]
	}
	megabytes := func(bytes int64) sample {
		if bytes == 0 {
			return nil
		}
		return sample{float64(bytes) / (1 << 20)}
	}
	fmt.Println()
	fmt.Println("| measurement | target | Bitácora | Apache Kafka 4.3.1 |\n| --- | --- | --- | --- |")
	fmt.Println(row("produce, 1 M x 100 B, RF 3, acks=all: records/s", "at least 3 x Kafka", ours.produced, apache.produced))
	fmt.Println(row("its 99th percentile: ms", "-", ours.producedP99, apache.producedP99))
	fmt.Println(row("consume it back: records/s", "no worse", ours.consumed, apache.consumed))
	fmt.Println(row("end-to-end latency, mean: ms", "no worse", ours.mean, apache.mean))
	fmt.Println(row("end-to-end latency, 99th percentile: ms", "no worse", ours.p99, apache.p99))
	fmt.Println(row("RssAnon idle, three brokers: MB", "150", megabytes(ours.idle.Anon), megabytes(apache.idle.Anon)))
	fmt.Println(row("RssAnon under load: MB", "300", megabytes(ours.loaded.Anon), megabytes(apache.loaded.Anon)))
	fmt.Println(row("RssFile under load: MB", "-", megabytes(ours.loaded.File), megabytes(apache.loaded.File)))
	fmt.Println()
}
