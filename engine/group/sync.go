package group

import (
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleSyncGroup: key 14, v0-v5. Kafka 4.3; KIP-345, KIP-559.
// Read: GroupMetadataManager.classicGroupSync.
// Shown in: testdata/sync_group.txt
//   - the leader brings the assignment; everybody's answer waits until it is
//     written and committed
//   - in a stable group a member is told its assignment again
//   - while members are joining: REBALANCE_IN_PROGRESS
func (c *Coordinator) handleSyncGroup(env *engine.Env, req engine.Request, m *kmsg.SyncGroupRequest) {
	s, code := c.shardOf(m.Group)
	var g *Group
	if code == engine.ErrNone {
		g = s.groups[m.Group]
		code = checkSync(g, m)
	}
	if code != engine.ErrNone {
		env.Reply(req, refuse(m, code), engine.Durable{})
		return
	}
	member := g.member(m.MemberID)
	switch g.State {
	case PreparingRebalance:
		env.Reply(req, refuse(m, engine.ErrRebalanceInProgress), engine.Durable{})
	case Stable:
		g.unsynced = slices.DeleteFunc(g.unsynced, func(id string) bool { return id == m.MemberID })
		syncing := req
		member.syncing = &syncing
		c.answerSync(env, g, member, engine.ErrNone)
	case CompletingRebalance:
		g.unsynced = slices.DeleteFunc(g.unsynced, func(id string) bool { return id == m.MemberID })
		syncing := req
		member.syncing = &syncing
		if m.MemberID == g.Leader && !g.syncPending {
			c.writeAssignment(env, s, g, m)
		}
	default:
		env.Reply(req, refuse(m, engine.ErrUnknownMemberID), engine.Durable{})
	}
}

func checkSync(g *Group, m *kmsg.SyncGroupRequest) engine.ErrorCode {
	if m.Group == "" {
		return engine.ErrInvalidGroupID
	}
	if g == nil {
		return engine.ErrUnknownMemberID
	}
	if code := g.check(m.MemberID, m.InstanceID); code != engine.ErrNone {
		return code
	}
	if m.Generation != g.Generation {
		return engine.ErrIllegalGeneration
	}
	if otherThan(m.ProtocolType, g.ProtocolType) || otherThan(m.Protocol, g.Protocol) {
		return engine.ErrInconsistentGroupProtocol
	}
	return engine.ErrNone
}

// otherThan says that a member names another protocol than the group has; either
// may have none to name.
func otherThan(said *string, have string) bool { return said != nil && have != "" && *said != have }

func (c *Coordinator) writeAssignment(env *engine.Env, s *shard, g *Group, m *kmsg.SyncGroupRequest) {
	assignments := map[string][]byte{}
	for _, member := range g.Members {
		assignments[member.ID] = nil // whom the leader forgot gets nothing
	}
	for _, a := range m.GroupAssignment {
		assignments[a.MemberID] = a.MemberAssignment
	}
	for _, member := range g.Members {
		member.Assignment = assignments[member.ID]
	}
	g.syncPending = true
	c.append(env, s, []record{groupRecord(env, g, assignments)},
		write{kind: writeSync, group: g.number, epoch: g.Generation})
}

// onAssignmentWritten tells the generation its assignment, or to begin again when
// it could not be written.
func (c *Coordinator) onAssignmentWritten(env *engine.Env, s *shard, g *Group, w write, code engine.ErrorCode) {
	if g.State != CompletingRebalance || g.Generation != w.epoch {
		return // the group has moved on
	}
	g.syncPending = false
	if code != engine.ErrNone {
		for _, m := range g.Members {
			m.Assignment = nil
			c.answerSync(env, g, m, code)
		}
		if c.shards[s.partition] == s {
			c.prepareRebalance(env, g)
		}
		return
	}
	g.become(env, Stable)
	for _, m := range g.Members {
		if m.syncing != nil {
			c.answerSync(env, g, m, engine.ErrNone)
			c.restartSession(env, g, m)
		}
	}
}

// onSyncTimer removes members of a generation that never asked for their
// assignment (expirePendingSync).
func (c *Coordinator) onSyncTimer(env *engine.Env, g *Group) {
	if g.State != CompletingRebalance && g.State != Stable || len(g.unsynced) == 0 {
		return
	}
	for _, id := range slices.Clone(g.unsynced) {
		if m := g.member(id); m != nil {
			c.drop(env, g, m, engine.ErrUnknownMemberID, leftSync)
		}
	}
	c.prepareRebalance(env, g)
}

// answerSync ends a member's SyncGroup, if it waits in one.
func (c *Coordinator) answerSync(env *engine.Env, g *Group, m *Member, code engine.ErrorCode) {
	if m.syncing == nil {
		return
	}
	req := *m.syncing
	m.syncing = nil
	body := req.Body.(*kmsg.SyncGroupRequest)
	if code != engine.ErrNone {
		env.Reply(req, refuse(body, code), engine.Durable{})
		return
	}
	resp := body.ResponseKind().(*kmsg.SyncGroupResponse)
	resp.Version = body.Version
	resp.ProtocolType, resp.Protocol = kmsg.StringPtr(g.ProtocolType), kmsg.StringPtr(g.Protocol)
	resp.MemberAssignment = nonNil(m.Assignment)
	env.Reply(req, resp, engine.Durable{})
}
