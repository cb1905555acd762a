package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"

	"bitacora/engine"
	"bitacora/engine/view"
)

type still view.State

func (s still) State() view.State { return view.State(s) }

func TestMetrics(t *testing.T) {
	s := still{
		Processes: []view.Process{{ID: 1}, {ID: 2, Status: view.Dead}, {ID: 3}, {ID: 3000}},
		Quorum:    []view.QuorumReplica{{Node: 3000, Role: view.QuorumLeader, Epoch: 4, Leader: 3000, HighWatermark: 70, LogEnd: 72, Voters: []engine.NodeID{3000}}},
		Partitions: []view.Partition{
			{Topic: "orders", Leader: 1, Replicas: []engine.NodeID{1, 2, 3}, ISR: []engine.NodeID{1, 3}},
		},
		Replicas: []view.Replica{
			{Topic: "orders", Node: 1, Role: view.ReplicaLeader, HighWatermark: 9, LogEnd: 10, Bytes: 700, Segments: make([]view.Segment, 2)},
			{Topic: "orders", Node: 2, Role: view.ReplicaFollower, LogEnd: 5},
			{Topic: "orders", Node: 3, Role: view.ReplicaFollower, HighWatermark: 8, LogEnd: 8},
		},
		Metrics: []view.Metric{
			{Node: 1, ID: view.MetricUnderReplicated, Value: 1},
			{Node: 1, ID: view.MetricISRShrinks, Value: 5},
			{Node: 1, ID: view.MetricRequests, API: 1, Value: 4, Micros: 10_500},
			{Node: 3000, ID: view.MetricActiveController, Value: 1},
		},
	}
	w := httptest.NewRecorder()
	Handler(s).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	got := w.Body.String()
	for _, want := range []string{
		`kafka_server_replicamanager_underreplicatedpartitions{node="1"} 1`,
		`kafka_server_replicamanager_isrshrinks_total{node="1"} 5`,
		`kafka_network_requestmetrics_requests_total{node="1",request="Fetch"} 4`,
		`kafka_network_requestmetrics_totaltimems_sum{node="1",request="Fetch"} 10.5`,
		`kafka_network_requestmetrics_totaltimems_count{node="1",request="Fetch"} 4`,
		`kafka_controller_kafkacontroller_activecontrollercount{node="3000"} 1`,
		`kafka_server_raft_metrics_current_state{node="3000",state="leader"} 1`,
		`kafka_server_raft_metrics_high_watermark{node="3000"} 70`,
		`kafka_log_log_logendoffset{node="1",partition="0",topic="orders"} 10`,
		`kafka_log_log_numlogsegments{node="1",partition="0",topic="orders"} 2`,
		`kafka_server_fetcherlagmetrics_consumerlag{node="3",partition="0",topic="orders"} 1`,
		`kafka_cluster_partition_insyncreplicascount{node="1",partition="0",topic="orders"} 2`,
		`kafka_cluster_partition_underreplicated{node="1",partition="0",topic="orders"} 1`,
		`# HELP kafka_log_log_size kafka.log:type=Log,name=Size`,
		`# TYPE kafka_server_replicamanager_isrshrinks_total counter`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("missing %s", want)
		}
	}
	if strings.Contains(got, `node="2"`) {
		t.Error("a dead node tells of its logs")
	}
	if t.Failed() {
		t.Log(got)
	}
}
