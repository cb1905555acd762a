package main

import (
	"fmt"
	"strings"
)

// engineTypes gives a field the engine's own type instead of a bare integer, so
// that swapped arguments do not compile. Keys are Message.Field or just Field.
func engineTypes() map[string]string {
	return map[string]string{
		"BrokerID": "engine.NodeID", "ControllerID": "engine.NodeID", "LeaderID": "engine.NodeID",
		"VoterID": "engine.NodeID", "VotedID": "engine.NodeID", "Leader": "engine.NodeID",
		"ISR": "engine.NodeID", "Replicas": "engine.NodeID", "RemovingReplicas": "engine.NodeID",
		"AddingReplicas": "engine.NodeID", "EligibleLeaderReplicas": "engine.NodeID", "LastKnownELR": "engine.NodeID",
		"FenceBrokerRecord.ID": "engine.NodeID", "UnfenceBrokerRecord.ID": "engine.NodeID",
		"FenceBrokerRecord.Epoch": "engine.BrokerEpoch", "UnfenceBrokerRecord.Epoch": "engine.BrokerEpoch",
		"BrokerEpoch": "engine.BrokerEpoch", "LeaderEpoch": "engine.LeaderEpoch", "PartitionEpoch": "engine.PartitionEpoch",
		"TopicID": "engine.TopicID", "NextProducerID": "engine.ProducerID", "AppliedOffset": "engine.Offset",
	}
}

// emitter writes one message's file.
type emitter struct {
	strings.Builder
	m     *message
	types map[string]string
}

func (e *emitter) line(format string, args ...any) {
	fmt.Fprintf(e, format, args...)
	e.WriteByte('\n')
}

func emitMessage(m *message, version string) string {
	e := &emitter{m: m, types: engineTypes()}
	e.line("// %s is Kafka's message of that name, versions %d to %d.", m.Name, m.lowest, m.highest)
	e.emitStruct(m.Name, m.Fields)
	e.line("// New%s gives the message with Kafka's defaults.", m.Name)
	e.emitNew(m.Name, m.Fields)
	e.emitFrameMethods()
	e.emitCodec(m.Name, m.Fields, true)
	for _, s := range m.structs {
		e.line("// %s is a part of %s.", s.goName, m.Name)
		e.emitStruct(s.goName, s.fields)
		e.line("// New%s gives the part with Kafka's defaults.", s.goName)
		e.emitNew(s.goName, s.fields)
		e.emitCodec(s.goName, s.fields, false)
	}
	return header(version, e.String()) + e.String()
}

// header is what stands before the first declaration, with the imports that the
// body uses.
func header(version, body string) string {
	h := fmt.Sprintf("// Code generated from the message definitions of Apache Kafka %s. DO NOT EDIT.\n\npackage records\n\n", version)
	for _, use := range []struct{ word, path string }{
		{"base64.", "encoding/base64"}, {"engine.", "bitacora/engine"},
	} {
		if strings.Contains(body, use.word) {
			h += fmt.Sprintf("import %q\n\n", use.path)
		}
	}
	return h
}

func (e *emitter) emitStruct(name string, fields []*field) {
	e.line("type %s struct {", name)
	for _, f := range fields {
		e.line("%s %s // %s", f.goName, e.goType(f), e.fieldNote(f))
	}
	e.line("}\n")
}

func (e *emitter) fieldNote(f *field) string {
	note := fmt.Sprintf("v%d+", f.versions.low)
	if f.versions.high < e.m.highest {
		note = fmt.Sprintf("v%d-%d", f.versions.low, f.versions.high)
	}
	if !f.tagged.empty() {
		note += fmt.Sprintf(", tag %d", *f.Tag)
	}
	if f.nullable {
		note += ", nil is null"
	}
	if f.element == "float64" {
		note += ", the bits of an IEEE 754 double: the engine computes with none"
	}
	return note
}

// emitNew writes the constructor.
func (e *emitter) emitNew(name string, fields []*field) {
	e.line("func New%s() %s {", name, name)
	e.line("return %s{", name)
	for _, f := range fields {
		if f.structName != "" && !f.array {
			e.line("%s: New%s(),", f.goName, f.structName)
		} else if zero, set := e.defaultValue(f); set {
			e.line("%s: %s,", f.goName, zero)
		}
	}
	e.line("}\n}\n")
}

// emitFrameMethods writes what every top-level message answers about itself.
func (e *emitter) emitFrameMethods() {
	m := e.m
	if m.APIKey != nil {
		e.line("// APIKey is the record's type in the metadata log.")
		e.line("func (*%s) APIKey() int16 { return %d }\n", m.Name, *m.APIKey)
	}
	e.line("// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.")
	e.line("func (*%s) TypeName() string { return %q }\n", m.Name, strings.ToUpper(snake(m.Name)))
	e.line("// HighestVersion is the newest version of the message that is known here.")
	e.line("func (*%s) HighestVersion() int16 { return %d }\n", m.Name, m.highest)
}

// goType is the field's type in Go.
func (e *emitter) goType(f *field) string {
	t := e.elementType(f)
	switch {
	case f.array:
		return "[]" + t
	case f.nullable && f.element == "string":
		return "*string"
	}
	return t
}

func (e *emitter) elementType(f *field) string {
	if f.structName != "" {
		return f.structName
	}
	for _, key := range []string{e.m.Name + "." + f.goName, f.goName} {
		if t, ok := e.types[key]; ok && (f.element == "int32" || f.element == "int64" || f.element == "uuid") {
			return t
		}
	}
	switch f.element {
	case "uuid":
		return "[16]byte"
	case "bytes":
		return "[]byte"
	case "float64":
		return "uint64"
	}
	return f.element
}

// defaultValue gives the field's default in Go, and whether it differs from
// Go's zero.
func (e *emitter) defaultValue(f *field) (string, bool) {
	text := strings.Trim(string(f.Default), `"`)
	switch {
	case f.array || f.structName != "" || f.element == "bytes" || (f.nullable && f.element == "string"):
		return "nil", false
	case f.element == "string":
		return fmt.Sprintf("%q", text), text != ""
	case f.element == "bool":
		return fmt.Sprint(text == "true"), text == "true"
	case f.element == "uuid":
		return "[16]byte{}", false
	case text == "":
		return "0", false
	}
	return text, text != "0"
}

func emitTable(messages []*message, version string) string {
	e := &emitter{}
	e.line("// newRecord gives an empty metadata record of the type, nil when there is none.")
	e.line("func newRecord(apiKey int16) Record {")
	e.line("switch apiKey {")
	for _, m := range messages {
		if m.APIKey != nil {
			e.line("case %d:\nr := New%s()\nreturn &r", *m.APIKey, m.Name)
		}
	}
	e.line("}\nreturn nil\n}\n")
	return header(version, e.String()) + e.String()
}
