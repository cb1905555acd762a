package compile

import (
	"bytes"
	"fmt"
	"go/format"
	"reflect"
	"strconv"
	"strings"
	"time"

	"bitacora/scenarios"
)

// GoFile names the file in package scenarios that holds a compiled lesson.
func GoFile(name string) string { return "compiled_" + strings.ReplaceAll(name, "-", "_") + ".go" }

// GoSource writes a lesson as Go: a function in package scenarios, named after the
// folder, that gives it.
func GoSource(sc *scenarios.Scenario) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated from scenarios/%s by scenarios/compile; DO NOT EDIT.\n\npackage scenarios\n\n", sc.Name)
	var body bytes.Buffer
	writeGo(&body, reflect.ValueOf(sc))
	if strings.Contains(body.String(), "engine.") {
		fmt.Fprint(&b, "import \"bitacora/engine\"\n\n")
	}
	fmt.Fprintf(&b, "func %s() *Scenario { return %s }\n", goName(sc.Name), body.String())
	return format.Source(b.Bytes())
}

func goName(folder string) string {
	parts := strings.Split(folder, "-")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}

// writeGo writes a value as a literal, without what is zero.
func writeGo(b *bytes.Buffer, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		b.WriteByte('&')
		writeGo(b, v.Elem())
	case reflect.Struct:
		b.WriteString(typeName(v.Type()))
		writeGoFields(b, v)
	case reflect.Slice:
		b.WriteString("[]" + typeName(v.Type().Elem()) + "{")
		for i := range v.Len() {
			b.WriteByte('\n')
			item := v.Index(i)
			if item.Kind() == reflect.Struct {
				writeGoFields(b, item)
			} else {
				writeGo(b, item)
			}
			b.WriteByte(',')
		}
		b.WriteString("\n}")
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	case reflect.Bool:
		fmt.Fprint(b, v.Bool())
	default:
		writeGoNumber(b, v)
	}
}

// writeGoFields writes a struct's fields, small ones on one line.
func writeGoFields(b *bytes.Buffer, v reflect.Value) {
	inline := v.NumField() <= 3
	b.WriteByte('{')
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			continue
		}
		if !inline {
			b.WriteByte('\n')
		}
		b.WriteString(v.Type().Field(i).Name + ": ")
		writeGo(b, v.Field(i))
		b.WriteByte(',')
	}
	if !inline {
		b.WriteByte('\n')
	}
	b.WriteByte('}')
}

func writeGoNumber(b *bytes.Buffer, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		fmt.Fprintf(b, "%d /* %v */", v.Int(), time.Duration(v.Int()))
		return
	}
	if v.CanInt() {
		fmt.Fprint(b, v.Int())
		return
	}
	fmt.Fprint(b, v.Uint())
}

func typeName(t reflect.Type) string {
	return strings.TrimPrefix(t.String(), "scenarios.")
}
