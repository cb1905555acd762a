package group

import (
	"math"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffsetsTopic is where groups and offsets live (Topic.GROUP_METADATA_TOPIC_NAME).
const OffsetsTopic = "__consumer_offsets"

// loadBytesAtOnce bounds how much of a partition one step reads while loading
// (offsets.load.buffer.size).
const loadBytesAtOnce = 5 << 20

// Config is the coordinator's static configuration; each field names its key.
type Config struct {
	SessionTimeoutMin     time.Duration // group.min.session.timeout.ms
	SessionTimeoutMax     time.Duration // group.max.session.timeout.ms
	InitialRebalanceDelay time.Duration // group.initial.rebalance.delay.ms
	CommitTimeout         time.Duration // offsets.commit.timeout.ms
	OffsetRetention       time.Duration // offsets.retention.minutes
	OffsetCheckInterval   time.Duration // offsets.retention.check.interval.ms
	OffsetMetadataMax     int           // offset.metadata.max.bytes

	// Bugs are known mistakes to make. Only the simulator sets them.
	Bugs engine.Bugs
}

// Default gives Kafka's defaults.
func Default() Config {
	return Config{
		SessionTimeoutMin:     6 * time.Second,
		SessionTimeoutMax:     30 * time.Minute,
		InitialRebalanceDelay: 3 * time.Second,
		CommitTimeout:         5 * time.Second,
		OffsetRetention:       7 * 24 * time.Hour,
		OffsetCheckInterval:   10 * time.Minute,
		OffsetMetadataMax:     4096,
	}
}

// Appended says where records went. End is one past the last of them; Durable is
// met once this broker's disk has them.
type Appended struct {
	End     engine.Offset
	Durable engine.Durable
}

// Log is what the coordinator needs of the broker's copies of __consumer_offsets.
type Log interface {
	// AppendOffsets writes a batch as the leader of the partition in epoch. It is
	// refused with NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR, ...
	AppendOffsets(env *engine.Env, partition int32, epoch engine.LeaderEpoch, b batch.Batch) (Appended, engine.ErrorCode)
	// ReadOffsets gives whole batches from an offset on, committed or not, and none
	// at the log's end.
	ReadOffsets(env *engine.Env, partition int32, from engine.Offset, bytesMax int) ([]byte, engine.ErrorCode)
	// OffsetsBounds gives the log start offset and the high watermark.
	OffsetsBounds(partition int32) (start, highWatermark engine.Offset)
}

// Timers of the coordinator (Owner OwnerGroup). Key is a group's number, or a
// partition for timerLoad; Sub is a member's number.
const (
	timerSession uint8 = iota
	timerPending
	timerJoin
	timerSync
	timerWrites
	timerLoad
	timerOffsets
)

// Coordinator coordinates the groups of all partitions that this broker leads. It
// is plain data.
type Coordinator struct {
	cfg        Config
	log        Log
	image      *metadata.Image
	shards     map[int32]*shard
	byNumber   map[int64]*Group
	nextNumber int64
	builder    *batch.Builder
}

// shard is one partition of __consumer_offsets that is led here.
type shard struct {
	partition int32
	epoch     engine.LeaderEpoch
	loading   bool
	loaded    engine.Offset // read up to here
	committed engine.Offset // the high watermark
	groups    map[string]*Group
	writes    []write // waiting for the high watermark, in offset order
}

// write is what waits for its records to be committed.
type write struct {
	end      engine.Offset
	durable  engine.Durable
	deadline engine.Time
	kind     writeKind
	req      engine.Request // writeAnswer
	resp     kmsg.Response  // writeAnswer
	group    int64          // writeSync
	epoch    int32          // writeSync: the generation
}

type writeKind uint8

const (
	writeNothing writeKind = iota // nobody waits
	writeAnswer                   // an answer to a client
	writeSync                     // a generation's assignment
)

// New makes a coordinator that leads nothing yet.
func New(cfg Config, log Log) *Coordinator {
	return &Coordinator{
		cfg: cfg, log: log, image: metadata.NewImage(),
		shards: map[int32]*shard{}, byNumber: map[int64]*Group{},
	}
}

// Start begins the coordinator's regular work.
func (c *Coordinator) Start(env *engine.Env) {
	env.SetTimer(engine.Timer{Owner: engine.OwnerGroup, Kind: timerOffsets}, c.cfg.OffsetCheckInterval)
}

// OnMetadata takes the newest metadata; offsets of deleted topics go with them.
func (c *Coordinator) OnMetadata(env *engine.Env, delta *metadata.Delta, image *metadata.Image) {
	c.image = image
	for _, t := range delta.Topics() {
		if t.Deleted && t.Name != OffsetsTopic {
			c.forgetTopic(env, t.Name, t.ID)
		}
	}
}

// OnElected says that this broker leads a partition of __consumer_offsets from
// now on. Its groups are loaded before anything is answered
// (CoordinatorRuntime.scheduleLoadOperation).
func (c *Coordinator) OnElected(env *engine.Env, partition int32, epoch engine.LeaderEpoch) {
	if old := c.shards[partition]; old != nil {
		if old.epoch >= epoch {
			return
		}
		c.unload(env, old)
	}
	start, hw := c.log.OffsetsBounds(partition)
	s := &shard{
		partition: partition, epoch: epoch, loading: true, loaded: start, committed: hw, groups: map[string]*Group{},
	}
	c.shards[partition] = s
	c.load(env, s)
}

// OnResigned says that this broker no longer leads a partition.
func (c *Coordinator) OnResigned(env *engine.Env, partition int32) {
	if s := c.shards[partition]; s != nil {
		c.unload(env, s)
	}
}

// OnHighWatermark says how far a partition that is led here is committed.
func (c *Coordinator) OnHighWatermark(env *engine.Env, partition int32, hw engine.Offset) {
	s := c.shards[partition]
	if s == nil {
		return
	}
	s.committed = max(s.committed, hw)
	for len(s.writes) > 0 && s.writes[0].end <= s.committed {
		w := s.writes[0]
		s.writes = slices.Delete(s.writes, 0, 1)
		c.finishWrite(env, s, w, engine.ErrNone)
	}
}

// load reads the partition a piece at a time, so that a long one does not hold up
// the broker.
func (c *Coordinator) load(env *engine.Env, s *shard) {
	run, code := c.log.ReadOffsets(env, s.partition, s.loaded, loadBytesAtOnce)
	if c.cfg.Bugs.Has(engine.BugGroupOffsetsForgotten) {
		run = nil
	}
	if code == engine.ErrNone && len(run) > 0 {
		s.loaded = c.replayAll(s, run)
		env.SetTimer(engine.Timer{Owner: engine.OwnerGroup, Kind: timerLoad, Key: int64(s.partition)}, 0)
		return
	}
	if code != engine.ErrNone {
		// The leadership is gone, or the disk; what follows from that is on its way.
		return
	}
	s.loading = false
	for _, name := range sortedNames(s.groups) {
		c.afterLoad(env, s.groups[name])
	}
	env.Trace(engine.Event{
		Kind: engine.EventCoordinatorLoaded, Topic: OffsetsTopic, Partition: s.partition, Epoch: s.epoch,
		Offset: s.loaded, Count: int64(len(s.groups)),
	})
}

// unload forgets a partition's groups; who waits is sent to the new coordinator.
func (c *Coordinator) unload(env *engine.Env, s *shard) {
	delete(c.shards, s.partition)
	for _, w := range s.writes {
		c.finishWrite(env, s, w, engine.ErrNotCoordinator)
	}
	s.writes = nil
	for _, name := range sortedNames(s.groups) {
		g := s.groups[name]
		for _, m := range g.Members {
			c.answerJoin(env, g, m, engine.ErrNotCoordinator)
			c.answerSync(env, g, m, engine.ErrNotCoordinator)
			c.cancelSession(env, g, m)
		}
		c.dropTimers(env, g)
		delete(c.byNumber, g.number)
	}
}

// Shutdown hands nothing over: the partitions' new leaders load what was written.
func (c *Coordinator) Shutdown(env *engine.Env) {
	for _, p := range c.Partitions() {
		c.unload(env, c.shards[p])
	}
}

// OnInput takes timers that are the coordinator's.
func (c *Coordinator) OnInput(env *engine.Env, in engine.Input) bool {
	fired, ok := in.(engine.TimerFired)
	if !ok || fired.Timer.Owner != engine.OwnerGroup {
		return false
	}
	t := fired.Timer
	switch t.Kind {
	case timerLoad:
		if s := c.shards[int32(t.Key)]; s != nil && s.loading {
			c.load(env, s)
		}
		return true
	case timerWrites:
		c.expireWrites(env, int32(t.Key))
		return true
	case timerOffsets:
		c.expireOffsets(env)
		env.SetTimer(t, c.cfg.OffsetCheckInterval)
		return true
	}
	g := c.byNumber[t.Key]
	if g == nil {
		return true
	}
	switch t.Kind {
	case timerSession:
		c.onSessionExpired(env, g, t.Sub)
	case timerPending:
		c.onPendingExpired(env, g, t.Sub)
	case timerJoin:
		c.onJoinTimer(env, g)
	case timerSync:
		c.onSyncTimer(env, g)
	}
	return true
}

// shardOf finds the partition that a group lives in, if it is led and loaded here.
func (c *Coordinator) shardOf(group string) (*shard, engine.ErrorCode) {
	t := c.image.Topic(OffsetsTopic)
	if t == nil || len(t.Partitions) == 0 {
		return nil, engine.ErrNotCoordinator
	}
	s := c.shards[PartitionOf(group, int32(len(t.Partitions)))]
	switch {
	case s == nil:
		return nil, engine.ErrNotCoordinator
	case s.loading:
		return nil, engine.ErrCoordinatorLoadInProgress
	}
	return s, engine.ErrNone
}

// PartitionOf gives the partition of __consumer_offsets that a group lives in
// (GroupCoordinatorService.partitionFor: Utils.abs of String.hashCode).
func PartitionOf(group string, partitions int32) int32 {
	var h int32
	for _, r := range group {
		if r >= 0x10000 { // Java hashes UTF-16 code units
			r -= 0x10000
			h = 31*h + int32(0xd800+(r>>10))
			h = 31*h + int32(0xdc00+(r&0x3ff))
			continue
		}
		h = 31*h + r
	}
	// Utils.abs, and not Utils.toPositive: the two differ for negative hashes.
	switch {
	case h == math.MinInt32:
		return 0
	case h < 0:
		h = -h
	}
	return h % partitions
}

// append writes records; w is finished when they are committed, or at once where
// they cannot be written.
func (c *Coordinator) append(env *engine.Env, s *shard, rs []record, w write) engine.ErrorCode {
	b := c.encode(env, rs)
	at, code := c.log.AppendOffsets(env, s.partition, s.epoch, b)
	if code != engine.ErrNone {
		code = coordinatorError(code)
		c.finishWrite(env, s, w, code)
		return code
	}
	base := at.End - engine.Offset(len(rs))
	for i, r := range rs {
		c.replay(s, r, base+engine.Offset(i))
	}
	s.loaded = at.End
	w.end, w.durable = at.End, at.Durable
	w.deadline = env.Now().Add(c.cfg.CommitTimeout)
	if w.end <= s.committed {
		c.finishWrite(env, s, w, engine.ErrNone)
		return engine.ErrNone
	}
	s.writes = append(s.writes, w)
	if len(s.writes) == 1 {
		c.armWrites(env, s)
	}
	return engine.ErrNone
}

// coordinatorError says a log's error in the coordinator's words
// (CoordinatorOperationExceptionHelper).
func coordinatorError(code engine.ErrorCode) engine.ErrorCode {
	switch code {
	case engine.ErrUnknownTopicOrPartition, engine.ErrNotEnoughReplicas, engine.ErrRequestTimedOut:
		return engine.ErrCoordinatorNotAvailable
	case engine.ErrNotLeaderOrFollower, engine.ErrKafkaStorageError:
		return engine.ErrNotCoordinator
	case engine.ErrMessageTooLarge, engine.ErrRecordListTooLarge, engine.ErrInvalidFetchSize:
		return engine.ErrUnknownServerError
	}
	return code
}

func (c *Coordinator) armWrites(env *engine.Env, s *shard) {
	t := engine.Timer{Owner: engine.OwnerGroup, Kind: timerWrites, Key: int64(s.partition)}
	env.SetTimer(t, s.writes[0].deadline.Sub(env.Now()))
}

// expireWrites gives up on records that were not committed in time. They may be
// later; the client is told to try again.
func (c *Coordinator) expireWrites(env *engine.Env, partition int32) {
	s := c.shards[partition]
	if s == nil {
		return
	}
	for len(s.writes) > 0 && s.writes[0].deadline <= env.Now() {
		w := s.writes[0]
		s.writes = slices.Delete(s.writes, 0, 1)
		c.finishWrite(env, s, w, engine.ErrCoordinatorNotAvailable)
	}
	if len(s.writes) > 0 {
		c.armWrites(env, s)
	}
}

func (c *Coordinator) finishWrite(env *engine.Env, s *shard, w write, code engine.ErrorCode) {
	switch w.kind {
	case writeAnswer:
		resp := w.resp
		if code != engine.ErrNone {
			resp = refuse(w.req.Body, code)
		}
		env.Reply(w.req, resp, w.durable)
	case writeSync:
		if g := c.byNumber[w.group]; g != nil {
			c.onAssignmentWritten(env, s, g, w, code)
		}
	}
}

// HandleRequest answers a request of the group APIs.
func (c *Coordinator) HandleRequest(env *engine.Env, req engine.Request) {
	switch m := req.Body.(type) {
	case *kmsg.JoinGroupRequest:
		c.handleJoinGroup(env, req, m)
	case *kmsg.SyncGroupRequest:
		c.handleSyncGroup(env, req, m)
	case *kmsg.HeartbeatRequest:
		c.handleHeartbeat(env, req, m)
	case *kmsg.LeaveGroupRequest:
		c.handleLeaveGroup(env, req, m)
	case *kmsg.OffsetCommitRequest:
		c.handleOffsetCommit(env, req, m)
	case *kmsg.OffsetFetchRequest:
		c.handleOffsetFetch(env, req, m)
	case *kmsg.DescribeGroupsRequest:
		c.handleDescribeGroups(env, req, m)
	case *kmsg.ListGroupsRequest:
		c.handleListGroups(env, req, m)
	default:
		env.Close(req.Conn)
	}
}

// Partitions lists the partitions of __consumer_offsets coordinated here, sorted.
func (c *Coordinator) Partitions() []int32 {
	var out []int32
	for p := range c.shards { // unordered: sums only (sorted below)
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}
