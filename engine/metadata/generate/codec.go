package main

import (
	"cmp"
	"fmt"
	"slices"
)

// emitCodec writes the three methods of a struct: encode, decode, print. For a
// top-level message the first two are exported.
func (e *emitter) emitCodec(name string, fields []*field, top bool) {
	e.emitAppend(name, fields, top)
	e.emitRead(name, fields, top)
	if top {
		e.line("// AppendJSON appends the fields as kafka-dump-log prints them for this version.")
		e.line("func (r *%s) AppendJSON(dst []byte, version int16) []byte {", name)
	} else {
		e.line("func (r *%s) appendJSON(dst []byte, version int16) []byte {", name)
	}
	e.line("first := true\ndst = append(dst, '{')")
	for _, f := range fields {
		e.guard(f, func() {
			if !f.tagged.empty() {
				e.line("if %s {", e.differs(f))
			}
			e.line("dst = appendName(dst, %q, &first)", lowerFirst(f.Name))
			e.emitJSONValue(f)
			if !f.tagged.empty() {
				e.line("}")
			}
		})
	}
	e.line("_, _ = first, version\nreturn append(dst, '}')\n}\n")
}

// guard writes the version check around a field that not every version has.
func (e *emitter) guard(f *field, body func()) {
	test := ""
	if f.versions.low > e.m.lowest {
		test = fmt.Sprintf("version >= %d", f.versions.low)
	}
	if f.versions.high < e.m.highest {
		if test != "" {
			test += " && "
		}
		test += fmt.Sprintf("version <= %d", f.versions.high)
	}
	if test == "" {
		body()
		return
	}
	e.line("if %s {", test)
	body()
	e.line("}")
}

// differs is the condition under which a tagged field goes on the wire.
func (e *emitter) differs(f *field) string {
	switch {
	case f.array && f.nullable, f.nullable && f.element == "string":
		return fmt.Sprintf("r.%s != nil", f.goName)
	case f.array || f.element == "bytes":
		return fmt.Sprintf("len(r.%s) > 0", f.goName)
	}
	zero, _ := e.defaultValue(f)
	return fmt.Sprintf("r.%s != %s", f.goName, zero)
}

func tagged(fields []*field) []*field {
	var out []*field
	for _, f := range fields {
		if !f.tagged.empty() {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *field) int { return cmp.Compare(*a.Tag, *b.Tag) })
	return out
}

func (e *emitter) emitAppend(name string, fields []*field, top bool) {
	if top {
		e.line("// AppendTo appends the message's bytes in this version. A field that the")
		e.line("// version does not carry is left out.")
		e.line("func (r *%s) AppendTo(dst []byte, version int16) []byte {", name)
	} else {
		e.line("func (r *%s) appendTo(dst []byte, version int16) []byte {", name)
	}
	for _, f := range fields {
		if f.tagged.empty() {
			e.guard(f, func() { e.emitAppendValue(f, "dst") })
		}
	}
	tags := tagged(fields)
	if len(tags) == 0 {
		e.line("_ = version\nreturn appendUvarint(dst, 0)\n}\n")
		return
	}
	e.line("var tags tagged")
	for _, f := range tags {
		e.guard(f, func() {
			e.line("if %s {\nvar field []byte", e.differs(f))
			e.emitAppendValue(f, "field")
			e.line("tags.add(%d, field)\n}", *f.Tag)
		})
	}
	e.line("return tags.appendTo(dst)\n}\n")
}

// emitAppendValue writes the bytes of one field to the slice named dst.
func (e *emitter) emitAppendValue(f *field, dst string) {
	value := "r." + f.goName
	if !f.array {
		e.line("%s = %s", dst, e.appendOne(f, dst, value))
		return
	}
	null := "false"
	if f.nullable && f.tagged.empty() { // a tagged null is not written at all
		null = value + " == nil"
	}
	e.line("%s = appendCount(%s, len(%s), %s)", dst, dst, value, null)
	e.line("for i := range %s {\n%s = %s\n}", value, dst, e.appendOne(f, dst, value+"[i]"))
}

func (e *emitter) appendOne(f *field, dst, value string) string {
	if f.structName != "" {
		return fmt.Sprintf("%s.appendTo(%s, version)", value, dst)
	}
	switch f.element {
	case "string":
		if f.nullable && !f.array {
			return fmt.Sprintf("appendNullableString(%s, %s)", dst, value)
		}
		return fmt.Sprintf("appendString(%s, %s)", dst, value)
	case "bytes":
		return fmt.Sprintf("appendBytes(%s, %s)", dst, value)
	case "uuid":
		return fmt.Sprintf("append(%s, %s[:]...)", dst, value)
	case "bool":
		return fmt.Sprintf("appendBool(%s, %s)", dst, value)
	case "int8":
		return fmt.Sprintf("append(%s, byte(%s))", dst, value)
	case "int16", "uint16":
		return fmt.Sprintf("appendUint16(%s, uint16(%s))", dst, value)
	case "int32":
		return fmt.Sprintf("appendUint32(%s, uint32(%s))", dst, value)
	}
	return fmt.Sprintf("appendUint64(%s, uint64(%s))", dst, value)
}

func (e *emitter) emitRead(name string, fields []*field, top bool) {
	if top {
		e.line("// ReadFrom replaces the message by what src holds, and refuses bytes that")
		e.line("// are short, left over or of a version not known.")
		e.line("func (r *%s) ReadFrom(src []byte, version int16) error {", name)
		e.line("if version < %d || version > %d {\nreturn unknownVersion(%q, version)\n}", e.m.lowest, e.m.highest, name)
		e.line("in := reader{src: src}\nr.read(&in, version)\nreturn in.finish(%q)\n}\n", name)
	}
	e.line("func (r *%s) read(in *reader, version int16) {", name)
	e.line("*r = New%s()", name)
	for _, f := range fields {
		if f.tagged.empty() {
			e.guard(f, func() { e.emitReadValue(f) })
		}
	}
	tags := tagged(fields)
	if len(tags) == 0 {
		e.line("_ = version\nin.skipTags()\n}\n")
		return
	}
	e.line("for n := in.tagCount(); n > 0 && in.err == nil; n-- {")
	e.line("switch tag, end := in.tag(); {")
	for _, f := range tags {
		test := fmt.Sprintf("tag == %d", *f.Tag)
		if f.versions.low > e.m.lowest {
			test += fmt.Sprintf(" && version >= %d", f.versions.low)
		}
		e.line("case %s:", test)
		e.emitReadValue(f)
		e.line("in.endTag(end)")
	}
	e.line("default:\nin.skipTo(end)\n}\n}\n}\n")
}

func (e *emitter) emitReadValue(f *field) {
	if !f.array {
		e.line("%s", e.readOne(f, "r."+f.goName))
		return
	}
	nullable := "false"
	if f.nullable {
		nullable = "true"
	}
	e.line("if n := in.count(%s); n >= 0 {", nullable)
	e.line("r.%s = make(%s, n)", f.goName, e.goType(f))
	e.line("for i := range r.%s {\n%s\n}", f.goName, e.readOne(f, "r."+f.goName+"[i]"))
	if f.nullable {
		e.line("} else {\nr.%s = nil\n}", f.goName)
	} else {
		e.line("}")
	}
}

func (e *emitter) readOne(f *field, target string) string {
	if f.structName != "" {
		return fmt.Sprintf("%s.read(in, version)", target)
	}
	t := e.elementType(f)
	switch f.element {
	case "string":
		if f.nullable && !f.array {
			return fmt.Sprintf("%s = in.nullableString()", target)
		}
		return fmt.Sprintf("%s = in.string()", target)
	case "bytes":
		return fmt.Sprintf("%s = in.bytes()", target)
	case "uuid":
		return fmt.Sprintf("%s = in.uuid()", target)
	case "bool":
		return fmt.Sprintf("%s = in.uint8() != 0", target)
	case "int8":
		return fmt.Sprintf("%s = int8(in.uint8())", target)
	case "int16", "uint16":
		return fmt.Sprintf("%s = %s(in.uint16())", target, t)
	case "int32":
		return fmt.Sprintf("%s = %s(in.uint32())", target, t)
	}
	return fmt.Sprintf("%s = %s(in.uint64())", target, t)
}

func (e *emitter) emitJSONValue(f *field) {
	value := "r." + f.goName
	if !f.array {
		e.line("dst = %s", e.jsonOne(f, value))
		return
	}
	if f.nullable {
		e.line("if %s == nil {\ndst = append(dst, \"null\"...)\n} else {", value)
	}
	e.line("dst = append(dst, '[')")
	e.line("for i := range %s {\nif i > 0 {\ndst = append(dst, ',')\n}", value)
	e.line("dst = %s\n}", e.jsonOne(f, value+"[i]"))
	e.line("dst = append(dst, ']')")
	if f.nullable {
		e.line("}")
	}
}

func (e *emitter) jsonOne(f *field, value string) string {
	if f.structName != "" {
		return fmt.Sprintf("%s.appendJSON(dst, version)", value)
	}
	switch f.element {
	case "string":
		if f.nullable && !f.array {
			return fmt.Sprintf("appendNullableQuoted(dst, %s)", value)
		}
		return fmt.Sprintf("appendQuoted(dst, %s)", value)
	case "bytes":
		return fmt.Sprintf("appendQuoted(dst, base64.StdEncoding.EncodeToString(%s))", value)
	case "uuid":
		return fmt.Sprintf("appendQuoted(dst, engine.TopicID(%s).String())", value)
	case "bool":
		return fmt.Sprintf("appendBoolText(dst, %s)", value)
	case "float64":
		return fmt.Sprintf("appendHexBits(dst, %s)", value)
	}
	return fmt.Sprintf("appendInt(dst, int64(%s))", value)
}

func lowerFirst(s string) string {
	return string(s[0]+'a'-'A') + s[1:]
}
