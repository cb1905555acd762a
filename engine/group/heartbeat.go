package group

import (
	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleHeartbeat: key 12, v0-v4. Kafka 4.3; KIP-345.
// Read: GroupMetadataManager.classicGroupHeartbeat.
// Shown in: testdata/heartbeat.txt
//   - while members are joining: REBALANCE_IN_PROGRESS, which tells the member to
//     join as well; its session goes on
//   - another generation: ILLEGAL_GENERATION
func (c *Coordinator) handleHeartbeat(env *engine.Env, req engine.Request, m *kmsg.HeartbeatRequest) {
	resp := m.ResponseKind().(*kmsg.HeartbeatResponse)
	resp.Version = m.Version
	resp.ErrorCode = int16(c.heartbeat(env, m))
	env.Reply(req, resp, engine.Durable{})
}

func (c *Coordinator) heartbeat(env *engine.Env, m *kmsg.HeartbeatRequest) engine.ErrorCode {
	if m.Group == "" {
		return engine.ErrInvalidGroupID
	}
	s, code := c.shardOf(m.Group)
	if code == engine.ErrCoordinatorLoadInProgress {
		return engine.ErrNone // the session is counted anew once the group is loaded
	}
	if code != engine.ErrNone {
		return code
	}
	g := s.groups[m.Group]
	if g == nil {
		return engine.ErrUnknownMemberID
	}
	if code := g.check(m.MemberID, m.InstanceID); code != engine.ErrNone {
		return code
	}
	if m.Generation != g.Generation {
		return engine.ErrIllegalGeneration
	}
	switch g.State {
	case PreparingRebalance:
		c.restartSession(env, g, g.member(m.MemberID))
		return engine.ErrRebalanceInProgress
	case CompletingRebalance, Stable:
		c.restartSession(env, g, g.member(m.MemberID))
		return engine.ErrNone
	}
	return engine.ErrUnknownMemberID
}
