package group

import (
	"encoding/hex"
	"slices"
	"time"

	"bitacora/engine"
)

// State is where a classic group stands (ClassicGroupState).
type State uint8

// The states, in Kafka's names.
const (
	Empty State = iota
	PreparingRebalance
	CompletingRebalance
	Stable
	Dead
)

// String gives Kafka's name, as DescribeGroups shows it.
func (s State) String() string {
	return [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"}[s]
}

// noTimestamp is Kafka's -1 for a time that is not known.
const noTimestamp engine.WallTime = -1

// newMemberTimeout is the patience with a member that joined and waits for the
// rebalance (GroupMetadataManager.CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS).
const newMemberTimeout = 5 * time.Minute

func millis(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }

// Protocol is a way of assigning that a member can do, with what it says of itself
// for it (its subscription).
type Protocol struct {
	Name     string
	Metadata []byte
}

// Member is one member of a group (ClassicGroupMember).
type Member struct {
	ID               string
	InstanceID       *string // static members (KIP-345)
	ClientID         string
	ClientHost       string
	SessionTimeout   time.Duration
	RebalanceTimeout time.Duration
	Protocols        []Protocol
	Assignment       []byte

	number  int64           // in its group, for timers
	joining *engine.Request // a JoinGroup that waits for the generation
	syncing *engine.Request // a SyncGroup that waits for the assignment
	isNew   bool
}

// AwaitingJoin says that the member waits for the next generation.
func (m *Member) AwaitingJoin() bool { return m.joining != nil }

func (m *Member) metadata(protocol string) []byte {
	for _, p := range m.Protocols {
		if p.Name == protocol {
			return p.Metadata
		}
	}
	return nil
}

func (m *Member) knows(protocol string) bool {
	return slices.ContainsFunc(m.Protocols, func(p Protocol) bool { return p.Name == protocol })
}

func sameProtocols(a, b []Protocol) bool {
	return slices.EqualFunc(a, b, func(x, y Protocol) bool {
		return x.Name == y.Name && slices.Equal(x.Metadata, y.Metadata)
	})
}

// pendingMember was given an id and has not joined with it yet (KIP-394).
type pendingMember struct {
	id     string
	number int64
}

// CommittedOffset is where a group will read on (OffsetAndMetadata).
type CommittedOffset struct {
	Offset      engine.Offset
	LeaderEpoch engine.LeaderEpoch
	Metadata    string
	At          engine.WallTime

	topicID   engine.TopicID   // zero where the record is too old to name it
	logOffset engine.Offset    // of its record in __consumer_offsets
	before    *CommittedOffset // what counts until that is committed
}

// Group is one consumer group (ClassicGroup), or only a holder of offsets.
type Group struct {
	Name         string
	State        State
	ProtocolType string
	Protocol     string // "" before one is selected
	Generation   int32
	Leader       string // a member's id
	Members      []*Member
	Offsets      map[engine.TopicPartition]*CommittedOffset
	StateSince   engine.WallTime

	number      int64
	shard       int32
	pending     []pendingMember
	unsynced    []string // members of the generation that have not sent SyncGroup
	nextMember  int64
	initial     bool // the rebalance began with an empty group
	newcomer    bool // somebody joined since the initial delay began
	joinLeft    time.Duration
	syncPending bool // the assignment is being written
}

func (g *Group) member(id string) *Member {
	for _, m := range g.Members {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (g *Group) static(instance string) *Member {
	for _, m := range g.Members {
		if m.InstanceID != nil && *m.InstanceID == instance {
			return m
		}
	}
	return nil
}

func (g *Group) isPending(id string) bool {
	return slices.ContainsFunc(g.pending, func(p pendingMember) bool { return p.id == id })
}

func (g *Group) dropPending(id string) {
	g.pending = slices.DeleteFunc(g.pending, func(p pendingMember) bool { return p.id == id })
}

// check says whether a request may speak for a member (ClassicGroup.validateMember).
func (g *Group) check(id string, instance *string) engine.ErrorCode {
	if instance != nil {
		switch m := g.static(*instance); {
		case m == nil:
			return engine.ErrUnknownMemberID
		case m.ID != id:
			return engine.ErrFencedInstanceID
		}
		return engine.ErrNone
	}
	if g.member(id) == nil {
		return engine.ErrUnknownMemberID
	}
	return engine.ErrNone
}

// supports says whether somebody with these protocols can be a member
// (ClassicGroup.supportsProtocols).
func (g *Group) supports(protocolType string, protocols []Protocol) bool {
	if len(g.Members) == 0 {
		return protocolType != "" && len(protocols) > 0
	}
	if protocolType != g.ProtocolType {
		return false
	}
	return slices.ContainsFunc(protocols, func(p Protocol) bool {
		return !slices.ContainsFunc(g.Members, func(m *Member) bool { return !m.knows(p.Name) })
	})
}

// vote selects the protocol: of those that all members know, the one that most
// put first (ClassicGroup.selectProtocol).
func (g *Group) vote() string {
	best, votes := "", 0
	for _, candidate := range g.Members[0].Protocols {
		n := 0
		for _, m := range g.Members {
			if g.ballot(m) == candidate.Name {
				n++
			}
		}
		if n > votes {
			best, votes = candidate.Name, n
		}
	}
	return best
}

func (g *Group) ballot(m *Member) string {
	for _, p := range m.Protocols {
		if !slices.ContainsFunc(g.Members, func(o *Member) bool { return !o.knows(p.Name) }) {
			return p.Name
		}
	}
	return ""
}

func (g *Group) rebalanceTimeout() time.Duration {
	var longest time.Duration
	for _, m := range g.Members {
		longest = max(longest, m.RebalanceTimeout)
	}
	return longest
}

func (g *Group) allJoined() bool {
	return len(g.pending) == 0 && !slices.ContainsFunc(g.Members, func(m *Member) bool { return m.joining == nil })
}

// become changes the group's state (ClassicGroup.transitionTo).
func (g *Group) become(env *engine.Env, s State) {
	g.State = s
	g.StateSince = env.Wall()
	env.Trace(engine.Event{
		Kind: engine.EventGroupState, Name: g.Name, Code: int16(s),
		Epoch: engine.LeaderEpoch(g.Generation), Count: int64(len(g.Members)),
	})
}

func (g *Group) timer(kind uint8, sub int64) engine.Timer {
	return engine.Timer{Owner: engine.OwnerGroup, Kind: kind, Key: g.number, Sub: sub}
}

// newMemberID makes a member's id: client or instance id, a dash and a random UUID.
func newMemberID(env *engine.Env, prefix string) string {
	id := env.Rand().UUID()
	h := hex.EncodeToString(id[:])
	return prefix + "-" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// restartSession counts the member's session from now.
func (c *Coordinator) restartSession(env *engine.Env, g *Group, m *Member) {
	timeout := m.SessionTimeout
	if m.isNew {
		timeout = newMemberTimeout
	}
	env.SetTimer(g.timer(timerSession, m.number), timeout)
}

func (c *Coordinator) cancelSession(env *engine.Env, g *Group, m *Member) {
	env.CancelTimer(g.timer(timerSession, m.number))
}

func (c *Coordinator) dropTimers(env *engine.Env, g *Group) {
	env.CancelTimer(g.timer(timerJoin, 0))
	env.CancelTimer(g.timer(timerSync, 0))
	for _, p := range g.pending {
		env.CancelTimer(g.timer(timerPending, p.number))
	}
}

// onSessionExpired removes a member that was not heard from. One that waits in a
// JoinGroup or SyncGroup is alive: its connection is open.
func (c *Coordinator) onSessionExpired(env *engine.Env, g *Group, number int64) {
	for _, m := range g.Members {
		if m.number != number {
			continue
		}
		if !m.isNew && (m.joining != nil || m.syncing != nil) {
			return // restarted when it is answered
		}
		c.remove(env, g, m, engine.ErrUnknownMemberID, leftSession)
		return
	}
}

func (c *Coordinator) onPendingExpired(env *engine.Env, g *Group, number int64) {
	before := len(g.pending)
	g.pending = slices.DeleteFunc(g.pending, func(p pendingMember) bool { return p.number == number })
	if len(g.pending) < before && g.State == PreparingRebalance {
		c.maybeCompleteJoin(env, g)
	}
}

// Why a member left, as EventMemberLeft's Code.
const (
	leftByItself int16 = iota
	leftSession        // its session ended
	leftJoin           // it did not rejoin in time
	leftSync           // it did not sync in time
	leftReplaced       // a static member came back under a new id
)

// remove takes a member out and lets the others share its work
// (removeMemberAndUpdateClassicGroup).
func (c *Coordinator) remove(env *engine.Env, g *Group, m *Member, code engine.ErrorCode, why int16) {
	c.drop(env, g, m, code, why)
	c.afterLeaving(env, g)
}

// afterLeaving lets those who stay share the work of those who left.
func (c *Coordinator) afterLeaving(env *engine.Env, g *Group) {
	switch g.State {
	case Stable, CompletingRebalance:
		c.prepareRebalance(env, g)
	case PreparingRebalance:
		c.maybeCompleteJoin(env, g)
	}
}

// drop takes a member out, and nothing more.
func (c *Coordinator) drop(env *engine.Env, g *Group, m *Member, code engine.ErrorCode, why int16) {
	c.answerJoin(env, g, m, code)
	c.answerSync(env, g, m, code)
	c.cancelSession(env, g, m)
	g.Members = slices.DeleteFunc(g.Members, func(o *Member) bool { return o == m })
	g.unsynced = slices.DeleteFunc(g.unsynced, func(id string) bool { return id == m.ID })
	if g.Leader == m.ID {
		g.Leader = ""
		if len(g.Members) > 0 {
			g.Leader = g.Members[0].ID
		}
	}
	env.Trace(engine.Event{Kind: engine.EventMemberLeft, Name: g.Name, Detail: m.ID, Code: why})
}
