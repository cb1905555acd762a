// Package archtest holds the rules of the house that a compiler does not know:
// which package may import which, and what the engine must never do if equal
// inputs are to give equal bytes natively and in WebAssembly.
//
// Each rule is a function from parsed (and, where it must know what is a map
// or a float, type-checked) source to findings. TestRepository applies all of
// them to this repository; the other tests show each rule a bad fixture and
// expect it to object, because a rule that catches nothing is a defect.
//
// A finding that is right to be there is listed in exceptions.go with its
// reason. An exception that no finding needs any more fails the test.
//
// The package is no part of the product: nothing imports it, and it imports
// nothing of ours.
package archtest

import (
	"fmt"
	"go/token"
)

// Finding is one breach of one rule.
type Finding struct {
	Rule  string // the rule's name, as exceptions cite it
	Where string // file, or file:function, relative to the module's root
	Line  int    // 0 where the finding is of the whole file or package
	What  string // what is wrong and what to do instead
}

// String gives file:line: what (rule), which editors can jump to.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s (%s)", f.Where, f.What, f.Rule)
	}
	return fmt.Sprintf("%s:%d: %s (%s)", f.Where, f.Line, f.What, f.Rule)
}

// at makes a finding of a position whose file name is already relative.
func at(pos token.Position, rule, format string, args ...any) Finding {
	return Finding{Rule: rule, Where: pos.Filename, Line: pos.Line, What: fmt.Sprintf(format, args...)}
}
