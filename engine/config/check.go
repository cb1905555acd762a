package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bitacora/engine/metadata"
)

// CheckTopic says what is wrong with a topic's own configs, in Kafka's words
// (LogConfig.validate): unknown keys first, then values in the order of names.
func CheckTopic(values map[string]string) error {
	keys := TopicKeys()
	names := slices.Sorted(maps.Keys(values))
	for _, name := range names {
		if _, ok := find(keys, name); !ok {
			return fmt.Errorf("Unknown topic config name: %s", name)
		}
	}
	for _, name := range names {
		key, _ := find(keys, name)
		if err := key.Check(values[name]); err != nil {
			return err
		}
	}
	return checkLags(values)
}

// checkLags is LogConfig.validateValues.
func checkLags(values map[string]string) error {
	get := func(name string) int64 {
		if value, ok := values[name]; ok {
			return parseInt(value)
		}
		key, _ := find(TopicKeys(), name)
		return parseInt(key.Default)
	}
	if least, most := get(MinCompactionLagMs), get(MaxCompactionLagMs); least > most {
		return fmt.Errorf("conflict topic config setting %s (%d) > %s (%d)", MinCompactionLagMs, least, MaxCompactionLagMs, most)
	}
	return nil
}

// CheckDynamic says what is wrong with a server's dynamic configs: keys that are
// not known here or cannot be altered while it runs, and values
// (DynamicBrokerConfig.validate).
func CheckDynamic(values map[string]string) error {
	keys := ServerKeys()
	names := slices.Sorted(maps.Keys(values))
	var fixed []string
	for _, name := range names {
		if key, ok := find(keys, name); !ok || !key.Dynamic {
			fixed = append(fixed, name)
		}
	}
	if len(fixed) > 0 {
		return fmt.Errorf("Cannot update these configs dynamically: [%s]", strings.Join(fixed, ", "))
	}
	for _, name := range names {
		key, _ := find(keys, name)
		if err := key.Check(values[name]); err != nil {
			return err
		}
	}
	return nil
}

// FindKey gives the key of that name of a topic or a server, and whether there is
// one.
func FindKey(kind metadata.ResourceType, name string) (Key, bool) {
	if kind == metadata.ResourceTopic {
		return find(TopicKeys(), name)
	}
	return find(ServerKeys(), name)
}
