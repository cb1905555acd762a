package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/broker"
	"bitacora/engine/config"
	"bitacora/engine/controller"
	"bitacora/engine/log"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
	"bitacora/engine/quorum"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ServerConfig says what one Kafka server is.
type ServerConfig struct {
	NodeID      engine.NodeID
	ClusterID   string
	DirectoryID [16]byte
	LogDir      string // as DescribeLogDirs names the broker's one directory; "" is node-N
	// Broker and Controller are process.roles.
	Broker, Controller bool
	// BrokerListeners come first among the process's listeners, then the
	// controller's.
	BrokerListeners     []broker.Listener
	ControllerListeners []quorum.Endpoint
	BootstrapServers    []engine.Addr // controller.quorum.bootstrap.servers
	Static              config.Static // server.properties
	// Features are the feature levels that Format finalizes beside metadata.version, by
	// name (kafka-storage format --feature NAME=LEVEL).
	Features map[string]int16
	// Bugs are known mistakes to make. Only the simulator sets them.
	Bugs engine.Bugs
}

// Server is the node of a Kafka server process (KafkaRaftServer): one replica of
// the metadata log, shared by the broker and the controller that run on it. It is
// plain data.
type Server struct {
	cfg          ServerConfig
	meta, data   log.Store // data is nil without the broker role
	quorum       *quorum.Replica
	controller   *controller.Controller // nil without the role
	broker       *broker.Broker         // nil without the role
	image        *metadata.Image        // as committed, shared with both
	published    *metadata.Image        // what was last handed out: never changed again
	snapshots    snapshots
	registration registration
	stopping     stopping
	envelopes    []envelope // whose answer the quorum owes
	nextEnvelope int64
}

// stopping is how far a clean stop has come: broker first, then the quorum.
type stopping uint8

const (
	notStopping stopping = iota
	brokerStopping
	quorumStopping
	stopped // all that is left is to let the disks finish
)

// NewServer opens a server over its disks, which Format prepared.
func NewServer(cfg ServerConfig, meta, data log.Store) (*Server, error) {
	q, err := quorum.New(quorumConfig(cfg), meta)
	if err != nil {
		return nil, fmt.Errorf("node %d: open the metadata log: %w", cfg.NodeID, err)
	}
	s := &Server{cfg: cfg, meta: meta, data: data, quorum: q, image: metadata.NewImage(), snapshots: newSnapshots(cfg.Static)}
	if cfg.Controller {
		s.controller, err = newController(cfg, meta)
		if err != nil {
			return nil, err
		}
	}
	if cfg.Broker {
		s.broker = broker.New(broker.Config{
			NodeID: cfg.NodeID, ClusterID: cfg.ClusterID, DirectoryID: cfg.DirectoryID, LogDir: cfg.LogDir,
			Listeners: cfg.BrokerListeners, Static: cfg.Static, Bugs: cfg.Bugs,
		}, data)
	}
	s.registration = newRegistration(cfg.NodeID)
	return s, nil
}

func newController(cfg ServerConfig, meta log.Store) (*controller.Controller, error) {
	frames, err := quorum.Bootstrap(meta)
	if err != nil {
		return nil, fmt.Errorf("node %d: read the bootstrap records: %w", cfg.NodeID, err)
	}
	c := controller.Config{NodeID: cfg.NodeID, ClusterID: cfg.ClusterID, Static: cfg.Static, Bugs: cfg.Bugs}
	for _, f := range broker.SupportedFeatures() {
		c.Features = append(c.Features, metadata.FeatureRange(f))
	}
	for _, f := range frames {
		r, err := records.DecodeFrame(f)
		if err != nil {
			return nil, fmt.Errorf("node %d: read the bootstrap records: %w", cfg.NodeID, err)
		}
		c.Bootstrap = append(c.Bootstrap, r)
	}
	return controller.New(c), nil
}

func quorumConfig(cfg ServerConfig) quorum.Config {
	q := quorum.DefaultConfig()
	q.NodeID, q.DirectoryID, q.ClusterID = cfg.NodeID, cfg.DirectoryID, cfg.ClusterID
	q.CanBecomeVoter = cfg.Controller
	q.BootstrapServers = cfg.BootstrapServers
	q.Listeners = cfg.ControllerListeners
	q.AutoJoin = cfg.Controller && cfg.Static.Bool(config.QuorumAutoJoin)
	q.ElectionTimeout = cfg.Static.Duration(config.QuorumElectionTimeout)
	q.FetchTimeout = cfg.Static.Duration(config.QuorumFetchTimeout)
	q.ElectionBackoffMax = cfg.Static.Duration(config.QuorumElectionBackoffMax)
	q.RequestTimeout = cfg.Static.Duration(config.QuorumRequestTimeout)
	q.RetryBackoff = cfg.Static.Duration(config.QuorumRetryBackoff)
	q.AppendLinger = cfg.Static.Duration(config.QuorumAppendLinger)
	q.FetchMaxBytes = int32(cfg.Static.Int(config.QuorumFetchMaxBytes))
	q.FetchSnapshotMaxBytes = int32(cfg.Static.Int(config.QuorumFetchSnapshotMax))
	q.SegmentBytes = cfg.Static.Int(config.MetadataSegmentBytes)
	if _, set := cfg.Static.Lookup(config.MetadataSegmentBytesTest); set {
		q.SegmentBytes = cfg.Static.Int(config.MetadataSegmentBytesTest)
	}
	q.SegmentMs = cfg.Static.Duration(config.MetadataSegmentMs)
	q.RetentionBytes = cfg.Static.Int(config.MetadataRetentionBytes)
	q.RetentionMs = cfg.Static.Duration(config.MetadataRetentionMs)
	if cfg.Bugs.Has(engine.BugVoteNotPersisted) {
		q.Bugs |= quorum.BugVoteNotPersisted
	}
	if cfg.Bugs.Has(engine.BugCommitOldEpoch) {
		q.Bugs |= quorum.BugCommitOldEpoch
	}
	return q
}

// Format prepares a server's metadata disk as kafka-storage format does: with
// standalone as the one voter of a new cluster, else without voters
// (--no-initial-controllers). Who calls commits the disk.
func Format(cfg ServerConfig, meta log.Store, standalone bool, now engine.WallTime) error {
	var frames [][]byte
	bootstrap := controller.BootstrapRecords()
	for _, name := range slices.Sorted(maps.Keys(cfg.Features)) {
		bootstrap = append(bootstrap, records.Versioned{Record: &records.FeatureLevelRecord{Name: name, FeatureLevel: cfg.Features[name]}})
	}
	for _, r := range bootstrap {
		frames = append(frames, records.AppendFrame(nil, r))
	}
	if err := quorum.Format(meta, quorumConfig(cfg), standalone, now, frames...); err != nil {
		return fmt.Errorf("format node %d: %w", cfg.NodeID, err)
	}
	return nil
}

// Handle gives the input to the part that it is for, and carries between the
// parts what it changed.
func (s *Server) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Started:
		s.quorum.Handle(env, in)
		s.registration.begin(env, s)
		if s.broker != nil {
			s.broker.Start(env)
		}
	case engine.Request:
		s.handleRequest(env, in)
	case engine.Shutdown:
		s.shutdown(env)
	case engine.DiskFailed:
		// Kafka halts when its metadata directory, or its last log directory, fails.
		env.Halt(engine.HaltDiskFailed)
		return
	case engine.TimerFired:
		s.route(env, in, in.Timer.Owner)
	case engine.Connected:
		s.route(env, in, in.Owner)
	case engine.Response:
		s.route(env, in, in.Owner)
	case engine.Disconnected:
		s.route(env, in, in.Owner)
	case engine.Committed:
		if in.Disk == engine.DiskMeta {
			s.quorum.Handle(env, in)
		} else if s.broker != nil {
			s.broker.Handle(env, in)
		}
	}
	s.settle(env)
}

func (s *Server) route(env *engine.Env, in engine.Input, owner engine.Owner) {
	switch owner {
	case engine.OwnerQuorum:
		s.quorum.Handle(env, in)
	case engine.OwnerController:
		if fired, ok := in.(engine.TimerFired); ok && s.controller != nil {
			s.controller.OnTimer(env, s, fired.Timer)
		}
	case engine.OwnerNode:
		s.registration.handle(env, s, in)
		if _, lost := in.(engine.Disconnected); lost {
			// An accepted connection: whoever keeps something for it is told.
			s.quorum.Handle(env, in)
			if s.broker != nil {
				s.broker.Handle(env, in)
			}
		}
	default:
		if s.broker != nil {
			s.broker.Handle(env, in)
		}
	}
}

// handleRequest tells the broker's listeners from the controller's.
func (s *Server) handleRequest(env *engine.Env, req engine.Request) {
	if int(req.Listener) < len(s.cfg.BrokerListeners) {
		s.broker.Handle(env, req)
		return
	}
	if !offeredByController(req.Body) {
		env.Close(req.Conn)
		return
	}
	switch m := req.Body.(type) {
	case *kmsg.ApiVersionsRequest:
		s.handleControllerApiVersions(env, req, m)
	case *kmsg.DescribeClusterRequest:
		s.handleDescribeCluster(env, req, m)
	case *kmsg.EnvelopeRequest:
		s.handleEnvelope(env, req, m)
	default:
		if s.controller.Handle(env, s, controller.Call{Request: req, Body: req.Body}) {
			return
		}
		if !s.quorum.Handle(env, req) {
			env.Close(req.Conn)
		}
	}
}

// settle carries what happened in the quorum to the controller and the broker,
// until nothing more happens.
func (s *Server) settle(env *engine.Env) {
	for {
		events := s.quorum.Drain()
		if len(events) == 0 {
			break
		}
		var delta *metadata.Delta
		for _, ev := range events {
			switch ev := ev.(type) {
			case quorum.Committed:
				if delta == nil {
					delta = metadata.NewDelta()
				}
				s.apply(ev, delta)
			case quorum.SnapshotLoaded:
				// What is committed since comes with it, and is published at once.
				s.publish(env, delta)
				delta = s.load(env, ev)
			default:
				s.publish(env, delta)
				delta = nil
				s.onQuorumEvent(env, ev)
			}
		}
		s.publish(env, delta)
	}
	s.proceedStopping(env)
}

func (s *Server) onQuorumEvent(env *engine.Env, ev quorum.Event) {
	switch ev := ev.(type) {
	case quorum.BecameLeader:
		if s.controller != nil {
			s.controller.BecameLeader(env, s, ev.Epoch)
		}
		_, _, addr := s.quorum.Leader()
		s.onLeader(env, addr, true)
	case quorum.ResignedLeadership:
		if s.controller != nil {
			s.controller.Resigned(env, s)
		}
	case quorum.LeaderChanged:
		s.onLeader(env, ev.Addr, ev.Leader != engine.NoNode)
	case quorum.Answered:
		s.answerForwarded(env, ev)
	case quorum.Stopped:
		s.stopping = stopped
	}
}

// apply puts a committed batch into the image.
func (s *Server) apply(c quorum.Committed, delta *metadata.Delta) {
	b := c.Batch
	if !b.IsControl() {
		s.applyTo(s.image, b, delta)
	}
	s.image.Advance(b.LastOffset(), b.PartitionLeaderEpoch())
	s.snapshots.bytes += int64(len(b))
	s.snapshots.lastContained = engine.WallTime(b.MaxTimestamp())
}

func (s *Server) applyTo(image *metadata.Image, b batch.Batch, delta *metadata.Delta) {
	it := b.Iterate(nil)
	for it.Next() {
		r, err := records.DecodeFrame(it.Record().Value)
		if err == nil {
			err = image.Apply(r.Record, delta)
		}
		if err != nil {
			engine.Violated("MetadataRecordsApply", "node %d offset %d: %v", s.cfg.NodeID, it.Record().Offset, err)
		}
	}
	if err := it.Err(); err != nil {
		engine.Violated("MetadataBatchDecodes", "node %d batch at %d: %v", s.cfg.NodeID, b.BaseOffset(), err)
	}
}

// publish hands the image to the controller and the broker. They keep what they
// were given, so the next records go into a copy.
func (s *Server) publish(env *engine.Env, delta *metadata.Delta) {
	if delta == nil {
		return
	}
	first := s.published == nil
	if delta.Empty() && !first {
		// Only the offset moved: a NoOp record, or one of Raft's own.
		s.published.Advance(s.image.Offset(), s.image.Epoch())
	} else {
		s.published = s.image.Clone()
	}
	if s.controller != nil {
		s.controller.OnMetadata(env, s, s.published)
	}
	if s.broker != nil {
		s.broker.OnMetadata(env, delta, s.published)
	}
	s.registration.onMetadata(env, s)
	if first {
		// What a life begins with counts for no snapshot.
		s.snapshots.reset(env.Now())
	}
	s.maybeSnapshot(env)
}

func (s *Server) onLeader(env *engine.Env, addr engine.Addr, known bool) {
	if s.broker != nil {
		s.broker.SetController(env, addr, known)
	}
	s.registration.setController(env, s, addr, known)
}

// shutdown begins a clean stop: the broker hands its leaderships over while the
// quorum still works, then the quorum's leadership goes.
func (s *Server) shutdown(env *engine.Env) {
	if s.stopping != notStopping {
		return
	}
	s.stopping = brokerStopping
	if s.broker != nil {
		s.broker.Shutdown(env)
	}
}

func (s *Server) proceedStopping(env *engine.Env) {
	if s.stopping == brokerStopping && (s.broker == nil || s.broker.ShutdownDone()) {
		s.stopping = quorumStopping
		s.quorum.Shutdown(env)
		s.settle(env)
		return
	}
	if s.stopping == stopped && durable(s.meta) && durable(s.data) {
		env.Halt(engine.HaltCleanShutdown)
	}
}

func durable(store log.Store) bool { return store == nil || store.DurableSeq() == store.LastSeq() }

// Host, as the controller needs it.

// NextOffset is the offset that the next record appended will have.
func (s *Server) NextOffset() engine.Offset { return s.quorum.NextOffset() }

// Append appends metadata records as the quorum's leader.
func (s *Server) Append(env *engine.Env, epoch engine.LeaderEpoch, all []records.Versioned) (engine.Offset, error) {
	frames := make([][]byte, 0, len(all))
	for _, r := range all {
		frames = append(frames, records.AppendFrame(nil, r))
	}
	return s.quorum.Append(env, epoch, frames)
}

// Resign gives up the leadership of the quorum.
func (s *Server) Resign(env *engine.Env, epoch engine.LeaderEpoch) { s.quorum.Resign(env, epoch) }

// KRaftVersion is the finalized kraft.version.
func (s *Server) KRaftVersion() int16 { return s.quorum.KRaftVersion() }

// Answer sends the controller's answer, in an Envelope where the request came in
// one.
func (s *Server) Answer(env *engine.Env, to controller.Call, resp kmsg.Response, code engine.ErrorCode) {
	if !to.Forwarded {
		env.Reply(to.Request, resp, engine.Durable{})
		return
	}
	e := to.Request.Body.ResponseKind().(*kmsg.EnvelopeResponse)
	e.Version = to.Request.Body.GetVersion()
	if code == engine.ErrNotController {
		e.ErrorCode = int16(code)
	} else {
		e.ResponseData = appendResponse(nil, to.Correlation, resp)
	}
	env.Reply(to.Request, e, engine.Durable{})
}

// Accessors for those who look.

// Config is what the server was started with.
func (s *Server) Config() ServerConfig { return s.cfg }

// Quorum is the process's replica of the metadata log.
func (s *Server) Quorum() *quorum.Replica { return s.quorum }

// Controller is nil without the role.
func (s *Server) Controller() *controller.Controller { return s.controller }

// Broker is nil without the role.
func (s *Server) Broker() *broker.Broker { return s.broker }

// Image is the committed metadata. It is read only.
func (s *Server) Image() *metadata.Image { return s.image }

func nodeName(id engine.NodeID) string { return strconv.Itoa(int(id)) }

var (
	_ engine.Node     = (*Server)(nil)
	_ controller.Host = (*Server)(nil)
)
