package broker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/group"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// newCluster gives an open broker 1 in a cluster where 3 is fenced and 4 is not
// registered, with some topics.
func newCluster(t *testing.T, properties ...string) *harness {
	h := newOpen(t, properties...)
	h.apply(topic("orders", 1, ids(1, 2), ids(2, 3), ids(3, 4))...)
	h.apply(topic("payments", 2, ids(2, 1))...)
	h.apply(h.brokerRecord(3, true))
	lost := records.NewPartitionChangeRecord()
	lost.TopicID, lost.PartitionID, lost.Leader = engine.TopicID{1}, 2, engine.NoNode
	h.apply(&lost)
	h.names()
	return h
}

func printedTopics(all []kmsg.MetadataResponseTopic) string {
	var out []string
	for _, t := range all {
		name := "?"
		if t.Topic != nil {
			name = *t.Topic
		}
		s := fmt.Sprintf("%s %v", name, engine.ErrorCode(t.ErrorCode))
		for _, p := range t.Partitions {
			s += fmt.Sprintf(" [%d %v leader=%d %v isr=%v offline=%v]", p.Partition, engine.ErrorCode(p.ErrorCode), p.Leader, p.Replicas, p.ISR, p.OfflineReplicas)
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestMetadata(t *testing.T) {
	const (
		orders   = "orders NONE [0 NONE leader=1 [1 2] isr=[1 2] offline=[]] [1 NONE leader=2 [2 3] isr=[2 3] offline=[3]] [2 LEADER_NOT_AVAILABLE leader=-1 [3 4] isr=[3 4] offline=[3 4]]"
		payments = "payments NONE [0 NONE leader=2 [2 1] isr=[2 1] offline=[]]"
		ordersV0 = "orders NONE [0 NONE leader=1 [1 2] isr=[1 2] offline=[]] [1 REPLICA_NOT_AVAILABLE leader=2 [2] isr=[2] offline=[3]] [2 LEADER_NOT_AVAILABLE leader=-1 [] isr=[] offline=[3 4]]"
	)
	named := func(names ...string) func(*kmsg.MetadataRequest) {
		return func(m *kmsg.MetadataRequest) {
			m.Topics = []kmsg.MetadataRequestTopic{}
			for _, n := range names {
				m.Topics = append(m.Topics, kmsg.MetadataRequestTopic{Topic: kmsg.StringPtr(n)})
			}
		}
	}
	creating := func(names ...string) func(*kmsg.MetadataRequest) {
		return func(m *kmsg.MetadataRequest) {
			named(names...)(m)
			m.AllowAutoTopicCreation = true
		}
	}
	byID := func(id byte) func(*kmsg.MetadataRequest) {
		return func(m *kmsg.MetadataRequest) { m.Topics = []kmsg.MetadataRequestTopic{{TopicID: [16]byte{id}}} }
	}
	long := strings.Repeat("x", 250)
	tests := []struct {
		name    string
		version int16
		ask     func(*kmsg.MetadataRequest)
		auto    string // auto.create.topics.enable
		want    string
		creates string
	}{
		{"null asks for all, and says who is offline and what has no leader", 13, func(*kmsg.MetadataRequest) {}, "true", orders + "; " + payments, ""},
		{"an empty list asks for none", 1, named(), "true", "", ""},
		{"but in version 0 for all, which hides who is offline and says so", 0, named(), "true", ordersV0 + "; " + payments, ""},
		{"by name, in the order asked", 12, named("payments", "orders"), "true", payments + "; " + orders, ""},
		{"by id", 12, byID(2), "true", payments, ""},
		{"an id that is not there", 12, byID(9), "true", "? UNKNOWN_TOPIC_ID", ""},
		{"a topic that is not there, and may not be created", 12, named("new"), "true", "new UNKNOWN_TOPIC_OR_PARTITION", ""},
		{"one that may is unknown in this answer", 12, creating("new", "newer", "orders"), "true", "new UNKNOWN_TOPIC_OR_PARTITION; newer UNKNOWN_TOPIC_OR_PARTITION; " + orders, "new 3x2 newer 3x2"},
		{"below version 4 every client may", 3, named("new"), "true", "new UNKNOWN_TOPIC_OR_PARTITION", "new 3x2"},
		{"unless the broker says no", 12, creating("new"), "false", "new UNKNOWN_TOPIC_OR_PARTITION", ""},
		{"the offsets topic is made all the same", 12, creating("__consumer_offsets"), "false", "__consumer_offsets UNKNOWN_TOPIC_OR_PARTITION", "__consumer_offsets 50x1 cleanup.policy=compact compression.type=producer segment.bytes=104857600"},
		{"a name that cannot be is not created", 12, creating("no spaces", "", "..", long), "true", "no spaces INVALID_TOPIC_EXCEPTION;  INVALID_TOPIC_EXCEPTION; .. INVALID_TOPIC_EXCEPTION; " + long + " INVALID_TOPIC_EXCEPTION", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newCluster(t, "auto.create.topics.enable", test.auto, "num.partitions", "3",
				"default.replication.factor", "2", "offsets.topic.replication.factor", "1")
			h.silent = true
			m := kmsg.NewPtrMetadataRequest()
			m.Version, m.Topics = test.version, nil
			test.ask(m)
			r := h.ask(m).(*kmsg.MetadataResponse)
			if got := printedTopics(r.Topics); got != test.want {
				t.Errorf("topics %s\nwant   %s", got, test.want)
			}
			if got := h.created(); got != test.creates {
				t.Errorf("creates %q, want %q", got, test.creates)
			}
			if len(r.Brokers) != 2 || r.Brokers[0].NodeID != 1 || r.Brokers[1].Host != "broker-2" || *r.ClusterID != "cluster" {
				t.Errorf("brokers %+v of %s", r.Brokers, *r.ClusterID)
			}
			if r.ControllerID != 1 && r.ControllerID != 2 {
				t.Errorf("controller %d is none of the brokers alive", r.ControllerID)
			}
			h.ask(m)
			if got := h.created(); got != "" {
				t.Errorf("asked again, it creates %q again", got)
			}
		})
	}
}

// created tells which topics the controller was asked for since the last time.
func (h *harness) created() string {
	var out []string
	for _, r := range h.toController {
		c, ok := r.(*kmsg.CreateTopicsRequest)
		if !ok {
			continue
		}
		for _, t := range c.Topics {
			out = append(out, fmt.Sprintf("%s %dx%d", t.Topic, t.NumPartitions, t.ReplicationFactor))
			for _, k := range t.Configs {
				out = append(out, k.Name+"="+*k.Value)
			}
		}
	}
	h.toController = nil
	return strings.Join(out, " ")
}

func TestOperations(t *testing.T) {
	h := newCluster(t)
	m := kmsg.NewPtrMetadataRequest()
	m.Version = 8
	r := h.ask(m).(*kmsg.MetadataResponse)
	if r.AuthorizedOperations != NoOperations || r.Topics[0].AuthorizedOperations != NoOperations {
		t.Errorf("nobody asked: %d %d", r.AuthorizedOperations, r.Topics[0].AuthorizedOperations)
	}
	m.IncludeClusterAuthorizedOperations, m.IncludeTopicAuthorizedOperations = true, true
	r = h.ask(m).(*kmsg.MetadataResponse)
	// As Apache Kafka 4.3.1 answers without an authorizer.
	if r.AuthorizedOperations != 8096 || r.Topics[0].AuthorizedOperations != 3576 {
		t.Errorf("cluster %d topic %d", r.AuthorizedOperations, r.Topics[0].AuthorizedOperations)
	}
}

func TestAutoCreationIsTriedAgain(t *testing.T) {
	h := newCluster(t)
	m := kmsg.NewPtrMetadataRequest()
	m.Version, m.AllowAutoTopicCreation = 12, true
	m.Topics = []kmsg.MetadataRequestTopic{{Topic: kmsg.StringPtr("new")}}
	h.ask(m) // answered at once, with nothing made of it
	if h.created() == "" {
		t.Fatal("not created")
	}
	h.ask(m)
	if h.created() == "" {
		t.Error("not asked for again")
	}
}

func TestFindCoordinator(t *testing.T) {
	offsets := func(h *harness) { h.apply(topic(offsetsTopic, 9, ids(2), ids(3), ids(1))...) }
	// Partitions 0, 1 and 2 are led by 2, by 3, which is fenced, and by 1.
	key := func(partition int32) string {
		for i := 0; ; i++ {
			if name := fmt.Sprint("group-", i); group.PartitionOf(name, 3) == partition {
				return name
			}
		}
	}
	one := func(h *harness, version int16, kind int8, key string) string {
		m := kmsg.NewPtrFindCoordinatorRequest()
		m.Version, m.CoordinatorType, m.CoordinatorKey, m.CoordinatorKeys = version, kind, key, []string{key}
		r := h.ask(m).(*kmsg.FindCoordinatorResponse)
		if version < 4 {
			return fmt.Sprintf("%v %d %s:%d", engine.ErrorCode(r.ErrorCode), r.NodeID, r.Host, r.Port)
		}
		c := r.Coordinators[0]
		return fmt.Sprintf("%v %d %s:%d", engine.ErrorCode(c.ErrorCode), c.NodeID, c.Host, c.Port)
	}
	for _, version := range []int16{0, 3, 4, 6} {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			h := newCluster(t)
			const none = "COORDINATOR_NOT_AVAILABLE -1 :-1"
			if got := one(h, version, 0, "g"); got != none {
				t.Errorf("without the topic: %s", got)
			}
			if got := h.created(); !strings.HasPrefix(got, "__consumer_offsets 50x3") {
				t.Errorf("creates %q", got)
			}
			offsets(h)
			for partition, want := range []string{"NONE 2 broker-2:9092", none, "NONE 1 broker-1:9092"} {
				if got := one(h, version, 0, key(int32(partition))); got != want {
					t.Errorf("partition %d: %s, want %s", partition, got, want)
				}
			}
			if got := one(h, version, 1, "txn"); got != "INVALID_REQUEST -1 :-1" {
				t.Errorf("a transaction's: %s", got)
			}
			if got := h.created(); got != "" {
				t.Errorf("creates %q", got)
			}
		})
	}
	t.Run("several at once keep their order", func(t *testing.T) {
		h := newCluster(t)
		offsets(h)
		m := kmsg.NewPtrFindCoordinatorRequest()
		m.Version, m.CoordinatorKeys = 4, []string{key(2), key(1), key(0)}
		var got []int32
		for i, c := range h.ask(m).(*kmsg.FindCoordinatorResponse).Coordinators {
			if c.Key != m.CoordinatorKeys[i] {
				t.Errorf("key %s at place %d", c.Key, i)
			}
			got = append(got, c.NodeID)
		}
		if fmt.Sprint(got) != "[1 -1 2]" {
			t.Errorf("nodes %v", got)
		}
	})
}

func TestDescribeCluster(t *testing.T) {
	tests := []struct {
		name    string
		version int16
		ask     kmsg.DescribeClusterRequest
		want    string
	}{
		{"brokers alive", 0, kmsg.DescribeClusterRequest{}, "NONE 1 2"},
		{"of an endpoint of brokers", 1, kmsg.DescribeClusterRequest{EndpointType: 1}, "NONE 1 2"},
		{"fenced ones too, when asked for", 2, kmsg.DescribeClusterRequest{EndpointType: 1, IncludeFencedBrokers: true}, "NONE 1 2 3 fenced"},
		{"controllers are not a broker's to list", 1, kmsg.DescribeClusterRequest{EndpointType: 2}, "MISMATCHED_ENDPOINT_TYPE"},
		{"nor anything else", 1, kmsg.DescribeClusterRequest{EndpointType: 3}, "UNSUPPORTED_ENDPOINT_TYPE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newCluster(t)
			test.ask.Version = test.version
			r := h.ask(&test.ask).(*kmsg.DescribeClusterResponse)
			got := engine.ErrorCode(r.ErrorCode).String()
			for _, b := range r.Brokers {
				got += fmt.Sprint(" ", b.NodeID)
				if b.IsFenced {
					got += " fenced"
				}
			}
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if r.ErrorCode == 0 && (r.ClusterID != "cluster" || r.ControllerID < 1 || r.ControllerID > 2) {
				t.Errorf("cluster %s controller %d", r.ClusterID, r.ControllerID)
			}
		})
	}
}

func TestDescribeTopicPartitions(t *testing.T) {
	ask := func(h *harness, limit int32, cursor string, at int32, names ...string) string {
		m := kmsg.NewPtrDescribeTopicPartitionsRequest()
		m.ResponsePartitionLimit = limit
		for _, n := range names {
			m.Topics = append(m.Topics, kmsg.DescribeTopicPartitionsRequestTopic{Topic: n})
		}
		if cursor != "" {
			m.Cursor = &kmsg.DescribeTopicPartitionsRequestCursor{Topic: cursor, Partition: at}
		}
		answer := h.ask(m)
		if answer == nil {
			return "closed"
		}
		r := answer.(*kmsg.DescribeTopicPartitionsResponse)
		var out []string
		for _, topic := range r.Topics {
			s := *topic.Topic
			if topic.ErrorCode != 0 {
				s += " " + engine.ErrorCode(topic.ErrorCode).String()
			}
			for _, p := range topic.Partitions {
				s += fmt.Sprint(" ", p.Partition)
			}
			out = append(out, s)
		}
		if r.NextCursor != nil {
			out = append(out, fmt.Sprintf("then %s-%d", r.NextCursor.Topic, r.NextCursor.Partition))
		}
		return strings.Join(out, ", ")
	}
	tests := []struct {
		name   string
		limit  int32
		cursor string
		at     int32
		topics []string
		want   string
	}{
		{"all of them", 2000, "", 0, nil, "orders 0 1 2, payments 0"},
		{"some, by name, in order and once", 2000, "", 0, []string{"payments", "orders", "payments"}, "orders 0 1 2, payments 0"},
		{"no limit is the broker's own", 0, "", 0, nil, "orders 0 1 2, payments 0"},
		{"a topic is cut where the answer is full", 2, "", 0, nil, "orders 0 1, then orders-2"},
		{"and gone on with", 2, "orders", 2, nil, "orders 2, payments 0"},
		{"full at the end of a topic goes on with the next", 3, "", 0, nil, "orders 0 1 2, then payments-0"},
		{"full at the very end is the end", 4, "", 0, nil, "orders 0 1 2, payments 0"},
		{"a cursor on a topic that is gone moves to the next", 9, "ordersx", 1, nil, "payments 0"},
		{"a cursor past a topic's partitions moves on as well", 9, "orders", 2147483647, nil, "orders, payments 0"},
		{"named topics that are not there are told so", 9, "", 0, []string{"nothing", "orders", "no spaces"}, "no spaces INVALID_TOPIC_EXCEPTION, nothing UNKNOWN_TOPIC_OR_PARTITION, orders 0 1 2"},
		{"a cursor on one of them does not cut the next", 9, "nothing", 1, []string{"nothing", "orders"}, "nothing UNKNOWN_TOPIC_OR_PARTITION, orders 0 1 2"},
		{"a cursor below zero ends the connection", 9, "orders", -1, nil, "closed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := ask(newCluster(t), test.limit, test.cursor, test.at, test.topics...); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	t.Run("a partition tells its leader, ISR, ELR and who is offline", func(t *testing.T) {
		h := newCluster(t)
		change := records.NewPartitionChangeRecord()
		change.TopicID, change.PartitionID = engine.TopicID{1}, 1
		change.ISR, change.EligibleLeaderReplicas, change.LastKnownELR = ids(2), ids(3), ids(3)
		h.apply(&change)
		m := kmsg.NewPtrDescribeTopicPartitionsRequest()
		r := h.ask(m).(*kmsg.DescribeTopicPartitionsResponse)
		p := r.Topics[0].Partitions[1]
		if got := fmt.Sprint(p.LeaderID, p.Replicas, p.ISR, p.EligibleLeaderReplicas, p.LastKnownELR, p.OfflineReplicas); got != "2 [2 3] [2] [3] [3] [3]" {
			t.Errorf("partition 1: %s", got)
		}
		if p := r.Topics[0].Partitions[2]; p.LeaderID != -1 || engine.ErrorCode(p.ErrorCode) != engine.ErrLeaderNotAvailable {
			t.Errorf("partition 2: %+v", p)
		}
	})
}

func TestDescribeConfigs(t *testing.T) {
	h := newCluster(t, "num.partitions", "7")
	set := func(kind int8, name, key, value string) {
		r := records.NewConfigRecord()
		r.ResourceType, r.ResourceName, r.Name, r.Value = kind, name, key, &value
		h.apply(&r)
	}
	set(int8(kmsg.ConfigResourceTypeTopic), "orders", "retention.ms", "1000")
	tests := []struct {
		name string
		kind kmsg.ConfigResourceType
		of   string
		keys []string
		want string
	}{
		{"what is set on a topic", kmsg.ConfigResourceTypeTopic, "orders", []string{"retention.ms"}, "NONE retention.ms=1000 DYNAMIC_TOPIC_CONFIG"},
		{"a topic's default", kmsg.ConfigResourceTypeTopic, "payments", []string{"retention.ms"}, "NONE retention.ms=604800000 DEFAULT_CONFIG"},
		{"a key that is not there is left out", kmsg.ConfigResourceTypeTopic, "orders", []string{"colour"}, "NONE"},
		{"a topic that is not there", kmsg.ConfigResourceTypeTopic, "nothing", nil, "UNKNOWN_TOPIC_OR_PARTITION"},
		{"a name that cannot be", kmsg.ConfigResourceTypeTopic, "a b", nil, "INVALID_TOPIC_EXCEPTION"},
		{"what the server was started with", kmsg.ConfigResourceTypeBroker, "1", []string{"num.partitions"}, "NONE num.partitions=7 STATIC_BROKER_CONFIG"},
		{"another broker is to be asked itself", kmsg.ConfigResourceTypeBroker, "2", nil, "INVALID_REQUEST"},
		{"the cluster's defaults that were set", kmsg.ConfigResourceTypeBroker, "", []string{"num.partitions"}, "NONE"},
		{"loggers are not modelled", kmsg.ConfigResourceTypeBrokerLogger, "1", nil, "INVALID_REQUEST"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := kmsg.NewPtrDescribeConfigsRequest()
			m.Version = 4
			m.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: test.kind, ResourceName: test.of, ConfigNames: test.keys}}
			r := h.ask(m).(*kmsg.DescribeConfigsResponse).Resources[0]
			got := engine.ErrorCode(r.ErrorCode).String()
			for _, c := range r.Configs {
				got += fmt.Sprintf(" %s=%s %v", c.Name, *c.Value, c.Source)
				if len(c.ConfigSynonyms) > 0 {
					t.Error("synonyms that nobody asked for")
				}
			}
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if (r.ErrorCode != 0) != (r.ErrorMessage != nil) || r.ResourceName != test.of {
				t.Errorf("of %s: message %v", r.ResourceName, r.ErrorMessage)
			}
		})
	}
	m := kmsg.NewPtrDescribeConfigsRequest()
	m.Version, m.IncludeSynonyms = 4, true
	m.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: "orders", ConfigNames: []string{"retention.ms"}}}
	s := h.ask(m).(*kmsg.DescribeConfigsResponse).Resources[0].Configs[0].ConfigSynonyms
	if len(s) == 0 || s[0].Name != "retention.ms" || *s[0].Value != "1000" {
		t.Errorf("synonyms %+v", s)
	}
}

func TestApiVersions(t *testing.T) {
	ask := func(version int16, name, software string) *kmsg.ApiVersionsResponse {
		m := kmsg.NewPtrApiVersionsRequest()
		m.Version, m.ClientSoftwareName, m.ClientSoftwareVersion = version, name, software
		h := newOpen(t)
		feature := records.NewFeatureLevelRecord()
		feature.Name, feature.FeatureLevel = "metadata.version", 30
		h.apply(&feature)
		return h.ask(m).(*kmsg.ApiVersionsResponse)
	}
	for version := range int16(5) {
		r := ask(version, "franz-go", "v1.2-3")
		if r.ErrorCode != 0 || len(r.ApiKeys) != len(APIs()) || r.Version != version {
			t.Errorf("v%d: error %d, %d APIs in v%d", version, r.ErrorCode, len(r.ApiKeys), r.Version)
		}
		for i, k := range r.ApiKeys {
			if a := APIs()[i]; a.Key != k.ApiKey || a.Min != k.MinVersion || a.Max != k.MaxVersion {
				t.Errorf("v%d: %+v for %+v", version, k, a)
			}
		}
		if len(r.FinalizedFeatures) != 2 || r.FinalizedFeatures[1].MaxVersionLevel != 30 || r.FinalizedFeaturesEpoch != 3 {
			t.Errorf("features %+v of epoch %d", r.FinalizedFeatures, r.FinalizedFeaturesEpoch)
		}
	}
	newer := ask(5, "franz-go", "1")
	if newer.Version != 0 || engine.ErrorCode(newer.ErrorCode) != engine.ErrUnsupportedVersion ||
		len(newer.ApiKeys) != 1 || newer.ApiKeys[0].ApiKey != 18 || newer.ApiKeys[0].MaxVersion != 4 {
		t.Errorf("v5 is answered %+v", newer)
	}
	for _, word := range []string{"", "-x", "x-", ".x", "x y", "x\x00", "ñ", "a_b"} {
		if r := ask(3, word, "1"); engine.ErrorCode(r.ErrorCode) != engine.ErrInvalidRequest || len(r.ApiKeys) > 0 {
			t.Errorf("name %q: %d", word, r.ErrorCode)
		}
		if r := ask(4, "a", word); engine.ErrorCode(r.ErrorCode) != engine.ErrInvalidRequest {
			t.Errorf("version %q: %d", word, r.ErrorCode)
		}
		if r := ask(2, word, word); r.ErrorCode != 0 {
			t.Errorf("version 2 has no name: %d", r.ErrorCode)
		}
	}
}

func TestHeldRequestsGoWithTheirConnection(t *testing.T) {
	h := newHarness(t)
	h.ask(kmsg.NewPtrApiVersionsRequest())
	h.ask(kmsg.NewPtrApiVersionsRequest())
	h.step(engine.Disconnected{Conn: 2})
	h.setController()
	h.apply(h.brokerRecord(1, false))
	h.advance(3 * time.Second)
	if len(h.replies) != 1 {
		t.Errorf("%d answers, want one", len(h.replies))
	}
}
