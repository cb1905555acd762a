package rig

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Cluster is what the clients' tests run against: the real program, or Apache
// Kafka, which shows that the tests themselves are right.
type Cluster interface {
	// Bootstrap is the brokers' addresses.
	Bootstrap() []string
	// Kill ends a broker as kill -9 ends a process.
	Kill(t testing.TB, broker int32)
	// Restart starts a killed broker again.
	Restart(t testing.TB, broker int32)
}

// Options of a cluster.
type Options struct {
	Brokers int               // 0 is 3
	Set     map[string]string // static broker configs
	Data    string            // data folder; "" is a temporary one
	Port    int               // the first broker's port, of ours; 0 is any (see FreeBase)
	HTTP    string            // the page's address, of ours; "" is any
}

func (o Options) http() string {
	if o.HTTP == "" {
		return "127.0.0.1:0"
	}
	return o.HTTP
}

func (o Options) brokers() int {
	if o.Brokers == 0 {
		return 3
	}
	return o.Brokers
}

// Servers is the bootstrap list as clients want it.
func Servers(c Cluster) string { return strings.Join(c.Bootstrap(), ",") }

// Admin is an admin client of the cluster, closed at the test's end.
func Admin(t testing.TB, c Cluster) *kadm.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.MetadataMinAge(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return kadm.NewClient(client)
}

// adminLimit is how long one admin request may take, a failover included.
const adminLimit = 30 * time.Second

// CreateTopic creates a topic and waits until every broker knows its leaders.
func CreateTopic(t testing.TB, c Cluster, topic string, partitions int32, factor int16) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), adminLimit)
	defer cancel()
	if _, err := Admin(t, c).CreateTopic(ctx, partitions, factor, nil, topic); err != nil {
		t.Fatalf("create topic %s: %v", topic, err)
	}
	for _, broker := range c.Bootstrap() {
		Eventually(t, adminLimit, func() (bool, string) {
			parts, err := describe(ctx, broker, topic)
			if err != nil {
				return false, broker + ": " + err.Error()
			}
			ok := len(parts) == int(partitions)
			for _, p := range parts {
				ok = ok && p.Leader >= 0
			}
			return ok, broker + " does not know all leaders of " + topic + " yet"
		})
	}
}

// Leader asks who leads a partition now.
func Leader(t testing.TB, c Cluster, topic string, partition int32) int32 {
	t.Helper()
	var leader int32 = -1
	Eventually(t, adminLimit, func() (bool, string) {
		parts, err := partitions(c, topic)
		if err != nil {
			return false, err.Error()
		}
		for _, p := range parts {
			if p.Partition == partition {
				leader = p.Leader
			}
		}
		return leader >= 0, topic + " has no leader"
	})
	return leader
}

// WaitInSync waits until all replicas of every partition are in the ISR.
func WaitInSync(t testing.TB, c Cluster, topic string, within time.Duration) {
	t.Helper()
	Eventually(t, within, func() (bool, string) {
		parts, err := partitions(c, topic)
		if err != nil {
			return false, err.Error()
		}
		for _, p := range parts {
			if len(p.ISR) != len(p.Replicas) {
				return false, fmt.Sprintf("%s-%d: of replicas %v only %v are in sync", topic, p.Partition, p.Replicas, p.ISR)
			}
		}
		return true, ""
	})
}

// partitions asks the brokers in turn until one answers.
func partitions(c Cluster, topic string) ([]kmsg.MetadataResponseTopicPartition, error) {
	var failed error
	for _, broker := range c.Bootstrap() {
		parts, err := describe(context.Background(), broker, topic)
		if err == nil && len(parts) > 0 {
			return parts, nil
		}
		failed = errors.Join(failed, fmt.Errorf("%s: %d partitions, %w", broker, len(parts), err))
	}
	return nil, failed
}

// describe asks one broker, and no other, for a topic's partitions.
func describe(ctx context.Context, broker, topic string) ([]kmsg.MetadataResponseTopicPartition, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.RequestRetries(0))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = false
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	resp, err := client.SeedBrokers()[0].Request(ctx, req)
	if err != nil {
		return nil, err
	}
	for _, topic := range resp.(*kmsg.MetadataResponse).Topics {
		if topic.ErrorCode == 0 {
			return topic.Partitions, nil
		}
	}
	return nil, nil
}
