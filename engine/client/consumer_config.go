package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bitacora/engine"
)

// OffsetReset says where a consumer begins that has no position
// (auto.offset.reset).
type OffsetReset uint8

// The values of auto.offset.reset.
const (
	ResetLatest OffsetReset = iota
	ResetEarliest
	ResetNone // fail instead
)

// ConsumerConfig is a consumer's configuration; the comments give Kafka's names.
// DefaultConsumer gives Kafka's defaults.
type ConsumerConfig struct {
	Network
	Group              string        // group.id; "" for a consumer that only assigns
	InstanceID         string        // group.instance.id; "" for a dynamic member
	Reset              OffsetReset   // auto.offset.reset
	AutoCommit         bool          // enable.auto.commit
	AutoCommitInterval time.Duration // auto.commit.interval.ms
	SessionTimeout     time.Duration // session.timeout.ms
	HeartbeatInterval  time.Duration // heartbeat.interval.ms
	MaxPollInterval    time.Duration // max.poll.interval.ms
	MaxPollRecords     int           // max.poll.records
	FetchMinBytes      int           // fetch.min.bytes
	FetchMaxBytes      int           // fetch.max.bytes
	FetchMaxWait       time.Duration // fetch.max.wait.ms
	PartitionMaxBytes  int           // max.partition.fetch.bytes
	Strategy           []Assignor    // partition.assignment.strategy, the preferred first
	ReadCommitted      bool          // isolation.level
	AutoCreate         bool          // allow.auto.create.topics
	Rack               string        // client.rack
	// ProcessTime is how long the application takes for each record before it
	// polls again. Not Kafka's.
	ProcessTime time.Duration
	// Start is what the application subscribes to as soon as it runs, so again after
	// a restart; without a group it reads all of it. Not Kafka's.
	Start []string
}

// DefaultConsumer gives Kafka's defaults for a consumer of a group that begins at
// these servers.
func DefaultConsumer(clientID, group string, bootstrap ...engine.Addr) ConsumerConfig {
	return ConsumerConfig{
		Network: DefaultNetwork(clientID, bootstrap...), Group: group, Reset: ResetLatest,
		AutoCommit: group != "", AutoCommitInterval: 5 * time.Second,
		SessionTimeout: 45 * time.Second, HeartbeatInterval: 3 * time.Second, MaxPollInterval: 5 * time.Minute,
		MaxPollRecords: 500, FetchMinBytes: 1, FetchMaxBytes: 50 << 20, FetchMaxWait: 500 * time.Millisecond,
		PartitionMaxBytes: 1 << 20, Strategy: []Assignor{Range, CooperativeSticky}, AutoCreate: true,
	}
}

// consumerInFlightMax is what a KafkaConsumer allows on each connection
// (ConsumerUtils.CONSUMER_MAX_INFLIGHT_REQUESTS_PER_CONNECTION).
const consumerInFlightMax = 100

// Set takes values by Kafka's names.
func (c *ConsumerConfig) Set(properties map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if err := c.set(key, properties[key]); err != nil {
			return fmt.Errorf("Invalid value %s for configuration %s: %w", properties[key], key, err)
		}
	}
	if c.Group == "" {
		// Nothing to commit to (KafkaConsumer: auto commit is off without group.id).
		if properties["enable.auto.commit"] == "true" {
			return fmt.Errorf("enable.auto.commit cannot be set to true when default group id (null) is used.")
		}
		c.AutoCommit = false
	}
	if c.HeartbeatInterval >= c.SessionTimeout {
		return fmt.Errorf("heartbeat.interval.ms must be set lower than session.timeout.ms")
	}
	return nil
}

func (c *ConsumerConfig) set(key, value string) error {
	switch key {
	case "group.id":
		c.Group = value
		return nil
	case "group.instance.id":
		c.InstanceID = value
		return nil
	case "auto.offset.reset":
		return c.setReset(value)
	case "enable.auto.commit":
		return setBool(&c.AutoCommit, value)
	case "auto.commit.interval.ms":
		return setMillis(&c.AutoCommitInterval, value)
	case "session.timeout.ms":
		return setMillis(&c.SessionTimeout, value)
	case "heartbeat.interval.ms":
		return setMillis(&c.HeartbeatInterval, value)
	case "max.poll.interval.ms":
		return setMillis(&c.MaxPollInterval, value)
	case "max.poll.records":
		return setInt(&c.MaxPollRecords, value, 1)
	case "fetch.min.bytes":
		return setInt(&c.FetchMinBytes, value, 0)
	case "fetch.max.bytes":
		return setInt(&c.FetchMaxBytes, value, 0)
	case "fetch.max.wait.ms":
		return setMillis(&c.FetchMaxWait, value)
	case "max.partition.fetch.bytes":
		return setInt(&c.PartitionMaxBytes, value, 0)
	case "partition.assignment.strategy":
		return c.setStrategy(value)
	case "isolation.level":
		if value != "read_committed" && value != "read_uncommitted" {
			return fmt.Errorf("String must be one of: read_committed, read_uncommitted")
		}
		c.ReadCommitted = value == "read_committed"
		return nil
	case "client.rack":
		c.Rack = value
		return nil
	case "allow.auto.create.topics":
		return setBool(&c.AutoCreate, value)
	}
	return c.Network.set(key, value)
}

func (c *ConsumerConfig) setReset(value string) error {
	switch value {
	case "latest":
		c.Reset = ResetLatest
	case "earliest":
		c.Reset = ResetEarliest
	case "none":
		c.Reset = ResetNone
	default:
		return fmt.Errorf("String must be one of: latest, earliest, none")
	}
	return nil
}

// setStrategy takes names as they are on the wire, or Kafka's class names.
func (c *ConsumerConfig) setStrategy(value string) error {
	c.Strategy = nil
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimPrefix(strings.TrimSpace(name), "org.apache.kafka.clients.consumer.")
		switch name {
		case "range", "RangeAssignor":
			c.Strategy = append(c.Strategy, Range)
		case "roundrobin", "RoundRobinAssignor":
			c.Strategy = append(c.Strategy, RoundRobin)
		case "cooperative-sticky", "CooperativeStickyAssignor":
			c.Strategy = append(c.Strategy, CooperativeSticky)
		default:
			return fmt.Errorf("there is no assignor %q here", name)
		}
	}
	return nil
}

// cooperative says which protocol the group's members speak with this
// configuration: the eager one as soon as one assignor knows no other
// (ConsumerCoordinator's constructor).
func (c *ConsumerConfig) cooperative() bool {
	return !slices.ContainsFunc(c.Strategy, func(a Assignor) bool { return !a.cooperative() })
}
