package metadata

import (
	"cmp"
	"maps"
	"slices"

	"bitacora/engine/metadata/records"
)

// ResourceType is what a config belongs to (ConfigResource.Type).
type ResourceType int8

// Kafka's numbers.
const (
	ResourceTopic         ResourceType = 2
	ResourceBroker        ResourceType = 4
	ResourceClientMetrics ResourceType = 16
	ResourceGroup         ResourceType = 32
)

// ConfigResource names what a config belongs to. A broker's name is its id in
// decimal, or "" for the cluster-wide default of all brokers.
type ConfigResource struct {
	Type ResourceType
	Name string
}

func compareResources(a, b ConfigResource) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
}

// MetadataVersion is the name of the feature that decides the versions of
// metadata records.
const MetadataVersion = "metadata.version"

// EligibleLeaderReplicasVersion is the name of the feature that, at level 1, has
// partitions keep eligible leader replicas (KIP-966).
const EligibleLeaderReplicasVersion = "eligible.leader.replicas.version"

// Config gives the value set for one key of a resource, and whether one is.
func (m *Image) Config(resource ConfigResource, key string) (string, bool) {
	value, ok := m.configs[resource][key]
	return value, ok
}

// HasConfigs says whether anything has a config at all.
func (m *Image) HasConfigs() bool { return len(m.configs) > 0 }

// ConfigKeys gives the keys set for a resource, sorted.
func (m *Image) ConfigKeys(resource ConfigResource) []string {
	return slices.Sorted(maps.Keys(m.configs[resource]))
}

// ConfigResources gives every resource that has a config, sorted.
func (m *Image) ConfigResources() []ConfigResource {
	return slices.SortedFunc(maps.Keys(m.configs), compareResources)
}

// applyConfig sets one key, or takes it away where the value is null.
func (m *Image) applyConfig(r *records.ConfigRecord, delta *Delta) {
	resource := ConfigResource{ResourceType(r.ResourceType), r.ResourceName}
	values := maps.Clone(m.configs[resource])
	if values == nil {
		values = map[string]string{}
	}
	if r.Value == nil {
		delete(values, r.Name)
	} else {
		values[r.Name] = *r.Value
	}
	m.configs[resource] = values
	if len(values) == 0 {
		delete(m.configs, resource)
	}
	delta.configs[resource] = true
}

// FeatureLevel is the finalized level of a feature, 0 when it has none.
func (m *Image) FeatureLevel(name string) int16 { return m.features[name] }

// FeatureNames gives the features with a finalized level, sorted. kraft.version
// is not among them: the quorum keeps it in the log's control records.
func (m *Image) FeatureNames() []string { return slices.Sorted(maps.Keys(m.features)) }

// applyFeatureLevel finalizes a level; 0 takes the feature away.
func (m *Image) applyFeatureLevel(r *records.FeatureLevelRecord, delta *Delta) {
	if r.FeatureLevel == 0 {
		delete(m.features, r.Name)
	} else {
		m.features[r.Name] = r.FeatureLevel
	}
	delta.features = true
}
