// Package swarm plays seeded runs: random work and random faults over a simulated
// cluster, watched by engine/check. A seed draws a Plan, which is text that can be
// read, played again and made shorter; Play plays one and says what it came to;
// Shrink finds the least that still breaks the same property.
//
// As in a swarm, each run leaves much out: it draws which faults there are and how
// often, how many brokers, which time-outs (10 to 20 times shorter than Kafka's
// defaults, so that a minute holds many elections; one run in ten keeps the
// defaults), which clients with which settings. What no run would reach by doing
// everything at once, some run reaches by doing little else.
//
// A run has two parts. While it lasts, faults come and are mended, and only safety
// is asked for. Then everything is mended and the producers stop: the cluster must
// become whole, and stay right.
//
// Failing seeds are kept, shortened, in testdata: regressions must hold from now
// on; those of the museum turn a known bug on and must break the property that they
// name.
package swarm
