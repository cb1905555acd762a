package sim

import (
	"fmt"
	"strings"

	"bitacora/engine"
)

// Exhibit documents a known mistake that a simulated cluster can be told to make.
type Exhibit struct {
	Bug   engine.Bugs
	Name  string // as plans and lessons spell it
	What  string // the mistake
	Fix   string // what closed it
	Loses string // what one loses by it
}

// Exhibits is the museum. Each is caught by engine/check: engine/check/swarm has the
// shortest run known for each.
func Exhibits() []Exhibit {
	return []Exhibit{
		{engine.BugTruncateToHighWatermark, "truncate-to-high-watermark",
			"A replica that begins to follow cuts its log to its own high watermark, which trails the leader's by a Fetch, and compares no epochs.",
			"KIP-101 (0.11): leader epochs, and OffsetForLeaderEpoch instead of the high watermark.",
			"A committed record, when the replica is elected before it has fetched again; or logs that differ for good."},
		{engine.BugDivergeByEpochStart, "diverge-by-epoch-start",
			"Told where an epoch ends that the leader does not have, a follower cuts there, and keeps what it has of that epoch below.",
			"KIP-279 (2.0): the leader tells which epoch its answer is about, and the follower goes back through its own epochs.",
			"Logs that match no more below the high watermark, after two elections in quick succession."},
		{engine.BugFetchUnfenced, "fetch-unfenced",
			"A Fetch is served whatever leader epoch its sender goes by, and a log of another epoch is not compared.",
			"KIP-320 (2.1): CurrentLeaderEpoch in Fetch, FENCED_LEADER_EPOCH and UNKNOWN_LEADER_EPOCH.",
			"A stale follower counts as having what it has not; a consumer that asks a zombie leader is sent back or reads what is cut later."},
		{engine.BugLastReplicaStanding, "last-replica-standing",
			"The last member of an ISR stays in it when it dies, and leads again when it comes back, whatever it lost; the high watermark moves below min.insync.replicas.",
			"KIP-966 (4.0): eligible leader replicas, and no commits below min.insync.replicas.",
			"Committed records that two others still had, after one loss of power."},
		{engine.BugFencedIntoISR, "fenced-into-isr",
			"Leader and controller take a replica into the ISR although its broker is fenced, shutting down, or another incarnation than the one that fetched.",
			"KIP-841 (3.3) and KIP-903 (3.5): AlterPartition carries broker epochs, INELIGIBLE_REPLICA.",
			"A restarted broker counts as in sync for what it fetched in its former life, and may be elected without it."},
		{engine.BugAckBeforeISR, "ack-before-isr",
			"A Produce with acks=all is answered when the leader has it.",
			"Never Kafka's: it is what acks=1 means.",
			"Acknowledged records, with the leader."},
		{engine.BugVoteNotPersisted, "vote-not-persisted",
			"A controller keeps its epoch and its vote in memory only (no quorum-state file).",
			"Raft, section 5.2; KIP-595's quorum-state.",
			"The one leader an epoch: a voter that restarts votes twice, and two leaders commit different records at one offset."},
		{engine.BugCommitOldEpoch, "commit-old-epoch",
			"A quorum leader calls records of former epochs committed because a majority has them, before it has committed one of its own.",
			"Raft, section 5.4.2 (figure 8); KIP-595 commits from the epoch's start offset.",
			"Committed metadata: a later leader may still overwrite it."},
		{engine.BugStaleISRChange, "stale-isr-change",
			"The controller takes an AlterPartition that was made from an older ISR than the one it has.",
			"KIP-497 (2.7): the partition epoch, INVALID_UPDATE_VERSION.",
			"A replica is in the ISR that the leader does not wait for: elected, it lacks what was committed."},
		{engine.BugZombieAck, "zombie-ack",
			"A leader that is deposed answers the Produces that wait for the ISR as if they had come through.",
			"Kafka answers NOT_LEADER_OR_FOLLOWER (DelayedProduce, Partition.checkEnoughReplicasReachOffset).",
			"Acknowledged records that the new leader never had."},
		{engine.BugGroupOffsetsForgotten, "group-offsets-forgotten",
			"A broker that begins to lead a partition of __consumer_offsets answers for its groups without having read it.",
			"Kafka loads the partition first, COORDINATOR_LOAD_IN_PROGRESS meanwhile (CoordinatorRuntime).",
			"The groups' committed offsets: consumers begin anew, by auto.offset.reset."},
		{engine.BugShrinkCommits, "shrink-commits",
			"A leader no longer waits for a replica that it has proposed to take out of the ISR, before the controller has agreed.",
			"KIP-497 (2.7): the maximal ISR; who is proposed to leave still counts.",
			"Committed records, when the controller elects the one that was to leave."},
	}
}

// ParseBugs finds mistakes by their names.
func ParseBugs(names []string) (engine.Bugs, error) {
	var all engine.Bugs
next:
	for _, name := range names {
		var known []string
		for _, e := range Exhibits() {
			if e.Name == name {
				all |= e.Bug
				continue next
			}
			known = append(known, e.Name)
		}
		return 0, fmt.Errorf("there is no known bug %q; there are %s", name, strings.Join(known, ", "))
	}
	return all, nil
}
