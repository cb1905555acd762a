package engine

import "fmt"

// Violation is a broken invariant: a mistake of ours, never of bytes from
// outside. Process.Step turns the panic that carries it into a result, so that
// no effect of the broken step leaves.
type Violation struct {
	Name   string // the invariant, in Kafka's or the TLA+ specification's words
	Detail string
}

// Error names the invariant and the values that broke it.
func (v Violation) Error() string { return v.Name + ": " + v.Detail }

// Violated reports a broken invariant. It does not return.
func Violated(name, format string, args ...any) {
	panic(Violation{Name: name, Detail: fmt.Sprintf(format, args...)})
}
