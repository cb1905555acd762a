// Package bench measures the real program, where there is a peer side by side
// with Apache Kafka 4.3.1 in one run: `make bench`, or a part of it with
//
//	go test ./server/interop/bench -run '^$' -bench Produce -benchtime 1x -rounds 5
//
// Both clusters have three brokers; rounds alternate between them, after three
// that nobody counts because a JVM warms; the median is given with the spread.
// Clients are Kafka's own performance tools. Each benchmark prints rows of one
// Markdown table.
package bench
