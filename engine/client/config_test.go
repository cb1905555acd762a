package client

import (
	"testing"
	"time"
)

func TestProducerConfig(t *testing.T) {
	tests := []struct {
		name       string
		properties map[string]string
		refused    bool
		idempotent bool
	}{
		{"defaults are idempotent", nil, false, true},
		{"acks=1 switches idempotence off", map[string]string{"acks": "1"}, false, false},
		{"and refuses it where it was asked for", map[string]string{"acks": "1", "enable.idempotence": "true"}, true, false},
		{"six in flight switch it off", map[string]string{"max.in.flight.requests.per.connection": "6"}, false, false},
		{"acks=2", map[string]string{"acks": "2"}, true, false},
		{"a codec nobody knows", map[string]string{"compression.type": "brotli"}, true, false},
		{"delivery.timeout.ms below linger and request", map[string]string{"delivery.timeout.ms": "1000"}, true, false},
		{"a key that is not there", map[string]string{"transactional.id": "x"}, true, false},
		{"not a number", map[string]string{"linger.ms": "soon"}, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := DefaultProducer("p")
			err := c.Set(test.properties)
			if (err != nil) != test.refused || err == nil && c.Idempotence != test.idempotent {
				t.Errorf("%v, idempotence %v", err, c.Idempotence)
			}
		})
	}
	c := DefaultProducer("p")
	if err := c.Set(map[string]string{"linger.ms": "200000"}); err != nil || c.DeliveryTimeout != 230*time.Second {
		t.Errorf("%v, delivery.timeout.ms %v: it grows where nobody set it", err, c.DeliveryTimeout)
	}
}

func TestConsumerConfig(t *testing.T) {
	tests := []struct {
		name        string
		group       string
		properties  map[string]string
		refused     bool
		cooperative bool
	}{
		{"the default list is eager", "g", nil, false, false},
		{"cooperative-sticky alone is cooperative", "g", map[string]string{"partition.assignment.strategy": "cooperative-sticky"}, false, true},
		{"Kafka's class names", "g", map[string]string{"partition.assignment.strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"}, false, true},
		{"an assignor that is not there", "g", map[string]string{"partition.assignment.strategy": "sticky"}, true, false},
		{"heartbeats must fit into the session", "g", map[string]string{"session.timeout.ms": "3000"}, true, false},
		{"automatic commits need a group", "", map[string]string{"enable.auto.commit": "true"}, true, false},
		{"auto.offset.reset=first", "g", map[string]string{"auto.offset.reset": "first"}, true, false},
		{"max.poll.records=0", "g", map[string]string{"max.poll.records": "0"}, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := DefaultConsumer("c", test.group)
			err := c.Set(test.properties)
			if (err != nil) != test.refused || err == nil && c.cooperative() != test.cooperative {
				t.Errorf("%v, cooperative %v", err, c.cooperative())
			}
		})
	}
}
