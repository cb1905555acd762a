package cluster

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/broker"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The endpoint types of DescribeCluster (EndpointType).
const (
	endpointBroker     = 1
	endpointController = 2
)

// handleDescribeCluster: key 60, v0-v2, on a controller listener. Kafka 4.3; KIP-919.
// Read: ControllerApis.handleDescribeCluster, AuthHelper.computeDescribeClusterResponse,
// ControllerRegistrationsPublisher.describeClusterControllers.
//   - a controller lists the registered controllers, and which of them is active;
//     asked for brokers, as v0 always does, it answers INVALID_REQUEST in v0 and
//     MISMATCHED_ENDPOINT_TYPE above
//
// Shown in: TestControllersDescribeThemselves.
func (s *Server) handleDescribeCluster(env *engine.Env, req engine.Request, m *kmsg.DescribeClusterRequest) {
	resp := m.ResponseKind().(*kmsg.DescribeClusterResponse)
	resp.Version = m.Version
	// What an answer says that says nothing else.
	resp.EndpointType, resp.ControllerID = endpointBroker, -1
	resp.ClusterAuthorizedOperations = broker.NoOperations
	resp.Brokers = []kmsg.DescribeClusterResponseBroker{}
	kind := int8(endpointBroker)
	if m.Version >= 1 {
		kind = m.EndpointType
	}
	refuse := func(code engine.ErrorCode, message string) {
		if m.Version == 0 {
			code = engine.ErrInvalidRequest
		}
		resp.ErrorCode, resp.ErrorMessage = int16(code), &message
	}
	switch kind {
	case endpointController:
		s.describeControllers(m, resp)
	case endpointBroker:
		refuse(engine.ErrMismatchedEndpointType,
			"The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER")
	default:
		refuse(engine.ErrUnsupportedEndpointType, fmt.Sprintf("Unsupported endpoint type %d", kind))
	}
	env.Reply(req, resp, engine.Durable{})
}

func (s *Server) describeControllers(m *kmsg.DescribeClusterRequest, resp *kmsg.DescribeClusterResponse) {
	resp.EndpointType, resp.ClusterID = endpointController, s.cfg.ClusterID
	if m.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = broker.ClusterOperations
	}
	leader, _, _ := s.quorum.Leader()
	for _, id := range s.image.ControllerIDs() {
		l, ok := s.image.Controller(id).Listener(s.cfg.ControllerListeners[0].Name)
		if !ok {
			continue
		}
		if id == leader {
			resp.ControllerID = int32(id)
		}
		node := kmsg.NewDescribeClusterResponseBroker()
		node.NodeID, node.Host, node.Port = int32(id), l.Host, int32(l.Port)
		resp.Brokers = append(resp.Brokers, node)
	}
}
