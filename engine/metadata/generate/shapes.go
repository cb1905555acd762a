package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// runShapes writes what every request looks like on the wire: no names and no
// types, only how long a thing is and in which versions it is there.
func runShapes(repository, version, out string) error {
	requests := source{"kafka-clients", regexp.MustCompile(`^common/message/\w+Request\.json$`)}
	messages, err := requests.read(repository, version)
	if err != nil {
		return err
	}
	messages = slices.DeleteFunc(messages, func(m *message) bool { return m.ValidVersions == "none" })
	slices.SortFunc(messages, func(a, b *message) int { return cmp.Compare(*a.APIKey, *b.APIKey) })
	var e shapeEmitter
	e.line("// Code generated from Kafka %s's message definitions. DO NOT EDIT.\n\npackage kafka\n", version)
	e.line("// shapeOf gives the shape of a request, nil for a key that Kafka does not know.")
	e.line("func shapeOf(key int16) *shape {\nswitch key {")
	for _, m := range messages {
		e.line("case %d:\nreturn &shape%s", *m.APIKey, goName(m.Name))
	}
	e.line("}\nreturn nil\n}\n")
	for _, m := range messages {
		if err := e.message(m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return writeGo(filepath.Join(out, "zz_shapes.go"), e.text.String())
}

type shapeEmitter struct{ text strings.Builder }

func (e *shapeEmitter) line(format string, args ...any) { fmt.Fprintf(&e.text, format+"\n", args...) }

func (e *shapeEmitter) part(format string, args ...any) { fmt.Fprintf(&e.text, format, args...) }

func (e *shapeEmitter) message(m *message) error {
	valid, err := parseSpan(m.ValidVersions)
	if err != nil {
		return err
	}
	flexible, err := parseSpan(m.FlexibleVersions)
	if err != nil {
		return err
	}
	e.line("var shape%s = shape{", goName(m.Name))
	e.line("versions: %s,\nflexible: %s,", shapeSpan(valid), shapeSpan(flexible))
	if err := e.fields(m, m.Fields, valid); err != nil {
		return err
	}
	e.line(",\n}\n")
	return nil
}

func (e *shapeEmitter) fields(m *message, fields []*field, parent span) error {
	e.line("fields: []shapeField{")
	for _, f := range fields {
		if err := e.field(m, f, parent); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	e.part("}")
	return nil
}

// fixedBytes is how long a type is whose length does not vary.
var fixedBytes = map[string]int{
	"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "int64": 8, "float64": 8, "uuid": 16,
}

func (e *shapeEmitter) field(m *message, f *field, parent span) error {
	versions, err := parseSpan(f.Versions)
	if err != nil {
		return err
	}
	tagged, err := parseSpan(f.TaggedVersions)
	if err != nil {
		return err
	}
	if versions = versions.clip(parent); versions.empty() {
		return nil
	}
	if !tagged.empty() && !tagged.covers(versions) {
		return fmt.Errorf("tagged in some of its versions only")
	}
	e.part("{versions: %s", shapeSpan(versions))
	if !tagged.empty() {
		e.part(", tagged: true, tag: %d", *f.Tag)
	}
	element, array := strings.CutPrefix(f.Type, "[]")
	if array {
		e.part(", array: true")
	}
	nullable, err := parseSpan(f.NullableVersions)
	if err != nil {
		return err
	}
	if !nullable.empty() && !array {
		if nullable.high != newest {
			return fmt.Errorf("nullable in versions %s: only those without an end are known here", f.NullableVersions)
		}
		e.part(", nullable: %s", shapeSpan(nullable))
	}
	switch size, fixed := fixedBytes[element]; {
	case fixed:
		e.line(", kind: shapeFixed, size: %d},", size)
	case element == "string":
		e.line(", kind: shapeString},")
	case element == "bytes", element == "records":
		e.line(", kind: shapeBytes},")
	default:
		return e.structure(m, f, element, versions)
	}
	return nil
}

// structure writes the rest of a field that has fields.
func (e *shapeEmitter) structure(m *message, f *field, element string, versions span) error {
	e.part(", kind: shapeStruct")
	fields := f.Fields
	if fields == nil {
		i := slices.IndexFunc(m.CommonStructs, func(c *field) bool { return c.Name == element })
		if i < 0 {
			return fmt.Errorf("unknown type %q", element)
		}
		fields = m.CommonStructs[i].Fields
	}
	e.part(", ")
	if err := e.fields(m, fields, versions); err != nil {
		return err
	}
	e.line("},")
	return nil
}

// shapeSpan writes a range of versions; one that never is reads as {1, 0}.
func shapeSpan(s span) string {
	if s.empty() {
		return "shapeVersions{1, 0}"
	}
	return fmt.Sprintf("shapeVersions{%d, %d}", s.low, min(s.high, newest-1))
}
