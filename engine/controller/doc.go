// Package controller is the KRaft controller: Kafka's QuorumController with its
// ClusterControlManager, BrokerHeartbeatManager, ReplicationControlManager,
// ConfigurationControlManager and ProducerIdControlManager.
//
// In: what the metadata quorum says (BecameLeader, Resigned, committed metadata),
// requests (Handle) and timers (OnTimer). Out, through the Host that every call
// is given: records to append, and answers. A Controller is plain data; the
// composition that owns it and a Raft replica is its Host.
//
// The active controller decides on the image with every record it has appended
// applied, committed or not (pending), and answers a request when the records
// behind the answer are committed: Kafka's deferred event queue. When it loses
// its place, it forgets pending, and every waiting request is answered
// NOT_CONTROLLER.
//
// Invariants:
//   - a record is applied to pending in the step that appends it, and committed
//     metadata never runs ahead of pending
//   - what an answer says is committed before it leaves
//   - a fenced broker is in no ISR that has another member, and leads nothing
//   - a leader is elected from the ISR or, where that is empty, the ELR alone, unless
//     unclean.leader.election.enable, or nobody is left but the last known leader
//   - equal images, requests and random streams give equal records
//
// Not modelled: quotas, ACLs, SCRAM, delegation tokens, JBOD (several log
// directories), create and alter policies.
package controller
