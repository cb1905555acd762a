package broker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleIncrementalAlterConfigs: key 44, v0-v1. Kafka 4.3; KIP-339, KIP-226.
// Read: KafkaApis.handleIncrementalAlterConfigsRequest, ConfigAdminManager
// .preprocess. Shown in: TestAlterConfigs.
//   - a broker answers for broker configs itself when they are wrong, and only for
//     its own or the cluster-wide defaults: another broker's are INVALID_REQUEST
//   - what passes goes to the controller in one Envelope; the answers are put
//     together in the order of the request
//
// Not modelled: loggers' levels, groups, client metrics (the controller refuses
// the latter two).
func (b *Broker) handleIncrementalAlterConfigs(env *engine.Env, req engine.Request, m *kmsg.IncrementalAlterConfigsRequest) {
	changes := make([]configChange, 0, len(m.Resources))
	for _, r := range m.Resources {
		c := configChange{kind: r.ResourceType, name: r.ResourceName}
		for _, k := range r.Configs {
			c.keys = append(c.keys, keyChange{k.Name, k.Value, k.Op})
		}
		changes = append(changes, c)
	}
	refused := b.checkConfigChanges(changes, true)
	rest := *m
	rest.Resources = nil
	for i, r := range m.Resources {
		if refused[i].code == engine.ErrNone {
			rest.Resources = append(rest.Resources, r)
		}
	}
	if len(rest.Resources) > 0 {
		b.forwardPart(env, forwarded{from: req, sent: &rest, refused: refused})
		return
	}
	env.Reply(req, reassembled(m, m.ResponseKind(), refused), engine.Durable{})
}

// handleAlterConfigs: key 33, v0-v2. Kafka 4.3; KIP-133. It replaces everything
// that a resource has, and is older than the one above.
// Read: KafkaApis.handleAlterConfigsRequest. Shown in: TestAlterConfigs.
func (b *Broker) handleAlterConfigs(env *engine.Env, req engine.Request, m *kmsg.AlterConfigsRequest) {
	changes := make([]configChange, 0, len(m.Resources))
	for _, r := range m.Resources {
		c := configChange{kind: r.ResourceType, name: r.ResourceName}
		for _, k := range r.Configs {
			c.keys = append(c.keys, keyChange{k.Name, k.Value, kmsg.IncrementalAlterConfigOpSet})
		}
		changes = append(changes, c)
	}
	refused := b.checkConfigChanges(changes, false)
	rest := *m
	rest.Resources = nil
	for i, r := range m.Resources {
		if refused[i].code == engine.ErrNone {
			rest.Resources = append(rest.Resources, r)
		}
	}
	if len(rest.Resources) > 0 {
		b.forwardPart(env, forwarded{from: req, sent: &rest, refused: refused})
		return
	}
	env.Reply(req, reassembled(m, m.ResponseKind(), refused), engine.Durable{})
}

// configChange is what one resource of a request asks for, and keyChange one key
// of it.
type configChange struct {
	kind kmsg.ConfigResourceType
	name string
	keys []keyChange
}

type keyChange struct {
	name  string
	value *string
	op    kmsg.IncrementalAlterConfigOp
}

// refusal is why this broker does not let a resource's change pass; the zero
// value lets it.
type refusal struct {
	code    engine.ErrorCode
	message string
}

// checkConfigChanges gives the refusal of each resource (ConfigAdminManager
// .preprocess). An incremental change begins with what the resource has.
func (b *Broker) checkConfigChanges(all []configChange, incremental bool) []refusal {
	refused := make([]refusal, len(all))
	for i, c := range all {
		twice := slices.ContainsFunc(all[:i], c.sameResource) || slices.ContainsFunc(all[i+1:], c.sameResource)
		if twice {
			refused[i] = refusal{engine.ErrInvalidRequest, "Each resource must appear at most once."}
			continue
		}
		refused[i] = b.checkConfigChange(c, incremental)
	}
	return refused
}

func (c configChange) sameResource(other configChange) bool {
	return c.kind == other.kind && c.name == other.name
}

func (b *Broker) checkConfigChange(c configChange, incremental bool) refusal {
	var null []string
	for i, k := range c.keys {
		if slices.ContainsFunc(c.keys[:i], func(other keyChange) bool { return other.name == k.name }) {
			return refusal{engine.ErrInvalidRequest, "Error due to duplicate config keys"}
		}
		if k.value == nil && k.op != kmsg.IncrementalAlterConfigOpDelete {
			null = append(null, k.name)
		}
	}
	if len(null) > 0 {
		return refusal{engine.ErrInvalidRequest, "Null value not supported for : " + strings.Join(null, ", ")}
	}
	switch c.kind {
	case kmsg.ConfigResourceTypeBroker:
		return b.checkBrokerConfigChange(c, incremental)
	case kmsg.ConfigResourceTypeTopic, kmsg.ConfigResourceTypeClientMetrics, kmsg.ConfigResourceTypeGroupConfig:
		return refusal{}
	}
	return refusal{engine.ErrInvalidRequest, fmt.Sprintf("Unknown resource type %d", c.kind)}
}

// checkBrokerConfigChange is DynamicBrokerConfig.validate over the configs that
// there would be.
func (b *Broker) checkBrokerConfigChange(c configChange, incremental bool) refusal {
	if c.name != "" {
		id, err := strconv.ParseInt(c.name, 10, 32)
		if err != nil {
			return refusal{engine.ErrInvalidRequest, "Node id must be an integer, but it is: " + c.name}
		}
		if engine.NodeID(id) != b.cfg.NodeID {
			return refusal{engine.ErrInvalidRequest,
				fmt.Sprintf("Unexpected broker id, expected %d, but received %s", b.cfg.NodeID, c.name)}
		}
	}
	values := map[string]string{}
	if incremental {
		resource := metadata.ConfigResource{Type: metadata.ResourceBroker, Name: c.name}
		for _, key := range b.image.ConfigKeys(resource) {
			values[key], _ = b.image.Config(resource, key)
		}
	}
	for _, k := range c.keys {
		if r := k.apply(values); r.code != engine.ErrNone {
			return r
		}
	}
	if err := config.CheckDynamic(values); err != nil {
		return refusal{engine.ErrInvalidRequest, err.Error()}
	}
	return refusal{}
}

// apply changes one key of a broker's values (ConfigAdminManager
// .prepareIncrementalConfigs).
func (k keyChange) apply(values map[string]string) refusal {
	word := "append"
	switch k.op {
	case kmsg.IncrementalAlterConfigOpSet:
		values[k.name] = *k.value
		return refusal{}
	case kmsg.IncrementalAlterConfigOpDelete:
		delete(values, k.name)
		return refusal{}
	case kmsg.IncrementalAlterConfigOpAppend:
	case kmsg.IncrementalAlterConfigOpSubtract:
		word = "subtract"
	default:
		return refusal{engine.ErrInvalidRequest, fmt.Sprintf("Unknown operations type %d", k.op)}
	}
	key, known := config.FindKey(metadata.ResourceBroker, k.name)
	if !known || key.Type != config.List {
		return refusal{engine.ErrInvalidConfig, "Config value " + word + " is not allowed for config key: " + k.name}
	}
	was, set := values[k.name]
	if !set {
		was = key.Default
	}
	values[k.name] = config.ChangeList(was, *k.value, word == "append")
	return refusal{}
}

// reassembled puts a controller's answer and what this broker refused together,
// in the order of the request (ConfigAdminManager.reassembleIncrementalResponse).
func reassembled(asked kmsg.Request, answer kmsg.Response, refused []refusal) kmsg.Response {
	answer.SetVersion(asked.GetVersion())
	next := 0
	switch asked := asked.(type) {
	case *kmsg.IncrementalAlterConfigsRequest:
		resp := answer.(*kmsg.IncrementalAlterConfigsResponse)
		from := resp.Resources
		resp.Resources = nil
		for i, r := range asked.Resources {
			out := kmsg.NewIncrementalAlterConfigsResponseResource()
			if refused[i].code == engine.ErrNone && next < len(from) {
				out, next = from[next], next+1
			} else {
				out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
				out.ErrorCode, out.ErrorMessage = int16(refused[i].code), kmsg.StringPtr(refused[i].message)
			}
			resp.Resources = append(resp.Resources, out)
		}
	case *kmsg.AlterConfigsRequest:
		resp := answer.(*kmsg.AlterConfigsResponse)
		from := resp.Resources
		resp.Resources = nil
		for i, r := range asked.Resources {
			out := kmsg.NewAlterConfigsResponseResource()
			if refused[i].code == engine.ErrNone && next < len(from) {
				out, next = from[next], next+1
			} else {
				out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
				out.ErrorCode, out.ErrorMessage = int16(refused[i].code), kmsg.StringPtr(refused[i].message)
			}
			resp.Resources = append(resp.Resources, out)
		}
	}
	return answer
}
