// Package config holds the configuration keys that this program really has:
// Kafka's names, types, defaults and bounds (LogConfig, AbstractKafkaConfig),
// where a value comes from, and what DescribeConfigs says of it.
//
// In: server.properties as a Static, and the metadata image with its dynamic
// configs. Out: a Topic with every value a partition needs, single values of a
// server, entries for DescribeConfigs, and Kafka's own sentences for bad values.
//
// A value of a topic is looked for as Kafka does (DynamicBrokerConfig, KIP-226):
// the topic's own config, the broker's, the cluster-wide default of brokers, the
// server's properties, the default.
//
// Invariant: a key is listed here only when the program does what it says. The
// one exception is cleanup.policy=compact, which __consumer_offsets carries
// although nothing is compacted.
package config
