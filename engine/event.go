package engine

import "encoding/binary"

// EventKind says what happened. Numbers are part of the trace hash: add at the
// end, never renumber.
type EventKind uint16

// What nodes report. The comment names the fields of Event that carry meaning,
// beside Node (who reports) and, where a partition is concerned, Topic and
// Partition.
const (
	EventNone EventKind = iota

	// Logs and replication.
	EventAppended       // Offset..Until appended, Epoch, Count bytes; Peer = leader it was fetched from, or NoNode on the leader
	EventHighWatermark  // Offset is the new high watermark, Until the one before
	EventTruncated      // log truncated to Offset from Until
	EventLogStartMoved  // Offset is the new log start offset, Until the one before
	EventBecameLeader   // Epoch, Offset = start offset of the epoch
	EventBecameFollower // Epoch, Peer = leader
	EventReplicaOffline // replica deleted or stopped; Epoch
	EventISRProposed    // Nodes = proposed ISR, Epoch; Count = partition epoch
	EventISRChanged     // Nodes = ISR as committed, Epoch; Count = partition epoch
	EventFetchDiverged  // follower learnt that its log diverges: Epoch, Offset = diverging end offset, Peer = leader
	EventRecovered      // log opened: Offset = log start, Until = LEO, Count = bytes cut
	EventSegmentRolled  // Offset = base offset of the new segment
	EventSegmentDeleted // Offset = base offset of the deleted segment, Until = one past its last offset, Count = bytes

	// The metadata quorum.
	EventQuorumState         // Code = QuorumState*, Epoch, Peer = leader or candidate voted for
	EventQuorumVoted         // Epoch, Peer = candidate, Code = 1 granted, 0 refused; Count = 1 pre-vote
	EventQuorumHighWatermark // Offset, Until = before
	EventQuorumVoters        // Nodes = voters, Epoch

	// The controller.
	EventControllerActive   // Epoch
	EventControllerResigned // Epoch
	EventBrokerRegistered   // Peer = broker, Count = broker epoch
	EventBrokerFenced       // Peer = broker, Count = broker epoch
	EventBrokerUnfenced     // Peer = broker, Count = broker epoch
	EventBrokerShuttingDown // Peer = broker: in controlled shutdown
	EventLeaderElected      // Peer = leader or NoNode, Epoch, Nodes = ISR, Count = partition epoch; Code = 1 when unclean
	EventTopicCreated       // Count = partitions
	EventTopicDeleted

	// Requests, as the broker decided them.
	EventProduced // acknowledged: Offset..Until, Epoch, Code; Peer unused, Count = acks
	EventRefused  // Name = API, Code = Kafka's error code
	EventFetched  // a consumer's fetch answered: Offset..Until, Count bytes

	// Groups.
	EventGroupState        // Name = group, Code = state, Epoch = generation
	EventMemberJoined      // Name = group, Detail = member id
	EventMemberLeft        // Name = group, Detail = member id, Code = reason
	EventOffsetCommitted   // Name = group, Topic, Partition, Offset
	EventCoordinatorLoaded // Topic, Partition, Epoch

	// Simulated clients.
	EventClientSend     // a record entered the accumulator: Topic, Partition, Count = sequence number of the record in this client
	EventClientAcked    // Topic, Partition, Offset = record's, Count = as above
	EventClientFailed   // Topic, Partition, Code, Count = as above; a consumer or admin client: Name = its group or the API, and Count is no record's
	EventClientRetried  // Topic, Partition, Code, Count = records sent again
	EventClientRead     // a record was returned by poll: Topic, Partition, Offset
	EventClientAssigned // Topic, Partition: now consumed by this client
	EventClientRevoked  // Topic, Partition
	EventClientPosition // Topic, Partition, Offset = where it begins, Epoch, Code = client.Position*: where from
	EventClientMetadata // the client refreshed its metadata; Peer = whom it asked

	// Processes, reported by drivers.
	EventProcessStarted
	EventProcessKilled
	EventProcessPaused
	EventProcessResumed
	EventProcessHalted // Code = HaltReason
	EventLinkCut       // Node and Peer: messages from Node to Peer no longer arrive
	EventLinkHealed
	EventViolation // Name, Detail

	// Messages, reported by drivers. Count = message number.
	EventSent // Node -> Peer, Name = API, Code = version, Offset = bytes
	EventDelivered
	EventLost
	EventConnected    // Node -> Peer
	EventDisconnected // Node -> Peer, Code = DisconnectReason

	// Disks, reported by drivers.
	EventDiskDamaged // a bit of a stored batch was flipped: Offset = the batch's base

	// The controller, further.
	EventELRChanged   // Nodes = eligible leader replicas, Peer = last known leader or NoNode, Epoch; Count = partition epoch
	EventReassignment // Nodes = replicas, Epoch; Count = partition epoch; Code = Reassignment*

	// The metadata log, later.
	EventSnapshotGenerated // Topic, Offset = end offset, Epoch, Count bytes
	EventSnapshotLoaded    // the image was built from it: Topic, Offset, Epoch, Count bytes
	EventSnapshotFetched   // it took the place of the log, which ended at Until: Topic, Offset, Epoch, Count bytes, Peer = leader
	EventQuorumLost        // the leader has not heard from a majority in time, and resigns: Epoch, Nodes = voters heard from

	// Compaction.
	EventCleaningBegan   // Offset..Until is dirty and may be cleaned, Count bytes
	EventSegmentsCleaned // Code segments in Offset..Until were replaced by one of Count bytes
	EventLogCleaned      // a round over Offset..Until ended, Count bytes were removed; Code = 0 done, 1 aborted, 2 failed
)

// What an EventReassignment tells, as its Code.
const (
	ReassignmentBegun     int16 = iota // Nodes are all that hold a copy meanwhile
	ReassignmentDone                   // Nodes are those that were asked for
	ReassignmentCancelled              // Nodes are those from before
)

// Event is something that happened, in codes and numbers; words are a viewer's.
// Which fields count depends on Kind.
type Event struct {
	Kind      EventKind
	Node      NodeID
	Peer      NodeID
	Topic     string
	Partition int32
	Epoch     LeaderEpoch
	Offset    Offset
	Until     Offset
	Count     int64
	Code      int16
	Nodes     []NodeID
	Name      string
	Detail    string
}

// AppendTo encodes the event at the end of b: the form that the trace hash and
// recordings use.
func (e *Event) AppendTo(b []byte) []byte {
	b = appendUvarint(b, uint64(e.Kind))
	b = appendVarint(b, int64(e.Node))
	b = appendVarint(b, int64(e.Peer))
	b = appendString(b, e.Topic)
	b = appendVarint(b, int64(e.Partition))
	b = appendVarint(b, int64(e.Epoch))
	b = appendVarint(b, int64(e.Offset))
	b = appendVarint(b, int64(e.Until))
	b = appendVarint(b, e.Count)
	b = appendVarint(b, int64(e.Code))
	b = appendUvarint(b, uint64(len(e.Nodes)))
	for _, n := range e.Nodes {
		b = appendVarint(b, int64(n))
	}
	b = appendString(b, e.Name)
	return appendString(b, e.Detail)
}

// appendUvarint is binary.AppendUvarint with a short way for what is small, as
// nearly all of an event is: small enough to be inlined, which in WebAssembly is
// most of what it costs.
func appendUvarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

func appendVarint(b []byte, v int64) []byte {
	return appendUvarint(b, uint64(v)<<1^uint64(v>>63))
}

func appendString(b []byte, s string) []byte {
	b = appendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
