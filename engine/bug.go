package engine

// Bugs is a set of known mistakes that nodes can be told to make: the museum.
// Each is historical, or a classic of the field; engine/check must catch each. Only
// the simulator can turn one on: a test holds that nothing else names them.
type Bugs uint32

// Has says whether a mistake is to be made.
func (b Bugs) Has(one Bugs) bool { return b&one != 0 }

// The mistakes. Exhibits, in engine/sim, tells what each is and what one loses.
const (
	BugTruncateToHighWatermark Bugs = 1 << iota
	BugDivergeByEpochStart
	BugFetchUnfenced
	BugLastReplicaStanding
	BugFencedIntoISR
	BugAckBeforeISR
	BugVoteNotPersisted
	BugCommitOldEpoch
	BugStaleISRChange
	BugZombieAck
	BugGroupOffsetsForgotten
	BugShrinkCommits
	bugEnd
)

// AllBugs lists the mistakes.
func AllBugs() []Bugs {
	var all []Bugs
	for b := Bugs(1); b < bugEnd; b <<= 1 {
		all = append(all, b)
	}
	return all
}
