package bench

import (
	"fmt"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

const (
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
func (s *side) memory() (rig.Memory, error) {
	var sum rig.Memory
	for _, pid := range s.pids {
		m, err := rig.ReadMemory(pid)
		if err != nil {
			return sum, err
		}
		sum.Anon += m.Anon
		sum.File += m.File
	}
	return sum, nil
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
		var err error
		if s.idle, err = s.memory(); err != nil {
			b.Fatal(err)
		}
	}
	return all
}

// measureThroughput produces records of 100 B into three partitions with three
// copies and acks=all, consumes them, and sends single records there and back, in
// alternating rounds.
func measureThroughput(b *testing.B, r *report, z size) {
	all := sides(b)
	for round := range z.warm + z.rounds {
		for _, s := range all {
			topic := fmt.Sprintf("bench-%d", round)
			rig.CreateTopic(b, s.cluster, topic, 3, 3)
			p := s.produce(b, topic, z.records)
			rate := s.consume(b, topic, z.records)
			l := s.latency(b, fmt.Sprintf("latency-%d", round), z.singles)
			fmt.Printf("round %d, %s: %s records/s produced, %s consumed, %.2f ms end to end\n",
				round, s.name, number(p.recordsPerSecond), number(rate), l.meanMs)
			if round < z.warm {
				continue
			}
			s.produced = append(s.produced, p.recordsPerSecond)
			s.producedP99 = append(s.producedP99, p.p99Ms)
			s.consumed = append(s.consumed, rate)
			s.mean = append(s.mean, l.meanMs)
			s.p99 = append(s.p99, l.p99Ms)
		}
	}
	reportThroughput(r, z, all)
}

// produce runs ProducerPerformance, and looks at the memory meanwhile.
func (s *side) produce(b *testing.B, topic string, records int) produced {
	b.Helper()
	stop := s.watchMemory()
	p, err := perfProduce(b, s.cluster, topic, records)
	stop()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// memoryPoll is how often the memory under load is looked at.
const memoryPoll = 100 * time.Millisecond

// watchMemory keeps the most anonymous memory that is seen until it is stopped.
func (s *side) watchMemory() (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(memoryPoll)
		defer tick.Stop()
		for {
			if m, err := s.memory(); err == nil && m.Anon > s.loaded.Anon {
				s.loaded = m
			}
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// perfProduce runs ProducerPerformance with acks=all.
func perfProduce(b *testing.B, c rig.Cluster, topic string, records int) (produced, error) {
	b.Helper()
	r := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: rig.JavaPerf(b, "org.apache.kafka.tools.ProducerPerformance",
		"--bootstrap-server", rig.Servers(c), "--topic", topic, "--num-records", fmt.Sprint(records),
		"--record-size", fmt.Sprint(recordSize), "--throughput", "-1", "--command-property", "acks=all")})
	return parseProduced(r.Stdout)
}

func (s *side) consume(b *testing.B, topic string, records int) float64 {
	b.Helper()
	r := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: rig.JavaPerf(b, "org.apache.kafka.tools.ConsumerPerformance",
		"--bootstrap-server", rig.Servers(s.cluster), "--topic", topic, "--num-records", fmt.Sprint(records))})
	rate, err := parseConsumed(r.Stdout, records)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

func (s *side) latency(b *testing.B, topic string, singles int) latency {
	b.Helper()
	rig.CreateTopic(b, s.cluster, topic, 1, 3)
	r := rig.MustRun(b, rig.Command{Limit: toolLimit, Args: rig.JavaPerf(b, "org.apache.kafka.tools.EndToEndLatency",
		rig.Servers(s.cluster), topic, fmt.Sprint(singles), "all", fmt.Sprint(recordSize))})
	l, err := parseLatency(r.Stdout)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func megabytes(bytes int64) sample {
	if bytes == 0 {
		return nil
	}
	return sample{float64(bytes) / (1 << 20)}
}

func reportThroughput(r *report, z size, all []*side) {
	ours, apache := all[0], &side{}
	if len(all) > 1 {
		apache = all[1]
	}
	r.compare(fmt.Sprintf("produce %s x 100 B, RF 3, acks=all: records/s", number(float64(z.records))),
		timesPeer(3, "3 x Kafka"), ours.produced, apache.produced)
	r.add("... its 99th percentile: ms", target{}, ours.producedP99, apache.producedP99)
	r.compare("consume it back: records/s", timesPeer(1, "no worse"), ours.consumed, apache.consumed)
	r.compare("end-to-end latency, mean: ms", noSlower("no worse"), ours.mean, apache.mean)
	r.compare("end-to-end latency, 99th percentile: ms", noSlower("no worse"), ours.p99, apache.p99)
	r.add("RssAnon idle, three brokers: MB", atMost(150, "150 (aim 100)"), megabytes(ours.idle.Anon), megabytes(apache.idle.Anon))
	r.add("RssFile idle: MB", target{}, megabytes(ours.idle.File), megabytes(apache.idle.File))
	r.add("RssAnon, the most while producing: MB", atMost(300, "300"), megabytes(ours.loaded.Anon), megabytes(apache.loaded.Anon))
	r.add("RssFile at that moment: MB", target{}, megabytes(ours.loaded.File), megabytes(apache.loaded.File))
}
