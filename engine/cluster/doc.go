// Package cluster puts Kafka servers together: a Spec says which there are, Plan
// gives each its place, and Server is the node of one, made of a Raft replica, a
// controller and a broker (Kafka's KafkaRaftServer, SharedServer, ControllerServer
// and BrokerServer). Both drivers run what this package plans.
//
// In come a driver's inputs; the server hands each to the part it is for, and
// carries committed metadata, leadership and the clean stop between the parts.
//
// Invariant: the image that a broker or controller was given holds committed
// records only, and is never changed afterwards but in its offset.
//
// Not modelled: servers with both roles that later lose one.
package cluster
