package controller

import (
	"fmt"
	"math"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleUnregisterBroker: key 64, v0. Kafka 4.3; KIP-631.
// Read: ReplicationControlManager.unregisterBroker. The broker leaves every ISR;
// it stays in replica lists. Shown in: testdata/registrations.txt
func (c *Controller) handleUnregisterBroker(env *engine.Env, host Host, call Call, req *kmsg.UnregisterBrokerRequest) {
	id := engine.NodeID(req.BrokerID)
	b := c.pending.Broker(id)
	if b == nil {
		c.refuse(env, host, call, apiError{engine.ErrBrokerIDNotRegistered,
			fmt.Sprintf("Broker ID %d is not currently registered", id)})
		return
	}
	all := append(c.removeFromISRs(id), records.Versioned{
		Record: &records.UnregisterBrokerRecord{BrokerID: id, BrokerEpoch: b.Epoch},
	})
	c.finish(env, host, call, all, req.ResponseKind(), engine.ErrNone)
}

// handleControllerRegistration: key 70, v0. Kafka 4.3; KIP-919.
// Read: ClusterControlManager.registerController. Every registration is written,
// the same one again too. Shown in: testdata/registrations.txt
func (c *Controller) handleControllerRegistration(env *engine.Env, host Host, call Call, req *kmsg.ControllerRegistrationRequest) {
	r := records.NewRegisterControllerRecord()
	r.ControllerID, r.IncarnationID = engine.NodeID(req.ControllerID), req.IncarnationID
	for _, l := range req.Listeners {
		r.EndPoints = append(r.EndPoints, records.RegisterControllerEndpoint{
			Name: l.Name, Host: l.Host, Port: l.Port, SecurityProtocol: l.SecurityProtocol,
		})
	}
	for _, f := range req.Features {
		r.Features = append(r.Features, records.RegisterControllerFeature{
			Name: f.Name, MinSupportedVersion: f.MinSupportedVersion, MaxSupportedVersion: f.MaxSupportedVersion,
		})
	}
	resp := req.ResponseKind().(*kmsg.ControllerRegistrationResponse)
	empty := "" // Kafka's default here is the empty string, not null
	resp.ErrorMessage = &empty
	all := []records.Versioned{{Record: &r, Version: metadata.RegisterControllerVersion}}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// producerIDBlock is how many producer ids a broker is given at a time
// (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE).
const producerIDBlock = 1000

// handleAllocateProducerIDs: key 67, v0. Kafka 4.3; KIP-730.
// Read: ProducerIdControlManager.generateNextProducerId.
// Shown in: testdata/registrations.txt
func (c *Controller) handleAllocateProducerIDs(env *engine.Env, host Host, call Call, req *kmsg.AllocateProducerIDsRequest) {
	id, epoch := engine.NodeID(req.BrokerID), engine.BrokerEpoch(req.BrokerEpoch)
	if err := c.checkBrokerEpoch(id, epoch); err != nil {
		c.refuse(env, host, call, *err)
		return
	}
	first := c.pending.NextProducerID()
	if first > math.MaxInt64-producerIDBlock {
		c.refuse(env, host, call, apiError{code: engine.ErrUnknownServerError})
		return
	}
	resp := req.ResponseKind().(*kmsg.AllocateProducerIDsResponse)
	resp.ProducerIDStart, resp.ProducerIDLen = int64(first), producerIDBlock
	c.finish(env, host, call, []records.Versioned{{Record: &records.ProducerIdsRecord{
		BrokerID: id, BrokerEpoch: epoch, NextProducerID: first + producerIDBlock,
	}}}, resp, engine.ErrNone)
}
