package client

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Why a commit is made: the Sub of its tag.
const (
	commitInterval   int64 = iota // auto.commit.interval.ms
	commitBeforeJoin              // before a rebalance
	commitAtClose
	commitAsked // by the application
)

// maybeAutoCommit commits positions when the interval is over
// (maybeAutoCommitOffsetsAsync).
func (c *Consumer) maybeAutoCommit(env *engine.Env) {
	if !c.cfg.AutoCommit || c.cfg.Group == "" || env.Now() < c.nextCommit || c.group.coordinator == engine.NoNode {
		return
	}
	c.nextCommit = env.Now().Add(c.cfg.AutoCommitInterval)
	c.commit(env, commitInterval)
}

// commit sends the positions of what was handed out (OffsetCommit). It says whether
// there was anything to send; without a stable generation there is nobody to commit
// for.
func (c *Consumer) commit(env *engine.Env, why int64) bool {
	g := &c.group
	if g.state != StableMember || g.coordinator == engine.NoNode {
		return false
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version = 9
	req.Group, req.Generation, req.MemberID, req.InstanceID = c.cfg.Group, g.generation, g.memberID, c.instance()
	for _, a := range c.parts {
		if a.state != stateFetching {
			continue
		}
		n := len(req.Topics)
		if n == 0 || req.Topics[n-1].Topic != a.tp.Topic {
			t := kmsg.NewOffsetCommitRequestTopic()
			t.Topic = a.tp.Topic
			req.Topics = append(req.Topics, t)
			n++
		}
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset, p.LeaderEpoch = a.tp.Partition, int64(a.position), int32(a.epoch)
		p.Metadata = kmsg.StringPtr("")
		req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, p)
	}
	if len(req.Topics) == 0 {
		return false
	}
	g.committing = true
	c.askCoordinator(env, channel.Tag{Kind: tagCommit, Key: g.serial, Sub: why}, req, c.cfg.RequestTimeout)
	return true
}

// onCommit takes the end of an OffsetCommit (OffsetCommitResponseHandler).
func (c *Consumer) onCommit(env *engine.Env, r channel.Result) {
	g := &c.group
	g.committing = false
	resp, ok := r.Response.(*kmsg.OffsetCommitResponse)
	code := engine.ErrNone
	if !ok {
		c.lostCoordinator(env)
		code = engine.ErrNetworkException
	} else {
		code = c.committed(r.Request.(*kmsg.OffsetCommitRequest), resp)
	}
	switch code {
	case engine.ErrNone:
		c.commits++
	case engine.ErrCoordinatorNotAvailable, engine.ErrNotCoordinator, engine.ErrRequestTimedOut:
		c.lostCoordinator(env)
	case engine.ErrRebalanceInProgress:
		g.wantRejoin("offset commit failed since group is already rebalancing")
	case engine.ErrUnknownMemberID, engine.ErrIllegalGeneration:
		if r.Tag.Key == g.serial && g.state != PreparingRebalance {
			c.resetGeneration(code == engine.ErrUnknownMemberID)
		}
	case engine.ErrFencedInstanceID:
		c.giveUp(env, code)
	}
	retriable := code != engine.ErrNone && code != engine.ErrRebalanceInProgress && code.Retriable()
	switch {
	case r.Tag.Sub == commitInterval && retriable:
		c.nextCommit = min(c.nextCommit, env.Now().Add(c.cfg.RetryBackoff))
	case r.Tag.Sub == commitBeforeJoin && g.prepare == prepareCommitting:
		g.prepare = prepareCommitted
		if retriable && env.Now() < g.prepareBy {
			g.prepare = prepareNothing // once more
			c.retryGroup(env)
		}
	}
}

// committed notes what a commit's answer says of each partition, and gives the
// first error.
func (c *Consumer) committed(req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse) (first engine.ErrorCode) {
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				if first == engine.ErrNone {
					first = engine.ErrorCode(p.ErrorCode)
				}
				continue
			}
			a := c.part(engine.TopicPartition{Topic: t.Topic, Partition: p.Partition})
			if a == nil {
				continue
			}
			for i := range req.Topics {
				for _, q := range req.Topics[i].Partitions {
					if req.Topics[i].Topic == t.Topic && q.Partition == p.Partition {
						a.committed = engine.Offset(q.Offset)
					}
				}
			}
		}
	}
	return first
}

// updatePositions seeks a position for each partition that has none, and has those
// checked whose leader changed (KafkaConsumer.updateFetchPositions).
func (c *Consumer) updatePositions(env *engine.Env) {
	if c.checked != c.net.version {
		c.checked = c.net.version
		for _, a := range c.parts {
			c.checkLeader(a)
		}
	}
	c.askCommitted(env)
	c.resetMissing(env)
	c.askEpochs(env)
	c.askOffsets(env)
}

// checkLeader has a position checked when its partition has another leader or epoch
// (SubscriptionState.maybeValidatePositionForCurrentLeader).
func (c *Consumer) checkLeader(a *assignedPartition) {
	leader, known := c.net.view.leader(a.tp)
	if known && (a.state == stateFetching || a.state == stateAwaitValidate) && a.leader != leader {
		a.state = stateFetching
		a.check(leader)
	}
}

// askCommitted asks the coordinator for the committed offsets of partitions without
// a position (OffsetFetch).
func (c *Consumer) askCommitted(env *engine.Env) {
	if c.cfg.Group == "" || len(c.topics) == 0 || c.group.coordinator == engine.NoNode {
		return
	}
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = c.cfg.Group
	group.MemberEpoch = -1
	for _, a := range c.parts {
		if a.state != stateInitializing || a.asking || env.Now() < a.retryAt {
			continue
		}
		a.asking = true
		n := len(group.Topics)
		if n == 0 || group.Topics[n-1].Topic != a.tp.Topic {
			t := kmsg.NewOffsetFetchRequestGroupTopic()
			t.Topic = a.tp.Topic
			group.Topics = append(group.Topics, t)
			n++
		}
		group.Topics[n-1].Partitions = append(group.Topics[n-1].Partitions, a.tp.Partition)
	}
	if len(group.Topics) == 0 {
		return
	}
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Version = 9
	req.RequireStable = true
	req.Groups = []kmsg.OffsetFetchRequestGroup{group}
	c.askCoordinator(env, channel.Tag{Kind: tagCommitted}, req, c.cfg.RequestTimeout)
}

// onCommitted takes the end of an OffsetFetch (OffsetFetchResponseHandler).
func (c *Consumer) onCommitted(env *engine.Env, r channel.Result) {
	var asked []*assignedPartition
	for _, t := range r.Request.(*kmsg.OffsetFetchRequest).Groups[0].Topics {
		for _, p := range t.Partitions {
			if a := c.part(engine.TopicPartition{Topic: t.Topic, Partition: p}); a != nil && a.state == stateInitializing {
				a.asking, a.retryAt = false, env.Now().Add(c.cfg.RetryBackoff)
				asked = append(asked, a)
			}
		}
	}
	resp, ok := r.Response.(*kmsg.OffsetFetchResponse)
	if !ok || len(resp.Groups) != 1 {
		c.lostCoordinator(env)
		return
	}
	switch code := engine.ErrorCode(resp.Groups[0].ErrorCode); {
	case code == engine.ErrNone:
	case code == engine.ErrNotCoordinator || code == engine.ErrCoordinatorNotAvailable:
		c.lostCoordinator(env)
		return
	case code.Retriable():
		return
	default:
		c.giveUp(env, code)
		return
	}
	for _, t := range resp.Groups[0].Topics {
		for _, p := range t.Partitions {
			a := c.part(engine.TopicPartition{Topic: t.Topic, Partition: p.Partition})
			if a == nil || !slices.Contains(asked, a) || p.ErrorCode != 0 {
				continue // UNSTABLE_OFFSET_COMMIT and the like are asked again
			}
			if p.Offset < 0 {
				c.resetByPolicy(env, a)
				continue
			}
			a.committed = engine.Offset(p.Offset)
			leader, _ := c.net.view.leader(a.tp)
			a.seekUnchecked(a.committed, engine.LeaderEpoch(p.LeaderEpoch), leader)
			c.tracePosition(env, a, PositionCommitted)
		}
	}
}

// resetMissing lets partitions of a consumer without a group begin where
// auto.offset.reset says.
func (c *Consumer) resetMissing(env *engine.Env) {
	if len(c.topics) > 0 {
		return
	}
	for _, a := range c.parts {
		if a.state == stateInitializing {
			c.resetByPolicy(env, a)
		}
	}
}

// resetByPolicy has a partition begin where auto.offset.reset says, or fails.
func (c *Consumer) resetByPolicy(env *engine.Env, a *assignedPartition) {
	switch c.cfg.Reset {
	case ResetLatest:
		a.reset(timestampLatest)
	case ResetEarliest:
		a.reset(timestampEarliest)
	default:
		c.giveUp(env, engine.ErrOffsetOutOfRange) // NoOffsetForPartitionException, OffsetOutOfRangeException
	}
}

// due gathers the partitions in a state whose question may be asked of their
// leaders now, by leader.
func (c *Consumer) due(env *engine.Env, state fetchState) (nodes []engine.NodeID, byNode map[engine.NodeID][]*assignedPartition) {
	byNode = map[engine.NodeID][]*assignedPartition{}
	for _, a := range c.parts {
		if a.state != state || a.asking || env.Now() < a.retryAt {
			continue
		}
		leader, known := c.net.view.leader(a.tp)
		if !known {
			c.net.requestUpdate()
			continue
		}
		if !c.net.ready(env, int64(leader.leader)) {
			continue
		}
		if byNode[leader.leader] == nil {
			nodes = append(nodes, leader.leader)
		}
		byNode[leader.leader] = append(byNode[leader.leader], a)
	}
	slices.Sort(nodes)
	return nodes, byNode
}

// askOffsets asks leaders for the ends of their logs (ListOffsets).
func (c *Consumer) askOffsets(env *engine.Env) {
	nodes, byNode := c.due(env, stateAwaitReset)
	for _, node := range nodes {
		req := kmsg.NewPtrListOffsetsRequest()
		req.Version = 11
		req.ReplicaID = -1
		req.TimeoutMillis = int32(c.cfg.RequestTimeout.Milliseconds())
		if c.cfg.ReadCommitted {
			req.IsolationLevel = 1
		}
		for _, a := range byNode[node] {
			a.asking = true
			n := len(req.Topics)
			if n == 0 || req.Topics[n-1].Topic != a.tp.Topic {
				t := kmsg.NewListOffsetsRequestTopic()
				t.Topic = a.tp.Topic
				req.Topics = append(req.Topics, t)
				n++
			}
			leader, _ := c.net.view.leader(a.tp)
			p := kmsg.NewListOffsetsRequestTopicPartition()
			p.Partition, p.Timestamp, p.CurrentLeaderEpoch = a.tp.Partition, a.resetTo, int32(leader.epoch)
			req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, p)
		}
		c.net.send(env, int64(node), channel.Tag{Kind: tagListOffsets}, req, c.cfg.RequestTimeout)
	}
}

// onListOffsets takes the end of a ListOffsets (OffsetFetcher.resetPositionsAsync).
func (c *Consumer) onListOffsets(env *engine.Env, r channel.Result) {
	resp, _ := r.Response.(*kmsg.ListOffsetsResponse)
	for _, t := range r.Request.(*kmsg.ListOffsetsRequest).Topics {
		for _, asked := range t.Partitions {
			a := c.part(engine.TopicPartition{Topic: t.Topic, Partition: asked.Partition})
			if a == nil || a.state != stateAwaitReset || a.resetTo != asked.Timestamp {
				continue
			}
			a.asking = false
			p := listedOffset(resp, a.tp)
			switch {
			case p != nil && p.ErrorCode == 0:
				leader, _ := c.net.view.leader(a.tp)
				a.seek(engine.Offset(p.Offset), engine.LeaderEpoch(p.LeaderEpoch), leader)
				c.tracePosition(env, a, PositionReset)
			default:
				a.retryAt = env.Now().Add(c.cfg.RetryBackoff)
				c.net.requestUpdate()
			}
		}
	}
}

func listedOffset(resp *kmsg.ListOffsetsResponse, tp engine.TopicPartition) *kmsg.ListOffsetsResponseTopicPartition {
	if resp == nil {
		return nil
	}
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if resp.Topics[i].Topic == tp.Topic && resp.Topics[i].Partitions[j].Partition == tp.Partition {
				return &resp.Topics[i].Partitions[j]
			}
		}
	}
	return nil
}

// askEpochs asks new leaders where the epochs of positions end in their logs
// (OffsetForLeaderEpoch, KIP-320).
func (c *Consumer) askEpochs(env *engine.Env) {
	nodes, byNode := c.due(env, stateAwaitValidate)
	for _, node := range nodes {
		req := kmsg.NewPtrOffsetForLeaderEpochRequest()
		req.Version = 4
		req.ReplicaID = -1
		for _, a := range byNode[node] {
			a.asking = true
			n := len(req.Topics)
			if n == 0 || req.Topics[n-1].Topic != a.tp.Topic {
				t := kmsg.NewOffsetForLeaderEpochRequestTopic()
				t.Topic = a.tp.Topic
				req.Topics = append(req.Topics, t)
				n++
			}
			p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
			p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = a.tp.Partition, int32(a.leader.epoch), int32(a.epoch)
			req.Topics[n-1].Partitions = append(req.Topics[n-1].Partitions, p)
		}
		c.net.send(env, int64(node), channel.Tag{Kind: tagEpochs}, req, c.cfg.RequestTimeout)
	}
}

// onEpochs takes the end of an OffsetForLeaderEpoch
// (SubscriptionState.maybeCompleteValidation). A position of epoch 3 and offset 120,
// in a log where epoch 3 ends at 100: what the consumer read from 100 on is gone, and
// it goes on there.
func (c *Consumer) onEpochs(env *engine.Env, r channel.Result) {
	resp, _ := r.Response.(*kmsg.OffsetForLeaderEpochResponse)
	for _, t := range r.Request.(*kmsg.OffsetForLeaderEpochRequest).Topics {
		for _, asked := range t.Partitions {
			a := c.part(engine.TopicPartition{Topic: t.Topic, Partition: asked.Partition})
			if a == nil || a.state != stateAwaitValidate || int32(a.epoch) != asked.LeaderEpoch {
				continue
			}
			a.asking = false
			p := epochEnd(resp, a.tp)
			if p == nil || p.ErrorCode != 0 {
				a.retryAt = env.Now().Add(c.cfg.RetryBackoff)
				c.net.requestUpdate()
				continue
			}
			if int32(a.leader.epoch) == asked.CurrentLeaderEpoch {
				c.validated(env, a, p)
			}
		}
	}
}

func (c *Consumer) validated(env *engine.Env, a *assignedPartition, p *kmsg.OffsetForLeaderEpochResponseTopicPartition) {
	switch {
	case p.EndOffset < 0 || p.LeaderEpoch < 0:
		c.resetByPolicy(env, a)
	case engine.Offset(p.EndOffset) < a.position:
		if c.cfg.Reset == ResetNone {
			c.giveUp(env, engine.ErrOffsetOutOfRange) // LogTruncationException
			return
		}
		a.seek(engine.Offset(p.EndOffset), engine.LeaderEpoch(p.LeaderEpoch), a.leader)
		c.tracePosition(env, a, PositionTruncated)
	default:
		a.state = stateFetching
	}
}

func epochEnd(resp *kmsg.OffsetForLeaderEpochResponse, tp engine.TopicPartition) *kmsg.OffsetForLeaderEpochResponseTopicPartition {
	if resp == nil {
		return nil
	}
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if resp.Topics[i].Topic == tp.Topic && resp.Topics[i].Partitions[j].Partition == tp.Partition {
				return &resp.Topics[i].Partitions[j]
			}
		}
	}
	return nil
}
