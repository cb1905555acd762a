package quorum

import (
	"fmt"
	"slices"
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
	count int // records appended
}

// controllers of a chaos run; one more than the usual three, to have voters to add.
var chaosControllers = [...]engine.NodeID{3000, 3001, 3002, 3003}

func newChaos(t testing.TB, seed uint64, bugs Bug) *chaos {
	w := newWorld(t, seed)
	w.quiet = true
	for _, id := range chaosControllers {
		w.add(id, id == 3000, bugs, 3000, 3001, 3002)
	}
	w.add(1, false, bugs, 3000, 3001, 3002)
	for _, id := range w.ids() {
		w.procs[id].disk = time.Duration(1+w.rand.IntN(40)) * 500 * time.Microsecond
		w.start(id)
	}
	w.run(time.Duration(w.rand.IntN(9000)) * time.Millisecond)
	return &chaos{world: w}
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

func (c *chaos) move() {
	id, other := c.anyone(), c.anyone()
	switch c.rand.IntN(16) {
	case 0, 1:
		c.kill(id, c.rand.IntN(2) == 0)
	case 2, 3, 4:
		for _, id := range c.ids() {
			if !c.procs[id].up {
				c.start(id)
				break
			}
		}
	case 5, 6:
		c.setCut(id, other, true)
	case 7, 8:
		clear(c.cut)
	case 9:
		c.dropConnection()
	case 10:
		if c.procs[id].paused {
			c.resume(id)
		} else {
			c.pause(id)
		}
	case 11:
		c.changeVoters(id)
	case 12:
		if c.procs[id].up && !c.procs[id].paused && c.rand.IntN(3) == 0 {
			c.step(c.procs[id], engine.Shutdown{})
		}
	default:
		for range 1 + c.rand.IntN(5) {
			c.count++
			c.append(fmt.Sprintf("record %d", c.count))
		}
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
	voter, ok := leader.node.replica.log.lastVoters().find(id)
	if !ok {
		return
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
	return fmt.Sprintf("go test ./engine/quorum -run TestChaos/seed_%d$ -v", seed)
}

func TestChaos(t *testing.T) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			c := newChaos(t, seed, 0)
			if broken := c.play(60); broken != "" {
				words := c.lastWords
				t.Fatalf("seed %d at %v: %s\nreplay: %s\n%s", seed, time.Duration(c.now), broken, replay(seed),
					strings.Join(words[max(0, len(words)-60):], "\n"))
			}
		})
	}
}

// TestKnownBugsAreCaught: a checker that catches nothing is a defect.
func TestKnownBugsAreCaught(t *testing.T) {
	bugs := map[string]Bug{
		"votes that are not durable":              BugVoteNotDurable,
		"fetches that promise what is not there":  BugFetchNotDurable,
		"two votes in an epoch":                   BugVoteTwice,
		"votes for a log that is behind":          BugVoteStaleLog,
		"commits by counting former epochs":       BugCommitOldEpoch,
		"voter changes before the last committed": BugConcurrentVoterChange,
		"logs that are never compared":            BugIgnoreDivergence,
	}
	names := make([]string, 0, len(bugs))
	for name := range bugs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2000) {
				c := newChaos(t, seed, bugs[name])
				if broken := c.play(60); broken != "" && !strings.HasPrefix(broken, "Liveness") {
					t.Logf("seed %d: %s", seed, broken)
					return
				}
			}
			t.Fatal("no run broke a property")
		})
	}
}
