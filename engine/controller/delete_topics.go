package controller

import (
	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Kafka's own sentences for these codes (Errors.message).
const (
	sayUnknownTopic   = "This server does not host this topic-partition."
	sayUnknownTopicID = "This server does not host this topic ID."
)

// handleDeleteTopics: key 20, v1-v6. Kafka 4.3; KIP-516.
// Read: ControllerApis.deleteTopics, ReplicationControlManager.deleteTopics.
//   - a topic is named or given by id (v6), not both, and once
//   - names and ids are looked up in what is committed
//
// Not modelled: the shuffled order of answers, which hides what one may not see
// where there are ACLs. Shown in: testdata/delete_topics.txt
func (c *Controller) handleDeleteTopics(env *engine.Env, host Host, call Call, req *kmsg.DeleteTopicsRequest) {
	if !c.cfg.Static.Bool(config.DeleteTopicEnable) {
		e := apiError{engine.ErrTopicDeletionDisabled, "Topic deletion is disabled."}
		if req.Version < 3 {
			e = apiError{engine.ErrInvalidRequest, "This version does not support topic deletion."}
		}
		c.refuse(env, host, call, e)
		return
	}
	resp := req.ResponseKind().(*kmsg.DeleteTopicsResponse)
	var all []records.Versioned
	deleted := map[engine.TopicID]bool{}
	for _, asked := range deletions(req) {
		answer := kmsg.NewDeleteTopicsResponseTopic()
		answer.Topic, answer.TopicID = asked.name, asked.id
		err := asked.err
		if err == nil {
			err = c.resolveDeletion(&asked, &answer, deleted)
		}
		if err == nil {
			deleted[answer.TopicID] = true
			all = append(all, records.Versioned{Record: &records.RemoveTopicRecord{TopicID: answer.TopicID}})
		}
		answer.ErrorCode, answer.ErrorMessage = err.errorCode(), err.text()
		resp.Topics = append(resp.Topics, answer)
	}
	if len(all) > recordsPerRequest {
		c.refuse(env, host, call, apiError{engine.ErrPolicyViolation, "Unable to perform excessively large batch operation."})
		return
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// deletion is one topic to delete, by name or by id.
type deletion struct {
	name *string
	id   engine.TopicID
	err  *apiError
}

// deletions gives what a request asks for: each topic once, and what is wrong
// with how it is asked for.
func deletions(req *kmsg.DeleteTopicsRequest) []deletion {
	var all []deletion
	for i := range req.TopicNames {
		all = append(all, deletion{name: &req.TopicNames[i]})
	}
	for _, t := range req.Topics {
		d := deletion{name: t.Topic, id: t.TopicID}
		switch {
		case t.Topic == nil && d.id == engine.TopicID{}:
			d.err = failed(engine.ErrInvalidRequest, "Neither topic name nor id were specified.")
		case t.Topic != nil && d.id != engine.TopicID{}:
			d.err = failed(engine.ErrInvalidRequest, "You may not specify both topic name and topic id.")
		}
		all = append(all, d)
	}
	names, topicIDs := map[string]int{}, map[engine.TopicID]int{}
	for _, d := range all {
		if d.err == nil && d.name != nil {
			names[*d.name]++
		} else if d.err == nil {
			topicIDs[d.id]++
		}
	}
	var once []deletion
	for _, d := range all {
		count := 0
		if d.err == nil && d.name != nil {
			count, names[*d.name] = names[*d.name], 0
			if count > 1 {
				d.err = failed(engine.ErrInvalidRequest, "Duplicate topic name.")
			}
		} else if d.err == nil {
			count, topicIDs[d.id] = topicIDs[d.id], 0
			if count > 1 {
				d.err = failed(engine.ErrInvalidRequest, "Duplicate topic id.")
			}
		}
		if count > 0 || d.err != nil {
			once = append(once, d)
		}
	}
	return once
}

// resolveDeletion fills in the name or the id that the request left out.
func (c *Controller) resolveDeletion(asked *deletion, answer *kmsg.DeleteTopicsResponseTopic, deleted map[engine.TopicID]bool) *apiError {
	if asked.name == nil {
		t := c.committed.TopicByID(asked.id)
		if t == nil {
			return failed(engine.ErrUnknownTopicID, sayUnknownTopicID)
		}
		answer.Topic = &t.Name
	} else {
		t := c.committed.Topic(*asked.name)
		if t == nil {
			return failed(engine.ErrUnknownTopicOrPartition, sayUnknownTopic)
		}
		answer.TopicID = t.ID
	}
	if deleted[answer.TopicID] {
		return failed(engine.ErrInvalidRequest, "The provided topic name maps to an ID that was already supplied.")
	}
	if c.pending.TopicByID(answer.TopicID) == nil { // being deleted, not committed yet
		return failed(engine.ErrUnknownTopicID, sayUnknownTopicID)
	}
	return nil
}

// refusedDeletions answers every topic of a request with one error.
func refusedDeletions(req *kmsg.DeleteTopicsRequest, err *apiError) []kmsg.DeleteTopicsResponseTopic {
	var all []kmsg.DeleteTopicsResponseTopic
	for _, d := range deletions(req) {
		t := kmsg.NewDeleteTopicsResponseTopic()
		t.Topic, t.TopicID = d.name, d.id
		t.ErrorCode, t.ErrorMessage = err.errorCode(), err.text()
		all = append(all, t)
	}
	return all
}
