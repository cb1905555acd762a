package client

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
)

// Consumer is a simulated consumer with its application: the classic KafkaConsumer
// and somebody who polls it. It is an engine.Node, and plain data.
type Consumer struct {
	cfg    ConsumerConfig
	net    network
	group  membership
	codecs batch.Codecs // scratch: of no meaning between two inputs

	topics []string // subscribed, sorted
	whole  []string // topics of which all partitions are assigned, by the application
	parts  []*assignedPartition

	sessions []*fetchSession // by node
	buffer   []*fetchedRun   // fetched and not handed out, the oldest first
	checked  int             // network.version that positions were checked against

	busyUntil  engine.Time // the application processes what it polled
	polled     engine.Time // the last poll
	nextCommit engine.Time // auto.commit.interval.ms
	wake       alarm
	beat       alarm

	failed  engine.ErrorCode // poll failed, and the application gave up
	closing closeStep
	closeBy engine.Time
	read    int64
	commits int64
}

// Subscribe is a command: take part in the group for these topics
// (KafkaConsumer.subscribe), and poll.
type Subscribe struct{ Topics []string }

// Unsubscribe is a command: leave the group and give everything up, without a
// commit (KafkaConsumer.unsubscribe).
type Unsubscribe struct{}

// AssignAll is a command: read every partition of these topics, without a group.
// New partitions are taken up when metadata tells of them.
type AssignAll struct{ Topics []string }

// CommitNow is a command: commit all positions (KafkaConsumer.commitAsync).
type CommitNow struct{}

// SeekTo is a command: read on from an offset, or from an end of the log with
// OffsetBeginning or OffsetEnd.
type SeekTo struct {
	engine.TopicPartition
	Offset engine.Offset
}

// The ends of a log, as SeekTo takes them.
const (
	OffsetEnd       = engine.Offset(timestampLatest)
	OffsetBeginning = engine.Offset(timestampEarliest)
)

// Pause is a command: fetch no more of a partition; with On false, do again. With
// an empty topic it means all that is assigned.
type Pause struct {
	engine.TopicPartition
	On bool
}

// SetProcessTime is a command: the application takes so long for each record.
type SetProcessTime struct{ Each time.Duration }

// closeStep is how far a consumer is in ending.
type closeStep uint8

const (
	notClosing closeStep = iota
	closeCommits
	closeLeaves
)

// NewConsumer makes a consumer that has not started.
func NewConsumer(cfg ConsumerConfig) *Consumer {
	return &Consumer{
		cfg: cfg, net: newNetwork(cfg.Network, consumerInFlightMax, cfg.AutoCreate),
		group: newMembership(), wake: alarm{kind: timerConsumer}, beat: alarm{kind: timerHeartbeat},
	}
}

// Handle takes one input.
func (c *Consumer) Handle(env *engine.Env, in engine.Input) {
	c.wake.rang(in)
	c.beat.rang(in)
	switch in := in.(type) {
	case engine.Started:
		switch {
		case len(c.cfg.Start) == 0:
		case c.cfg.Group == "":
			c.onCommand(env, AssignAll{Topics: c.cfg.Start})
		default:
			c.onCommand(env, Subscribe{Topics: c.cfg.Start})
		}
	case engine.Command:
		c.onCommand(env, in.Body)
	case engine.Shutdown:
		c.beginClose(env)
	default:
		c.net.handle(env, in)
	}
	c.takeResults(env)
	c.net.refresh(env) // before anything else is asked, as NetworkClient.poll does
	c.runHeartbeats(env)
	if c.polls(env) {
		c.poll(env)
	}
	c.takeResults(env) // what a closed connection left behind
	c.runClose(env)
	c.net.refresh(env)
	c.wake.set(env, c.nextPoll(env))
}

func (c *Consumer) takeResults(env *engine.Env) {
	for {
		r, some := c.net.next(env)
		if !some {
			return
		}
		switch r.Tag.Kind {
		case tagFetch:
			c.onFetch(env, r)
		case tagListOffsets:
			c.onListOffsets(env, r)
		case tagEpochs:
			c.onEpochs(env, r)
		case tagCommitted:
			c.onCommitted(env, r)
		case tagCommit:
			c.onCommit(env, r)
		case tagFindCoordinator:
			c.onFindCoordinator(env, r)
		case tagJoin:
			c.onJoin(env, r)
		case tagSync:
			c.onSync(env, r)
		case tagHeartbeat:
			c.onHeartbeat(env, r)
		case tagLeave:
		}
	}
}

func (c *Consumer) onCommand(env *engine.Env, body any) {
	switch m := body.(type) {
	case Subscribe:
		c.topics = slices.Clone(m.Topics)
		slices.Sort(c.topics)
		c.whole = nil
		c.polled = env.Now()
		c.net.followOnly(c.topics)
		c.nextCommit = env.Now().Add(c.cfg.AutoCommitInterval)
	case AssignAll:
		c.whole = slices.Clone(m.Topics)
		slices.Sort(c.whole)
		c.topics = nil
		c.net.followOnly(c.whole)
	case Unsubscribe:
		c.leave(env, "the consumer unsubscribed from all topics")
		c.revoke(env, c.owned())
		c.topics, c.whole = nil, nil
		c.net.followOnly(nil)
	case CommitNow:
		if c.cfg.Group != "" && c.group.coordinator != engine.NoNode {
			c.commit(env, commitAsked)
		}
	case SeekTo:
		c.seek(env, m)
	case Pause:
		for _, a := range c.parts {
			if m.Topic == "" || a.tp == m.TopicPartition {
				a.paused = m.On
			}
		}
	case SetProcessTime:
		c.cfg.ProcessTime = m.Each
	case CloseClient:
		c.beginClose(env)
	}
}

func (c *Consumer) seek(env *engine.Env, m SeekTo) {
	a := c.part(m.TopicPartition)
	switch {
	case a == nil: // Kafka's IllegalStateException: not assigned
	case m.Offset >= 0:
		leader, _ := c.net.view.leader(a.tp)
		a.seek(m.Offset, engine.NoLeaderEpoch, leader)
		c.tracePosition(env, a, PositionSought)
	default:
		a.reset(int64(m.Offset))
	}
}

// polls says that the application is in poll now.
func (c *Consumer) polls(env *engine.Env) bool {
	return (len(c.topics) > 0 || len(c.whole) > 0) && c.failed == engine.ErrNone &&
		c.closing == notClosing && env.Now() >= c.busyUntil
}

// poll does what KafkaConsumer.poll does, as far as it comes without waiting.
func (c *Consumer) poll(env *engine.Env) {
	c.polled = env.Now()
	if len(c.topics) > 0 {
		c.pollGroup(env)
	} else {
		c.assignWhole(env)
	}
	if c.failed != engine.ErrNone {
		return
	}
	c.updatePositions(env)
	for {
		n := c.handOut(env)
		c.sendFetches(env)
		if n == 0 {
			return
		}
		if c.cfg.ProcessTime > 0 {
			c.busyUntil = env.Now().Add(time.Duration(n) * c.cfg.ProcessTime)
			return
		}
		c.maybeAutoCommit(env)
	}
}

// assignWhole takes up every partition that metadata tells of.
func (c *Consumer) assignWhole(env *engine.Env) {
	var all, added []engine.TopicPartition
	for _, t := range c.whole {
		for p := range c.net.view.partitionCount(t) {
			tp := engine.TopicPartition{Topic: t, Partition: p}
			all = append(all, tp)
			if c.part(tp) == nil {
				added = append(added, tp)
			}
		}
	}
	if len(added) == 0 && len(all) == len(c.parts) || len(all) == 0 {
		return
	}
	c.assign(all)
	c.tracePartitions(env, engine.EventClientAssigned, added)
}

// nextPoll is when there is something to do that no answer brings.
func (c *Consumer) nextPoll(env *engine.Env) engine.Time {
	switch {
	case c.closing != notClosing:
		return c.closeBy
	case len(c.topics) == 0 && len(c.whole) == 0 || c.failed != engine.ErrNone:
		return never
	case env.Now() < c.busyUntil:
		return c.busyUntil
	}
	next := never
	consider := func(at engine.Time) {
		if at > env.Now() {
			next = min(next, at)
		}
	}
	for _, a := range c.parts {
		consider(a.retryAt)
	}
	if len(c.topics) > 0 {
		consider(c.group.retryAt)
		if c.cfg.AutoCommit {
			consider(c.nextCommit)
		}
	}
	return next
}

// giveUp notes that poll failed in a way that no further poll heals.
func (c *Consumer) giveUp(env *engine.Env, code engine.ErrorCode) {
	if c.failed != engine.ErrNone {
		return
	}
	c.failed = code
	env.Trace(engine.Event{Kind: engine.EventClientFailed, Code: int16(code), Name: c.cfg.Group})
}

// beginClose starts the end: commit, leave, then halt (KafkaConsumer.close).
func (c *Consumer) beginClose(env *engine.Env) {
	if c.closing != notClosing {
		return
	}
	c.closing = closeCommits
	c.closeBy = env.Now().Add(c.cfg.RequestTimeout) // CloseOptions' default is 30 s, too
	if c.cfg.AutoCommit && c.group.coordinator != engine.NoNode && c.group.generation >= 0 {
		c.commit(env, commitAtClose)
	}
}

// runClose goes on with the end once what it waits for has come, or never will.
func (c *Consumer) runClose(env *engine.Env) {
	if c.closing == notClosing {
		return
	}
	late := env.Now() >= c.closeBy
	if c.closing == closeCommits && (!c.group.committing || late) {
		c.closing = closeLeaves
		c.leave(env, "the consumer is being closed")
		c.revoke(env, c.owned())
		c.closeSessions(env)
	}
	if c.closing == closeLeaves && (c.net.pending() == 0 || late) {
		c.net.close(env)
		env.Halt(engine.HaltCleanShutdown)
	}
}

// ConsumerState is a consumer as it is, to look at.
type ConsumerState struct {
	ClientID    string
	Group       string
	Subscribed  []string
	Running     bool // it polls
	Busy        bool // the application processes
	Failed      engine.ErrorCode
	State       MemberState
	Coordinator engine.NodeID // NoNode: not known
	MemberID    string
	Generation  int32
	Protocol    Assignor
	Leader      bool  // of the group
	Read        int64 // records that poll returned
	Commits     int64 // that were acknowledged
	Partitions  []ConsumerPartition
}

// ConsumerPartition is one assigned partition.
type ConsumerPartition struct {
	engine.TopicPartition
	Position      engine.Offset // of the next record; NoOffset before it is known
	Committed     engine.Offset // NoOffset: not yet
	HighWatermark engine.Offset // of the last fetch; NoOffset before it
	Epoch         engine.LeaderEpoch
	Fetching      bool // false: its position is being sought or checked
	Paused        bool
}

// State gives the consumer as it is, partitions sorted by topic and number.
func (c *Consumer) State() ConsumerState {
	s := ConsumerState{
		ClientID: c.cfg.ClientID, Group: c.cfg.Group, Subscribed: slices.Concat(c.topics, c.whole),
		Running: (len(c.topics) > 0 || len(c.whole) > 0) && c.closing == notClosing && c.failed == engine.ErrNone,
		Failed:  c.failed, State: c.group.state, Coordinator: c.group.coordinator,
		MemberID: c.group.memberID, Generation: c.group.generation, Protocol: c.group.protocol, Leader: c.group.leads,
		Read: c.read, Commits: c.commits,
	}
	for _, a := range c.parts {
		s.Partitions = append(s.Partitions, ConsumerPartition{
			TopicPartition: a.tp, Position: a.position, Committed: a.committed, HighWatermark: a.high,
			Epoch: a.epoch, Fetching: a.state == stateFetching, Paused: a.paused,
		})
	}
	return s
}
