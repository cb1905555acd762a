package scenarios

import (
	"slices"
	"strconv"
	"strings"

	"bitacora/engine"
)

// Condition compares two terms: leader(pedidos-0) != viejo. One whose terms are
// not known (a partition that does not exist yet) does not hold.
type Condition struct {
	Text  string // as written
	Left  Term
	Op    Op
	Right Term
}

// Op compares.
type Op uint8

// The comparisons.
const (
	Equal Op = iota
	NotEqual
	Less
	AtMost
	Greater
	AtLeast
	Has   // the set on the left holds the number on the right
	Lacks // it does not
	opCount
)

// String gives the comparison as scenario.yaml spells it.
func (o Op) String() string { return opNames()[o] }

// ParseOp reads a comparison.
func ParseOp(s string) (Op, bool) {
	for i, name := range opNames() {
		if name == s {
			return Op(i), true
		}
	}
	return 0, false
}

func opNames() [opCount]string {
	return [opCount]string{"==", "!=", "<", "<=", ">", ">=", "has", "lacks"}
}

// TermKind says what a Term is.
type TermKind uint8

// The kinds of term. The comment names the fields of Term that count.
const (
	Absent   TermKind = iota
	Number            // Number
	Recalled          // Name: what a Remember kept
	Asked             // Fact, Args
	Listed            // Args: a set of numbers
)

// Term is a number or a set of numbers: written, remembered, or asked of the world.
type Term struct {
	Kind   TermKind
	Number int64
	Name   string
	Fact   Fact
	Args   []Arg
	Plus   int64 // added in the end
}

// Arg is one argument of a fact.
type Arg struct {
	Partition engine.TopicPartition
	Client    string
	Node      *Term
}

// Value is what a term comes to.
type Value struct {
	Known  bool
	IsSet  bool
	Number int64
	Set    []int64 // sorted
}

// String prints the value as it would be written.
func (v Value) String() string {
	switch {
	case !v.Known:
		return "?"
	case !v.IsSet:
		return strconv.FormatInt(v.Number, 10)
	}
	all := make([]string, len(v.Set))
	for i, n := range v.Set {
		all[i] = strconv.FormatInt(n, 10)
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func number[T ~int | ~int16 | ~int32 | ~int64 | ~uint64](n T) Value {
	return Value{Known: true, Number: int64(n)}
}

func set[T ~int32](all []T) Value {
	v := Value{Known: true, IsSet: true, Set: make([]int64, len(all))}
	for i, n := range all {
		v.Set[i] = int64(n)
	}
	slices.Sort(v.Set)
	return v
}

// holds compares two values.
func (o Op) holds(a, b Value) bool {
	if !a.Known || !b.Known {
		return false
	}
	switch o {
	case Has:
		return a.IsSet && slices.Contains(a.Set, b.Number)
	case Lacks:
		return a.IsSet && !slices.Contains(a.Set, b.Number)
	}
	if a.IsSet || b.IsSet {
		same := a.IsSet == b.IsSet && slices.Equal(a.Set, b.Set)
		return o == Equal && same || o == NotEqual && !same
	}
	switch o {
	case Equal:
		return a.Number == b.Number
	case NotEqual:
		return a.Number != b.Number
	case Less:
		return a.Number < b.Number
	case AtMost:
		return a.Number <= b.Number
	case Greater:
		return a.Number > b.Number
	default:
		return a.Number >= b.Number
	}
}

// Check is a condition and what its terms came to.
type Check struct {
	Text        string
	Held        bool
	Left, Right Value
}

func (r *Runner) check(c *Condition) Check {
	k := Check{Text: c.Text, Left: r.value(&c.Left), Right: r.value(&c.Right)}
	k.Held = c.Op.holds(k.Left, k.Right)
	return k
}

func (r *Runner) checkAll(all []Condition) (checks []Check, held bool) {
	held = true
	for i := range all {
		k := r.check(&all[i])
		checks = append(checks, k)
		held = held && k.Held
	}
	return checks, held
}

func (r *Runner) value(t *Term) Value {
	v := Value{}
	switch t.Kind {
	case Number:
		v = number(t.Number)
	case Recalled:
		v = r.recall(t.Name)
	case Asked:
		v = r.ask(t)
	case Listed:
		v = Value{Known: true, IsSet: true}
		for i := range t.Args {
			n := r.value(t.Args[i].Node)
			v.Known = v.Known && n.Known
			v.Set = append(v.Set, n.Number)
		}
		slices.Sort(v.Set)
	}
	if !v.IsSet {
		v.Number += t.Plus
	}
	return v
}
