package check

import (
	"fmt"
	"time"

	"bitacora/engine"
)

// Property is the name of something that must hold.
type Property string

// The properties of replication, by their names in kip_966_properties.tla.
const (
	NoCommittedRecordLostGlobally         Property = "NoCommittedRecordLostGlobally"
	LeaderCandidateCompletenessProperty   Property = "LeaderCandidateCompletenessProperty"
	LeaderCompletenessProperty            Property = "LeaderCompletenessProperty"
	LogMatchingProperty                   Property = "LogMatchingProperty"
	MetadataLogMatchingProperty           Property = "MetadataLogMatchingProperty"
	ConsistentReadProperty                Property = "ConsistentReadProperty"
	ReplicationQuorumSupersetProperty     Property = "ReplicationQuorumSupersetProperty"
	ValidControllerIsrAndElr              Property = "ValidControllerIsrAndElr"
	EventuallyRuns                        Property = "EventuallyRuns"
	EventuallyUnfenced                    Property = "EventuallyUnfenced"
	EventuallyMetadataConverges           Property = "EventuallyMetadataConverges"
	EventuallyWriteIsAcceptedOrRejected   Property = "EventuallyWriteIsAcceptedOrRejected"
	EventuallyAcknowledgedFullyReplicated Property = "EventuallyAcknowledgedValueFullyReplicated"
	AlterPartitionEventuallyReachedOrZero Property = "AlterPartitionEpochEventuallyReachedOrZero"
	EventuallyConsumed                    Property = "EventuallyConsumed"
	OneLeaderAnEpoch                      Property = "OneLeaderAnEpoch"
	OneVoteAnEpoch                        Property = "OneVoteAnEpoch"
	QuorumLeaderCompleteness              Property = "QuorumLeaderCompleteness"
	EpochsNeverGoBack                     Property = "EpochsNeverGoBack"
	ToldHighWatermarkNeverGoesBack        Property = "ToldHighWatermarkNeverGoesBack"
	ISRChangeIsMadeFromTheNewest          Property = "ISRChangeIsMadeFromTheNewest"
	NoReadAboveHighWatermark              Property = "NoReadAboveHighWatermark"
	AcknowledgedIsWhereItWasSaid          Property = "AcknowledgedIsWhereItWasSaid"
	IdempotentRecordsOnce                 Property = "IdempotentRecordsOnce"
	ConsumerReadsInOrder                  Property = "ConsumerReadsInOrder"
	GroupReadsWithoutGap                  Property = "GroupReadsWithoutGap"
	GroupOffsetsKept                      Property = "GroupOffsetsKept"
	PartitionOwnedByOneMember             Property = "PartitionOwnedByOneMember"
	NodeAssertion                         Property = "NodeAssertion"
)

// Budget says which faults a property bears.
type Budget uint8

// The budgets.
const (
	// AnyFault: it holds whatever happens to processes, disks and links.
	AnyFault Budget = iota
	// WithinBudget: it is not said of a partition that lost committed data outside
	// the budget of the package's documentation.
	WithinBudget
	// OnceHealed: it is said of a cluster whose core was healed and left alone.
	OnceHealed
)

// Meaning documents a property.
type Meaning struct {
	Property Property
	Budget   Budget
	When     string
	Text     string
}

// Properties documents every property, in the order of the constants.
func Properties() []Meaning {
	return []Meaning{
		{NoCommittedRecordLostGlobally, WithinBudget, "at quiet points",
			"What was committed is in the log of some replica, living or dead."},
		{LeaderCandidateCompletenessProperty, WithinBudget, "when something is committed or truncated, and at quiet points",
			"Every running member of the committed ISR and ELR has everything committed: whoever of them is elected loses nothing."},
		{LeaderCompletenessProperty, WithinBudget, "when a replica begins to lead, when a client is told, and at quiet points",
			"The running leader of the newest epoch has everything committed."},
		{LogMatchingProperty, WithinBudget, "at quiet points",
			"Two replicas hold the same batches below both their high watermarks."},
		{MetadataLogMatchingProperty, AnyFault, "when a replica's metadata high watermark moves",
			"All replicas of the metadata log hold the same batches below their high watermarks."},
		{ConsistentReadProperty, WithinBudget, "when a Fetch of a consumer is answered",
			"What a consumer was given at an offset stays there: nobody is ever given anything else."},
		{ReplicationQuorumSupersetProperty, WithinBudget, "at quiet points",
			"The maximal ISR of a leader that is not stale, if it is no smaller than min.insync.replicas, contains the ISR and the ELR that the controller committed."},
		{ValidControllerIsrAndElr, AnyFault, "at quiet points",
			"Committed ISR and ELR are replicas, no broker is in both, and no fenced broker is in the ISR unless nobody leads."},
		{EventuallyRuns, OnceHealed, "in the end", "Every broker that was started runs."},
		{EventuallyUnfenced, OnceHealed, "in the end", "Every broker that runs is unfenced."},
		{EventuallyMetadataConverges, OnceHealed, "in the end", "Every broker has the newest metadata, and every partition a leader and all replicas in sync."},
		{EventuallyWriteIsAcceptedOrRejected, OnceHealed, "in the end", "Every record that a producer sent was acknowledged or failed."},
		{EventuallyAcknowledgedFullyReplicated, OnceHealed, "in the end", "Every replica has what was acknowledged, and all end at the same offset."},
		{AlterPartitionEventuallyReachedOrZero, OnceHealed, "in the end", "No leader waits for the answer to an ISR change."},
		{EventuallyConsumed, OnceHealed, "in the end", "Consumers have read everything committed."},
		{OneLeaderAnEpoch, AnyFault, "when a replica begins to lead", "An epoch of a partition, or of the quorum, has at most one leader."},
		{OneVoteAnEpoch, AnyFault, "when a vote is sent", "A voter votes for one candidate an epoch, whatever becomes of its process."},
		{QuorumLeaderCompleteness, AnyFault, "when a controller wins an election", "Its log has what was committed in the epochs before."},
		{EpochsNeverGoBack, AnyFault, "after every step", "A leader epoch of a partition, as the newest metadata or one life of a broker has it, only grows."},
		{ToldHighWatermarkNeverGoesBack, WithinBudget, "when a ListOffsets of a client is answered",
			"The end of a partition that clients are told by ListOffsets never goes back (KIP-207). A replica's own high watermark may, after an election, and Fetch tells it."},
		{ISRChangeIsMadeFromTheNewest, AnyFault, "when an AlterPartition is answered",
			"The controller accepts an ISR change that was made from the partition epoch that it has (KIP-497), and no other."},
		{NoReadAboveHighWatermark, AnyFault, "when a Fetch of a consumer is answered", "A consumer is given nothing above what a leader committed."},
		{AcknowledgedIsWhereItWasSaid, WithinBudget, "in the end", "A record acknowledged by acks=all at an offset is there, in every replica."},
		{IdempotentRecordsOnce, WithinBudget, "when something is committed", "A batch of an idempotent producer is committed once, and its sequence numbers follow each other."},
		{ConsumerReadsInOrder, WithinBudget, "when a record is handed out", "A consumer reads on where it was, each offset once, until its assignment or its position is set anew."},
		{GroupReadsWithoutGap, WithinBudget, "when a member takes a partition up", "Whatever lies below a group's committed offset was read by a member (at least once)."},
		{GroupOffsetsKept, WithinBudget, "when a member takes a partition up", "A group begins no lower than the last offset it was told is committed."},
		{PartitionOwnedByOneMember, AnyFault, "at quiet points", "In a generation of a group a partition belongs to one member."},
		{NodeAssertion, AnyFault, "after every step", "No assertion of a node's own broke."},
	}
}

// Violation is a broken property.
type Violation struct {
	Property  Property
	At        engine.Time
	Partition engine.TopicPartition // zero where it is about none
	Detail    string
}

// Error tells what broke, when and where.
func (v *Violation) Error() string {
	where := ""
	if v.Partition.Topic != "" {
		where = " " + v.Partition.String()
	}
	return fmt.Sprintf("%s at %v%s: %s", v.Property, time.Duration(v.At), where, v.Detail)
}

// Loss is committed data that went outside the fault budget, as Kafka loses it.
type Loss struct {
	Partition engine.TopicPartition
	At        engine.Time
	From      engine.Offset // what lay from here
	Until     engine.Offset // to here is gone
	Cause     LossCause
}

// LossCause says why a loss is no violation.
type LossCause uint8

// Why committed data may go.
const (
	LossTooManyCopies LossCause = iota // min.insync.replicas copies lost their disk's data
	LossLastStanding                   // the last member of the ISR did, and there is no ELR
	LossUnclean                        // an unclean election was asked for
)

// String names the cause.
func (c LossCause) String() string {
	return [...]string{"too many copies lost", "the last replica standing lost its data", "unclean election"}[c]
}
