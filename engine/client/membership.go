package client

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// MemberState is what a consumer is in its group (AbstractCoordinator.MemberState).
type MemberState uint8

// The states of a member.
const (
	Unjoined            MemberState = iota
	PreparingRebalance              // has asked to join, and waits for the others
	CompletingRebalance             // has joined, and waits for its assignment
	StableMember
)

// prepareStep is how far the work before a JoinGroup is (onJoinPrepare).
type prepareStep uint8

const (
	prepareNothing    prepareStep = iota // not begun
	prepareCommitting                    // the automatic commit is under way
	prepareCommitted
	prepared // what had to be revoked is, and JoinGroup may be sent
)

// noGeneration is Generation.NO_GENERATION.
const noGeneration int32 = -1

// membership is a consumer's place in its group (AbstractCoordinator and the group
// part of ConsumerCoordinator). It is plain data.
type membership struct {
	coordinator engine.NodeID // NoNode: unknown
	finding     bool
	state       MemberState
	memberID    string
	generation  int32
	protocol    Assignor
	leads       bool
	rejoin      bool   // rejoinNeeded
	reason      string // why, as the JoinGroup says (KIP-800)
	prepare     prepareStep
	prepareBy   engine.Time // the commit before a rebalance is given up then
	joining     bool        // JoinGroup or SyncGroup is under way, or its outcome waits
	serial      int64       // of the last JoinGroup; answers to older ones count no more
	retryAt     engine.Time // when to try again after a failure
	committing  bool        // some commit is under way
	// assigning is the answer that made this member the leader, while metadata of
	// the group's topics is fetched; assignAt is the metadata version to wait for.
	assigning *kmsg.JoinGroupResponse
	assignAt  int
	outcome   []byte      // the assignment that SyncGroup brought, until the next poll
	joined    []string    // topics that the last JoinGroup named
	snapshot  []TopicSize // the leader's: what the assignment was made of
	sentAt    engine.Time // the last heartbeat
	beatAt    engine.Time // when the next is due
	alive     engine.Time // the last sign of life of the coordinator
}

func newMembership() membership {
	return membership{coordinator: engine.NoNode, generation: noGeneration, rejoin: true}
}

// pollGroup is ConsumerCoordinator.poll.
func (c *Consumer) pollGroup(env *engine.Env) {
	if !c.findCoordinator(env) {
		return
	}
	c.assignAsLeader(env)
	if c.rejoinNeeded() && !c.joinStep(env) {
		return
	}
	c.maybeAutoCommit(env)
}

// findCoordinator says whether the coordinator is known, and asks for it if not
// (AbstractCoordinator.ensureCoordinatorReady, lookupCoordinator).
func (c *Consumer) findCoordinator(env *engine.Env) bool {
	g := &c.group
	if g.coordinator != engine.NoNode {
		return true
	}
	if g.finding || env.Now() < g.retryAt {
		return false
	}
	key, found := c.net.leastLoaded(env)
	if !found || !c.net.ready(env, key) {
		return false
	}
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.Version = 6
	req.CoordinatorKeys = []string{c.cfg.Group}
	g.finding = true
	c.net.send(env, key, channel.Tag{Kind: tagFindCoordinator}, req, c.cfg.RequestTimeout)
	return false
}

func (c *Consumer) onFindCoordinator(env *engine.Env, r channel.Result) {
	g := &c.group
	g.finding = false
	resp, ok := r.Response.(*kmsg.FindCoordinatorResponse)
	if !ok || len(resp.Coordinators) != 1 {
		c.retryGroup(env)
		return
	}
	found := resp.Coordinators[0]
	switch code := engine.ErrorCode(found.ErrorCode); {
	case code == engine.ErrNone:
		g.coordinator = engine.NodeID(found.NodeID)
		c.net.view.nodeHint(g.coordinator, engine.Addr{Host: found.Host, Port: found.Port})
		c.net.ready(env, coordinatorKey(g.coordinator))
		g.alive = env.Now()
	case code.Retriable():
		c.net.requestUpdate()
		c.retryGroup(env)
	default:
		c.giveUp(env, code)
	}
}

func (c *Consumer) retryGroup(env *engine.Env) { c.group.retryAt = env.Now().Add(c.cfg.RetryBackoff) }

// lostCoordinator forgets who the coordinator is (markCoordinatorUnknown); what was
// asked of it fails.
func (c *Consumer) lostCoordinator(env *engine.Env) {
	g := &c.group
	if g.coordinator == engine.NoNode {
		return
	}
	key := coordinatorKey(g.coordinator)
	g.coordinator = engine.NoNode
	c.net.disconnect(env, key)
}

// askCoordinator sends on the connection that is the coordinator's alone.
func (c *Consumer) askCoordinator(env *engine.Env, tag channel.Tag, req kmsg.Request, timeout time.Duration) {
	c.net.send(env, coordinatorKey(c.group.coordinator), tag, req, timeout)
}

// wantRejoin has the member join again at the next poll. The reason is one of those
// that Kafka's client gives, which the coordinator logs (requestRejoin, KIP-800).
func (g *membership) wantRejoin(reason string) { g.rejoin, g.reason = true, reason }

// rejoinNeeded says that the member is to join (again): it never did, was asked to,
// or what it joined with is no longer so (ConsumerCoordinator.rejoinNeededOrPending).
func (c *Consumer) rejoinNeeded() bool {
	g := &c.group
	if g.joining || g.rejoin {
		return true
	}
	if g.snapshot != nil && !slices.Equal(g.snapshot, c.topicSizes(g.snapshot)) {
		g.wantRejoin("cached metadata has changed")
	}
	if g.joined != nil && !slices.Equal(g.joined, c.topics) {
		g.wantRejoin("subscription has changed")
	}
	return g.rejoin
}

// topicSizes gives the present sizes of the topics of a snapshot.
func (c *Consumer) topicSizes(of []TopicSize) []TopicSize {
	out := make([]TopicSize, len(of))
	for i := range of {
		out[i] = TopicSize{of[i].Topic, c.net.view.partitionCount(of[i].Topic)}
	}
	return out
}

// joinStep goes on with joining as far as it can (joinGroupIfNeeded). It says
// whether the member has joined.
func (c *Consumer) joinStep(env *engine.Env) bool {
	g := &c.group
	if g.outcome != nil {
		return c.completeJoin(env)
	}
	if g.joining || env.Now() < g.retryAt {
		return false
	}
	if g.prepare != prepared && !c.prepareJoin(env) {
		return false
	}
	c.sendJoin(env)
	return false
}

// prepareJoin commits positions and gives up what has to be given up before the
// member joins (ConsumerCoordinator.onJoinPrepare).
//   - without a generation, everything it had is lost
//   - eager: it gives up everything
//   - cooperative: only partitions of topics it subscribes to no more
func (c *Consumer) prepareJoin(env *engine.Env) bool {
	g := &c.group
	if g.prepare == prepareNothing {
		g.prepare = prepareCommitted
		g.prepareBy = env.Now().Add(c.cfg.MaxPollInterval)
		if c.cfg.AutoCommit {
			for _, a := range c.parts {
				a.leaving = !c.cfg.cooperative()
			}
			if c.commit(env, commitBeforeJoin) {
				g.prepare = prepareCommitting
			}
		}
	}
	if g.prepare == prepareCommitting && env.Now() < g.prepareBy {
		return false // onCommit goes on
	}
	owned := c.owned()
	switch {
	case g.generation == noGeneration || g.memberID == "" || !c.cfg.cooperative():
		c.revoke(env, owned)
	default:
		c.revoke(env, slices.DeleteFunc(owned, func(tp engine.TopicPartition) bool {
			return slices.Contains(c.topics, tp.Topic)
		}))
	}
	g.leads = false
	c.net.followOnly(c.topics)
	g.prepare = prepared
	return true
}

// revoke takes partitions away.
func (c *Consumer) revoke(env *engine.Env, gone []engine.TopicPartition) {
	if len(gone) == 0 {
		return
	}
	c.tracePartitions(env, engine.EventClientRevoked, gone)
	rest := slices.DeleteFunc(c.owned(), func(tp engine.TopicPartition) bool { return slices.Contains(gone, tp) })
	c.assign(rest)
}

func (c *Consumer) instance() *string {
	if c.cfg.InstanceID == "" {
		return nil
	}
	return kmsg.StringPtr(c.cfg.InstanceID)
}

// joinGrace is what a JoinGroup may take beyond the rebalance time-out
// (AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE).
const joinGrace = 5 * time.Second

func (c *Consumer) sendJoin(env *engine.Env) {
	g := &c.group
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version = 9
	req.Group, req.MemberID, req.InstanceID = c.cfg.Group, g.memberID, c.instance()
	req.SessionTimeoutMillis = int32(c.cfg.SessionTimeout.Milliseconds())
	req.RebalanceTimeoutMillis = int32(c.cfg.MaxPollInterval.Milliseconds())
	req.ProtocolType = consumerProtocol
	for _, a := range c.cfg.Strategy {
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = string(a), c.subscriptionBytes(a)
		req.Protocols = append(req.Protocols, p)
	}
	req.Reason = kmsg.StringPtr(g.reason)
	g.joined = slices.Clone(c.topics)
	g.state, g.joining = PreparingRebalance, true
	g.serial++
	c.askCoordinator(env, channel.Tag{Kind: tagJoin, Sub: g.serial}, req, max(c.cfg.RequestTimeout, c.cfg.MaxPollInterval+joinGrace))
}

// joinFailed ends an attempt to join.
func (c *Consumer) joinFailed(env *engine.Env, wait bool) {
	g := &c.group
	g.joining, g.rejoin = false, true
	g.assigning, g.outcome = nil, nil
	if wait {
		c.retryGroup(env)
	}
}

// onJoin takes the end of a JoinGroup (JoinGroupResponseHandler).
func (c *Consumer) onJoin(env *engine.Env, r channel.Result) {
	g := &c.group
	if r.Tag.Sub != g.serial || !g.joining {
		return
	}
	resp, ok := r.Response.(*kmsg.JoinGroupResponse)
	if !ok {
		c.lostCoordinator(env)
		c.joinFailed(env, true)
		return
	}
	switch code := engine.ErrorCode(resp.ErrorCode); code {
	case engine.ErrNone:
		c.joinedGroup(env, resp)
	case engine.ErrMemberIDRequired:
		g.memberID, g.generation = resp.MemberID, noGeneration
		c.joinFailed(env, false)
		g.reason = "need to re-join with the given member-id: " + resp.MemberID
	case engine.ErrUnknownMemberID:
		c.resetGeneration(true)
		c.joinFailed(env, false)
	case engine.ErrCoordinatorNotAvailable, engine.ErrNotCoordinator:
		c.lostCoordinator(env)
		c.joinFailed(env, true)
	case engine.ErrCoordinatorLoadInProgress:
		c.joinFailed(env, true)
	case engine.ErrRebalanceInProgress:
		c.joinFailed(env, false)
	default:
		c.joinFailed(env, true)
		c.giveUp(env, code)
	}
}

func (c *Consumer) joinedGroup(env *engine.Env, resp *kmsg.JoinGroupResponse) {
	g := &c.group
	g.memberID, g.generation = resp.MemberID, resp.Generation
	g.state, g.rejoin, g.reason = CompletingRebalance, false, ""
	g.alive, g.beatAt = env.Now(), env.Now().Add(c.cfg.HeartbeatInterval)
	if resp.Protocol != nil {
		g.protocol = Assignor(*resp.Protocol)
	}
	if resp.LeaderID != resp.MemberID {
		g.snapshot = nil
		c.sendSync(env, nil)
		return
	}
	g.leads = true
	g.assigning = resp
	topics := slices.Clone(c.topics)
	for _, m := range membersOf(resp) {
		topics = append(topics, m.Topics...)
	}
	slices.Sort(topics)
	topics = slices.Compact(topics)
	g.assignAt = c.net.version
	if !slices.Equal(topics, c.net.topics) {
		c.net.followOnly(topics)
		g.assignAt++ // others' topics: fresh metadata first (ensureFreshMetadata)
	}
	c.assignAsLeader(env)
}

// assignAsLeader makes the group's assignment once metadata is there for it
// (ConsumerCoordinator.onLeaderElected).
func (c *Consumer) assignAsLeader(env *engine.Env) {
	g := &c.group
	if g.assigning == nil || c.net.version < g.assignAt {
		return
	}
	resp := g.assigning
	g.assigning = nil
	members := membersOf(resp)
	g.snapshot = []TopicSize{}
	var topics []TopicSize
	for _, t := range c.net.topics {
		n := c.net.view.partitionCount(t)
		g.snapshot = append(g.snapshot, TopicSize{t, n})
		if n > 0 && subscribedByAny(members, t) {
			topics = append(topics, TopicSize{t, n})
		}
	}
	if resp.SkipAssignment {
		c.sendSync(env, nil)
		return
	}
	assigned := Assign(g.protocol, topics, members)
	var out []kmsg.SyncGroupRequestGroupAssignment
	for i := range members {
		a := kmsg.NewSyncGroupRequestGroupAssignment()
		a.MemberID, a.MemberAssignment = members[i].ID, assignmentBytes(assigned[i])
		out = append(out, a)
	}
	c.sendSync(env, out)
}

func (c *Consumer) sendSync(env *engine.Env, assignments []kmsg.SyncGroupRequestGroupAssignment) {
	g := &c.group
	if g.coordinator == engine.NoNode {
		c.joinFailed(env, true)
		return
	}
	req := kmsg.NewPtrSyncGroupRequest()
	req.Version = 5
	req.Group, req.MemberID, req.InstanceID, req.Generation = c.cfg.Group, g.memberID, c.instance(), g.generation
	req.ProtocolType, req.Protocol = kmsg.StringPtr(consumerProtocol), kmsg.StringPtr(string(g.protocol))
	req.GroupAssignment = assignments
	c.askCoordinator(env, channel.Tag{Kind: tagSync, Sub: g.serial}, req, max(c.cfg.RequestTimeout, c.cfg.MaxPollInterval+joinGrace))
}

// onSync takes the end of a SyncGroup (SyncGroupResponseHandler). The assignment
// counts from the next poll on.
func (c *Consumer) onSync(env *engine.Env, r channel.Result) {
	g := &c.group
	if r.Tag.Sub != g.serial || !g.joining || g.state != CompletingRebalance {
		return
	}
	resp, ok := r.Response.(*kmsg.SyncGroupResponse)
	if !ok {
		c.lostCoordinator(env)
		c.joinFailed(env, true)
		return
	}
	switch code := engine.ErrorCode(resp.ErrorCode); code {
	case engine.ErrNone:
		g.state = StableMember
		g.outcome = resp.MemberAssignment
		if g.outcome == nil {
			g.outcome = []byte{}
		}
	case engine.ErrRebalanceInProgress:
		c.joinFailed(env, false)
	case engine.ErrUnknownMemberID, engine.ErrIllegalGeneration:
		c.resetGeneration(code == engine.ErrUnknownMemberID)
		c.joinFailed(env, false)
	case engine.ErrCoordinatorNotAvailable, engine.ErrNotCoordinator:
		c.lostCoordinator(env)
		c.joinFailed(env, true)
	default:
		c.joinFailed(env, true)
		if !code.Retriable() {
			c.giveUp(env, code)
		}
	}
}

// completeJoin takes the assignment up (ConsumerCoordinator.onJoinComplete). Where
// partitions are to be given up that others wait for, the member joins once more.
func (c *Consumer) completeJoin(env *engine.Env) bool {
	g := &c.group
	assigned := parseAssignment(g.outcome)
	g.joining, g.outcome, g.prepare = false, nil, prepareNothing
	if slices.ContainsFunc(assigned, func(tp engine.TopicPartition) bool { return !slices.Contains(c.topics, tp.Topic) }) {
		g.wantRejoin("received assignment does not match the current subscription")
		return false
	}
	owned := c.owned()
	added := slices.DeleteFunc(slices.Clone(assigned), func(tp engine.TopicPartition) bool { return slices.Contains(owned, tp) })
	gone := slices.DeleteFunc(owned, func(tp engine.TopicPartition) bool { return slices.Contains(assigned, tp) })
	if len(gone) > 0 {
		c.revoke(env, gone)
		if c.cfg.cooperative() {
			g.wantRejoin("need to revoke partitions and re-join")
		}
	}
	c.nextCommit = env.Now().Add(c.cfg.AutoCommitInterval)
	c.assign(assigned)
	for _, a := range c.parts {
		a.leaving = false
	}
	c.tracePartitions(env, engine.EventClientAssigned, added)
	return !g.rejoin
}

// resetGeneration forgets the generation and, where that is unknown too, the member
// id (resetStateAndRejoin).
func (c *Consumer) resetGeneration(member bool) {
	g := &c.group
	g.state, g.generation, g.rejoin = Unjoined, noGeneration, true
	if member {
		g.memberID = ""
	}
	// Commits before a join make no sense without a generation.
	if g.prepare == prepareCommitting {
		g.prepare = prepareCommitted
	}
}

// leave leaves the group, if the member is dynamic and in it (maybeLeaveGroup).
func (c *Consumer) leave(env *engine.Env, reason string) {
	g := &c.group
	if c.cfg.InstanceID == "" && g.coordinator != engine.NoNode && g.state != Unjoined && g.memberID != "" {
		req := kmsg.NewPtrLeaveGroupRequest()
		req.Version = 5
		req.Group = c.cfg.Group
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID, m.Reason = g.memberID, kmsg.StringPtr(reason)
		req.Members = []kmsg.LeaveGroupRequestMember{m}
		c.askCoordinator(env, channel.Tag{Kind: tagLeave}, req, c.cfg.RequestTimeout)
	}
	c.resetGeneration(true)
	g.joining, g.assigning, g.outcome, g.prepare = false, nil, nil, prepareNothing
	g.joined, g.snapshot, g.leads = nil, nil, false
	g.serial++
}

// runHeartbeats is one look of the heartbeat thread.
func (c *Consumer) runHeartbeats(env *engine.Env) {
	g := &c.group
	if g.state != CompletingRebalance && g.state != StableMember || c.closing == closeLeaves {
		return
	}
	now := env.Now()
	switch {
	case g.coordinator == engine.NoNode:
		c.findCoordinator(env)
	case now.Sub(g.alive) >= c.cfg.SessionTimeout:
		c.lostCoordinator(env)
	case now.Sub(c.polled) >= c.cfg.MaxPollInterval:
		// The application polls too seldom: let others have its partitions.
		c.leave(env, "consumer poll timeout has expired.")
		return
	case now >= g.beatAt:
		c.sendHeartbeat(env)
	}
	if g.coordinator == engine.NoNode {
		c.beat.set(env, max(g.retryAt, now.Add(c.cfg.RetryBackoff)))
		return
	}
	c.beat.set(env, min(g.beatAt, g.alive.Add(c.cfg.SessionTimeout), c.polled.Add(c.cfg.MaxPollInterval)))
}

func (c *Consumer) sendHeartbeat(env *engine.Env) {
	g := &c.group
	g.sentAt, g.beatAt = env.Now(), env.Now().Add(c.cfg.HeartbeatInterval)
	req := kmsg.NewPtrHeartbeatRequest()
	req.Version = 4
	req.Group, req.MemberID, req.InstanceID, req.Generation = c.cfg.Group, g.memberID, c.instance(), g.generation
	c.askCoordinator(env, channel.Tag{Kind: tagHeartbeat, Key: int64(g.generation), Sub: g.serial}, req, c.cfg.RequestTimeout)
}

// onHeartbeat takes the end of a Heartbeat (HeartbeatResponseHandler).
func (c *Consumer) onHeartbeat(env *engine.Env, r channel.Result) {
	g := &c.group
	current := r.Tag.Key == int64(g.generation) && r.Tag.Sub == g.serial
	resp, ok := r.Response.(*kmsg.HeartbeatResponse)
	if !ok {
		c.lostCoordinator(env)
		g.beatAt = env.Now().Add(c.cfg.RetryBackoff)
		return
	}
	switch code := engine.ErrorCode(resp.ErrorCode); code {
	case engine.ErrNone:
		g.alive = env.Now()
	case engine.ErrCoordinatorNotAvailable, engine.ErrNotCoordinator:
		c.lostCoordinator(env)
		g.beatAt = env.Now().Add(c.cfg.RetryBackoff)
	case engine.ErrRebalanceInProgress:
		g.alive = env.Now()
		if g.state == StableMember {
			g.wantRejoin("group is already rebalancing")
		}
	case engine.ErrIllegalGeneration, engine.ErrUnknownMemberID:
		if current {
			c.resetGeneration(code == engine.ErrUnknownMemberID)
		}
	case engine.ErrFencedInstanceID:
		if current {
			c.giveUp(env, code)
		}
	default:
		g.beatAt = env.Now().Add(c.cfg.RetryBackoff)
	}
}
