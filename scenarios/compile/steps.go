package compile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/scenarios"
)

// producerEvery is how often a producer that says nothing makes a record.
const producerEvery = 100 * time.Millisecond

func (in *reading) steps(v node) error {
	items, err := v.list("a list of steps")
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return v.errorf("a scenario needs a step")
	}
	for _, item := range items {
		st, err := in.step(item)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(in.sc.Steps, func(o scenarios.Step) bool { return o.Name == st.Name }) {
			return item.errorf("there are two steps called %q", st.Name)
		}
		in.sc.Steps = append(in.sc.Steps, st)
	}
	return nil
}

// stepKeys are read in this order, whatever the file's is: conditions name what
// the actions remember.
var stepKeys = [...]string{"name", "ask", "do", "for", "until", "within", "expect", "look"}

func (in *reading) step(item node) (scenarios.Step, error) {
	var st scenarios.Step
	fields, err := item.mapping("a mapping with name, do, until and expect")
	if err != nil {
		return st, err
	}
	for _, key := range stepKeys {
		if i := slices.IndexFunc(fields, func(f field) bool { return f.key == key }); i >= 0 {
			if err := in.stepField(&st, key, fields[i].value); err != nil {
				return st, err
			}
			fields = slices.Delete(fields, i, i+1)
		}
	}
	for _, f := range fields {
		return st, f.unknown(stepKeys[:]...)
	}
	switch {
	case st.Name == "":
		return st, item.errorf("a step needs a name")
	case st.Within != 0 && st.Within < st.For:
		return st, item.errorf("step %q waits for %v within %v", st.Name, st.For, st.Within)
	}
	return st, nil
}

func (in *reading) stepField(st *scenarios.Step, key string, v node) (err error) {
	switch key {
	case "name":
		st.Name, err = v.name()
	case "ask":
		st.Ask, err = question(v)
	case "do":
		st.Do, err = sentences(v, in.action)
	case "for":
		st.For, err = v.span("how long to wait")
	case "until":
		st.Until, err = sentences(v, in.condition)
	case "within":
		st.Within, err = v.span("how long to wait at most")
	case "expect":
		st.Expect, err = sentences(v, in.condition)
	case "look":
		st.Look, err = sentences(v, in.lookAt)
	}
	return err
}

// sentences reads a list of lines, or one line.
func sentences[T any](v node, read func(string) (T, error)) ([]T, error) {
	items := []node{v}
	if kind(v.n) == "a list" {
		var err error
		if items, err = v.list("a list"); err != nil {
			return nil, err
		}
	}
	var all []T
	for _, item := range items {
		line, err := item.text("a sentence")
		if err != nil {
			return nil, err
		}
		one, err := read(line)
		if err != nil {
			return nil, item.errorf("%s: %v", line, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// lookAt checks that what to look at exists.
func (in *reading) lookAt(w string) (string, error) {
	if _, c := in.sc.Client(w); c != nil || w == "metadata" {
		return w, nil
	}
	if id, err := strconv.Atoi(w); err == nil {
		if _, isBroker := in.broker(engine.NodeID(id)); isBroker {
			return w, nil
		}
	}
	if slices.Contains(in.remembered, w) {
		return w, nil
	}
	if _, err := partition(w); err == nil {
		return w, nil
	}
	return "", fmt.Errorf("expected a partition, a server, a client, a remembered name or metadata")
}

func (in *reading) broker(id engine.NodeID) (engine.NodeID, bool) {
	const firstController = 3000
	c := in.sc.Cluster
	return id, id >= 1 && int(id) <= c.Brokers || id >= firstController && int(id) < firstController+c.Controllers
}

func question(v node) (*scenarios.Question, error) {
	fields, err := v.mapping("a mapping with name, options and answer")
	if err != nil {
		return nil, err
	}
	q := &scenarios.Question{}
	for _, f := range fields {
		switch f.key {
		case "name":
			q.Name, err = f.value.name()
		case "answer":
			q.Answer, err = f.value.name()
		case "options":
			q.Options, err = sentences(f.value, func(s string) (string, error) { return s, nil })
		default:
			err = f.unknown("name", "options", "answer")
		}
		if err != nil {
			return nil, err
		}
	}
	if q.Name == "" || len(q.Options) < 2 || !slices.Contains(q.Options, q.Answer) {
		return nil, v.errorf("a question needs a name, two options or more, and an answer among them (%s)", strings.Join(q.Options, ", "))
	}
	return q, nil
}
