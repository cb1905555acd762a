// Package client is simulated Kafka clients: a producer, a consumer and an admin
// client as nodes, which behave as the Java clients of Kafka 4.3 do.
//
// The producer models KafkaProducer, RecordAccumulator, BuiltInPartitioner, Sender
// and the part of TransactionManager that idempotence needs. The consumer models
// the classic KafkaConsumer: ConsumerCoordinator and AbstractCoordinator,
// SubscriptionState, Fetcher, OffsetFetcher and the assignors. All stand on
// NetworkClient and Metadata: one channel to each broker, and for a consumer one
// more to its coordinator, so that a long poll never delays a heartbeat.
//
// In come commands (Send, StartProducing, Subscribe, Seek, ...) and the engine's
// inputs; out go Kafka's own requests, and events that tell what an application
// would see: EventClientSend, Acked, Failed and Retried with the number of the
// record, EventClientRead, Assigned, Revoked and Position.
//
// An application belongs to each client: the producer's may make records by itself,
// at an interval; the consumer's polls, takes a while for each record it was given,
// and polls again. As in Java, a consumer that processes takes part in no rebalance
// until its next poll, while its heartbeats go on.
//
// Invariants:
//
//   - every record that was handed in ends exactly once, in Acked or in Failed
//   - of an idempotent producer, batches of a partition are appended in the order
//     in which they were drained, each once
//   - a consumer fetches only what it is assigned, and hands out the records of a
//     partition in order
//
// Not modelled: transactions, interceptors, metrics, authorization, subscription by
// pattern, racks in assignors, KIP-848, compression ratio estimation.
package client
