package config

import (
	"fmt"
	"maps"
	"slices"
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
	return nil
}
