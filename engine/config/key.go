package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Type is a config's type, with the numbers that DescribeConfigs v3 uses
// (DescribeConfigsResponse.ConfigType).
type Type int8

// Kafka's types, of those that keys here have.
const (
	Boolean Type = 1
	String  Type = 2
	Int     Type = 3
	Short   Type = 4
	Long    Type = 5
	List    Type = 7
)

// Name is Kafka's spelling (ConfigDef.Type).
func (t Type) Name() string {
	switch t {
	case Boolean:
		return "BOOLEAN"
	case String:
		return "STRING"
	case Int:
		return "INT"
	case Short:
		return "SHORT"
	case Long:
		return "LONG"
	case List:
		return "LIST"
	}
	return "UNKNOWN"
}

// Key describes one configuration key.
type Key struct {
	Name     string
	Type     Type
	Default  string
	Unset    bool     // there is no default: the value is null until set
	Required bool     // a number must be at least Min
	Min      int64    // counts when Required
	OneOf    []string // the values allowed, for strings and lists
	Synonym  string   // of a topic key: the server's key behind it
	// ServerUnset: that key has no default of its own (log.retention.ms, behind
	// which Kafka has minutes and hours).
	ServerUnset bool
	Dynamic     bool // of a server key: may be altered while it runs
	Internal    bool // listed only when set, as Kafka's defineInternal
}

// Check says what is wrong with a value, in Kafka's words (ConfigDef.parseType
// and its validators); nil when nothing is.
func (k Key) Check(value string) error {
	trimmed := strings.TrimSpace(value)
	switch k.Type {
	case Boolean:
		if !strings.EqualFold(trimmed, "true") && !strings.EqualFold(trimmed, "false") {
			return k.invalid(value, "Expected value to be either true or false")
		}
	case Int, Short, Long:
		n, err := strconv.ParseInt(trimmed, 10, 64)
		low, high := k.Type.bounds()
		if err != nil || n < low || n > high {
			return k.invalid(value, "Not a number of type "+k.Type.Name())
		}
		if k.Required && n < k.Min {
			return k.invalid(value, fmt.Sprintf("Value must be at least %d", k.Min))
		}
	case String:
		return k.checkOneOf(value)
	case List:
		return k.checkList(value)
	}
	return nil
}

func (t Type) bounds() (low, high int64) {
	switch t {
	case Short:
		return math.MinInt16, math.MaxInt16
	case Int:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func (k Key) checkOneOf(value string) error {
	if len(k.OneOf) > 0 && !slices.Contains(k.OneOf, value) {
		return k.invalid(value, "String must be one of: "+strings.Join(k.OneOf, ", "))
	}
	return nil
}

// checkList is ConfigDef.ValidList: no doubles, no empty element, each allowed.
func (k Key) checkList(value string) error {
	elements := SplitList(value)
	for i, e := range elements {
		if slices.Contains(elements[:i], e) {
			return fmt.Errorf("Configuration '%s' values must not be duplicated.", k.Name)
		}
	}
	for _, e := range elements {
		if e == "" {
			return fmt.Errorf("Configuration '%s' values must not be empty.", k.Name)
		}
		if err := k.checkOneOf(e); err != nil {
			return err
		}
	}
	return nil
}

func (k Key) invalid(value, why string) error {
	return fmt.Errorf("Invalid value %s for configuration %s: %s", value, k.Name, why)
}

// SplitList takes a LIST value apart: elements between commas, without the
// spaces around them; none in an empty value (ConfigDef.parseType).
func SplitList(value string) []string {
	value = strings.TrimSpace(value)
	if value == "" {
		return nil
	}
	elements := strings.Split(value, ",")
	for i := range elements {
		elements[i] = strings.TrimSpace(elements[i])
	}
	return elements
}

// ChangeList appends to a LIST value what it has not, or takes elements out
// (AlterConfigOp.OpType.APPEND, SUBTRACT).
func ChangeList(was, elements string, appending bool) string {
	parts := SplitList(was)
	for _, part := range SplitList(elements) {
		if !appending {
			parts = slices.DeleteFunc(parts, func(p string) bool { return p == part })
		} else if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ",")
}

func find(keys []Key, name string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}
