// Package scenarios holds the lessons and plays them. A lesson is a folder here:
// scenario.yaml says what happens (cluster, clients, steps with actions, waits and
// expectations, what to look at, predictions asked), es.md and en.md say it in
// prose. Package scenarios/compile reads the folders; what it makes of them is
// committed as Go (compiled_*.go), so that the page carries lessons and no YAML
// parser.
//
// A Runner plays a lesson on an engine/sim world. In goes a Scenario; out come an
// Outcome a step and the trace hash of the run. Every action is one that a hand can
// take too.
//
// Invariants:
//
//   - the script acts on virtual time alone: however a run is cut into slices, the
//     same scenario and seed give the same trace hash, natively and in js/wasm
//   - an expectation is an assertion: a lesson whose expectation fails is broken
//   - the script looks at the world and never changes it but through recorded
//     actions
package scenarios
