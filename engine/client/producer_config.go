package client

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// acksAll is acks=all: the leader answers when all of the ISR has the records.
const acksAll = -1

// ProducerConfig is a producer's configuration; the comments give Kafka's names.
// DefaultProducer gives Kafka's defaults.
type ProducerConfig struct {
	Network
	Acks              int16         // acks: -1 all, 1 leader, 0 none
	Idempotence       bool          // enable.idempotence
	BatchBytes        int           // batch.size
	Linger            time.Duration // linger.ms
	BufferBytes       int64         // buffer.memory
	RequestBytesMax   int           // max.request.size
	InFlightMax       int           // max.in.flight.requests.per.connection
	Retries           int           // retries
	DeliveryTimeout   time.Duration // delivery.timeout.ms
	MaxBlock          time.Duration // max.block.ms
	Compression       batch.Codec   // compression.type
	IgnoreKeys        bool          // partitioner.ignore.keys
	CommandsAtOnceMax int           // not Kafka's: records that may wait for a blocked send
	// Start is what the application does as soon as it runs, so again after a
	// restart; nothing without a topic. Not Kafka's.
	Start StartProducing
}

// commandsAtOnceMax bounds what waits behind a send that blocks: an application has
// one thread here, but a person may press a button more often than it can send.
const commandsAtOnceMax = 10_000

// DefaultProducer gives Kafka's defaults for a producer that begins at these
// servers.
func DefaultProducer(clientID string, bootstrap ...engine.Addr) ProducerConfig {
	return ProducerConfig{
		Network: DefaultNetwork(clientID, bootstrap...),
		Acks:    acksAll, Idempotence: true,
		BatchBytes: 16 << 10, Linger: 5 * time.Millisecond, BufferBytes: 32 << 20, RequestBytesMax: 1 << 20,
		InFlightMax: 5, Retries: 1<<31 - 1, DeliveryTimeout: 2 * time.Minute, MaxBlock: time.Minute,
		CommandsAtOnceMax: commandsAtOnceMax,
	}
}

// idempotentInFlightMax is how many batches of a producer a broker remembers.
const idempotentInFlightMax = 5

// Set takes values by Kafka's names. As in Kafka, idempotence that nobody asked for
// gives way to acks, retries or in-flight requests that do not go with it, and
// refuses them where it was asked for (ProducerConfig.postProcessAndValidateIdempotenceConfigs).
func (c *ProducerConfig) Set(properties map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if err := c.set(key, properties[key]); err != nil {
			return fmt.Errorf("Invalid value %s for configuration %s: %w", properties[key], key, err)
		}
	}
	asked := properties["enable.idempotence"] == "true"
	fits := c.Acks == acksAll && c.InFlightMax <= idempotentInFlightMax && c.Retries > 0
	if c.Idempotence && !fits {
		if asked {
			return fmt.Errorf("enable.idempotence needs acks=all, retries above 0 and max.in.flight.requests.per.connection of at most %d", idempotentInFlightMax)
		}
		c.Idempotence = false
	}
	if c.DeliveryTimeout < c.Linger+c.RequestTimeout {
		if properties["delivery.timeout.ms"] != "" {
			return fmt.Errorf("delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms")
		}
		c.DeliveryTimeout = c.Linger + c.RequestTimeout
	}
	return nil
}

func (c *ProducerConfig) set(key, value string) error {
	switch key {
	case "acks":
		return setAcks(&c.Acks, value)
	case "enable.idempotence":
		return setBool(&c.Idempotence, value)
	case "batch.size":
		return setInt(&c.BatchBytes, value, 0)
	case "linger.ms":
		return setMillis(&c.Linger, value)
	case "buffer.memory":
		n := int(c.BufferBytes)
		err := setInt(&n, value, 0)
		c.BufferBytes = int64(n)
		return err
	case "max.request.size":
		return setInt(&c.RequestBytesMax, value, 0)
	case "max.in.flight.requests.per.connection":
		return setInt(&c.InFlightMax, value, 1)
	case "retries":
		return setInt(&c.Retries, value, 0)
	case "delivery.timeout.ms":
		return setMillis(&c.DeliveryTimeout, value)
	case "max.block.ms":
		return setMillis(&c.MaxBlock, value)
	case "compression.type":
		codec, ok := batch.ParseCodec(value)
		if !ok {
			return fmt.Errorf("Unknown compression name: %s", value)
		}
		c.Compression = codec
		return nil
	case "partitioner.ignore.keys":
		return setBool(&c.IgnoreKeys, value)
	}
	return c.Network.set(key, value)
}

func (n *Network) set(key, value string) error {
	switch key {
	case "client.id":
		n.ClientID = value
		return nil
	case "request.timeout.ms":
		return setMillis(&n.RequestTimeout, value)
	case "retry.backoff.ms":
		return setMillis(&n.RetryBackoff, value)
	case "retry.backoff.max.ms":
		return setMillis(&n.RetryBackoffMax, value)
	case "metadata.max.age.ms":
		return setMillis(&n.MetadataMaxAge, value)
	}
	return fmt.Errorf("no such configuration here")
}

func setAcks(to *int16, value string) error {
	switch value {
	case "all", "-1":
		*to = acksAll
	case "0":
		*to = 0
	case "1":
		*to = 1
	default:
		return fmt.Errorf("String must be one of: all, -1, 0, 1")
	}
	return nil
}

func setBool(to *bool, value string) error {
	if value != "true" && value != "false" {
		return fmt.Errorf("Expected value to be either true or false")
	}
	*to = value == "true"
	return nil
}

func setInt(to *int, value string, least int) error {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return fmt.Errorf("Not a number of type INT")
	}
	if int(n) < least {
		return fmt.Errorf("Value must be at least %d", least)
	}
	*to = int(n)
	return nil
}

func setMillis(to *time.Duration, value string) error {
	n := 0
	if err := setInt(&n, value, 0); err != nil {
		return err
	}
	*to = time.Duration(n) * time.Millisecond
	return nil
}
