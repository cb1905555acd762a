package quorum

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// chaos is one seeded run: three controllers, two of which join, and a broker, with
// random faults over random work. Every step is checked.
type chaos struct {
	*world
	moves []chaosMove
	count int // records appended
}

// controllers of a chaos run; one more than the usual three, to have voters to add.
var chaosControllers = [...]engine.NodeID{3000, 3001, 3002, 3003}

// diskSpeeds: some disks are so slow that a crash mostly finds something lost.
var diskSpeeds = [...]time.Duration{time.Millisecond, 20 * time.Millisecond, 400 * time.Millisecond}

func newChaos(t testing.TB, seed uint64, bugs Bug, moves []chaosMove) *chaos {
	w := newWorld(t, seed)
	w.quiet = true
	for _, id := range chaosControllers {
		w.add(id, id == 3000, bugs, chaosControllers[:]...)
	}
	w.add(1, false, bugs, chaosControllers[:]...)
	for _, id := range w.ids() {
		cfg := &w.procs[id].cfg
		cfg.FetchSnapshotMaxBytes = int32(50 + w.rand.IntN(400))
		cfg.SegmentBytes, cfg.RetentionBytes = int64(w.rand.IntN(600)), int64(w.rand.IntN(2))-1
		w.procs[id].disk = diskSpeeds[w.rand.IntN(len(diskSpeeds))]
		w.start(id)
	}
	w.run(time.Duration(w.rand.IntN(9000)) * time.Millisecond)
	return &chaos{world: w, moves: moves}
}

// play makes a number of random moves, then heals everything and wants progress.
func (c *chaos) play(moves int) string {
	for range moves {
		c.move()
		c.run(time.Duration(c.rand.IntN(60)*c.rand.IntN(60)) * time.Millisecond)
		if b := c.broken(); b != "" {
			return b
		}
	}
	for i, a := range chaosControllers {
		for _, b := range chaosControllers[i+1:] {
			c.compareUp(a, b)
		}
	}
	if b := c.broken(); b != "" {
		return b
	}
	return c.settle()
}

func (c *chaos) compareUp(a, b engine.NodeID) {
	if c.procs[a].up && c.procs[b].up {
		c.checker.compareLogs(c.world, c.procs[a], c.procs[b])
	}
}

func (c *chaos) anyone() engine.NodeID { ids := c.ids(); return ids[c.rand.IntN(len(ids))] }

// chaosMove is one kind of fault, or of work.
type chaosMove uint8

const (
	moveAppend chaosMove = iota
	moveKill
	moveStart
	moveCut
	moveHeal
	moveDropConnection
	movePause
	moveVoters
	moveShutdown
	movePowerCut      // of the whole room, or of all but one
	moveLonelyRemoval // a leader alone, told to make do with itself
	moveSnapshot
	moveClean
)

// everyMove is how often each kind comes up in a run of everything.
var everyMove = []chaosMove{
	moveAppend, moveAppend, moveAppend, moveKill, moveKill, moveStart, moveStart, moveStart, moveCut, moveCut,
	moveHeal, moveHeal, moveDropConnection, movePause, moveVoters, moveShutdown, movePowerCut, moveLonelyRemoval,
	moveSnapshot, moveSnapshot, moveSnapshot, moveClean, moveClean,
}

// diskMoves is a run of power cuts.
var diskMoves = []chaosMove{moveAppend, moveAppend, moveKill, moveStart, moveStart, movePowerCut}

func (c *chaos) move() {
	id := c.anyone()
	switch c.moves[c.rand.IntN(len(c.moves))] {
	case moveAppend:
		for range 1 + c.rand.IntN(5) {
			c.count++
			c.append(fmt.Sprintf("record %d", c.count))
		}
	case moveKill:
		c.kill(id, c.rand.IntN(2) == 0)
	case moveStart:
		for _, id := range c.ids() {
			if !c.procs[id].up {
				c.start(id)
				break
			}
		}
	case moveCut:
		c.setCut(id, c.anyone(), true)
	case moveHeal:
		clear(c.cut)
	case moveDropConnection:
		c.dropConnection()
	case movePause:
		if c.procs[id].paused {
			c.resume(id)
		} else {
			c.pause(id)
		}
	case moveVoters:
		for range 1 + c.rand.IntN(3) {
			c.changeVoters(c.anyone())
		}
	case moveShutdown:
		if c.procs[id].up && !c.procs[id].paused && c.rand.IntN(3) == 0 {
			c.step(c.procs[id], engine.Shutdown{})
		}
	case movePowerCut:
		c.cutPower(id)
	case moveLonelyRemoval:
		c.removeAlone()
	case moveSnapshot:
		c.snapshot(id)
	case moveClean:
		c.clean(id)
	}
}

func (c *chaos) cutPower(spared engine.NodeID) {
	for _, each := range c.ids() {
		if each != spared {
			c.kill(each, true)
		}
	}
	for _, each := range c.ids() {
		c.start(each)
	}
}

func (c *chaos) removeAlone() {
	leader := c.leader()
	if leader == nil {
		return
	}
	for _, each := range c.ids() {
		c.setCut(leader.id, each, each != leader.id)
	}
	for range 8 {
		c.changeVoters(c.anyone())
	}
}

func (c *chaos) dropConnection() {
	if len(c.conns) == 0 {
		return
	}
	w := c.conns[c.rand.IntN(len(c.conns))]
	if w.open {
		c.hangUp(w, nil, engine.ClosedByPeer)
	}
}

// changeVoters removes a voter, which joins again by itself: sometimes as another,
// after its disk was replaced.
func (c *chaos) changeVoters(id engine.NodeID) {
	leader := c.leader()
	if leader == nil || id < 3000 {
		return
	}
	voters := leader.node.replica.log.lastVoters()
	voter, ok := voters.find(id)
	if !ok || id == leader.id && len(voters) == 2 {
		return // see "What Kafka leaves open" in the package's documentation
	}
	c.command(leader.id, func(env *engine.Env, r *Replica) {
		req := kmsg.NewPtrRemoveRaftVoterRequest()
		req.VoterID, req.VoterDirectoryID = int32(id), voter.Key.DirectoryID
		r.Forward(env, 1, req)
	})
}

// settle heals everything and wants one leader that commits, and equal logs.
func (c *chaos) settle() string {
	clear(c.cut)
	for range 2 { // some are still shutting down
		for _, id := range c.ids() {
			if c.procs[id].paused {
				c.resume(id)
			}
			c.start(id)
		}
		c.run(10 * time.Second)
	}
	if b := c.broken(); b != "" {
		return b
	}
	if !c.runUntil(20*time.Second, func() bool { return c.append("last") }) {
		return "Liveness: nobody leads after everything is healed: " + c.broken()
	}
	done := c.runUntil(20*time.Second, func() bool {
		for _, id := range c.ids() {
			r := c.procs[id].node.replica
			if !c.procs[id].up || r.delivered != c.checker.end || r.log.end != c.checker.end {
				return false
			}
		}
		return true
	})
	if b := c.broken(); b != "" {
		return b
	}
	if !done {
		return "Liveness: the replicas do not come together after everything is healed"
	}
	return ""
}

// replay is the command that shows a seed's last events.
func replay(seed uint64) string {
	return fmt.Sprintf("go test ./engine/quorum -run TestChaos/seed_%d$ -seeds %d", seed, seed+1)
}

var chaosSeeds = flag.Uint64("seeds", 40, "seeds that TestChaos plays")

// TestChaos: whatever happens, the properties hold; and enough did happen.
func TestChaos(t *testing.T) {
	seen := map[engine.EventKind]int{}
	for seed := range *chaosSeeds {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			c := newChaos(t, seed, 0, everyMove)
			if broken := c.play(60); broken != "" {
				words := c.lastWords
				t.Fatalf("seed %d at %v: %s\nreplay: %s\n%s", seed, time.Duration(c.now), broken, replay(seed),
					strings.Join(words[max(0, len(words)-60):], "\n"))
			}
			for kind, n := range c.seen {
				seen[kind] += n
			}
		})
	}
	for kind, what := range map[engine.EventKind]string{
		engine.EventTruncated: "truncations", engine.EventQuorumVoters: "voter sets", engine.EventQuorumLost: "leaders without a majority",
		engine.EventSnapshotGenerated: "snapshots made", engine.EventSnapshotLoaded: "snapshots loaded",
		engine.EventSnapshotFetched: "snapshots fetched", engine.EventLogStartMoved: "log starts moved",
	} {
		t.Logf("%d %s", seen[kind], what)
		if seen[kind] == 0 && *chaosSeeds >= 40 {
			t.Errorf("no %s in %d runs", what, *chaosSeeds)
		}
	}
}

// TestKnownBugsAreCaught: a checker that catches nothing is a defect.
func TestKnownBugsAreCaught(t *testing.T) {
	for _, c := range []struct {
		name  string
		bug   Bug
		moves []chaosMove
	}{
		{"votes that are not durable", BugVoteNotDurable, diskMoves},
		{"fetches that promise what the disk may lose", BugFetchNotDurable, diskMoves},
		{"two votes in an epoch", BugVoteTwice, everyMove},
		{"votes for a log that is behind", BugVoteStaleLog, everyMove},
		{"commits by counting former epochs", BugCommitOldEpoch, everyMove},
		{"voter changes before the last is committed", BugConcurrentVoterChange, everyMove},
		{"logs that are never compared", BugIgnoreDivergence, everyMove},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(400) {
				run := newChaos(t, seed, c.bug, c.moves)
				if broken := run.play(60); broken != "" && !strings.HasPrefix(broken, "Liveness") {
					t.Logf("seed %d: %s", seed, broken)
					return
				}
			}
			t.Fatal("no run broke a property")
		})
	}
}
