// Package compile reads lessons: a folder with scenario.yaml, es.md and en.md
// becomes a scenarios.Scenario. It is native only, for it carries the YAML parser;
// the page has what it made, as Go (GoSource).
//
// scenario.yaml is a mapping:
//
//	seed:     of the run
//	cluster:  brokers, controllers, combined, properties (server.properties keys)
//	clients:  a list; producer: TOPIC with every, keys, value-bytes, count, or
//	          consumer: TOPIC with group, process; each with name and properties
//	steps:    a list; name, ask, do, for, until, within, expect, look
//
// Actions (do) and conditions (until, expect) are sentences:
//
//	remember viejo = leader(pedidos-0)
//	kill viejo
//	slow-disk 2 by 500ms
//	slow-link 1 2 by 200ms
//	flip-bit 1 pedidos-0
//	epoch(pedidos-0) == epoca + 1
//	isr(pedidos-0) lacks viejo
//
// The prose has a heading for the lesson (#) and one for each step, in order
// (## Title {#step}); a step's question is a heading of its own within it
// (### Question {#question}) and a list of its options (- `option` text).
//
// Errors name the file, the line and what was expected there. Every size has a
// limit, since a folder may come from anybody.
package compile
