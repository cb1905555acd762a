package swarm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
)

// String writes the plan down, one thing a line, as ParsePlan reads it.
func (p *Plan) String() string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("seed %d", p.Seed)
	for _, b := range p.Bugs {
		line("bug %s", b)
	}
	if p.Combined {
		line("cluster brokers=%d controllers=%d combined", p.Brokers, p.Controllers)
	} else {
		line("cluster brokers=%d controllers=%d", p.Brokers, p.Controllers)
	}
	line("lasts %s", span(p.Lasts))
	line("heals %s", span(p.Heals))
	if p.Excerpt {
		line("excerpt of a run")
	}
	for _, kv := range p.Properties {
		line("set %s=%s", kv.Key, kv.Value)
	}
	for _, kv := range p.Features {
		line("feature %s=%s", kv.Key, kv.Value)
	}
	for _, t := range p.Topics {
		line("topic %s partitions=%d replicas=%d%s", t.Name, t.Partitions, t.Replicas, properties(t.Properties))
	}
	for i := range p.Clients {
		line("%s", p.Clients[i].String())
	}
	for i := range p.Steps {
		line("%s", p.Steps[i].String())
	}
	return out.String()
}

func properties(all []Property) string {
	var out strings.Builder
	for _, kv := range all {
		fmt.Fprintf(&out, " %s=%s", kv.Key, kv.Value)
	}
	return out.String()
}

func clientKinds() [3]string { return [...]string{"producer", "consumer", "reader"} }

// String writes a client's line.
func (c *Client) String() string {
	s := fmt.Sprintf("%s %d topic=%s", clientKinds()[c.Kind], c.ID, c.Topic)
	if c.Group != "" {
		s += " group=" + c.Group
	}
	if c.Every > 0 {
		s += fmt.Sprintf(" every=%s", span(c.Every))
	}
	return s + properties(c.Properties)
}

// String writes a step's line: at TIME VERB NODE [PEER] [by SPAN] [for SPAN].
func (s *Step) String() string {
	out := fmt.Sprintf("at %s %v %s", span(s.At), s.Verb, s.Node)
	if s.Peer != "" {
		out += " " + string(s.Peer)
	}
	if s.By != 0 {
		out += fmt.Sprintf(" by %s", span(s.By))
	}
	if s.For != 0 {
		out += fmt.Sprintf(" for %s", span(s.For))
	}
	return out
}

// ParsePlan reads what String writes. Lines that begin with # are comments.
func ParsePlan(text string) (*Plan, error) {
	p := &Plan{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := p.parse(words); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return p, nil
}

func (p *Plan) parse(words []string) error {
	first, rest := words[0], words[1:]
	if len(rest) == 0 {
		return fmt.Errorf("%q says nothing more", first)
	}
	var err error
	switch first {
	case "seed":
		p.Seed, err = strconv.ParseUint(rest[0], 10, 64)
	case "bug":
		p.Bugs = append(p.Bugs, rest...)
	case "cluster":
		return p.parseCluster(rest)
	case "lasts":
		p.Lasts, err = parseSpan(rest[0])
	case "excerpt":
		p.Excerpt = true
	case "heals":
		p.Heals, err = parseSpan(rest[0])
	case "set":
		var kv []Property
		kv, err = parseProperties(rest)
		p.Properties = append(p.Properties, kv...)
	case "feature":
		var kv []Property
		kv, err = parseProperties(rest)
		p.Features = append(p.Features, kv...)
	case "topic":
		return p.parseTopic(rest)
	case "at":
		return p.parseStep(rest)
	default:
		return p.parseClient(first, rest)
	}
	return err
}

// span writes a span in whole milliseconds, of which plans are made.
func span(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

func parseSpan(s string) (time.Duration, error) {
	n, err := strconv.ParseInt(strings.TrimSuffix(s, "ms"), 10, 64)
	if err != nil || !strings.HasSuffix(s, "ms") {
		return 0, fmt.Errorf("%q is no span of milliseconds, such as 1500ms", s)
	}
	return time.Duration(n) * time.Millisecond, nil
}

func parseProperties(words []string) ([]Property, error) {
	var all []Property
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not KEY=VALUE", w)
		}
		all = append(all, Property{key, value})
	}
	return all, nil
}

func (p *Plan) parseCluster(words []string) error {
	if n := len(words); words[n-1] == "combined" {
		p.Combined, words = true, words[:n-1]
	}
	all, err := parseProperties(words)
	for _, kv := range all {
		n, bad := strconv.Atoi(kv.Value)
		switch {
		case bad != nil:
			return fmt.Errorf("%s=%s: not a number", kv.Key, kv.Value)
		case kv.Key == "brokers":
			p.Brokers = n
		case kv.Key == "controllers":
			p.Controllers = n
		default:
			return fmt.Errorf("a cluster has brokers and controllers, not %q", kv.Key)
		}
	}
	return err
}

func (p *Plan) parseTopic(words []string) error {
	t := Topic{Name: words[0]}
	all, err := parseProperties(words[1:])
	for _, kv := range all {
		n, bad := strconv.Atoi(kv.Value)
		switch {
		case kv.Key == "partitions" && bad == nil:
			t.Partitions = n
		case kv.Key == "replicas" && bad == nil:
			t.Replicas = n
		default:
			t.Properties = append(t.Properties, kv)
		}
	}
	p.Topics = append(p.Topics, t)
	return err
}

func (p *Plan) parseClient(kind string, words []string) error {
	kinds := clientKinds()
	at := slices.Index(kinds[:], kind)
	if at < 0 {
		return fmt.Errorf("no line begins with %q; these do: seed, bug, cluster, lasts, heals, excerpt, set, feature, topic, at, %s",
			kind, strings.Join(clientKindList(), ", "))
	}
	id, err := strconv.Atoi(words[0])
	if err != nil {
		return fmt.Errorf("%q is no client's id", words[0])
	}
	c := Client{Kind: ClientKind(at)}
	c.ID = engine.NodeID(id)
	all, err := parseProperties(words[1:])
	if err != nil {
		return err
	}
	for _, kv := range all {
		switch kv.Key {
		case "topic":
			c.Topic = kv.Value
		case "group":
			c.Group = kv.Value
		case "every":
			if c.Every, err = parseSpan(kv.Value); err != nil {
				return err
			}
		default:
			c.Properties = append(c.Properties, kv)
		}
	}
	p.Clients = append(p.Clients, c)
	return nil
}

func clientKindList() []string { kinds := clientKinds(); return kinds[:] }

// parseStep reads TIME VERB NODE [PEER] [by SPAN] [for SPAN].
func (p *Plan) parseStep(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("a step is: at TIME VERB NODE [PEER] [by SPAN] [for SPAN]")
	}
	s := Step{Node: Target(words[2])}
	var err error
	if s.At, err = parseSpan(words[0]); err != nil {
		return err
	}
	if s.Verb, err = parseVerb(words[1]); err != nil {
		return err
	}
	for rest := words[3:]; len(rest) > 0; {
		switch {
		case rest[0] == "by" && len(rest) > 1:
			s.By, err = parseSpan(rest[1])
			rest = rest[2:]
		case rest[0] == "for" && len(rest) > 1:
			s.For, err = parseSpan(rest[1])
			rest = rest[2:]
		case s.Peer == "":
			s.Peer = Target(rest[0])
			rest = rest[1:]
		default:
			return fmt.Errorf("%q is one word too many", rest[0])
		}
		if err != nil {
			return err
		}
	}
	p.Steps = append(p.Steps, s)
	return nil
}

func parseVerb(word string) (Verb, error) {
	names := verbNames()
	for i, name := range names {
		if name == word {
			return Verb(i), nil
		}
	}
	return 0, fmt.Errorf("there is no fault %q; there are %s", word, strings.Join(names[:], ", "))
}
