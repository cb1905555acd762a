package compile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of one lesson. A lesson is read by people: these are far above what one
// can follow, and low enough that reading a hostile one costs nothing.
const (
	fileBytesMax  = 256 << 10
	listItemsMax  = 200
	spanMax       = time.Hour
	nestingMax    = 16 // of YAML; ours has five levels
	brokersMax    = 20
	clientsMax    = 20
	valueBytesMax = 1 << 20
)

// Error is a mistake in a lesson's file.
type Error struct {
	File string
	Line int // from 1; 0: the file as a whole
	What string
}

// Error gives file, line and what was expected.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.What
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What)
}

// node is a place in a YAML file.
type node struct {
	file string
	n    ast.Node
	line int
}

func (n node) errorf(format string, args ...any) error {
	return &Error{n.file, n.line, fmt.Sprintf(format, args...)}
}

// parseYAML reads a file's one document.
func parseYAML(file string, text []byte) (n node, err error) {
	defer func() {
		if r := recover(); r != nil { // a parser's mistake must not take the program with it
			err = &Error{file, 0, "this is not YAML that can be read"}
		}
	}()
	if len(text) > fileBytesMax {
		return node{}, &Error{file, 0, fmt.Sprintf("%d bytes, at most %d", len(text), fileBytesMax)}
	}
	if line := tooNested(string(text)); line > 0 {
		return node{}, &Error{file, line, fmt.Sprintf("nested deeper than %d levels", nestingMax)}
	}
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		return node{}, &Error{file, lineOf(err), "not YAML: " + firstLine(err)}
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		return node{}, &Error{file, 0, "expected one YAML document with seed, cluster, clients and steps"}
	}
	return at(file, f.Docs[0].Body), nil
}

// tooNested finds a line that would make the parser recurse without bound.
func tooNested(text string) int {
	depth, line := 0, 1
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case '\n':
			line++
		}
		if depth > nestingMax {
			return line
		}
	}
	for i, l := range strings.Split(text, "\n") {
		if strings.Count(l, "- ") > nestingMax && strings.HasPrefix(strings.TrimLeft(l, " "), "- - ") {
			return i + 1
		}
		if len(l)-len(strings.TrimLeft(l, " ")) > 8*nestingMax {
			return i + 1
		}
	}
	return 0
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	if i := strings.Index(s, "] "); i >= 0 {
		s = s[i+2:]
	}
	return s
}

// lineOf takes the line out of the parser's "[line:column] ...".
func lineOf(err error) int {
	s := err.Error()
	if !strings.HasPrefix(s, "[") {
		return 0
	}
	number, _, _ := strings.Cut(s[1:], ":")
	n, _ := strconv.Atoi(number)
	return n
}

func at(file string, n ast.Node) node {
	line := 0
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		line = n.GetToken().Position.Line
	}
	return node{file, n, line}
}

func kind(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "an anchor, alias or tag, which are not read here"
	case ast.ScalarNode:
		return "a value"
	}
	return "something that is not read here"
}

// field is one entry of a mapping.
type field struct {
	key   string
	at    node // the key's place
	value node
}

// mapping gives the fields, each once.
func (n node) mapping(what string) ([]field, error) {
	var values []*ast.MappingValueNode
	switch m := n.n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return nil, n.errorf("expected %s, found %s", what, kind(n.n))
	}
	if len(values) > listItemsMax {
		return nil, n.errorf("%d entries, at most %d", len(values), listItemsMax)
	}
	var all []field
	seen := map[string]bool{}
	for _, v := range values {
		key := at(n.file, v.Key)
		name, err := key.text("a name")
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, key.errorf("%q stands here twice", name)
		}
		seen[name] = true
		value := at(n.file, v.Value)
		if value.line == 0 {
			value.line = key.line
		}
		all = append(all, field{name, key, value})
	}
	return all, nil
}

func (n node) list(what string) ([]node, error) {
	s, ok := n.n.(*ast.SequenceNode)
	if !ok {
		return nil, n.errorf("expected %s, found %s", what, kind(n.n))
	}
	if len(s.Values) > listItemsMax {
		return nil, n.errorf("%d entries, at most %d", len(s.Values), listItemsMax)
	}
	var all []node
	for _, v := range s.Values {
		item := at(n.file, v)
		if m, ok := v.(*ast.MappingNode); ok && len(m.Values) > 0 {
			item.line = at(n.file, m.Values[0].Key).line
		}
		all = append(all, item)
	}
	return all, nil
}

// text gives a scalar as it is written, without its quotes.
func (n node) text(what string) (string, error) {
	switch s := n.n.(type) {
	case *ast.StringNode:
		return s.Value, nil
	case *ast.NullNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, nil:
	case ast.ScalarNode:
		return s.GetToken().Value, nil
	}
	return "", n.errorf("expected %s, found %s", what, kind(n.n))
}

func (n node) number(what string, least, most int64) (int64, error) {
	s, err := n.text(what)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < least || v > most {
		return 0, n.errorf("expected %s from %d to %d, found %q", what, least, most, s)
	}
	return v, nil
}

func (n node) span(what string) (time.Duration, error) {
	s, err := n.text(what)
	if err != nil {
		return 0, err
	}
	d, err := span(s)
	if err != nil || d <= 0 {
		return 0, n.errorf("expected %s, a span of time such as 500ms or 9s, of at most %v, found %q", what, spanMax, s)
	}
	return d, nil
}

// unknown says that a mapping has no such key.
func (f field) unknown(known ...string) error {
	return f.at.errorf("%q is no key here; there are %s", f.key, strings.Join(known, ", "))
}
