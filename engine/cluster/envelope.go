package cluster

import (
	"encoding/binary"

	"bitacora/engine"
	"bitacora/engine/broker"
	"bitacora/engine/controller"
	"bitacora/engine/quorum"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// quorumAPIs is what the Raft replica answers on a controller listener.
var quorumAPIs = [...]broker.API{
	{Key: 1, Min: 4, Max: 18}, // Fetch
	{Key: 52, Min: 0, Max: 2}, // Vote
	{Key: 53, Min: 0, Max: 1}, // BeginQuorumEpoch
	{Key: 54, Min: 0, Max: 1}, // EndQuorumEpoch
	{Key: 55, Min: 0, Max: 2}, // DescribeQuorum
	{Key: 59, Min: 0, Max: 1}, // FetchSnapshot
	{Key: 80, Min: 0, Max: 1}, // AddRaftVoter
	{Key: 81, Min: 0, Max: 0}, // RemoveRaftVoter
	{Key: 82, Min: 0, Max: 0}, // UpdateRaftVoter
}

// The node's own APIs there.
const (
	keyApiVersions = 18
	keyEnvelope    = 58

	keyDescribeCluster = 60
)

// controllerAPIs is what a controller listener offers, by key.
func controllerAPIs() []broker.API {
	all := append([]broker.API{{Key: keyApiVersions, Max: 4}, {Key: keyEnvelope}, {Key: keyDescribeCluster, Max: 2}}, quorumAPIs[:]...)
	for _, a := range controller.APIs() {
		all = append(all, broker.API{Key: a.Key, Min: a.Min, Max: a.Max})
	}
	broker.SortAPIs(all)
	return all
}

func offeredByController(body kmsg.Request) bool {
	if body.Key() == keyApiVersions {
		return true // it answers for its own versions
	}
	for _, a := range controllerAPIs() {
		if a.Key == body.Key() {
			return body.GetVersion() >= a.Min && body.GetVersion() <= a.Max
		}
	}
	return false
}

func (s *Server) handleControllerApiVersions(env *engine.Env, req engine.Request, m *kmsg.ApiVersionsRequest) {
	resp := broker.ApiVersions(m, controllerAPIs(), broker.SupportedFeatures())
	if resp.ErrorCode == 0 {
		broker.AddFinalized(resp, s.image, s.quorum.KRaftVersion())
	}
	env.Reply(req, resp, engine.Durable{})
}

// handleEnvelope: key 58, v0. Kafka 4.3; KIP-590.
// Read: EnvelopeUtils.handleEnvelopeRequest, ControllerApis.handleEnvelopeRequest.
//   - the request inside is one of those that brokers forward: else
//     INVALID_REQUEST
//   - what cannot be read is UNKNOWN_SERVER_ERROR, a version that is not offered
//     UNSUPPORTED_VERSION
//   - NOT_CONTROLLER stands in the Envelope, so that the broker tries another
//
// Not modelled: the principal, since there is no authorizer. Shown in:
// TestOpenEnvelope
func (s *Server) handleEnvelope(env *engine.Env, req engine.Request, m *kmsg.EnvelopeRequest) {
	call, code := openEnvelope(req, m.RequestData)
	if code == engine.ErrNone {
		if s.controller.Handle(env, s, call) {
			return
		}
		s.nextEnvelope++
		s.envelopes = append(s.envelopes, envelope{s.nextEnvelope, call})
		if s.quorum.Forward(env, s.nextEnvelope, call.Body) {
			return
		}
		s.envelopes = s.envelopes[:len(s.envelopes)-1]
		code = engine.ErrInvalidRequest
	}
	resp := m.ResponseKind().(*kmsg.EnvelopeResponse)
	resp.Version = m.Version
	resp.ErrorCode = int16(code)
	env.Reply(req, resp, engine.Durable{})
}

// envelope is one whose answer the quorum owes.
type envelope struct {
	token int64
	call  controller.Call
}

// answerForwarded sends the quorum's answer back in its Envelope. A replica that
// does not lead says so in the Envelope itself, so that the broker tries another.
func (s *Server) answerForwarded(env *engine.Env, ev quorum.Answered) {
	for i, e := range s.envelopes {
		if e.token != ev.Token {
			continue
		}
		s.envelopes = append(s.envelopes[:i], s.envelopes[i+1:]...)
		resp := e.call.Request.Body.ResponseKind().(*kmsg.EnvelopeResponse)
		resp.Version = e.call.Request.Body.GetVersion()
		if code := quorumCode(ev.Response); code == engine.ErrNotLeaderOrFollower {
			resp.ErrorCode = int16(engine.ErrNotController)
		} else {
			resp.ResponseData = appendResponse(nil, e.call.Correlation, ev.Response)
		}
		env.Reply(e.call.Request, resp, ev.After)
		return
	}
}

// quorumCode is the error of a whole answer of the quorum.
func quorumCode(resp kmsg.Response) engine.ErrorCode {
	switch r := resp.(type) {
	case *kmsg.DescribeQuorumResponse:
		if len(r.Topics) == 1 && len(r.Topics[0].Partitions) == 1 {
			return engine.ErrorCode(r.Topics[0].Partitions[0].ErrorCode)
		}
		return engine.ErrorCode(r.ErrorCode)
	case *kmsg.AddRaftVoterResponse:
		return engine.ErrorCode(r.ErrorCode)
	case *kmsg.RemoveRaftVoterResponse:
		return engine.ErrorCode(r.ErrorCode)
	}
	return engine.ErrNone
}

// openEnvelope reads the request inside, header first.
func openEnvelope(req engine.Request, data []byte) (controller.Call, engine.ErrorCode) {
	const fixed = 2 + 2 + 4 + 2 // key, version, correlation id, length of the client id
	if len(data) < fixed {
		return controller.Call{}, engine.ErrUnknownServerError
	}
	key, version := int16(binary.BigEndian.Uint16(data)), int16(binary.BigEndian.Uint16(data[2:]))
	correlation := int32(binary.BigEndian.Uint32(data[4:]))
	clientID := int(int16(binary.BigEndian.Uint16(data[8:])))
	rest := data[fixed:]
	if clientID > 0 {
		if clientID > len(rest) {
			return controller.Call{}, engine.ErrUnknownServerError
		}
		rest = rest[clientID:]
	}
	body := forwardable(key)
	if body == nil {
		return controller.Call{}, engine.ErrInvalidRequest
	}
	body.SetVersion(version)
	if !offeredByController(body) {
		return controller.Call{}, engine.ErrUnsupportedVersion
	}
	if body.IsFlexible() {
		if len(rest) == 0 || rest[0] != 0 {
			return controller.Call{}, engine.ErrUnknownServerError
		}
		rest = rest[1:]
	}
	if body.ReadFrom(rest) != nil {
		return controller.Call{}, engine.ErrUnknownServerError
	}
	return controller.Call{Request: req, Body: body, Forwarded: true, Correlation: correlation}, engine.ErrNone
}

// forwardable gives an empty request of each kind that brokers forward.
func forwardable(key int16) kmsg.Request {
	switch key {
	case 19:
		return kmsg.NewPtrCreateTopicsRequest()
	case 20:
		return kmsg.NewPtrDeleteTopicsRequest()
	case 33:
		return kmsg.NewPtrAlterConfigsRequest()
	case 37:
		return kmsg.NewPtrCreatePartitionsRequest()
	case 43:
		return kmsg.NewPtrElectLeadersRequest()
	case 44:
		return kmsg.NewPtrIncrementalAlterConfigsRequest()
	case 45:
		return kmsg.NewPtrAlterPartitionAssignmentsRequest()
	case 46:
		return kmsg.NewPtrListPartitionReassignmentsRequest()
	case 55:
		return kmsg.NewPtrDescribeQuorumRequest()
	case 57:
		return kmsg.NewPtrUpdateFeaturesRequest()
	case 64:
		return kmsg.NewPtrUnregisterBrokerRequest()
	case 80:
		return kmsg.NewPtrAddRaftVoterRequest()
	case 81:
		return kmsg.NewPtrRemoveRaftVoterRequest()
	}
	return nil
}

// appendResponse writes an answer as it would stand on the wire, header first,
// without the length.
func appendResponse(dst []byte, correlation int32, resp kmsg.Response) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(correlation))
	if resp.IsFlexible() {
		dst = append(dst, 0) // no tagged fields
	}
	return resp.AppendTo(dst)
}
