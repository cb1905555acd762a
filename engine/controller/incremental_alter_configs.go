package controller

import (
	"fmt"
	"strconv"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// configValueMax bounds a config's value, in characters
// (ConfigurationControlManager.DISALLOWED_CONFIG_VALUE_SIZE_ERROR).
const configValueMax = 1<<15 - 1

// handleIncrementalAlterConfigs: key 44, v0-v1. Kafka 4.3; KIP-339.
// Read: ControllerApis.handleIncrementalAlterConfigs,
// ConfigurationControlManager.incrementalAlterConfigs.
//   - each resource stands for itself; one named twice: INVALID_REQUEST
//   - append and subtract only on lists, starting from the default
//   - a value that stays is written only for brokers (KAFKA-14136)
//   - keys that do nothing here are refused, for brokers too, which Kafka lets
//     have any
//
// Not modelled: groups, client metrics, loggers. What a broker checks before it
// forwards (null values, another broker's id) is the broker's. Shown in:
// testdata/alter_configs.txt
func (c *Controller) handleIncrementalAlterConfigs(env *engine.Env, host Host, call Call, req *kmsg.IncrementalAlterConfigsRequest) {
	resp := req.ResponseKind().(*kmsg.IncrementalAlterConfigsResponse)
	all := eachResource(req.Resources, resourceOf, c.alterResource, func(r kmsg.IncrementalAlterConfigsRequestResource, err *apiError) {
		resp.Resources = append(resp.Resources, alteredResource(r, err))
	})
	c.finishConfigs(env, host, call, all, resp, req.ValidateOnly)
}

// eachResource alters the configs of each resource that a request names, and has
// it answered. One that is named twice is refused, and answered once.
func eachResource[R any](resources []R, nameOf func(R) metadata.ConfigResource,
	alter func(R) ([]records.Versioned, *apiError), answer func(R, *apiError)) (all []records.Versioned) {
	count := map[metadata.ConfigResource]int{}
	for _, r := range resources {
		count[nameOf(r)]++
	}
	for _, r := range resources {
		var made []records.Versioned
		var err *apiError
		switch count[nameOf(r)] {
		case 0:
			continue // answered once
		case 1:
			made, err = alter(r)
		default:
			count[nameOf(r)] = 0
			err = failed(engine.ErrInvalidRequest, "Duplicate resource.")
		}
		all = append(all, made...)
		answer(r, err)
	}
	return all
}

// finishConfigs answers a request that alters configs.
func (c *Controller) finishConfigs(env *engine.Env, host Host, call Call, all []records.Versioned, resp kmsg.Response, validateOnly bool) {
	if len(all) > recordsPerRequest {
		c.refuse(env, host, call, apiError{engine.ErrPolicyViolation, "Unable to perform excessively large batch operation."})
		return
	}
	all = append(all, c.clearELRRecords(all)...)
	if validateOnly {
		all = nil
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

// checkResourceType refuses what has no configs here.
func checkResourceType(kind metadata.ResourceType) *apiError {
	if kind != metadata.ResourceTopic && kind != metadata.ResourceBroker {
		return failed(engine.ErrUnsupportedVersion, fmt.Sprintf("Unknown resource type %d.", kind))
	}
	return nil
}

func resourceOf(r kmsg.IncrementalAlterConfigsRequestResource) metadata.ConfigResource {
	return metadata.ConfigResource{Type: metadata.ResourceType(r.ResourceType), Name: r.ResourceName}
}

func alteredResource(r kmsg.IncrementalAlterConfigsRequestResource, err *apiError) kmsg.IncrementalAlterConfigsResponseResource {
	out := kmsg.NewIncrementalAlterConfigsResponseResource()
	out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
	out.ErrorCode, out.ErrorMessage = err.errorCode(), err.text()
	return out
}

// alterResource gives the records of one resource's changes.
func (c *Controller) alterResource(r kmsg.IncrementalAlterConfigsRequestResource) ([]records.Versioned, *apiError) {
	resource := resourceOf(r)
	if err := checkResourceType(resource.Type); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, key := range c.pending.ConfigKeys(resource) {
		values[key], _ = c.pending.Config(resource, key)
	}
	var changes []configChange
	for _, change := range r.Configs {
		was, set := values[change.Name]
		next, err := altered(resource.Type, change, was, set)
		if err != nil {
			return nil, err
		}
		changes = append(changes, configChange{change.Name, next})
	}
	return c.changeConfigs(resource, values, changes)
}

// configChange is a key and its new value, nil for none.
type configChange struct {
	name string
	next *string
}

// changeConfigs checks the configs that a resource would have, and gives the
// records that lead there (ConfigurationControlManager.validateAlterConfig).
// values are those it has.
func (c *Controller) changeConfigs(resource metadata.ConfigResource, values map[string]string, changes []configChange) ([]records.Versioned, *apiError) {
	var all []records.Versioned
	for _, change := range changes {
		was, set := values[change.name]
		if err := c.checkMinISRChange(resource, change); err != nil {
			return nil, err
		}
		if change.next == nil {
			delete(values, change.name)
		} else if values[change.name] = *change.next; len(*change.next) > configValueMax {
			return nil, failed(engine.ErrInvalidConfig, fmt.Sprintf(
				"The configuration value cannot be added because it exceeds the maximum value size of %d bytes.", configValueMax))
		}
		same := change.next == nil && !set || change.next != nil && set && *change.next == was
		if !same || resource.Type == metadata.ResourceBroker {
			all = append(all, records.Versioned{Record: &records.ConfigRecord{
				ResourceType: int8(resource.Type), ResourceName: resource.Name, Name: change.name, Value: change.next,
			}})
		}
	}
	if err := c.checkAltered(resource, values); err != nil {
		return nil, err
	}
	return all, nil
}

// altered gives a key's new value, nil for none.
func altered(kind metadata.ResourceType, change kmsg.IncrementalAlterConfigsRequestResourceConfig, was string, set bool) (*string, *apiError) {
	switch change.Op {
	case kmsg.IncrementalAlterConfigOpDelete:
		return nil, nil
	case kmsg.IncrementalAlterConfigOpSet:
		if change.Value == nil {
			return nil, failed(engine.ErrInvalidRequest, "Null value not supported for : "+change.Name)
		}
		return change.Value, nil
	case kmsg.IncrementalAlterConfigOpAppend, kmsg.IncrementalAlterConfigOpSubtract:
	default:
		return nil, failed(engine.ErrInvalidRequest, fmt.Sprintf("Unknown operations type %d", change.Op))
	}
	key, known := config.FindKey(kind, change.Name)
	if !known || key.Type != config.List {
		op := "APPEND"
		if change.Op == kmsg.IncrementalAlterConfigOpSubtract {
			op = "SUBTRACT"
		}
		return nil, failed(engine.ErrInvalidConfig, fmt.Sprintf("Can't %s to key %s because its type is not LIST.", op, change.Name))
	}
	if change.Value == nil {
		return nil, failed(engine.ErrInvalidRequest, "Null value not supported for : "+change.Name)
	}
	if !set {
		was = key.Default
	}
	joined := config.ChangeList(was, *change.Value, change.Op == kmsg.IncrementalAlterConfigOpAppend)
	return &joined, nil
}

// checkAltered says what is wrong with a resource and the configs it would have
// (ControllerConfigurationValidator, ConfigResourceExistenceChecker).
func (c *Controller) checkAltered(resource metadata.ConfigResource, values map[string]string) *apiError {
	if resource.Type == metadata.ResourceBroker {
		return c.checkAlteredBroker(resource.Name, values)
	}
	if resource.Name == "" {
		return failed(engine.ErrInvalidRequest, "Default topic resources are not allowed.")
	}
	if why := metadata.InvalidTopicName(resource.Name); why != "" {
		return failed(engine.ErrInvalidTopicException, "Topic name is invalid: "+why)
	}
	if err := config.CheckTopic(values); err != nil {
		return failed(engine.ErrInvalidConfig, err.Error())
	}
	if c.pending.Topic(resource.Name) == nil {
		return failed(engine.ErrUnknownTopicOrPartition, fmt.Sprintf("The topic '%s' does not exist.", resource.Name))
	}
	return nil
}

func (c *Controller) checkAlteredBroker(name string, values map[string]string) *apiError {
	if err := config.CheckDynamic(values); err != nil {
		return failed(engine.ErrInvalidRequest, err.Error())
	}
	if name == "" {
		return nil
	}
	id, err := strconv.ParseInt(name, 10, 32)
	switch {
	case err != nil:
		return failed(engine.ErrInvalidRequest, "Unable to parse broker name as a base 10 number.")
	case id < 0:
		return failed(engine.ErrInvalidRequest, "Invalid negative broker ID.")
	case c.pending.Broker(engine.NodeID(id)) == nil && c.pending.Controller(engine.NodeID(id)) == nil:
		return failed(engine.ErrBrokerIDNotRegistered, fmt.Sprintf("No broker with id %d found.", id))
	}
	return nil
}
