package compile

import (
	"fmt"
	"strings"

	"bitacora/scenarios"
)

// proseReader reads a lesson's text line by line.
type proseReader struct {
	file  string
	sc    *scenarios.Scenario
	out   *scenarios.Prose
	line  int
	text  *string // where the lines go
	begun bool
	asked bool // the question of the step has begun
}

func parseProse(file, lang, text string, sc *scenarios.Scenario) (*scenarios.Prose, error) {
	if len(text) > fileBytesMax {
		return nil, &Error{file, 0, fmt.Sprintf("%d bytes, at most %d", len(text), fileBytesMax)}
	}
	r := &proseReader{file: file, sc: sc, out: &scenarios.Prose{Lang: lang}}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		r.line = i + 1
		if err := r.read(line); err != nil {
			return nil, err
		}
	}
	if err := r.endStep(); err != nil {
		return nil, err
	}
	if n := len(r.out.Steps); n < len(sc.Steps) {
		return nil, r.errorf("the text of step %q is missing: expected a heading ## ... {#%s}", sc.Steps[n].Name, sc.Steps[n].Name)
	}
	r.out.Intro = strings.TrimSpace(r.out.Intro)
	for i := range r.out.Steps {
		r.out.Steps[i].Text = strings.TrimSpace(r.out.Steps[i].Text)
	}
	return r.out, nil
}

func (r *proseReader) errorf(format string, args ...any) error {
	return &Error{r.file, r.line, fmt.Sprintf(format, args...)}
}

func (r *proseReader) read(line string) error {
	switch {
	case strings.HasPrefix(line, "# "):
		if r.begun {
			return r.errorf("a lesson has one title")
		}
		r.begun = true
		r.out.Title, r.text = strings.TrimSpace(line[2:]), &r.out.Intro
		return nil
	case strings.HasPrefix(line, "## "):
		return r.beginStep(line[3:])
	case strings.HasPrefix(line, "### "):
		return r.beginQuestion(line[4:])
	case r.asked && strings.HasPrefix(line, "- `"):
		return r.option(line[3:])
	case r.asked && strings.TrimSpace(line) != "":
		return r.errorf("expected an option (- `name` text), found %q", line)
	case r.text == nil && strings.TrimSpace(line) != "":
		return r.errorf("expected the lesson's title (# ...), found %q", line)
	case r.text != nil:
		*r.text += line + "\n"
	}
	return nil
}

// named cuts "Title {#name}".
func (r *proseReader) named(heading string) (title, name string, err error) {
	title, rest, ok := strings.Cut(heading, " {#")
	name, after, closed := strings.Cut(rest, "}")
	if !ok || !closed || strings.TrimSpace(after) != "" || strings.TrimSpace(title) == "" {
		return "", "", r.errorf("expected a heading with its name, such as Title {#name}, found %q", heading)
	}
	return strings.TrimSpace(title), name, nil
}

func (r *proseReader) beginStep(heading string) error {
	if !r.begun {
		return r.errorf("expected the lesson's title (# ...) before its steps")
	}
	if err := r.endStep(); err != nil {
		return err
	}
	title, name, err := r.named(heading)
	if err != nil {
		return err
	}
	n := len(r.out.Steps)
	if n >= len(r.sc.Steps) {
		return r.errorf("step %q is not in %s", name, ScenarioFile)
	}
	if want := r.sc.Steps[n].Name; name != want {
		return r.errorf("expected step %q here, found %q", want, name)
	}
	r.out.Steps = append(r.out.Steps, scenarios.StepProse{Step: name, Title: title})
	r.text = &r.out.Steps[n].Text
	return nil
}

func (r *proseReader) current() (*scenarios.StepProse, *scenarios.Step) {
	n := len(r.out.Steps) - 1
	if n < 0 {
		return nil, nil
	}
	return &r.out.Steps[n], &r.sc.Steps[n]
}

func (r *proseReader) beginQuestion(heading string) error {
	prose, step := r.current()
	title, name, err := r.named(heading)
	if err != nil {
		return err
	}
	if step == nil || step.Ask == nil || step.Ask.Name != name || r.asked {
		return r.errorf("no question %q is asked here", name)
	}
	prose.Question, r.asked = title, true
	return nil
}

func (r *proseReader) option(rest string) error {
	prose, step := r.current()
	name, text, ok := strings.Cut(rest, "`")
	n := len(prose.Options)
	if !ok || n >= len(step.Ask.Options) || step.Ask.Options[n] != name {
		return r.errorf("expected the options %s in this order", strings.Join(step.Ask.Options, ", "))
	}
	prose.Options = append(prose.Options, scenarios.OptionProse{Option: name, Text: strings.TrimSpace(text)})
	return nil
}

func (r *proseReader) endStep() error {
	prose, step := r.current()
	if step == nil {
		return nil
	}
	if strings.TrimSpace(prose.Text) == "" {
		return r.errorf("step %q has no text", step.Name)
	}
	if step.Ask != nil && (!r.asked || len(prose.Options) != len(step.Ask.Options)) {
		return r.errorf("step %q asks %q: expected ### ... {#%s} and its %d options", step.Name, step.Ask.Name, step.Ask.Name, len(step.Ask.Options))
	}
	r.asked = false
	return nil
}
