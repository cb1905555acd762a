package controller

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// API is a request that controllers answer, and the versions they know.
type API struct {
	Key      int16
	Min, Max int16
}

// APIs gives what Handle takes, for ApiVersions. Requests of the quorum itself
// (Fetch, Vote, ...) are not among them.
func APIs() []API {
	return []API{
		{Key: 19, Min: 2, Max: 7}, // CreateTopics
		{Key: 20, Min: 1, Max: 6}, // DeleteTopics
		{Key: 33, Min: 0, Max: 2}, // AlterConfigs
		{Key: 37, Min: 0, Max: 3}, // CreatePartitions
		{Key: 43, Min: 0, Max: 2}, // ElectLeaders
		{Key: 44, Min: 0, Max: 1}, // IncrementalAlterConfigs
		{Key: 45, Min: 0, Max: 1}, // AlterPartitionReassignments
		{Key: 46, Min: 0, Max: 0}, // ListPartitionReassignments
		{Key: 56, Min: 2, Max: 3}, // AlterPartition
		{Key: 57, Min: 0, Max: 2}, // UpdateFeatures
		{Key: 62, Min: 0, Max: 4}, // BrokerRegistration
		{Key: 63, Min: 0, Max: 2}, // BrokerHeartbeat
		{Key: 64, Min: 0, Max: 0}, // UnregisterBroker
		{Key: 67, Min: 0, Max: 0}, // AllocateProducerIds
		{Key: 70, Min: 0, Max: 0}, // ControllerRegistration
	}
}

// Handle takes a request and answers it now or later. It says whether the
// request is one of the controller's.
func (c *Controller) Handle(env *engine.Env, host Host, call Call) bool {
	if !mine(call.Body) {
		return false
	}
	if !c.active {
		c.refuse(env, host, call, apiError{code: engine.ErrNotController})
		return true
	}
	switch req := call.Body.(type) {
	case *kmsg.CreateTopicsRequest:
		c.handleCreateTopics(env, host, call, req)
	case *kmsg.DeleteTopicsRequest:
		c.handleDeleteTopics(env, host, call, req)
	case *kmsg.CreatePartitionsRequest:
		c.handleCreatePartitions(env, host, call, req)
	case *kmsg.ElectLeadersRequest:
		c.handleElectLeaders(env, host, call, req)
	case *kmsg.AlterConfigsRequest:
		c.handleAlterConfigs(env, host, call, req)
	case *kmsg.IncrementalAlterConfigsRequest:
		c.handleIncrementalAlterConfigs(env, host, call, req)
	case *kmsg.AlterPartitionAssignmentsRequest:
		c.handleAlterPartitionReassignments(env, host, call, req)
	case *kmsg.ListPartitionReassignmentsRequest:
		c.handleListPartitionReassignments(env, host, call, req)
	case *kmsg.AlterPartitionRequest:
		c.handleAlterPartition(env, host, call, req)
	case *kmsg.UpdateFeaturesRequest:
		c.handleUpdateFeatures(env, host, call, req)
	case *kmsg.BrokerRegistrationRequest:
		c.handleBrokerRegistration(env, host, call, req)
	case *kmsg.BrokerHeartbeatRequest:
		c.handleBrokerHeartbeat(env, host, call, req)
	case *kmsg.UnregisterBrokerRequest:
		c.handleUnregisterBroker(env, host, call, req)
	case *kmsg.AllocateProducerIDsRequest:
		c.handleAllocateProducerIDs(env, host, call, req)
	case *kmsg.ControllerRegistrationRequest:
		c.handleControllerRegistration(env, host, call, req)
	}
	return true
}

func mine(body kmsg.Request) bool {
	for _, api := range APIs() {
		if api.Key == body.Key() {
			return true
		}
	}
	return false
}

// apiError is Kafka's ApiError: a code and, where Kafka says something, its
// sentence.
type apiError struct {
	code    engine.ErrorCode
	message string // "" is null
}

func failed(code engine.ErrorCode, message string) *apiError { return &apiError{code, message} }

// text gives the message as responses carry it.
func (e *apiError) text() *string {
	if e == nil || e.message == "" {
		return nil
	}
	return &e.message
}

func (e *apiError) errorCode() int16 {
	if e == nil {
		return 0
	}
	return int16(e.code)
}

// refuse answers a whole request with one error (AbstractRequest.getErrorResponse):
// in the response's own field where it has one, in every item otherwise.
func (c *Controller) refuse(env *engine.Env, host Host, call Call, e apiError) {
	resp := call.Body.ResponseKind()
	code := int16(e.code)
	switch resp := resp.(type) {
	case *kmsg.CreateTopicsResponse:
		for _, t := range call.Body.(*kmsg.CreateTopicsRequest).Topics {
			resp.Topics = append(resp.Topics, refusedTopic(t.Topic, &e))
		}
	case *kmsg.DeleteTopicsResponse:
		resp.Topics = refusedDeletions(call.Body.(*kmsg.DeleteTopicsRequest), &e)
	case *kmsg.CreatePartitionsResponse:
		for _, t := range call.Body.(*kmsg.CreatePartitionsRequest).Topics {
			resp.Topics = append(resp.Topics, partitionsResult(t.Topic, &e))
		}
	case *kmsg.IncrementalAlterConfigsResponse:
		for _, r := range call.Body.(*kmsg.IncrementalAlterConfigsRequest).Resources {
			resp.Resources = append(resp.Resources, alteredResource(r, &e))
		}
	case *kmsg.AlterConfigsResponse:
		for _, r := range call.Body.(*kmsg.AlterConfigsRequest).Resources {
			resp.Resources = append(resp.Resources, replacedResource(r, &e))
		}
	case *kmsg.ElectLeadersResponse:
		resp.ErrorCode = code
	case *kmsg.AlterPartitionAssignmentsResponse:
		resp.ErrorCode, resp.ErrorMessage = code, e.text()
	case *kmsg.ListPartitionReassignmentsResponse:
		resp.ErrorCode, resp.ErrorMessage = code, e.text()
	case *kmsg.AlterPartitionResponse:
		resp.ErrorCode = code
	case *kmsg.BrokerRegistrationResponse:
		resp.ErrorCode = code
	case *kmsg.BrokerHeartbeatResponse:
		resp.ErrorCode = code
	case *kmsg.UpdateFeaturesResponse:
		resp.ErrorCode, resp.ErrorMessage = code, e.text()
	case *kmsg.UnregisterBrokerResponse:
		resp.ErrorCode, resp.ErrorMessage = code, e.text()
	case *kmsg.AllocateProducerIDsResponse:
		resp.ErrorCode = code
	case *kmsg.ControllerRegistrationResponse:
		resp.ErrorCode, resp.ErrorMessage = code, e.text()
	}
	if env.Tracing() && e.code != engine.ErrNotController {
		env.Trace(engine.Event{Kind: engine.EventRefused, Name: kmsg.NameForKey(call.Body.Key()), Code: code})
	}
	host.Answer(env, call, resp, e.code)
}
