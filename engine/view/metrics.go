package view

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/broker/replica"
	"bitacora/engine/controller"
)

// MetricID names a metric that Kafka exports; MBean gives Kafka's name of it.
type MetricID uint8

// The metrics of brokers, of controllers, and of requests.
const (
	MetricUnderReplicated MetricID = iota
	MetricUnderMinISR
	MetricAtMinISR
	MetricPartitions
	MetricLeaders
	MetricReassigning
	MetricISRShrinks
	MetricISRExpands
	MetricFailedISRUpdates
	MetricMaxLag
	MetricMessagesIn
	MetricBytesIn
	MetricBytesOut
	MetricActiveController
	MetricOfflinePartitions
	MetricPreferredImbalance
	MetricTopics
	MetricGlobalPartitions
	MetricActiveBrokers
	MetricFencedBrokers
	MetricLeaderElections
	MetricUncleanElections
	MetricElectionsFromELR
	MetricRequests
	metricCount
)

var mbeans = [metricCount]string{
	MetricUnderReplicated:    "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
	MetricUnderMinISR:        "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount",
	MetricAtMinISR:           "kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount",
	MetricPartitions:         "kafka.server:type=ReplicaManager,name=PartitionCount",
	MetricLeaders:            "kafka.server:type=ReplicaManager,name=LeaderCount",
	MetricReassigning:        "kafka.server:type=ReplicaManager,name=ReassigningPartitions",
	MetricISRShrinks:         "kafka.server:type=ReplicaManager,name=IsrShrinksPerSec",
	MetricISRExpands:         "kafka.server:type=ReplicaManager,name=IsrExpandsPerSec",
	MetricFailedISRUpdates:   "kafka.server:type=ReplicaManager,name=FailedIsrUpdatesPerSec",
	MetricMaxLag:             "kafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica",
	MetricMessagesIn:         "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec",
	MetricBytesIn:            "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec",
	MetricBytesOut:           "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec",
	MetricActiveController:   "kafka.controller:type=KafkaController,name=ActiveControllerCount",
	MetricOfflinePartitions:  "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
	MetricPreferredImbalance: "kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount",
	MetricTopics:             "kafka.controller:type=KafkaController,name=GlobalTopicCount",
	MetricGlobalPartitions:   "kafka.controller:type=KafkaController,name=GlobalPartitionCount",
	MetricActiveBrokers:      "kafka.controller:type=KafkaController,name=ActiveBrokerCount",
	MetricFencedBrokers:      "kafka.controller:type=KafkaController,name=FencedBrokerCount",
	MetricLeaderElections:    "kafka.controller:type=ControllerStats,name=LeaderElectionRateAndTimeMs",
	MetricUncleanElections:   "kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec",
	MetricElectionsFromELR:   "kafka.controller:type=ControllerStats,name=ElectionFromEligibleLeaderReplicasPerSec",
	MetricRequests:           "kafka.network:type=RequestMetrics,name=RequestsPerSec",
}

// MBean is the name under which Kafka exports the metric. That of MetricRequests
// has a request= besides, the API's name.
func (id MetricID) MBean() string { return mbeans[id] }

// Counts says whether the metric only grows while its process lives: what Kafka
// calls a meter, of which a viewer makes a rate.
func (id MetricID) Counts() bool {
	switch id {
	case MetricISRShrinks, MetricISRExpands, MetricFailedISRUpdates, MetricMessagesIn, MetricBytesIn, MetricBytesOut,
		MetricLeaderElections, MetricUncleanElections, MetricElectionsFromELR, MetricRequests:
		return true
	}
	return false
}

// Metric is one process's value of a metric.
type Metric struct {
	Node  engine.NodeID
	ID    MetricID
	API   int16 // of MetricRequests: the API's key; else 0
	Value int64 // a gauge, or a count since the process started
	// Micros is, of MetricRequests, the time that the requests took, summed up
	// (TotalTimeMs); else 0.
	Micros int64
}

func (m *Metric) key() Key {
	return Key{Part: PartMetric, Partition: int32(m.ID)<<16 | int32(m.API), Node: m.Node}
}

func (m *Metric) same(o *Metric) bool { return *m == *o }

// metricsOf lists a server's metrics in the order of their keys. The controller
// and the replicas are nil where it has not the role.
func metricsOf(node engine.NodeID, c *controller.Controller, m *replica.Manager, requests []engine.RequestStat) []Metric {
	var all []Metric
	add := func(id MetricID, value int64) { all = append(all, Metric{Node: node, ID: id, Value: value}) }
	if m != nil {
		n := m.Counts()
		add(MetricUnderReplicated, n.UnderReplicated)
		add(MetricUnderMinISR, n.UnderMinISR)
		add(MetricAtMinISR, n.AtMinISR)
		add(MetricPartitions, n.Partitions)
		add(MetricLeaders, n.Leaders)
		add(MetricReassigning, n.Reassigning)
		add(MetricISRShrinks, n.ISRShrinks)
		add(MetricISRExpands, n.ISRExpands)
		add(MetricFailedISRUpdates, n.FailedISRUpdates)
		add(MetricMaxLag, n.MaxLag)
		add(MetricMessagesIn, n.MessagesIn)
		add(MetricBytesIn, n.BytesIn)
		add(MetricBytesOut, n.BytesOut)
	}
	if c != nil {
		n := c.Counts()
		add(MetricActiveController, n.Active)
		add(MetricOfflinePartitions, n.OfflinePartitions)
		add(MetricPreferredImbalance, n.PreferredImbalance)
		add(MetricTopics, n.Topics)
		add(MetricGlobalPartitions, n.Partitions)
		add(MetricActiveBrokers, n.ActiveBrokers)
		add(MetricFencedBrokers, n.FencedBrokers)
		add(MetricLeaderElections, n.LeaderElections)
		add(MetricUncleanElections, n.UncleanElections)
		add(MetricElectionsFromELR, n.ElectionsFromELR)
	}
	for _, r := range requests {
		all = append(all, Metric{Node: node, ID: MetricRequests, API: r.Key, Value: r.Count, Micros: r.Total.Microseconds()})
	}
	return all
}

func sortMetrics(all []Metric) {
	slices.SortFunc(all, func(x, y Metric) int { return x.key().compare(y.key()) })
}

func codeMetric(c *coder, m *Metric) {
	number(c, &m.Node)
	choice(c, &m.ID, metricCount)
	number(c, &m.API)
	number(c, &m.Value)
	number(c, &m.Micros)
}
