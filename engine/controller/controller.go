package controller

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Config is what a controller is started with.
type Config struct {
	NodeID    engine.NodeID
	ClusterID string
	Static    config.Static
	// Features are the levels that this controller supports.
	Features []metadata.FeatureRange
	// Bootstrap holds the records that the first active controller of a fresh log
	// writes (bootstrap.checkpoint). Empty: BootstrapRecords.
	Bootstrap []records.Versioned
	// Bugs are known mistakes to make. Only the simulator sets them.
	Bugs engine.Bugs
}

// Host is what a controller needs of the process around it. None of its methods
// may call back into the controller within the call.
type Host interface {
	// NextOffset is the offset that the next record appended will have.
	NextOffset() engine.Offset
	// Append appends the records to the metadata log as its leader at epoch and
	// gives the last one's offset. An error means that this node no longer leads.
	Append(env *engine.Env, epoch engine.LeaderEpoch, all []records.Versioned) (engine.Offset, error)
	// Resign gives up the leadership of the quorum at epoch.
	Resign(env *engine.Env, epoch engine.LeaderEpoch)
	// KRaftVersion is the finalized kraft.version.
	KRaftVersion() int16
	// Answer sends the response to a call. The code is the response's own where it
	// has one for the whole request; ErrNotController there makes an Envelope's
	// sender try again with the new controller.
	Answer(env *engine.Env, to Call, resp kmsg.Response, code engine.ErrorCode)
}

// Call is a request for the controller and what its answer needs. The request
// answered and the one asked differ where it came in an Envelope.
type Call struct {
	Request     engine.Request // to answer: the Envelope, if there is one
	Body        kmsg.Request   // what is asked
	Forwarded   bool           // it came in an Envelope
	Correlation int32          // the inner header's correlation id, when Forwarded
}

// Controller is one controller of the quorum. It is plain data.
type Controller struct {
	cfg       Config
	committed *metadata.Image // the composition's, read only
	active    bool
	epoch     engine.LeaderEpoch // while active
	pending   *metadata.Image    // while active: committed and what was appended since
	deferred  []deferred         // while active, by offset
	brokers   heartbeats         // while active
	// registers holds the offsets of the registrations written while active.
	registers      map[engine.NodeID]engine.Offset
	sessionTimeout time.Duration // broker.session.timeout.ms
	periods        [taskCount]time.Duration
	elections      elections
}

// deferred is an answer that waits until its offset is committed.
type deferred struct {
	offset engine.Offset
	call   Call
	resp   kmsg.Response
	code   engine.ErrorCode
}

// deferredMax bounds the answers that wait. Each is a request of some connection,
// and a connection has one at a time, so that only thousands of connections and a
// quorum that cannot commit come near it. Past it the controller resigns, which
// answers them all; Kafka has no bound.
const deferredMax = 100_000

// New makes a controller that is not active.
func New(cfg Config) *Controller {
	if len(cfg.Bootstrap) == 0 {
		cfg.Bootstrap = BootstrapRecords()
	}
	return &Controller{
		cfg: cfg, committed: metadata.NewImage(), epoch: engine.NoLeaderEpoch,
		sessionTimeout: cfg.Static.Duration(config.BrokerSessionTimeout), periods: taskPeriods(cfg.Static),
	}
}

// MetadataVersionLevel is the metadata.version that a fresh log is given, 4.3-IV0.
const MetadataVersionLevel = 30

// BootstrapRecords gives what `kafka-storage format` writes for a release that has
// the features that are built (Formatter, BootstrapMetadata): metadata.version
// first, the others by name. What is not among them is finalized at 0.
func BootstrapRecords() []records.Versioned {
	var all []records.Versioned
	for _, f := range []records.FeatureLevelRecord{
		{Name: metadata.MetadataVersion, FeatureLevel: MetadataVersionLevel},
		{Name: metadata.EligibleLeaderReplicasVersion, FeatureLevel: 1},
	} {
		all = append(all, records.Versioned{Record: &f})
	}
	return all
}

// Active says whether this controller is the active one.
func (c *Controller) Active() bool { return c.active }

// Epoch is the quorum epoch of the active controller, NoLeaderEpoch otherwise.
func (c *Controller) Epoch() engine.LeaderEpoch { return c.epoch }

// BecameLeader makes the controller active (QuorumController.claim). It must be
// called when all that was appended before the epoch began is committed and was
// given to OnMetadata, as KafkaRaftClient fires handleLeaderChange.
func (c *Controller) BecameLeader(env *engine.Env, host Host, epoch engine.LeaderEpoch) {
	if c.active {
		engine.Violated("ClaimOnce", "node %d is active at epoch %d and claims %d", c.cfg.NodeID, c.epoch, epoch)
	}
	c.active, c.epoch, c.pending = true, epoch, c.committed.Clone()
	c.registers = map[engine.NodeID]engine.Offset{}
	c.claimHeartbeats(env)
	env.Trace(engine.Event{Kind: engine.EventControllerActive, Epoch: epoch})
	if c.write(env, host, c.activationRecords()) {
		c.startTasks(env)
	}
}

// activationRecords ends what a controller before this one left open, and fills
// an empty log (ActivationRecordsGenerator).
func (c *Controller) activationRecords() []records.Versioned {
	var out []records.Versioned
	if _, open := c.pending.InTransaction(); open {
		reason := "Controller failover"
		out = append(out, records.Versioned{Record: &records.AbortTransactionRecord{Reason: &reason}})
	}
	if c.pending.FeatureLevel(metadata.MetadataVersion) > 0 {
		return out
	}
	name := "Bootstrap records"
	out = append(out, records.Versioned{Record: &records.BeginTransactionRecord{Name: &name}})
	out = append(out, c.cfg.Bootstrap...)
	if c.bootstrapsELR() {
		out = append(out, c.elrSafetyRecords()...)
	}
	return append(out, records.Versioned{Record: &records.EndTransactionRecord{}})
}

// bootstrapsELR says whether a fresh log begins with eligible leader replicas.
func (c *Controller) bootstrapsELR() bool {
	for _, r := range c.cfg.Bootstrap {
		if f, ok := r.Record.(*records.FeatureLevelRecord); ok && f.Name == metadata.EligibleLeaderReplicasVersion {
			return f.FeatureLevel > 0
		}
	}
	return false
}

// Resigned says that this node no longer leads the quorum. Calling it again does
// nothing.
func (c *Controller) Resigned(env *engine.Env, host Host) {
	if !c.active {
		return
	}
	env.Trace(engine.Event{Kind: engine.EventControllerResigned, Epoch: c.epoch})
	waiting := c.deferred
	c.active, c.epoch, c.pending, c.deferred = false, engine.NoLeaderEpoch, nil, nil
	c.brokers, c.registers = nil, nil
	c.stopTasks(env)
	for _, d := range waiting {
		c.refuse(env, host, d.call, apiError{code: engine.ErrNotController})
	}
}

// OnMetadata says that metadata was committed. The image is the composition's,
// and is only read.
func (c *Controller) OnMetadata(env *engine.Env, host Host, image *metadata.Image) {
	c.committed = image
	if !c.active {
		return
	}
	n := 0
	for n < len(c.deferred) && c.deferred[n].offset <= image.Offset() {
		n++
	}
	ready := slices.Clone(c.deferred[:n])
	c.deferred = slices.Delete(c.deferred, 0, n)
	for _, d := range ready {
		host.Answer(env, d.call, d.resp, d.code)
	}
}

// recordsPerBatch bounds the records of one batch in the log
// (QuorumController.DEFAULT_MAX_RECORDS_PER_BATCH). What a request writes always
// fits, for it is one batch or none; what a fencing writes may take several.
const recordsPerBatch = 10_000

const _ = uint(recordsPerBatch - recordsPerRequest)

// write appends records and applies them to pending. It says whether the
// controller is still active; if not, every waiting request was refused.
func (c *Controller) write(env *engine.Env, host Host, all []records.Versioned) bool {
	for len(all) > 0 {
		n := min(len(all), recordsPerBatch)
		if !c.writeBatch(env, host, all[:n]) {
			return false
		}
		all = all[n:]
	}
	return true
}

func (c *Controller) writeBatch(env *engine.Env, host Host, all []records.Versioned) bool {
	last, err := host.Append(env, c.epoch, all)
	if err != nil {
		c.Resigned(env, host)
		return false
	}
	offset := last - engine.Offset(len(all)) + 1
	delta := metadata.NewDelta()
	for _, r := range all {
		if err := c.pending.Apply(r.Record, delta); err != nil {
			engine.Violated("AppendedRecordsApply", "%v at offset %d: %v", r, offset, err)
		}
		c.pending.Advance(offset, c.epoch)
		c.replayed(env, r.Record, offset, delta)
		offset++
	}
	for _, t := range delta.Topics() {
		if t.Created && !t.Deleted {
			env.Trace(engine.Event{Kind: engine.EventTopicCreated, Topic: t.Name, Count: int64(len(t.Partitions()))})
		}
	}
	return true
}

// finish appends the records behind an answer and sends it once they are
// committed. An answer without records may still tell of what is not committed,
// so it waits for all that was appended before (ControllerWriteEvent.run).
func (c *Controller) finish(env *engine.Env, host Host, call Call, all []records.Versioned, resp kmsg.Response, code engine.ErrorCode) {
	if !c.write(env, host, all) {
		c.refuse(env, host, call, apiError{code: engine.ErrNotController})
		return
	}
	offset := c.pending.Offset()
	if len(all) == 0 {
		offset = engine.NoOffset
		if n := len(c.deferred); n > 0 {
			offset = c.deferred[n-1].offset
		}
	}
	if offset <= c.committed.Offset() {
		host.Answer(env, call, resp, code)
		return
	}
	c.deferred = append(c.deferred, deferred{offset, call, resp, code})
	if len(c.deferred) > deferredMax {
		epoch := c.epoch
		c.Resigned(env, host)
		host.Resign(env, epoch)
	}
}
