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

// sentence reads one line of a scenario: an action or a condition.
type sentence struct {
	words []string
	at    int
	in    *reading
}

// reading is what is known of a scenario while it is being read.
type reading struct {
	file       string
	sc         *scenarios.Scenario
	remembered []string
}

// isWord says which bytes make up names, numbers, spans and partitions.
func isWord(c byte) bool {
	return c == '_' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// words cuts a line into names, comparisons and punctuation.
func words(line string) ([]string, error) {
	var all []string
	for i := 0; i < len(line); {
		c := line[i]
		from := i
		switch {
		case c == ' ' || c == '\t':
			i++
			continue
		case isWord(c) && !(c == '-' && (i+1 == len(line) || line[i+1] == ' ')):
			for i < len(line) && isWord(line[i]) {
				i++
			}
		case strings.IndexByte("=!<>", c) >= 0:
			for i++; i < len(line) && line[i] == '='; {
				i++
			}
		case strings.IndexByte("(){},+-", c) >= 0:
			i++
		default:
			return nil, fmt.Errorf("%q has no meaning here", line[i:i+1])
		}
		all = append(all, line[from:i])
	}
	return all, nil
}

func (s *sentence) peek() string {
	if s.at < len(s.words) {
		return s.words[s.at]
	}
	return ""
}

func (s *sentence) take() string {
	w := s.peek()
	s.at++
	return w
}

func (s *sentence) need(word string) error {
	if got := s.take(); got != word {
		return fmt.Errorf("expected %q, found %s", word, quoted(got))
	}
	return nil
}

func (s *sentence) end() error {
	if s.at < len(s.words) {
		return fmt.Errorf("expected the end, found %s", quoted(s.peek()))
	}
	return nil
}

func quoted(w string) string {
	if w == "" {
		return "the end"
	}
	return strconv.Quote(w)
}

func (in *reading) sentence(line string) (*sentence, error) {
	all, err := words(line)
	if err != nil {
		return nil, err
	}
	return &sentence{words: all, in: in}, nil
}

// condition reads: term comparison term.
func (in *reading) condition(line string) (scenarios.Condition, error) {
	c := scenarios.Condition{Text: line}
	s, err := in.sentence(line)
	if err != nil {
		return c, err
	}
	if c.Left, err = s.term(); err != nil {
		return c, err
	}
	op := s.take()
	var ok bool
	if c.Op, ok = scenarios.ParseOp(op); !ok {
		return c, fmt.Errorf("expected a comparison (==, !=, <, <=, >, >=, has, lacks), found %s", quoted(op))
	}
	if c.Right, err = s.term(); err != nil {
		return c, err
	}
	if set := c.Op == scenarios.Has || c.Op == scenarios.Lacks; set && number(&c.Left) {
		return c, fmt.Errorf("%q needs a set before it, such as isr(...)", op)
	}
	return c, s.end()
}

// number says that a term is certainly no set.
func number(t *scenarios.Term) bool {
	if t.Kind == scenarios.Asked {
		_, _, set, _ := scenarios.ParseFact(scenarios.Facts()[t.Fact])
		return !set
	}
	return t.Kind == scenarios.Number
}

// term reads: number | name | fact(arguments) | {terms}, and perhaps + or - number.
func (s *sentence) term() (scenarios.Term, error) {
	t, err := s.plainTerm()
	if err != nil {
		return t, err
	}
	for s.peek() == "+" || s.peek() == "-" {
		sign := int64(1)
		if s.take() == "-" {
			sign = -1
		}
		n, err := strconv.ParseInt(s.peek(), 10, 32)
		if err != nil {
			return t, fmt.Errorf("expected a number, found %s", quoted(s.peek()))
		}
		s.take()
		t.Plus += sign * n
	}
	return t, nil
}

func (s *sentence) plainTerm() (scenarios.Term, error) {
	w := s.take()
	if n, err := strconv.ParseInt(w, 10, 64); err == nil {
		return scenarios.Term{Kind: scenarios.Number, Number: n}, nil
	}
	switch {
	case w == "{":
		return s.list()
	case w == "" || !isWord(w[0]):
		return scenarios.Term{}, fmt.Errorf("expected a number, a remembered name or a fact such as leader(...), found %s", quoted(w))
	case s.peek() == "(":
		return s.fact(w)
	case slices.Contains(s.in.remembered, w):
		return scenarios.Term{Kind: scenarios.Recalled, Name: w}, nil
	}
	return scenarios.Term{}, fmt.Errorf("nothing was remembered as %q before", w)
}

func (s *sentence) list() (scenarios.Term, error) {
	t := scenarios.Term{Kind: scenarios.Listed}
	for s.peek() != "}" {
		if len(t.Args) > 0 {
			if err := s.need(","); err != nil {
				return t, err
			}
		}
		if s.peek() == "{" {
			return t, fmt.Errorf("a set holds numbers, no sets")
		}
		item, err := s.term()
		if err != nil {
			return t, err
		}
		t.Args = append(t.Args, scenarios.Arg{Node: &item})
	}
	s.take()
	return t, nil
}

func (s *sentence) fact(name string) (scenarios.Term, error) {
	f, args, _, ok := scenarios.ParseFact(name)
	t := scenarios.Term{Kind: scenarios.Asked, Fact: f}
	if !ok {
		return t, fmt.Errorf("no fact is called %q; there are %s", name, strings.Join(scenarios.Facts(), ", "))
	}
	s.take()
	for i, kind := range args {
		if i > 0 {
			if err := s.need(","); err != nil {
				return t, err
			}
		}
		arg, err := s.arg(kind)
		if err != nil {
			return t, err
		}
		t.Args = append(t.Args, arg)
	}
	return t, s.need(")")
}

func (s *sentence) arg(kind scenarios.ArgKind) (scenarios.Arg, error) {
	switch kind {
	case scenarios.ArgPartition:
		tp, err := partition(s.take())
		return scenarios.Arg{Partition: tp}, err
	case scenarios.ArgNode:
		if s.peek() == "{" {
			return scenarios.Arg{}, fmt.Errorf("expected one server, found a set")
		}
		t, err := s.term()
		return scenarios.Arg{Node: &t}, err
	case scenarios.ArgProducer:
		name, err := s.client(scenarios.Producer)
		return scenarios.Arg{Client: name}, err
	default:
		name, err := s.client(scenarios.Consumer)
		return scenarios.Arg{Client: name}, err
	}
}

// partition reads topic-number.
func partition(w string) (engine.TopicPartition, error) {
	i := strings.LastIndexByte(w, '-')
	if i > 0 {
		if n, err := strconv.ParseUint(w[i+1:], 10, 20); err == nil {
			return engine.TopicPartition{Topic: w[:i], Partition: int32(n)}, nil
		}
	}
	return engine.TopicPartition{}, fmt.Errorf("expected a partition such as pedidos-0, found %s", quoted(w))
}

func (s *sentence) client(kind scenarios.ClientKind) (string, error) {
	w := s.take()
	_, c := s.in.sc.Client(w)
	what := [...]string{scenarios.Producer: "producer", scenarios.Consumer: "consumer"}[kind]
	if c == nil || c.Kind != kind {
		return "", fmt.Errorf("expected a %s, found %s", what, quoted(w))
	}
	return w, nil
}

// action reads: verb and what it needs.
func (in *reading) action(line string) (scenarios.Action, error) {
	var a scenarios.Action
	s, err := in.sentence(line)
	if err != nil {
		return a, err
	}
	w := s.take()
	var ok bool
	if a.Verb, ok = scenarios.ParseVerb(w); !ok {
		return a, fmt.Errorf("no action is called %s; there are %s", quoted(w), strings.Join(verbs(), ", "))
	}
	switch a.Verb {
	case scenarios.Start, scenarios.Stop, scenarios.Close:
		a.Client = s.take()
		if _, c := in.sc.Client(a.Client); c == nil {
			return a, fmt.Errorf("expected a client, found %s", quoted(a.Client))
		}
	case scenarios.Remember:
		if err := in.remember(s, &a); err != nil {
			return a, err
		}
	default:
		if a.Node, err = s.term(); err != nil {
			return a, err
		}
	}
	if err := s.rest(&a); err != nil {
		return a, err
	}
	return a, s.end()
}

// rest reads what stands behind the server that an action is for.
func (s *sentence) rest(a *scenarios.Action) (err error) {
	switch a.Verb {
	case scenarios.Cut, scenarios.CutFrom, scenarios.Heal:
		a.Peer, err = s.term()
	case scenarios.FlipBit:
		a.Partition, err = partition(s.take())
	case scenarios.SlowLink:
		if a.Peer, err = s.term(); err != nil {
			return err
		}
		if err = s.need("by"); err == nil {
			a.By, err = span(s.take())
		}
	case scenarios.SlowDisk, scenarios.Clock:
		if err = s.need("by"); err == nil {
			a.By, err = span(s.take())
		}
	}
	return err
}

func (in *reading) remember(s *sentence, a *scenarios.Action) (err error) {
	a.Name = s.take()
	if a.Name == "" || a.Name[0] < 'a' || a.Name[0] > 'z' {
		return fmt.Errorf("expected a name to remember by, found %s", quoted(a.Name))
	}
	if err := s.need("="); err != nil {
		return err
	}
	if a.Value, err = s.term(); err != nil {
		return err
	}
	in.remembered = append(in.remembered, a.Name)
	return nil
}

func verbs() []string {
	var all []string
	for v := scenarios.Verb(0); v.String() != ""; v++ {
		all = append(all, v.String())
	}
	return all
}

// span reads a span of time: 500ms, 9s, 1m30s.
func span(w string) (time.Duration, error) {
	d, err := time.ParseDuration(w)
	if err != nil || d < -spanMax || d > spanMax {
		return 0, fmt.Errorf("expected a span of time such as 500ms or 9s, of at most %v, found %s", spanMax, quoted(w))
	}
	return d, nil
}
