package group

import (
	"slices"
	"strings"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// groupOperations is what everybody may do with a group without an authorizer:
	// READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS.
	groupOperations = 1<<3 | 1<<6 | 1<<8 | 1<<10 | 1<<11
	noOperations    = -1 << 31
	classicType     = "classic"
)

// handleDescribeGroups: key 15, v0-v6. Kafka 4.3; KIP-1043.
// Read: GroupMetadataManager.describeGroups, ClassicGroup.describe.
// Shown in: testdata/describe_groups.txt
//   - subscriptions and assignments show in a stable group only
//   - a group that is not there: state Dead, and from v6 on GROUP_ID_NOT_FOUND
func (c *Coordinator) handleDescribeGroups(env *engine.Env, req engine.Request, m *kmsg.DescribeGroupsRequest) {
	resp := m.ResponseKind().(*kmsg.DescribeGroupsResponse)
	resp.Version = m.Version
	resp.Groups = []kmsg.DescribeGroupsResponseGroup{}
	for _, name := range m.Groups {
		resp.Groups = append(resp.Groups, c.describe(m, name))
	}
	env.Reply(req, resp, engine.Durable{})
}

func (c *Coordinator) describe(m *kmsg.DescribeGroupsRequest, name string) kmsg.DescribeGroupsResponseGroup {
	out := kmsg.NewDescribeGroupsResponseGroup()
	out.Group = name
	out.Members = []kmsg.DescribeGroupsResponseGroupMember{}
	out.AuthorizedOperations = noOperations
	s, code := c.shardOf(name)
	if code != engine.ErrNone {
		out.ErrorCode = int16(code)
		return out
	}
	if m.IncludeAuthorizedOperations {
		out.AuthorizedOperations = groupOperations
	}
	g := s.groups[name]
	if g == nil {
		out.State = Dead.String()
		if m.Version >= 6 {
			out.ErrorCode = int16(engine.ErrGroupIDNotFound)
			out.ErrorMessage = kmsg.StringPtr("Group " + name + " not found.")
		}
		return out
	}
	out.State, out.ProtocolType = g.State.String(), g.ProtocolType
	if g.State == Stable {
		out.Protocol = g.Protocol
	}
	for _, member := range g.Members {
		km := kmsg.NewDescribeGroupsResponseGroupMember()
		km.MemberID, km.InstanceID = member.ID, member.InstanceID
		km.ClientID, km.ClientHost = member.ClientID, member.ClientHost
		km.ProtocolMetadata, km.MemberAssignment = []byte{}, []byte{}
		if g.State == Stable {
			km.ProtocolMetadata = nonNil(member.metadata(g.Protocol))
			km.MemberAssignment = nonNil(member.Assignment)
		}
		out.Members = append(out.Members, km)
	}
	return out
}

// handleListGroups: key 16, v0-v5. Kafka 4.3; KIP-518, KIP-848.
// Read: GroupMetadataManager.listGroups.
// Shown in: testdata/list_groups.txt
//   - a broker lists the groups that it coordinates
//   - filters by state and type match whatever their case
func (c *Coordinator) handleListGroups(env *engine.Env, req engine.Request, m *kmsg.ListGroupsRequest) {
	resp := m.ResponseKind().(*kmsg.ListGroupsResponse)
	resp.Version = m.Version
	resp.Groups = []kmsg.ListGroupsResponseGroup{}
	for _, partition := range c.Partitions() {
		s := c.shards[partition]
		if s.loading {
			resp.ErrorCode = int16(engine.ErrCoordinatorLoadInProgress)
			resp.Groups = []kmsg.ListGroupsResponseGroup{}
			break
		}
		for _, name := range sortedNames(s.groups) {
			g := s.groups[name]
			if !matches(m.StatesFilter, g.State.String()) || !matches(m.TypesFilter, classicType) {
				continue
			}
			kg := kmsg.NewListGroupsResponseGroup()
			kg.Group, kg.ProtocolType, kg.GroupState, kg.GroupType = name, g.ProtocolType, g.State.String(), classicType
			resp.Groups = append(resp.Groups, kg)
		}
	}
	env.Reply(req, resp, engine.Durable{})
}

func matches(filter []string, value string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return strings.EqualFold(f, value) })
}

// Groups lists the groups coordinated here, by name, to look at.
func (c *Coordinator) Groups() []*Group {
	var out []*Group
	for _, partition := range c.Partitions() {
		for _, name := range sortedNames(c.shards[partition].groups) {
			out = append(out, c.shards[partition].groups[name])
		}
	}
	slices.SortFunc(out, func(a, b *Group) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// refuse gives the answer of a whole request that failed
// (AbstractRequest.getErrorResponse).
func refuse(body kmsg.Request, code engine.ErrorCode) kmsg.Response {
	resp := body.ResponseKind()
	resp.SetVersion(body.GetVersion())
	switch m := body.(type) {
	case *kmsg.JoinGroupRequest:
		return joinResponse(m, m.MemberID, code)
	case *kmsg.SyncGroupRequest:
		r := resp.(*kmsg.SyncGroupResponse)
		r.ErrorCode, r.MemberAssignment = int16(code), []byte{}
	case *kmsg.LeaveGroupRequest:
		r := resp.(*kmsg.LeaveGroupResponse)
		r.ErrorCode, r.Members = int16(code), []kmsg.LeaveGroupResponseMember{}
	case *kmsg.OffsetCommitRequest:
		r := resp.(*kmsg.OffsetCommitResponse)
		for _, t := range m.Topics {
			kt := kmsg.NewOffsetCommitResponseTopic()
			kt.Topic, kt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				kp := kmsg.NewOffsetCommitResponseTopicPartition()
				kp.Partition, kp.ErrorCode = p.Partition, int16(code)
				kt.Partitions = append(kt.Partitions, kp)
			}
			r.Topics = append(r.Topics, kt)
		}
	default:
		engine.Violated("GroupRequestHasRefusal", "key %d", body.Key())
	}
	return resp
}
