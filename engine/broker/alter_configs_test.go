package broker

import (
	"testing"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestAlterConfigs asks a broker to alter configs: what it refuses itself, what it
// sends on, and how the answers are put together.
func TestAlterConfigs(t *testing.T) {
	text := func(s string) *string { return &s }
	key := func(name string, op kmsg.IncrementalAlterConfigOp, value *string) kmsg.IncrementalAlterConfigsRequestResourceConfig {
		return kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: name, Op: op, Value: value}
	}
	set := func(name, value string) kmsg.IncrementalAlterConfigsRequestResourceConfig {
		return key(name, kmsg.IncrementalAlterConfigOpSet, text(value))
	}
	broker := func(name string, keys ...kmsg.IncrementalAlterConfigsRequestResourceConfig) kmsg.IncrementalAlterConfigsRequestResource {
		return kmsg.IncrementalAlterConfigsRequestResource{ResourceType: kmsg.ConfigResourceTypeBroker, ResourceName: name, Configs: keys}
	}
	for _, c := range []struct {
		name     string
		resource kmsg.IncrementalAlterConfigsRequestResource
		want     engine.ErrorCode
		message  string
	}{
		{"its own configs pass", broker("1", set("message.max.bytes", "2000000")), engine.ErrNone, ""},
		{"the cluster-wide defaults pass", broker("", set("message.max.bytes", "2000000")), engine.ErrNone, ""},
		{"another broker's do not", broker("2", set("message.max.bytes", "1")), engine.ErrInvalidRequest,
			"Unexpected broker id, expected 1, but received 2"},
		{"a name that is no id", broker("one"), engine.ErrInvalidRequest, "Node id must be an integer, but it is: one"},
		{"a key that cannot be altered at runtime", broker("1", set("node.id", "7")), engine.ErrInvalidRequest,
			"Cannot update these configs dynamically: [node.id]"},
		{"a value of the wrong type", broker("1", set("message.max.bytes", "x")), engine.ErrInvalidRequest,
			"Invalid value x for configuration message.max.bytes: Not a number of type INT"},
		{"a value that is null", broker("1", key("message.max.bytes", kmsg.IncrementalAlterConfigOpSet, nil)), engine.ErrInvalidRequest,
			"Null value not supported for : message.max.bytes"},
		{"a key twice", broker("1", set("log.roll.ms", "1"), set("log.roll.ms", "2")), engine.ErrInvalidRequest,
			"Error due to duplicate config keys"},
		{"appending to what is no list", broker("1", key("log.roll.ms", kmsg.IncrementalAlterConfigOpAppend, text("1"))), engine.ErrInvalidConfig,
			"Config value append is not allowed for config key: log.roll.ms"},
		{"subtracting from a list down to nothing allowed", broker("1", key("log.cleanup.policy", kmsg.IncrementalAlterConfigOpSubtract, text("x"))), engine.ErrNone, ""},
		{"an operation that there is not", broker("1", key("log.roll.ms", 9, text("1"))), engine.ErrInvalidRequest, "Unknown operations type 9"},
		{"a type that there is not", kmsg.IncrementalAlterConfigsRequestResource{ResourceType: 99, ResourceName: "x"}, engine.ErrInvalidRequest,
			"Unknown resource type 99"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newOpen(t)
			h.names()
			h.envelope = func(r *kmsg.EnvelopeResponse) { r.ResponseData = alteredInside(c.resource) }
			req := kmsg.NewPtrIncrementalAlterConfigsRequest()
			req.Version = 1
			req.Resources = append(req.Resources, c.resource)
			got := h.ask(req).(*kmsg.IncrementalAlterConfigsResponse).Resources
			if len(got) != 1 || engine.ErrorCode(got[0].ErrorCode) != c.want || got[0].ResourceName != c.resource.ResourceName {
				t.Fatalf("answered %+v", got)
			}
			if c.message != "" && (got[0].ErrorMessage == nil || *got[0].ErrorMessage != c.message) {
				t.Errorf("says %v", got[0].ErrorMessage)
			}
			if asked := h.names() != ""; asked != (c.want == engine.ErrNone) {
				t.Errorf("asked the controller: %t", asked)
			}
		})
	}
}

// alteredInside is an Envelope's content: the resources were altered.
func alteredInside(all ...kmsg.IncrementalAlterConfigsRequestResource) []byte {
	resp := kmsg.NewPtrIncrementalAlterConfigsResponse()
	resp.Version = 1
	for _, r := range all {
		resp.Resources = append(resp.Resources, kmsg.IncrementalAlterConfigsResponseResource{ResourceType: r.ResourceType, ResourceName: r.ResourceName})
	}
	return resp.AppendTo([]byte{0, 0, 0, 5, 0})
}

// TestAlterConfigsInParts sends a request of which a part is refused here.
func TestAlterConfigsInParts(t *testing.T) {
	h := newOpen(t)
	h.names()
	resource := func(kind kmsg.ConfigResourceType, name string) kmsg.IncrementalAlterConfigsRequestResource {
		return kmsg.IncrementalAlterConfigsRequestResource{ResourceType: kind, ResourceName: name}
	}
	orders, returns := resource(kmsg.ConfigResourceTypeTopic, "orders"), resource(kmsg.ConfigResourceTypeTopic, "returns")
	h.envelope = func(r *kmsg.EnvelopeResponse) { r.ResponseData = alteredInside(orders, returns) }
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.Version = 1
	req.Resources = append(req.Resources, orders, resource(kmsg.ConfigResourceTypeBroker, "2"), returns)
	got := h.ask(req).(*kmsg.IncrementalAlterConfigsResponse).Resources
	if len(got) != 3 || got[0].ResourceName != "orders" || got[0].ErrorCode != 0 || got[2].ResourceName != "returns" || got[2].ErrorCode != 0 {
		t.Fatalf("answered %+v", got)
	}
	if got[1].ResourceName != "2" || engine.ErrorCode(got[1].ErrorCode) != engine.ErrInvalidRequest {
		t.Errorf("the refused one: %+v", got[1])
	}
	var inside kmsg.IncrementalAlterConfigsRequest
	inside.Version = 1
	data := h.toController[0].(*kmsg.EnvelopeRequest).RequestData
	if inside.ReadFrom(data[len("\x00\x2c\x00\x01\x00\x00\x00\x05\x00\x06client\x00"):]) != nil || len(inside.Resources) != 2 {
		t.Errorf("sent on: %+v", inside.Resources)
	}
}

// TestLegacyAlterConfigs replaces all that a broker has.
func TestLegacyAlterConfigs(t *testing.T) {
	h := newOpen(t)
	value := "1"
	req := kmsg.NewPtrAlterConfigsRequest()
	req.Version = 2
	req.Resources = append(req.Resources, kmsg.AlterConfigsRequestResource{
		ResourceType: kmsg.ConfigResourceTypeBroker, ResourceName: "1",
		Configs: []kmsg.AlterConfigsRequestResourceConfig{{Name: "broker.rack", Value: &value}},
	})
	got := h.ask(req).(*kmsg.AlterConfigsResponse).Resources
	if len(got) != 1 || engine.ErrorCode(got[0].ErrorCode) != engine.ErrInvalidRequest {
		t.Errorf("answered %+v", got)
	}
}

// TestDynamicConfigsTakeEffect alters what a broker looks at while it runs.
func TestDynamicConfigsTakeEffect(t *testing.T) {
	h := newOpen(t)
	h.apply(topic("orders", 1, ids(1, 2, 3))...)
	tp := engine.TopicPartition{Topic: "orders"}
	largest := func() int { return h.b.Replicas().LogConfig(tp).MaxMessageBytes }
	change := func(kind metadata.ResourceType, name, key, value string) {
		h.apply(&records.ConfigRecord{ResourceType: int8(kind), ResourceName: name, Name: key, Value: &value})
	}
	if got := largest(); got != 1048588 {
		t.Fatalf("at first %d", got)
	}
	change(metadata.ResourceBroker, "", "message.max.bytes", "1000")
	if got := largest(); got != 1000 {
		t.Errorf("as the cluster-wide default says: %d", got)
	}
	change(metadata.ResourceBroker, "1", "message.max.bytes", "2000")
	if got := largest(); got != 2000 {
		t.Errorf("as the broker's own says: %d", got)
	}
	change(metadata.ResourceTopic, "orders", "max.message.bytes", "3000")
	if got := largest(); got != 3000 {
		t.Errorf("as the topic's own says: %d", got)
	}
	change(metadata.ResourceBroker, "2", "message.max.bytes", "4000")
	h.apply(&records.ConfigRecord{ResourceType: int8(metadata.ResourceTopic), ResourceName: "orders", Name: "max.message.bytes"})
	if got := largest(); got != 2000 {
		t.Errorf("with the topic's own gone: %d", got)
	}
	change(metadata.ResourceBroker, "", "producer.id.expiration.ms", "5000")
	if got := h.b.Replicas().LogConfig(tp).ProducerIDExpiration; got.Milliseconds() != 5000 {
		t.Errorf("producers are forgotten after %v", got)
	}
}
