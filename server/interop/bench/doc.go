// Package bench measures the real program, where there is a peer side by side
// with Apache Kafka 4.3.1 in one run: `make bench`, or a part of it with
//
//	go test ./server/interop/bench -run '^$' -bench Server/start -benchtime 1x -alone
//
// Both clusters have three brokers; rounds alternate between them, after three
// that nobody counts because a JVM warms; the median is given with the spread.
// Clients are Kafka's own performance tools. At the end come one table and, with
// -report FILE, the same as JSON.
//
// BENCH_QUICK=1 measures less of everything, in under five minutes on a quiet
// machine: enough to see a slip, not to quote.
package bench
