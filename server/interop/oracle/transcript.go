package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Field is one named value of an Object.
type Field struct {
	Name  string
	Value any
}

// Object is a JSON object whose fields keep the order they were written in, so
// that a recording reads as it was thought.
type Object []Field

// object makes an Object of name, value, name, value, ...
func object(pairs ...any) Object {
	if len(pairs)%2 != 0 {
		panic("oracle: a field without a value")
	}
	o := make(Object, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		o = append(o, Field{Name: pairs[i].(string), Value: pairs[i+1]})
	}
	return o
}

// MarshalJSON writes the fields in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshal(f.Name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(f.Value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is json.Marshal without the escapes that are meant for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Transcript is what one script saw. Every step has a field "what"; a step that
// a cluster cannot take yet has "notOffered" instead of an answer.
type Transcript struct {
	Title string
	Setup string
	Steps []Object
}

// Encode writes the transcript as JSON with one step a line.
func (t *Transcript) Encode() ([]byte, error) {
	var b bytes.Buffer
	title, err := marshal(t.Title)
	if err != nil {
		return nil, err
	}
	setup, err := marshal(t.Setup)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, "{\n\"title\": %s,\n\"setup\": %s,\n\"steps\": [\n", title, setup)
	for i, s := range t.Steps {
		line, err := marshal(s)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		b.WriteByte(' ')
		b.Write(line)
		if i < len(t.Steps)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n}\n")
	return b.Bytes(), nil
}

// recordedFile is where a script's recording is kept, below dir.
func recordedFile(dir, script string) string { return filepath.Join(dir, script+".json") }

// decoded is a transcript as read back: plain JSON values, numbers kept as
// they are written.
type decoded struct {
	Title string           `json:"title"`
	Setup string           `json:"setup"`
	Steps []map[string]any `json:"steps"`
}

func decodeTranscript(text []byte) (*decoded, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var d decoded
	if err := dec.Decode(&d); err != nil {
		return nil, err
	}
	return &d, nil
}

// loadRecorded reads the recording of a script.
func loadRecorded(dir, script string) (*decoded, error) {
	text, err := os.ReadFile(recordedFile(dir, script))
	if err != nil {
		return nil, err
	}
	d, err := decodeTranscript(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", recordedFile(dir, script), err)
	}
	return d, nil
}
