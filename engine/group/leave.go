package group

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleLeaveGroup: key 13, v0-v5. Kafka 4.3; KIP-345, KIP-800.
// Read: GroupMetadataManager.classicGroupLeave.
// Shown in: testdata/leave_group.txt
//   - from v3 on several members may be named, static ones by their instance
//   - a member that was only given an id leaves too
func (c *Coordinator) handleLeaveGroup(env *engine.Env, req engine.Request, m *kmsg.LeaveGroupRequest) {
	s, code := c.shardOf(m.Group)
	if m.Group == "" {
		code = engine.ErrInvalidGroupID
	}
	if code != engine.ErrNone {
		env.Reply(req, refuse(m, code), engine.Durable{})
		return
	}
	resp := m.ResponseKind().(*kmsg.LeaveGroupResponse)
	resp.Version = m.Version
	resp.Members = []kmsg.LeaveGroupResponseMember{}
	g := s.groups[m.Group]
	leaving := m.Members
	if m.Version < 3 {
		one := kmsg.NewLeaveGroupRequestMember()
		one.MemberID = m.MemberID
		leaving = []kmsg.LeaveGroupRequestMember{one}
	}
	left := false
	for _, l := range leaving {
		code := c.leave(env, g, l)
		left = left || code == engine.ErrNone
		out := kmsg.NewLeaveGroupResponseMember()
		out.MemberID, out.InstanceID, out.ErrorCode = l.MemberID, l.InstanceID, int16(code)
		resp.Members = append(resp.Members, out)
	}
	if left {
		c.afterLeaving(env, g)
	}
	if m.Version < 3 {
		resp.ErrorCode = resp.Members[0].ErrorCode
	}
	env.Reply(req, resp, engine.Durable{})
}

func (c *Coordinator) leave(env *engine.Env, g *Group, l kmsg.LeaveGroupRequestMember) engine.ErrorCode {
	if g == nil {
		return engine.ErrUnknownMemberID
	}
	for _, p := range g.pending {
		if p.id == l.MemberID {
			env.CancelTimer(g.timer(timerPending, p.number))
			g.dropPending(p.id)
			return engine.ErrNone
		}
	}
	id := l.MemberID
	if id == "" && l.InstanceID != nil { // whoever it is now: an administrator takes it out
		if m := g.static(*l.InstanceID); m != nil {
			id = m.ID
		}
	}
	if code := g.check(id, l.InstanceID); code != engine.ErrNone {
		return code
	}
	c.drop(env, g, g.member(id), engine.ErrUnknownMemberID, leftByItself)
	return engine.ErrNone
}
