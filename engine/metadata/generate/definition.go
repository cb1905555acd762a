package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// message is one definition file.
type message struct {
	APIKey           *int16     `json:"apiKey"`
	Type             string     `json:"type"`
	Name             string     `json:"name"`
	ValidVersions    string     `json:"validVersions"`
	FlexibleVersions string     `json:"flexibleVersions"`
	Fields           []*field   `json:"fields"`
	CommonStructs    []*field   `json:"commonStructs"`
	lowest, highest  int        // valid versions
	structs          []*emitted // nested structs, in the order met
}

// field is one field; a common struct is read as a field without type.
type field struct {
	Name             string          `json:"name"`
	Type             string          `json:"type"`
	Versions         string          `json:"versions"`
	NullableVersions string          `json:"nullableVersions"`
	TaggedVersions   string          `json:"taggedVersions"`
	Tag              *int            `json:"tag"`
	Default          json.RawMessage `json:"default"`
	EntityType       string          `json:"entityType"`
	Fields           []*field        `json:"fields"`

	goName     string
	array      bool
	element    string // the type without "[]"
	structName string // Go name, when element is a struct
	versions   span
	nullable   bool
	tagged     span
}

// emitted is a nested struct to write.
type emitted struct {
	goName string
	fields []*field
}

// span is a range of versions; empty when low > high.
type span struct{ low, high int }

const newest = 1 << 15

func (s span) empty() bool        { return s.low > s.high }
func (s span) covers(o span) bool { return s.low <= o.low && s.high >= o.high }
func (s span) clip(o span) span   { return span{max(s.low, o.low), min(s.high, o.high)} }
func parseSpan(text string) (span, error) {
	if text == "" || text == "none" {
		return span{1, 0}, nil
	}
	low, high, ranged := strings.Cut(text, "-")
	if open, ok := strings.CutSuffix(text, "+"); ok {
		n, err := strconv.Atoi(open)
		return span{n, newest}, err
	}
	if !ranged {
		high = low
	}
	a, err := strconv.Atoi(low)
	if err != nil {
		return span{}, err
	}
	b, err := strconv.Atoi(high)
	return span{a, b}, err
}

// resolve checks that the definition uses only what the emitter knows, and
// names every struct. What it does not know it refuses: a silent gap here would
// be wrong bytes in somebody's metadata log.
func (m *message) resolve() error {
	valid, err := parseSpan(m.ValidVersions)
	if err != nil {
		return err
	}
	m.lowest, m.highest = valid.low, valid.high
	if m.FlexibleVersions != "0+" {
		return fmt.Errorf("flexibleVersions %q: only 0+ is known here", m.FlexibleVersions)
	}
	return m.resolveFields(m.Fields, valid)
}

func (m *message) resolveFields(fields []*field, parent span) error {
	for _, f := range fields {
		if err := m.resolveField(f, parent); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func (m *message) resolveField(f *field, parent span) (err error) {
	f.versions = parent
	if f.Versions != "" {
		if f.versions, err = parseSpan(f.Versions); err != nil {
			return err
		}
		f.versions = f.versions.clip(parent)
	}
	if f.tagged, err = parseSpan(f.TaggedVersions); err != nil {
		return err
	}
	if !f.tagged.empty() && (!f.tagged.covers(f.versions) || f.Tag == nil) {
		return fmt.Errorf("tagged in some of its versions only")
	}
	nullable, err := parseSpan(f.NullableVersions)
	if err != nil {
		return err
	}
	if f.nullable = !nullable.empty(); f.nullable && !nullable.covers(f.versions) {
		return fmt.Errorf("nullable in some of its versions only")
	}
	f.goName = goName(f.Name)
	f.element, f.array = strings.CutPrefix(f.Type, "[]")
	if isPrimitive(f.element) {
		return nil
	}
	fields := f.Fields
	if fields == nil {
		i := slices.IndexFunc(m.CommonStructs, func(c *field) bool { return c.Name == f.element })
		if i < 0 {
			return fmt.Errorf("unknown type %q", f.element)
		}
		fields = m.CommonStructs[i].Fields
	}
	f.structName = structName(m.Name, f.element)
	if slices.ContainsFunc(m.structs, func(e *emitted) bool { return e.goName == f.structName }) {
		return nil
	}
	m.structs = append(m.structs, &emitted{f.structName, fields})
	return m.resolveFields(fields, f.versions)
}

func isPrimitive(t string) bool {
	switch t {
	case "bool", "int8", "int16", "uint16", "int32", "int64", "float64", "uuid", "string", "bytes":
		return true
	}
	return false
}

// goName spells a definition's name as Go does: TopicId is TopicID.
func goName(name string) string {
	for _, w := range []string{"Id", "Isr", "Elr"} {
		if head, ok := strings.CutSuffix(name, w); ok {
			return head + strings.ToUpper(w)
		}
	}
	return name
}

// structName is RegisterBrokerEndpoint for the BrokerEndpoint of a
// RegisterBrokerRecord: the message, then the struct, saying nothing twice.
func structName(message, name string) string {
	for _, tail := range []string{"Record", "Message", "Data"} {
		message = strings.TrimSuffix(message, tail)
	}
	for _, head := range []string{"Broker", "Controller"} {
		if strings.HasSuffix(message, head) {
			name = strings.TrimPrefix(name, head)
		}
	}
	return message + name
}
