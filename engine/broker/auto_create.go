package broker

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/channel"
	"bitacora/engine/config"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// autoCreate asks the controller for topics that clients named and nobody made
// (DefaultAutoTopicCreationManager). Those already asked for are left alone. Whether
// the controller could make one, the next metadata request shows.
func (b *Broker) autoCreate(env *engine.Env, names []string) {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version = 7
	req.TimeoutMillis = int32(b.requestTimeout.Milliseconds())
	for _, name := range names {
		if slices.Contains(b.creating, name) || !internalTopic(name) && !b.cfg.Static.Bool(config.AutoCreateTopics) {
			continue
		}
		b.creating = append(b.creating, name)
		req.Topics = append(req.Topics, b.creatable(name))
	}
	if len(req.Topics) == 0 {
		return
	}
	b.nextForward++
	b.links[linkForwarding].send(env, channel.Tag{Kind: tagAutoCreate, Key: b.nextForward}, req,
		env.Now().Add(forwardingTimeout))
}

// creatable says how a topic that nobody described is to be made.
func (b *Broker) creatable(name string) kmsg.CreateTopicsRequestTopic {
	static := b.cfg.Static
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic = name
	if name != offsetsTopic {
		t.NumPartitions = int32(static.Int(config.NumPartitions))
		t.ReplicationFactor = int16(static.Int(config.DefaultReplicationFactor))
		return t
	}
	t.NumPartitions = int32(static.Int(config.OffsetsTopicPartitions))
	t.ReplicationFactor = int16(static.Int(config.OffsetsTopicReplication))
	for _, c := range [][2]string{
		{"cleanup.policy", "compact"}, {"compression.type", "producer"}, {"segment.bytes", decimal(static.Int(config.OffsetsTopicSegmentBytes))},
	} {
		kc := kmsg.NewCreateTopicsRequestTopicConfig()
		kc.Name, kc.Value = c[0], kmsg.StringPtr(c[1])
		t.Configs = append(t.Configs, kc)
	}
	return t
}

func (b *Broker) onAutoCreated(request kmsg.Request) {
	req, ok := request.(*kmsg.CreateTopicsRequest)
	if !ok {
		return
	}
	b.creating = slices.DeleteFunc(b.creating, func(name string) bool {
		return slices.ContainsFunc(req.Topics, func(t kmsg.CreateTopicsRequestTopic) bool { return t.Topic == name })
	})
}
