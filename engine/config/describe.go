package config

import (
	"slices"
	"strconv"
	"strings"

	"bitacora/engine"
	"bitacora/engine/metadata"
)

// Source says where a value came from, with DescribeConfigs' numbers
// (DescribeConfigsResponse.ConfigSource).
type Source int8

// Kafka's sources, of those that occur here.
const (
	DynamicTopic         Source = 1
	DynamicBroker        Source = 2
	DynamicDefaultBroker Source = 3
	StaticBroker         Source = 4
	Default              Source = 5
)

// Value is one value and where it came from.
type Value struct {
	Name   string
	Value  string
	Source Source
}

// Entry is one config as DescribeConfigs tells it.
type Entry struct {
	Value
	Null     bool // there is no value
	Type     Type
	ReadOnly bool
	Synonyms []Value // from the one that counts down to the default
}

// Server gives the value of a server's key that counts now, dynamic ones first
// (DynamicBrokerConfig.currentConfig); "" where there is none.
func Server(image *metadata.Image, static Static, node engine.NodeID, name string) string {
	key, ok := find(ServerKeys(), name)
	if !ok {
		engine.Violated("KnownConfig", "%q is not a server's key", name)
	}
	if all := serverSynonyms(image, static, node, key); len(all) > 0 {
		return all[0].Value
	}
	return ""
}

// ServerInt gives a number of a server as it counts now.
func ServerInt(image *metadata.Image, static Static, node engine.NodeID, name string) int64 {
	return parseInt(Server(image, static, node, name))
}

// ServerDecimal gives a number of a DOUBLE key of a server as it counts now.
func ServerDecimal(image *metadata.Image, static Static, node engine.NodeID, name string) Decimal {
	return parseDecimal(Server(image, static, node, name))
}

// resolve gives the value of a topic's key that counts: the first of
// topicSynonyms, for which it makes no list.
func resolve(image *metadata.Image, static Static, node engine.NodeID, topic string, key Key) Value {
	if value, ok := image.Config(TopicResource(topic), key.Name); ok {
		return Value{key.Name, value, DynamicTopic}
	}
	name := key.Name
	if key.Synonym != "" {
		if name = key.Synonym; image.HasConfigs() || static.set != nil {
			if all := appendSet(nil, image, static, node, key.Synonym); len(all) > 0 {
				return all[0]
			}
		}
	}
	if key.Unset || key.ServerUnset {
		name = key.Name
	}
	return Value{name, coarseDefault(static, key), Default}
}

// topicSynonyms gives every value a topic's key has somewhere, the one that
// counts first. The default is told under the server's name; where there is no
// such key, or it has no default, Kafka tells none of the topic's either.
func topicSynonyms(image *metadata.Image, static Static, node engine.NodeID, topic string, key Key) []Value {
	var all []Value
	if value, ok := image.Config(TopicResource(topic), key.Name); ok {
		all = append(all, Value{key.Name, value, DynamicTopic})
	}
	if key.Synonym == "" {
		return all
	}
	all = appendSet(all, image, static, node, key.Synonym)
	if !key.Unset && !key.ServerUnset {
		all = append(all, Value{key.Synonym, key.Default, Default})
	}
	return all
}

// coarseDefault is a topic key's default, or what server.properties say of it in
// coarser units. Kafka tells no source but the default for that, either.
func coarseDefault(static Static, key Key) string {
	for _, c := range key.Coarser {
		value, ok := static.Lookup(c.Name)
		if !ok {
			continue
		}
		n := parseInt(value)
		if n > 0 { // negative is no limit in whatever unit
			n *= c.Factor
		}
		return strconv.FormatInt(n, 10)
	}
	return key.Default
}

// serverSynonyms gives every value a server's key has somewhere, the one that
// counts first.
func serverSynonyms(image *metadata.Image, static Static, node engine.NodeID, key Key) []Value {
	all := appendSet(nil, image, static, node, key.Name)
	if !key.Unset {
		all = append(all, Value{key.Name, key.Default, Default})
	}
	return all
}

// appendSet appends what a server's key was set to: for the broker, for the
// cluster, in server.properties.
func appendSet(all []Value, image *metadata.Image, static Static, node engine.NodeID, name string) []Value {
	if value, ok := image.Config(BrokerResource(node), name); ok {
		all = append(all, Value{name, value, DynamicBroker})
	}
	if value, ok := image.Config(ClusterResource(), name); ok {
		all = append(all, Value{name, value, DynamicDefaultBroker})
	}
	if value, ok := static.Lookup(name); ok {
		all = append(all, Value{name, value, StaticBroker})
	}
	return all
}

// DescribeTopic gives the topic's configs, sorted by name: all, or those asked
// for. Keys that are not known are passed over, as Kafka does.
func DescribeTopic(image *metadata.Image, static Static, node engine.NodeID, topic string, names []string) []Entry {
	var out []Entry
	for _, key := range TopicKeys() {
		key.Default = coarseDefault(static, key)
		if !wanted(names, key.Name) {
			continue
		}
		_, set := image.Config(TopicResource(topic), key.Name)
		if key.Internal && !set {
			continue
		}
		out = append(out, entry(key, topicSynonyms(image, static, node, topic, key), false))
	}
	return out
}

// NewTopicEntries gives the configs that a topic will have when it is made with
// these values, sorted by name, as CreateTopics answers them
// (ConfigurationControlManager.computeEffectiveTopicConfigs).
func NewTopicEntries(image *metadata.Image, static Static, node engine.NodeID, set map[string]string) []Entry {
	var out []Entry
	for _, key := range TopicKeys() {
		key.Default = coarseDefault(static, key)
		value, given := set[key.Name]
		if key.Internal && !given {
			continue
		}
		all := topicSynonyms(image, static, node, "", key)
		if given {
			all = slices.Insert(all, 0, Value{key.Name, value, DynamicTopic})
		}
		out = append(out, entry(key, all, false))
	}
	return out
}

// DescribeServer gives a server's configs, sorted by name: all, or those asked
// for. With cluster set it gives the cluster-wide defaults alone, which are only
// those that were set.
func DescribeServer(image *metadata.Image, static Static, node engine.NodeID, cluster bool, names []string) []Entry {
	var out []Entry
	for _, key := range ServerKeys() {
		if !wanted(names, key.Name) {
			continue
		}
		all := serverSynonyms(image, static, node, key)
		if cluster {
			all = slices.DeleteFunc(all, func(v Value) bool { return v.Source != DynamicDefaultBroker })
		}
		if len(all) == 0 && (cluster || key.Internal) || key.Internal && all[0].Source == Default {
			continue
		}
		out = append(out, entry(key, all, !key.Dynamic))
	}
	return out
}

func wanted(names []string, name string) bool {
	return names == nil || slices.Contains(names, name)
}

func entry(key Key, all []Value, readOnly bool) Entry {
	e := Entry{Value: Value{Name: key.Name, Value: key.Default, Source: Default}, Null: key.Unset, Type: key.Type, ReadOnly: readOnly, Synonyms: all}
	if len(all) > 0 {
		e.Null, e.Value.Value, e.Source = false, all[0].Value, all[0].Source
	}
	return e
}

func sortKeys(keys []Key) {
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.Name, b.Name) })
}
