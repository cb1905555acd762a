package broker

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// EndpointType of a DescribeCluster request.
const (
	endpointBrokers     = 1
	endpointControllers = 2
)

// handleDescribeCluster: key 60, v0-v2. Kafka 4.3; KIP-700, KIP-919, KIP-1073.
// Read: KafkaApis.handleDescribeCluster, AuthHelper.computeDescribeClusterResponse.
// Shown in: TestDescribeCluster.
//   - a broker lists brokers only: asked for controllers it answers
//     MISMATCHED_ENDPOINT_TYPE, for anything else UNSUPPORTED_ENDPOINT_TYPE
//   - fenced brokers are listed when asked for
//
// Not modelled: authorization.
func (b *Broker) handleDescribeCluster(env *engine.Env, req engine.Request, m *kmsg.DescribeClusterRequest) {
	resp := m.ResponseKind().(*kmsg.DescribeClusterResponse)
	resp.Version = m.Version
	resp.EndpointType = endpointBrokers
	resp.ClusterAuthorizedOperations = NoOperations
	resp.ControllerID = -1
	resp.Brokers = []kmsg.DescribeClusterResponseBroker{}
	switch {
	case m.Version >= 1 && m.EndpointType == endpointControllers:
		resp.ErrorCode = int16(engine.ErrMismatchedEndpointType)
		resp.ErrorMessage = kmsg.StringPtr("The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER")
	case m.Version >= 1 && m.EndpointType != endpointBrokers:
		resp.ErrorCode = int16(engine.ErrUnsupportedEndpointType)
		resp.ErrorMessage = kmsg.StringPtr("Unsupported endpoint type")
	default:
		b.describeBrokers(env, m, resp)
	}
	env.Reply(req, resp, engine.Durable{})
}

func (b *Broker) describeBrokers(env *engine.Env, m *kmsg.DescribeClusterRequest, resp *kmsg.DescribeClusterResponse) {
	resp.ClusterID = b.cfg.ClusterID
	resp.ControllerID = b.someBroker(env)
	if m.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = ClusterOperations
	}
	for _, id := range b.image.BrokerIDs() {
		r := b.image.Broker(id)
		if r.Fenced && !m.IncludeFencedBrokers {
			continue
		}
		l, ok := r.Listener(b.listenerName())
		if !ok {
			continue
		}
		kb := kmsg.NewDescribeClusterResponseBroker()
		kb.NodeID, kb.Host, kb.Port, kb.Rack, kb.IsFenced = int32(id), l.Host, int32(l.Port), r.Rack, r.Fenced
		resp.Brokers = append(resp.Brokers, kb)
	}
}
