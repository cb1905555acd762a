package broker

import (
	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// prefetchProducerIDsAt asks for the next block once this share of one is gone, in
// percent (ProducerIdManager.PID_PREFETCH_THRESHOLD).
const prefetchProducerIDsAt = 90

// idBlock is a run of producer ids that the controller gave this broker.
type idBlock struct {
	next, size, used int64
}

// producerIDs gives out ids from blocks of 1000 (RPCProducerIdManager).
type producerIDs struct {
	current, following idBlock
	asking             bool
}

// handleInitProducerId: key 22, v0-v5. Kafka 4.3; KIP-98, KIP-360.
// Read: KafkaApis.handleInitProducerIdRequest, TransactionCoordinator.handleInitProducerId.
// Shown in: TestInitProducerId.
//   - without a transactional id: the next id of this broker's block, epoch 0
//   - without a block: COORDINATOR_LOAD_IN_PROGRESS, while one is asked for
//   - a producer id without an epoch, or the other way round: INVALID_REQUEST
//
// Not modelled: transactional ids (INVALID_REQUEST).
func (b *Broker) handleInitProducerID(env *engine.Env, req engine.Request, m *kmsg.InitProducerIDRequest) {
	resp := m.ResponseKind().(*kmsg.InitProducerIDResponse)
	resp.Version = m.Version
	resp.ProducerID, resp.ProducerEpoch = -1, -1
	switch {
	case m.TransactionalID != nil, (m.ProducerID == -1) != (m.ProducerEpoch == -1):
		resp.ErrorCode = int16(engine.ErrInvalidRequest)
	default:
		id, ok := b.nextProducerID(env)
		if !ok {
			resp.ErrorCode = int16(engine.ErrCoordinatorLoadInProgress)
			break
		}
		resp.ProducerID, resp.ProducerEpoch = id, 0
	}
	env.Reply(req, resp, engine.Durable{})
}

func (b *Broker) nextProducerID(env *engine.Env) (int64, bool) {
	p := &b.producerIDs
	if p.current.used == p.current.size {
		p.current, p.following = p.following, idBlock{}
	}
	if p.current.used == p.current.size {
		b.askForProducerIDs(env)
		return -1, false
	}
	id := p.current.next + p.current.used
	p.current.used++
	if p.current.used*100 >= p.current.size*prefetchProducerIDsAt && p.following.size == 0 {
		b.askForProducerIDs(env)
	}
	return id, true
}

func (b *Broker) askForProducerIDs(env *engine.Env) {
	if b.producerIDs.asking {
		return
	}
	req := kmsg.NewPtrAllocateProducerIDsRequest()
	req.BrokerID, req.BrokerEpoch = int32(b.cfg.NodeID), int64(b.life.epoch)
	b.producerIDs.asking = b.links[linkForwarding].send(env,
		channel.Tag{Kind: tagProducerIDs}, req, env.Now().Add(forwardingTimeout))
}

func (b *Broker) onProducerIDs(resp kmsg.Response) {
	b.producerIDs.asking = false
	r, ok := resp.(*kmsg.AllocateProducerIDsResponse)
	if !ok || r.ErrorCode != 0 {
		return // the next client that asks makes us try again
	}
	block := idBlock{next: r.ProducerIDStart, size: int64(r.ProducerIDLen)}
	if b.producerIDs.current.used == b.producerIDs.current.size {
		b.producerIDs.current = block
		return
	}
	b.producerIDs.following = block
}
