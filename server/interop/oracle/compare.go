package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// fieldOnTheWay names the fields that hold a set of which any part may be seen.
const fieldOnTheWay = "onTheWay"

// fieldNotOffered stands in a step whose API the cluster does not offer.
const fieldNotOffered = "notOffered"

// Difference is one place where an answer is not the recorded one.
type Difference struct {
	Script   string
	Step     string // number and "what" of the step
	Field    string // path inside the step, a.b[2].c; empty for the step itself
	Expected string // JSON, or words
	Got      string
}

func (d Difference) String() string {
	where := d.Script
	if d.Step != "" {
		where += ": " + d.Step
	}
	if d.Field != "" {
		where += ": " + d.Field
	}
	return fmt.Sprintf("%s\n\texpected %s\n\tgot      %s", where, d.Expected, d.Got)
}

// Compare lists where got differs from the recording, in order.
func Compare(script string, recorded *decoded, got *decoded) []Difference {
	c := comparison{script: script}
	if recorded.Setup != got.Setup {
		c.differ("setup", recorded.Setup, got.Setup)
	}
	for i := range max(len(recorded.Steps), len(got.Steps)) {
		switch {
		case i >= len(got.Steps):
			c.step = stepName(i, recorded.Steps[i])
			c.differ("", "this step", "the script ended before it")
		case i >= len(recorded.Steps):
			c.step = stepName(i, got.Steps[i])
			c.differ("", "the end of the script", "this step")
		default:
			c.compareStep(i, recorded.Steps[i], got.Steps[i])
		}
	}
	return c.found
}

func stepName(i int, step map[string]any) string {
	return fmt.Sprintf("%d %v", i+1, step["what"])
}

type comparison struct {
	script string
	step   string
	found  []Difference
}

func (c *comparison) differ(field, expected, got string) {
	c.found = append(c.found, Difference{Script: c.script, Step: c.step, Field: field, Expected: expected, Got: got})
}

func (c *comparison) compareStep(i int, recorded, got map[string]any) {
	c.step = stepName(i, recorded)
	if recorded["what"] != got["what"] {
		c.differ("what", fmt.Sprint(recorded["what"]), fmt.Sprint(got["what"]))
		return
	}
	if api, missing := got[fieldNotOffered]; missing && recorded[fieldNotOffered] == nil {
		c.differ(fieldNotOffered, "an answer", fmt.Sprint(api))
		return
	}
	c.compareValue("", recorded, got)
}

func (c *comparison) compareValue(field string, recorded, got any) {
	switch want := recorded.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			c.differ(field, show(recorded), show(got))
			return
		}
		c.compareObject(field, want, have)
	case []any:
		have, ok := got.([]any)
		if !ok {
			c.differ(field, show(recorded), show(got))
			return
		}
		c.compareList(field, want, have)
	default:
		if show(recorded) != show(got) {
			c.differ(field, show(recorded), show(got))
		}
	}
}

func (c *comparison) compareObject(field string, want, have map[string]any) {
	names := slices.Sorted(maps.Keys(want))
	for name := range have {
		if _, both := want[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		at := name
		if field != "" {
			at = field + "." + name
		}
		w, inWant := want[name]
		h, inHave := have[name]
		switch {
		case name == fieldOnTheWay:
			c.compareOnTheWay(at, w, h)
		case !inHave:
			c.differ(at, show(w), "nothing")
		case !inWant:
			c.differ(at, "nothing", show(h))
		default:
			c.compareValue(at, w, h)
		}
	}
}

func (c *comparison) compareList(field string, want, have []any) {
	if len(want) != len(have) {
		c.differ(field, fmt.Sprintf("%d: %s", len(want), show(want)), fmt.Sprintf("%d: %s", len(have), show(have)))
		return
	}
	for i := range want {
		c.compareValue(fmt.Sprintf("%s[%d]", field, i), want[i], have[i])
	}
}

// compareOnTheWay holds that all that was seen on the way has been seen of
// Kafka, when it was recorded or, as Lucky has it, some other time.
func (c *comparison) compareOnTheWay(field string, recorded, got any) {
	want, _ := recorded.([]any)
	have, _ := got.([]any)
	known := make(map[string]bool, len(want))
	for _, w := range want {
		known[show(w)] = true
	}
	for _, h := range have {
		if !known[show(h)] && !isLucky(c.step, show(h)) {
			c.differ(field, "any of "+show(want), show(h))
		}
	}
}

// show writes a JSON value with its fields sorted, so that equal values show
// alike.
func show(v any) string {
	if v == nil {
		return "null"
	}
	text, err := marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// Union adds what another recording of the same script saw on the way. The two
// must be equal in all else; where they are not, the differences come back and
// recorded is unchanged in those places.
func Union(script string, recorded *Transcript, other *decoded) ([]Difference, error) {
	text, err := recorded.Encode()
	if err != nil {
		return nil, err
	}
	mine, err := decodeTranscript(text)
	if err != nil {
		return nil, err
	}
	var left []Difference
	for _, d := range Compare(script, other, mine) {
		if path.Base(strings.ReplaceAll(d.Field, ".", "/")) != fieldOnTheWay {
			left = append(left, d)
		}
	}
	if len(left) > 0 {
		return left, nil
	}
	for i, step := range recorded.Steps {
		unionObject(step, other.Steps[i])
	}
	return nil, nil
}

// unionObject walks an Object and its other self together and joins the sets.
func unionObject(o Object, other map[string]any) {
	for i, f := range o {
		theirs := other[f.Name]
		if f.Name == fieldOnTheWay {
			o[i].Value = joinSets(f.Value, theirs)
			continue
		}
		unionValue(f.Value, theirs)
	}
}

func unionValue(mine, theirs any) {
	switch m := mine.(type) {
	case Object:
		if t, ok := theirs.(map[string]any); ok {
			unionObject(m, t)
		}
	case []Object:
		if t, ok := theirs.([]any); ok && len(t) == len(m) {
			for i := range m {
				unionValue(m[i], t[i])
			}
		}
	}
}

// joinSets gives the sorted union of two sets of JSON values.
func joinSets(a, b any) []json.RawMessage {
	seen := map[string]json.RawMessage{}
	for _, set := range []any{a, b} {
		text, err := marshal(set)
		if err != nil {
			panic(fmt.Sprintf("oracle: %s of %v: %v", fieldOnTheWay, set, err))
		}
		var members []json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			panic(fmt.Sprintf("oracle: %s is %s: %v", fieldOnTheWay, text, err))
		}
		for _, m := range members {
			var v any
			if err := json.Unmarshal(m, &v); err != nil {
				panic(err)
			}
			if key := show(v); seen[key] == nil {
				seen[key] = m
			}
		}
	}
	out := []json.RawMessage{}
	for _, key := range slices.Sorted(maps.Keys(seen)) {
		out = append(out, seen[key])
	}
	return out
}
