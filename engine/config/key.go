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
	Double  Type = 6
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
	case Double:
		return "DOUBLE"
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
	Bounded  bool     // and at most Max
	Max      int64    // counts when Bounded
	OrEqual  *int64   // a number outside the bounds that is allowed, too
	OneOf    []string // the values allowed, for strings and lists
	Synonym  string   // of a topic key: the server's key behind it
	// ServerUnset: that key has no default of its own (log.retention.ms, behind
	// which Kafka has minutes and hours).
	ServerUnset bool
	// Coarser are server keys of larger units that count where the finer ones are
	// not set, the finer first (KafkaConfig.logRetentionTimeMillis).
	Coarser   []Coarser
	Throttled bool // a list of PARTITION:BROKER, or "*" (ThrottledReplicaListValidator)
	Dynamic   bool // of a server key: may be altered while it runs
	Internal  bool // listed only when set, as Kafka's defineInternal
}

// Coarser is a server key that says the same in larger units.
type Coarser struct {
	Name   string
	Factor int64 // how many of the finer unit one of it is
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
		return k.checkBounds(value, n)
	case Double:
		n, ok := ParseDecimal(trimmed)
		if !ok {
			return k.invalid(value, "Not a number of type DOUBLE")
		}
		if k.Required && n < Decimal(k.Min)*DecimalOne {
			return k.invalid(value, fmt.Sprintf("Value must be at least %d", k.Min))
		}
		if k.Bounded && n > Decimal(k.Max)*DecimalOne {
			return k.invalid(value, fmt.Sprintf("Value must be no more than %d", k.Max))
		}
	case String:
		return k.checkOneOf(value)
	case List:
		return k.checkList(value)
	}
	return nil
}

// checkBounds is ConfigDef.Range, and the validator of compression.gzip.level.
func (k Key) checkBounds(value string, n int64) error {
	low, high := k.Required && n < k.Min, k.Bounded && n > k.Max
	switch {
	case !low && !high:
		return nil
	case k.OrEqual != nil && n == *k.OrEqual:
		return nil
	case k.OrEqual != nil:
		return k.invalid(value, fmt.Sprintf("Value must be between %d and %d or equal to %d", k.Min, k.Max, *k.OrEqual))
	case low:
		return k.invalid(value, fmt.Sprintf("Value must be at least %d", k.Min))
	}
	return k.invalid(value, fmt.Sprintf("Value must be no more than %d", k.Max))
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
	if k.Throttled {
		return k.checkThrottled(value, elements)
	}
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

// checkThrottled is ThrottledReplicaListValidator.ensureValid.
func (k Key) checkThrottled(value string, elements []string) error {
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	pair := func(e string) bool {
		partition, broker, both := strings.Cut(e, ":")
		return e == "" || both && digits(partition) && digits(broker)
	}
	if strings.Join(elements, "") == "*" || !slices.ContainsFunc(elements, func(e string) bool { return !pair(e) }) {
		return nil
	}
	return k.invalid("["+strings.Join(elements, ", ")+"]", k.Name+" must be the literal '*' or a list of replicas in the following format: "+
		"[partitionId]:[brokerId],[partitionId]:[brokerId],...")
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

// find looks for a key in a table that is sorted by name.
func find(keys []Key, name string) (Key, bool) {
	i, ok := slices.BinarySearchFunc(keys, name, func(k Key, name string) int { return strings.Compare(k.Name, name) })
	if !ok {
		return Key{}, false
	}
	return keys[i], true
}
