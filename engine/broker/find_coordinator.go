package broker

import (
	"bitacora/engine"
	"bitacora/engine/group"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// coordinatorGroup is the only kind of coordinator there is here.
const coordinatorGroup = 0

// invalidRequestMessage is what Kafka answers with INVALID_REQUEST where it has
// nothing more to say (Errors.INVALID_REQUEST).
const invalidRequestMessage = "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details."

// handleFindCoordinator: key 10, v0-v6. Kafka 4.3; KIP-699.
// Read: KafkaApis.handleFindCoordinatorRequest, getCoordinator.
// Shown in: TestFindCoordinator.
//   - a group's coordinator leads partition hash(group) % 50 of __consumer_offsets
//   - the first question creates that topic, and is answered
//     COORDINATOR_NOT_AVAILABLE until it is there and has a leader
//   - v4 and up ask for several at once
//
// Not modelled: transaction and share coordinators (INVALID_REQUEST, as Kafka
// answers a kind it does not know).
func (b *Broker) handleFindCoordinator(env *engine.Env, req engine.Request, m *kmsg.FindCoordinatorRequest) {
	resp := m.ResponseKind().(*kmsg.FindCoordinatorResponse)
	resp.Version = m.Version
	if m.Version < 4 {
		c := b.coordinator(env, m.CoordinatorType, m.CoordinatorKey)
		resp.ErrorCode, resp.NodeID, resp.Host, resp.Port = c.ErrorCode, c.NodeID, c.Host, c.Port
		resp.ErrorMessage = c.ErrorMessage
	} else {
		resp.Coordinators = []kmsg.FindCoordinatorResponseCoordinator{}
		for _, key := range m.CoordinatorKeys {
			resp.Coordinators = append(resp.Coordinators, b.coordinator(env, m.CoordinatorType, key))
		}
	}
	env.Reply(req, resp, engine.Durable{})
}

func (b *Broker) coordinator(env *engine.Env, kind int8, key string) kmsg.FindCoordinatorResponseCoordinator {
	c := kmsg.NewFindCoordinatorResponseCoordinator()
	c.Key, c.NodeID, c.Port = key, -1, -1
	c.ErrorMessage = kmsg.StringPtr("")
	if kind != coordinatorGroup {
		c.ErrorCode = int16(engine.ErrInvalidRequest)
		c.ErrorMessage = kmsg.StringPtr(invalidRequestMessage)
		return c
	}
	t := b.image.Topic(offsetsTopic)
	if t == nil {
		b.autoCreate(env, []string{offsetsTopic})
		c.ErrorCode = int16(engine.ErrCoordinatorNotAvailable)
		return c
	}
	leader := t.Partition(group.PartitionOf(key, int32(len(t.Partitions)))).Leader
	l, ok := b.endpoint(leader)
	if !ok || b.image.Broker(leader).Fenced {
		c.ErrorCode = int16(engine.ErrCoordinatorNotAvailable)
		return c
	}
	c.NodeID, c.Host, c.Port = int32(leader), l.Host, int32(l.Port)
	return c
}
