package broker

import (
	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDescribeConfigs: key 32, v1-v4. Kafka 4.3; KIP-133, KIP-226, KIP-569.
// Read: ConfigHelper.handleDescribeConfigsRequest, createResponseConfig.
// Shown in: TestDescribeConfigs.
//   - a topic's configs, this broker's, or (with an empty name) the cluster-wide
//     defaults that were set
//   - another broker's name is INVALID_REQUEST: clients ask that broker itself
//   - only keys that are in force here are listed
//
// Not modelled: client metrics, groups and broker loggers (INVALID_REQUEST);
// documentation is empty.
func (b *Broker) handleDescribeConfigs(env *engine.Env, req engine.Request, m *kmsg.DescribeConfigsRequest) {
	resp := m.ResponseKind().(*kmsg.DescribeConfigsResponse)
	resp.Version = m.Version
	resp.Resources = []kmsg.DescribeConfigsResponseResource{}
	for _, r := range m.Resources {
		out := kmsg.NewDescribeConfigsResponseResource()
		out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
		out.Configs = []kmsg.DescribeConfigsResponseResourceConfig{}
		entries, code, message := b.configEntries(r)
		out.ErrorCode = int16(code)
		if code != engine.ErrNone {
			out.ErrorMessage = kmsg.StringPtr(message)
		}
		for _, e := range entries {
			out.Configs = append(out.Configs, describedConfig(e, m.IncludeSynonyms))
		}
		resp.Resources = append(resp.Resources, out)
	}
	env.Reply(req, resp, engine.Durable{})
}

func (b *Broker) configEntries(r kmsg.DescribeConfigsRequestResource) ([]config.Entry, engine.ErrorCode, string) {
	self := decimal(int64(b.cfg.NodeID))
	switch r.ResourceType {
	case kmsg.ConfigResourceTypeTopic:
		if metadata.InvalidTopicName(r.ResourceName) != "" {
			return nil, engine.ErrInvalidTopicException, "Topic name is invalid: '" + r.ResourceName + "'"
		}
		if b.image.Topic(r.ResourceName) == nil {
			return nil, engine.ErrUnknownTopicOrPartition, "This server does not host this topic-partition."
		}
		return config.DescribeTopic(b.image, b.cfg.Static, b.cfg.NodeID, r.ResourceName, r.ConfigNames), 0, ""
	case kmsg.ConfigResourceTypeBroker:
		if r.ResourceName != "" && r.ResourceName != self {
			return nil, engine.ErrInvalidRequest,
				"Unexpected broker id, expected " + self + " or empty string, but received " + r.ResourceName
		}
		return config.DescribeServer(b.image, b.cfg.Static, b.cfg.NodeID, r.ResourceName == "", r.ConfigNames), 0, ""
	}
	return nil, engine.ErrInvalidRequest, "Unsupported resource type: " + r.ResourceType.String()
}

func describedConfig(e config.Entry, synonyms bool) kmsg.DescribeConfigsResponseResourceConfig {
	c := kmsg.NewDescribeConfigsResponseResourceConfig()
	c.Name = e.Name
	if !e.Null {
		c.Value = kmsg.StringPtr(e.Value.Value)
	}
	c.ReadOnly = e.ReadOnly
	c.Source = kmsg.ConfigSource(e.Source)
	c.IsDefault = e.Source == config.Default
	c.ConfigType = kmsg.ConfigType(e.Type)
	c.ConfigSynonyms = []kmsg.DescribeConfigsResponseResourceConfigConfigSynonym{}
	if !synonyms {
		return c
	}
	for _, s := range e.Synonyms {
		ks := kmsg.NewDescribeConfigsResponseResourceConfigConfigSynonym()
		ks.Name, ks.Value, ks.Source = s.Name, kmsg.StringPtr(s.Value), kmsg.ConfigSource(s.Source)
		c.ConfigSynonyms = append(c.ConfigSynonyms, ks)
	}
	return c
}
