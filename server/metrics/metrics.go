// Package metrics gives what Kafka exports by JMX to Prometheus: GET /metrics.
//
// The values are those of the view's State; names are made of the MBeans' names as
// the JMX exporter's usual rules make them: kafka.server:type=ReplicaManager,
// name=UnderReplicatedPartitions is kafka_server_replicamanager_underreplicatedpartitions.
// A meter is its count, with _total in the place of PerSec. Everything has the node
// it comes from as a label; a dead node tells nothing.
//
// Not modelled: the quantiles of request times, quotas' metrics, those of clients.
package metrics

import (
	"net/http"
	"strconv"
	"strings"

	"bitacora/engine"
	"bitacora/engine/view"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Source is the cluster that is measured.
type Source interface {
	// State is the whole picture now.
	State() view.State
}

// Handler answers GET /metrics.
func Handler(source Source) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{source})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

type collector struct{ source Source }

// Describe tells of nothing: which metrics there are depends on the cluster.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect gives the metrics of one State.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.source.State()
	alive := map[engine.NodeID]bool{}
	for i := range s.Processes {
		alive[s.Processes[i].ID] = s.Processes[i].Status != view.Dead
	}
	for i := range s.Metrics {
		collectMetric(out, &s.Metrics[i])
	}
	for i := range s.Quorum {
		if alive[s.Quorum[i].Node] {
			collectQuorum(out, &s.Quorum[i])
		}
	}
	leaders := map[engine.TopicPartition]*view.Replica{}
	for i := range s.Replicas {
		if r := &s.Replicas[i]; alive[r.Node] && r.Role == view.ReplicaLeader {
			leaders[engine.TopicPartition{Topic: r.Topic, Partition: r.Partition}] = r
		}
	}
	for i := range s.Replicas {
		if r := &s.Replicas[i]; alive[r.Node] {
			collectReplica(out, r, leaders[engine.TopicPartition{Topic: r.Topic, Partition: r.Partition}])
		}
	}
	for i := range s.Partitions {
		collectPartition(out, &s.Partitions[i])
	}
}

// value gives one number; labels are names and values in turn.
func value(out chan<- prometheus.Metric, mbean string, kind prometheus.ValueType, v int64, labels ...string) {
	out <- prometheus.MustNewConstMetric(desc(mbean, kind, labels), kind, float64(v), values(labels)...)
}

func desc(mbean string, kind prometheus.ValueType, labels []string) *prometheus.Desc {
	var names []string
	for i := 0; i < len(labels); i += 2 {
		names = append(names, labels[i])
	}
	return prometheus.NewDesc(nameOf(mbean, kind), mbean, names, nil)
}

func values(labels []string) []string {
	var all []string
	for i := 1; i < len(labels); i += 2 {
		all = append(all, labels[i])
	}
	return all
}

// nameOf makes a Prometheus name of an MBean's: domain, type and name.
func nameOf(mbean string, kind prometheus.ValueType) string {
	domain, properties, _ := strings.Cut(mbean, ":")
	parts := []string{domain}
	for property := range strings.SplitSeq(properties, ",") {
		if key, v, _ := strings.Cut(property, "="); key == "type" || key == "name" {
			parts = append(parts, v)
		}
	}
	name := strings.ToLower(strings.NewReplacer(".", "_", "-", "_").Replace(strings.Join(parts, "_")))
	if kind == prometheus.CounterValue {
		name = strings.TrimSuffix(name, "persec") + "_total"
	}
	return name
}

func collectMetric(out chan<- prometheus.Metric, m *view.Metric) {
	labels := []string{"node", node(m.Node)}
	if m.ID == view.MetricRequests {
		labels = append(labels, "request", kmsg.NameForKey(m.API))
		const microsPerMilli = 1000
		out <- prometheus.MustNewConstSummary(
			desc("kafka.network:type=RequestMetrics,name=TotalTimeMs", prometheus.UntypedValue, labels),
			uint64(m.Value), float64(m.Micros)/microsPerMilli, nil, values(labels)...)
	}
	kind := prometheus.GaugeValue
	if m.ID.Counts() {
		kind = prometheus.CounterValue
	}
	value(out, m.ID.MBean(), kind, m.Value, labels...)
}

// quorumStates are current-state's words (KafkaRaftMetrics).
var quorumStates = [...]string{
	view.QuorumUnattached: "unattached", view.QuorumObserver: "observer", view.QuorumFollower: "follower",
	view.QuorumProspective: "prospective", view.QuorumCandidate: "candidate", view.QuorumLeader: "leader",
	view.QuorumResigned: "resigned",
}

func collectQuorum(out chan<- prometheus.Metric, q *view.QuorumReplica) {
	gauge := func(name string, v int64, labels ...string) {
		value(out, "kafka.server:type=raft-metrics,name="+name, prometheus.GaugeValue, v, append(labels, "node", node(q.Node))...)
	}
	gauge("current-state", 1, "state", quorumStates[q.Role])
	gauge("current-epoch", int64(q.Epoch))
	gauge("current-leader", int64(q.Leader))
	gauge("current-vote", int64(q.VotedFor))
	gauge("high-watermark", int64(q.HighWatermark))
	gauge("log-end-offset", int64(q.LogEnd))
	gauge("number-of-voters", int64(len(q.Voters)))
}

func collectReplica(out chan<- prometheus.Metric, r, leader *view.Replica) {
	gauge := func(mbean string, v int64) {
		value(out, mbean, prometheus.GaugeValue, v, "node", node(r.Node), "topic", r.Topic, "partition", strconv.Itoa(int(r.Partition)))
	}
	gauge("kafka.log:type=Log,name=LogStartOffset", int64(r.LogStart))
	gauge("kafka.log:type=Log,name=LogEndOffset", int64(r.LogEnd))
	gauge("kafka.log:type=Log,name=Size", r.Bytes)
	gauge("kafka.log:type=Log,name=NumLogSegments", int64(len(r.Segments)))
	if r.Role == view.ReplicaFollower && leader != nil {
		gauge("kafka.server:type=FetcherLagMetrics,name=ConsumerLag", max(0, int64(leader.HighWatermark-r.LogEnd)))
	}
}

func collectPartition(out chan<- prometheus.Metric, p *view.Partition) {
	gauge := func(name string, v int) {
		value(out, "kafka.cluster:type=Partition,name="+name, prometheus.GaugeValue, int64(v),
			"node", node(p.Leader), "topic", p.Topic, "partition", strconv.Itoa(int(p.Partition)))
	}
	under := 0
	if len(p.ISR) < len(p.Replicas) {
		under = 1
	}
	gauge("UnderReplicated", under)
	gauge("InSyncReplicasCount", len(p.ISR))
	gauge("ReplicasCount", len(p.Replicas))
}

func node(id engine.NodeID) string { return strconv.Itoa(int(id)) }
