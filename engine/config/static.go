package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
)

// Static is what a server was started with: its server.properties, over the
// defaults. It never changes. The zero value has every default.
type Static struct{ set map[string]string }

// NewStatic takes properties, and refuses keys that are not known here and
// values that Kafka would refuse.
func NewStatic(properties map[string]string) (Static, error) {
	keys := ServerKeys()
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		key, ok := find(keys, name)
		if !ok {
			return Static{}, fmt.Errorf("unknown configuration key %q", name)
		}
		if err := key.Check(properties[name]); err != nil {
			return Static{}, err
		}
	}
	return Static{maps.Clone(properties)}, nil
}

// With gives the same properties with one more, or another value for one. The
// value must be good: it is for defaults that a program sets, not for a person's.
func (s Static) With(name, value string) Static {
	next := maps.Clone(s.set)
	if next == nil {
		next = map[string]string{}
	}
	next[name] = value
	if _, err := NewStatic(next); err != nil {
		engine.Violated("KnownConfig", "%v", err)
	}
	return Static{next}
}

// Lookup gives a property's value and whether it was set.
func (s Static) Lookup(name string) (string, bool) {
	value, ok := s.set[name]
	return value, ok
}

// value gives the property or its default.
func (s Static) value(name string, types ...Type) string {
	key, ok := find(ServerKeys(), name)
	if !ok || !slices.Contains(types, key.Type) {
		engine.Violated("KnownConfig", "%q is not read as it is declared", name)
	}
	if value, ok := s.set[name]; ok {
		return value
	}
	return key.Default
}

// Int gives a number.
func (s Static) Int(name string) int64 {
	return parseInt(s.value(name, Int, Short, Long))
}

// parseInt reads a number that Check has seen.
func parseInt(value string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil {
		engine.Violated("CheckedConfig", "%v", err)
	}
	return n
}

// Bool gives a flag.
func (s Static) Bool(name string) bool { return parseBool(s.value(name, Boolean)) }

func parseBool(value string) bool { return strings.EqualFold(strings.TrimSpace(value), "true") }

// Text gives a string, "" where it is null.
func (s Static) Text(name string) string { return s.value(name, String, List) }

// Duration gives the span of a key whose name tells its unit: .ms, .minutes or
// .seconds. Spans longer than a Duration can hold are cut to its maximum.
func (s Static) Duration(name string) time.Duration {
	unit := time.Millisecond
	switch {
	case strings.HasSuffix(name, ".seconds"):
		unit = time.Second
	case strings.HasSuffix(name, ".minutes"):
		unit = time.Minute
	}
	const longest = time.Duration(1<<63 - 1)
	n := s.Int(name)
	if n > int64(longest/unit) {
		return longest
	}
	return time.Duration(n) * unit
}

// Decimal gives a number of a DOUBLE key.
func (s Static) Decimal(name string) Decimal { return parseDecimal(s.value(name, Double)) }

func parseDecimal(value string) Decimal {
	n, ok := ParseDecimal(strings.TrimSpace(value))
	if !ok {
		engine.Violated("CheckedConfig", "%q is no number", value)
	}
	return n
}
