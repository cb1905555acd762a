package group

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleLeaveGroup: key 13, v0-v5. Kafka 4.3; KIP-345, KIP-800.
// Read: GroupMetadataManager.classicGroupLeave.
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
	for _, l := range leaving {
		out := kmsg.NewLeaveGroupResponseMember()
		out.MemberID, out.InstanceID = l.MemberID, l.InstanceID
		out.ErrorCode = int16(c.leave(env, g, l))
		resp.Members = append(resp.Members, out)
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
	if g.isPending(l.MemberID) {
		if l.InstanceID != nil {
			return engine.ErrUnknownMemberID
		}
		for _, p := range g.pending {
			if p.id == l.MemberID {
				env.CancelTimer(g.timer(timerPending, p.number))
			}
		}
		g.dropPending(l.MemberID)
		if g.State == PreparingRebalance {
			c.maybeCompleteJoin(env, g)
		}
		return engine.ErrNone
	}
	member := g.member(l.MemberID)
	if l.InstanceID != nil {
		member = g.static(*l.InstanceID)
		if member != nil && l.MemberID != "" && member.ID != l.MemberID {
			return engine.ErrFencedInstanceID
		}
	}
	if member == nil {
		return engine.ErrUnknownMemberID
	}
	c.remove(env, g, member, engine.ErrUnknownMemberID, leftByItself)
	return engine.ErrNone
}
