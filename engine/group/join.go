package group

import (
	"slices"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleJoinGroup: key 11, v0-v9. Kafka 4.3; KIP-345, KIP-394, KIP-559, KIP-800, KIP-814.
// Read: GroupMetadataManager.classicGroupJoin and what it calls.
// Shown in: testdata/join_group.txt
//   - from v4 on a new dynamic member is first given an id (MEMBER_ID_REQUIRED)
//   - the answer waits until all members have joined, or their rebalance time-out;
//     an empty group waits group.initial.rebalance.delay.ms for company
//   - only the leader is told the members
//   - a static member that comes back keeps generation and assignment
//
// Not modelled: group.max.size.
func (c *Coordinator) handleJoinGroup(env *engine.Env, req engine.Request, m *kmsg.JoinGroupRequest) {
	s, code := c.shardOf(m.Group)
	switch {
	case m.Group == "":
		code = engine.ErrInvalidGroupID
	case !c.sessionAllowed(millis(m.SessionTimeoutMillis)):
		code = engine.ErrInvalidSessionTimeout
	case code != engine.ErrNone:
	case s.groups[m.Group] == nil && m.MemberID != "":
		code = engine.ErrUnknownMemberID
	}
	var g *Group
	if code == engine.ErrNone {
		g, code = c.groupToJoin(env, s, m.Group)
	}
	if code != engine.ErrNone {
		c.refuseJoin(env, req, m.MemberID, code)
		return
	}
	if !g.supports(m.ProtocolType, protocolsOf(m)) {
		c.refuseJoin(env, req, m.MemberID, engine.ErrInconsistentGroupProtocol)
		return
	}
	if m.MemberID == "" {
		c.joinNew(env, s, g, req, m)
		return
	}
	c.joinKnown(env, s, g, req, m)
}

// groupToJoin gives the group, or makes it: the log learns of a group before
// anybody is in it, and a group that it refuses is not made.
func (c *Coordinator) groupToJoin(env *engine.Env, s *shard, name string) (*Group, engine.ErrorCode) {
	if g := s.groups[name]; g != nil {
		return g, engine.ErrNone
	}
	g := c.groupFor(s, name)
	code := c.append(env, s, []record{groupRecord(env, g, nil)}, write{kind: writeNothing})
	if code != engine.ErrNone {
		delete(s.groups, name)
		delete(c.byNumber, g.number)
	}
	return g, code
}

func (c *Coordinator) sessionAllowed(d time.Duration) bool {
	return d >= c.cfg.SessionTimeoutMin && d <= c.cfg.SessionTimeoutMax
}

func protocolsOf(m *kmsg.JoinGroupRequest) []Protocol {
	out := make([]Protocol, 0, len(m.Protocols))
	for _, p := range m.Protocols {
		out = append(out, Protocol{p.Name, p.Metadata})
	}
	return out
}

// joinNew takes in somebody without a member id (classicGroupJoinNewMember).
func (c *Coordinator) joinNew(env *engine.Env, s *shard, g *Group, req engine.Request, m *kmsg.JoinGroupRequest) {
	if m.InstanceID != nil {
		id := newMemberID(env, *m.InstanceID)
		if old := g.static(*m.InstanceID); old != nil {
			c.replaceStatic(env, s, g, old, id, req, m)
			return
		}
		c.addMember(env, g, id, req, m)
		return
	}
	id := newMemberID(env, req.ClientID)
	if m.Version < 4 {
		c.addMember(env, g, id, req, m)
		return
	}
	g.nextMember++
	g.pending = append(g.pending, pendingMember{id, g.nextMember})
	env.SetTimer(g.timer(timerPending, g.nextMember), millis(m.SessionTimeoutMillis))
	c.refuseJoin(env, req, id, engine.ErrMemberIDRequired)
}

// joinKnown takes a member back, or in under the id it was given
// (classicGroupJoinExistingMember).
func (c *Coordinator) joinKnown(env *engine.Env, s *shard, g *Group, req engine.Request, m *kmsg.JoinGroupRequest) {
	if g.isPending(m.MemberID) {
		if m.InstanceID != nil {
			c.refuseJoin(env, req, m.MemberID, engine.ErrUnknownMemberID)
			return
		}
		c.addMember(env, g, m.MemberID, req, m)
		return
	}
	if code := g.check(m.MemberID, m.InstanceID); code != engine.ErrNone {
		c.refuseJoin(env, req, m.MemberID, code)
		return
	}
	member := g.member(m.MemberID)
	same := sameProtocols(member.Protocols, protocolsOf(m))
	switch g.State {
	case PreparingRebalance:
		c.updateMember(member, req, m)
		c.maybeCompleteJoin(env, g)
	case CompletingRebalance:
		if same {
			// It never saw the answer that it joined with: give it again.
			c.joinAgain(env, g, member, req, m)
			return
		}
		c.updateMember(member, req, m)
		c.prepareRebalance(env, g)
	case Stable:
		if same && member.ID != g.Leader {
			c.joinAgain(env, g, member, req, m)
			return
		}
		// The leader rejoins because what it assigns changed; so do all then.
		c.updateMember(member, req, m)
		c.prepareRebalance(env, g)
	default:
		c.refuseJoin(env, req, m.MemberID, engine.ErrUnknownMemberID)
	}
}

// joinAgain answers a member with the generation as it is.
func (c *Coordinator) joinAgain(env *engine.Env, g *Group, member *Member, req engine.Request, m *kmsg.JoinGroupRequest) {
	resp := joinResponse(m, member.ID, engine.ErrNone)
	resp.Generation, resp.LeaderID = g.Generation, g.Leader
	resp.ProtocolType, resp.Protocol = kmsg.StringPtr(g.ProtocolType), kmsg.StringPtr(g.Protocol)
	if member.ID == g.Leader {
		resp.Members = g.describeToLeader()
	}
	env.Reply(req, resp, engine.Durable{})
}

func (c *Coordinator) addMember(env *engine.Env, g *Group, id string, req engine.Request, m *kmsg.JoinGroupRequest) {
	rebalance := millis(m.RebalanceTimeoutMillis)
	if m.Version == 0 {
		rebalance = millis(m.SessionTimeoutMillis)
	}
	for _, p := range g.pending {
		if p.id == id {
			env.CancelTimer(g.timer(timerPending, p.number))
		}
	}
	g.dropPending(id)
	g.nextMember++
	joining := req
	member := &Member{
		ID: id, InstanceID: m.InstanceID, ClientID: req.ClientID, ClientHost: "/" + req.ClientHost,
		SessionTimeout: millis(m.SessionTimeoutMillis), RebalanceTimeout: rebalance,
		Protocols: protocolsOf(m), number: g.nextMember, isNew: true, joining: &joining,
	}
	if g.State == PreparingRebalance && g.initial {
		g.newcomer = true
	}
	if len(g.Members) == 0 {
		g.ProtocolType = m.ProtocolType
	}
	if g.Leader == "" {
		g.Leader = id
	}
	g.Members = append(g.Members, member)
	c.restartSession(env, g, member)
	env.Trace(engine.Event{Kind: engine.EventMemberJoined, Name: g.Name, Detail: id})
	if g.State == PreparingRebalance {
		c.maybeCompleteJoin(env, g)
		return
	}
	c.prepareRebalance(env, g)
}

func (c *Coordinator) updateMember(member *Member, req engine.Request, m *kmsg.JoinGroupRequest) {
	member.Protocols = protocolsOf(m)
	member.SessionTimeout = millis(m.SessionTimeoutMillis)
	if m.Version > 0 {
		member.RebalanceTimeout = millis(m.RebalanceTimeoutMillis)
	}
	joining := req
	member.joining = &joining
}

// replaceStatic lets a static member that came back take its own place
// (updateStaticMemberThenRebalanceOrCompleteJoin).
func (c *Coordinator) replaceStatic(env *engine.Env, s *shard, g *Group, member *Member, id string, req engine.Request, m *kmsg.JoinGroupRequest) {
	old, leader := member.ID, g.Leader
	c.answerJoin(env, g, member, engine.ErrFencedInstanceID)
	c.answerSync(env, g, member, engine.ErrFencedInstanceID)
	env.Trace(engine.Event{Kind: engine.EventMemberLeft, Name: g.Name, Detail: old, Code: leftReplaced})
	env.Trace(engine.Event{Kind: engine.EventMemberJoined, Name: g.Name, Detail: id})
	member.ID = id
	if g.Leader == old {
		g.Leader = id
	}
	c.updateMember(member, req, m)
	c.restartSession(env, g, member)
	switch g.State {
	case Stable:
		if g.vote() != g.Protocol {
			c.prepareRebalance(env, g)
			return
		}
		member.joining = nil
		resp := joinResponse(m, id, engine.ErrNone)
		resp.Generation = g.Generation
		resp.ProtocolType, resp.Protocol = kmsg.StringPtr(g.ProtocolType), kmsg.StringPtr(g.Protocol)
		resp.LeaderID = leader
		if m.Version >= 9 {
			resp.LeaderID = g.Leader
			if g.Leader == id {
				resp.SkipAssignment = true
				resp.Members = g.describeToLeader()
			}
		}
		c.append(env, s, []record{groupRecord(env, g, nil)}, write{kind: writeAnswer, req: req, resp: resp})
	case CompletingRebalance:
		c.prepareRebalance(env, g)
	case PreparingRebalance:
		c.maybeCompleteJoin(env, g)
	default:
		member.joining = nil
		c.refuseJoin(env, req, id, engine.ErrUnknownMemberID)
	}
}

// prepareRebalance asks all members to join again (prepareRebalance).
func (c *Coordinator) prepareRebalance(env *engine.Env, g *Group) {
	if g.State == CompletingRebalance {
		for _, m := range g.Members {
			m.Assignment = nil
			c.answerSync(env, g, m, engine.ErrRebalanceInProgress)
		}
	}
	env.CancelTimer(g.timer(timerSync, 0))
	g.unsynced, g.syncPending = nil, false
	g.initial = g.State == Empty
	g.newcomer = false
	g.become(env, PreparingRebalance)
	if g.initial {
		g.joinLeft = max(g.rebalanceTimeout()-c.cfg.InitialRebalanceDelay, 0)
		env.SetTimer(g.timer(timerJoin, 0), c.cfg.InitialRebalanceDelay)
		return
	}
	env.SetTimer(g.timer(timerJoin, 0), g.rebalanceTimeout())
	c.maybeCompleteJoin(env, g)
}

func (c *Coordinator) maybeCompleteJoin(env *engine.Env, g *Group) {
	if !g.initial && g.allJoined() {
		c.completeJoin(env, g)
	}
}

func (c *Coordinator) onJoinTimer(env *engine.Env, g *Group) {
	if g.State != PreparingRebalance {
		return
	}
	if g.initial && g.newcomer && g.joinLeft > 0 {
		// Others came while waiting: wait once more for their friends.
		g.newcomer = false
		delay := min(c.cfg.InitialRebalanceDelay, g.joinLeft)
		g.joinLeft -= delay
		env.SetTimer(g.timer(timerJoin, 0), delay)
		return
	}
	c.completeJoin(env, g)
}

// completeJoin begins the next generation (completeClassicGroupJoin).
func (c *Coordinator) completeJoin(env *engine.Env, g *Group) {
	env.CancelTimer(g.timer(timerJoin, 0))
	g.initial = false
	for _, m := range slices.Clone(g.Members) {
		if m.joining == nil && m.InstanceID == nil {
			c.drop(env, g, m, engine.ErrUnknownMemberID, leftJoin)
		}
	}
	if len(g.Members) > 0 && !g.electJoined() {
		// Only static members are left, none of them back yet.
		env.SetTimer(g.timer(timerJoin, 0), g.rebalanceTimeout())
		return
	}
	g.Generation++
	s := c.shards[g.shard]
	if len(g.Members) == 0 {
		g.Protocol, g.Leader = "", ""
		g.become(env, Empty)
		c.append(env, s, []record{groupRecord(env, g, nil)}, write{kind: writeNothing})
		return
	}
	g.Protocol = g.vote()
	g.become(env, CompletingRebalance)
	g.unsynced = nil
	for _, m := range g.Members {
		g.unsynced = append(g.unsynced, m.ID)
		m.isNew = false
		c.answerJoin(env, g, m, engine.ErrNone)
		c.restartSession(env, g, m)
	}
	env.SetTimer(g.timer(timerSync, 0), g.rebalanceTimeout())
}

// electJoined makes sure that the leader is one who has joined
// (ClassicGroup.maybeElectNewJoinedLeader). It says false when nobody has.
func (g *Group) electJoined() bool {
	if m := g.member(g.Leader); m != nil && m.joining != nil {
		return true
	}
	for _, m := range g.Members {
		if m.joining != nil {
			g.Leader = m.ID
			return true
		}
	}
	return false
}

// answerJoin ends a member's JoinGroup, if it waits in one.
func (c *Coordinator) answerJoin(env *engine.Env, g *Group, m *Member, code engine.ErrorCode) {
	if m.joining == nil {
		return
	}
	req := *m.joining
	m.joining = nil
	body := req.Body.(*kmsg.JoinGroupRequest)
	if code != engine.ErrNone {
		c.refuseJoin(env, req, m.ID, code)
		return
	}
	resp := joinResponse(body, m.ID, engine.ErrNone)
	resp.Generation, resp.LeaderID = g.Generation, g.Leader
	resp.ProtocolType, resp.Protocol = kmsg.StringPtr(g.ProtocolType), kmsg.StringPtr(g.Protocol)
	if m.ID == g.Leader {
		resp.Members = g.describeToLeader()
	}
	env.Reply(req, resp, engine.Durable{})
}

func (g *Group) describeToLeader() []kmsg.JoinGroupResponseMember {
	out := make([]kmsg.JoinGroupResponseMember, 0, len(g.Members))
	for _, m := range g.Members {
		km := kmsg.NewJoinGroupResponseMember()
		km.MemberID, km.InstanceID, km.ProtocolMetadata = m.ID, m.InstanceID, m.metadata(g.Protocol)
		out = append(out, km)
	}
	return out
}

func joinResponse(m *kmsg.JoinGroupRequest, member string, code engine.ErrorCode) *kmsg.JoinGroupResponse {
	resp := m.ResponseKind().(*kmsg.JoinGroupResponse)
	resp.Version = m.Version
	resp.ErrorCode = int16(code)
	resp.Generation = -1
	resp.MemberID = member
	resp.Members = []kmsg.JoinGroupResponseMember{}
	if m.Version < 7 {
		resp.Protocol = kmsg.StringPtr("") // not nullable before
	}
	return resp
}

func (c *Coordinator) refuseJoin(env *engine.Env, req engine.Request, member string, code engine.ErrorCode) {
	env.Reply(req, joinResponse(req.Body.(*kmsg.JoinGroupRequest), member, code), engine.Durable{})
}
