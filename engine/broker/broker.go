// Package broker is a Kafka broker: Kafka 4.3.1's BrokerServer and KafkaApis. It
// answers clients from the metadata image, hands data to its replicas
// (engine/broker/replica) and groups to their coordinator (engine/group), lives in
// the controller's eyes by registration and heartbeats, and forwards what only a
// controller may decide.
//
// In come requests on its listeners, committed metadata (OnMetadata), who the
// active controller is (SetController), and what its connections, timers and disks
// bring. Out go answers and requests on the engine.Env.
//
// Not modelled: SASL and TLS, ACLs, quotas, delegation tokens, client telemetry,
// tiered storage; transaction, share and streams coordinators.
package broker

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/broker/replica"
	"bitacora/engine/config"
	"bitacora/engine/group"
	"bitacora/engine/log"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Listener is an endpoint that the broker advertises.
type Listener struct {
	Name string
	Addr engine.Addr
}

// Config is what a broker is started with.
type Config struct {
	NodeID      engine.NodeID
	ClusterID   string
	DirectoryID [16]byte      // directory.id of meta.properties
	LogDir      string        // the one log directory, as DescribeLogDirs names it; "" is node-N
	Listeners   []Listener    // advertised.listeners; the first is inter.broker.listener.name
	Static      config.Static // server.properties
	Bugs        engine.Bugs   // known mistakes to make, in the simulator alone
}

// Broker is the broker part of a Kafka server. It is plain data.
type Broker struct {
	cfg            Config
	data           log.Store
	image          *metadata.Image
	metadataOffset engine.Offset
	published      bool             // what the first metadata said is in force
	held           []engine.Request // what came before the broker opened
	life           lifecycle
	links          [linkCount]controllerLink
	replicas       *replica.Manager
	groups         *group.Coordinator
	producerIDs    producerIDs
	forwards       []forwarded
	nextForward    int64
	creating       []string // topics being created automatically
	requestTimeout time.Duration
}

// New makes a broker over its data disk.
func New(cfg Config, data log.Store) *Broker {
	b := &Broker{cfg: cfg, data: data, image: metadata.NewImage(), metadataOffset: -1}
	b.requestTimeout = cfg.Static.Duration(config.RequestTimeout)
	b.replicas = replica.New(replicaConfig(cfg), data)
	b.groups = group.New(groupConfig(cfg), offsetsLog{b.replicas})
	clientID := decimal(int64(cfg.NodeID)) // brokers name themselves by their bare id
	for key := range linkCount {
		b.links[key] = newControllerLink(key, clientID, linkTimeout(key, cfg.Static))
	}
	return b
}

// linkTimeout is how long a controller may take to answer. A heartbeat is given up
// when the next is due, so that an answer lost with a controller costs one of them,
// not the session (BrokerServer gives its channel broker.heartbeat.interval.ms,
// NodeToControllerChannelManagerImpl takes the lesser).
func linkTimeout(key int64, s config.Static) time.Duration {
	timeout := s.Duration(config.RequestTimeout)
	if key == linkHeartbeat {
		timeout = min(timeout, s.Duration(config.BrokerHeartbeatInterval))
	}
	return timeout
}

func groupConfig(cfg Config) group.Config {
	s := cfg.Static
	c := group.Default()
	c.Bugs = cfg.Bugs
	c.SessionTimeoutMin = s.Duration(config.GroupMinSessionTimeout)
	c.SessionTimeoutMax = s.Duration(config.GroupMaxSessionTimeout)
	c.InitialRebalanceDelay = s.Duration(config.GroupInitialRebalanceDelay)
	c.CommitTimeout = s.Duration(config.OffsetsCommitTimeout)
	c.OffsetRetention = s.Duration(config.OffsetsRetentionMinutes)
	c.OffsetMetadataMax = int(s.Int(config.OffsetMetadataMaxBytes))
	return c
}

// Start opens the logs and begins to register.
func (b *Broker) Start(env *engine.Env) {
	previous := b.takeBrokerEpoch(env)
	b.replicas.Start(env)
	b.groups.Start(env)
	b.startLifecycle(env, previous)
}

// SetController says where the active controller listens; known is false while
// there is none.
func (b *Broker) SetController(env *engine.Env, addr engine.Addr, known bool) {
	for i := range b.links {
		b.links[i].setController(env, addr, known)
	}
}

// OnMetadata puts committed metadata in force. The image is the composition's,
// shared and read only.
func (b *Broker) OnMetadata(env *engine.Env, delta *metadata.Delta, image *metadata.Image) {
	b.image, b.metadataOffset = image, image.Offset()
	b.replicas.OnMetadata(env, delta, image)
	b.groups.OnMetadata(env, delta, image)
	b.published = true
	b.maybeOpen(env)
	b.maybeReady(env)
	b.settle(env)
}

// Shutdown begins a controlled shutdown. ShutdownDone says when it is over.
func (b *Broker) Shutdown(env *engine.Env) { b.beginShutdown(env) }

// ShutdownDone says that leaderships were handed over and the logs are closed.
func (b *Broker) ShutdownDone() bool { return b.life.shutdownDone }

// Handle takes an input that is the broker's. It says whether it was.
func (b *Broker) Handle(env *engine.Env, in engine.Input) bool {
	mine := b.dispatch(env, in)
	b.settle(env)
	return mine
}

func (b *Broker) dispatch(env *engine.Env, in engine.Input) bool {
	switch in := in.(type) {
	case engine.Request:
		b.handleRequest(env, in)
		return true
	case engine.Disconnected:
		b.dropHeld(in.Conn)
	case engine.TimerFired:
		if in.Timer.Owner == engine.OwnerLifecycle {
			b.onLifecycleTimer(env, in.Timer)
			return true
		}
	}
	for i := range b.links {
		if results, mine := b.links[i].handle(env, in); mine {
			for _, r := range results {
				b.onLinkResult(env, int64(i), r)
			}
			return true
		}
	}
	// A commit or a lost client concerns both.
	replicas := b.replicas.OnInput(env, in)
	groups := b.groups.OnInput(env, in)
	return replicas || groups
}

// settle carries between the parts what one step of one of them left for others.
func (b *Broker) settle(env *engine.Env) {
	for {
		events := b.replicas.DrainEvents()
		if len(events) == 0 {
			break
		}
		// A coordinator's step may make the manager happen again, over these.
		for _, ev := range slices.Clone(events) {
			b.onReplicaEvent(env, ev)
		}
	}
	if req := b.replicas.DrainAlterPartition(); req != nil {
		b.links[linkAlterPartition].send(env, tagOfAlterPartition, req, 0)
	}
}

func (b *Broker) onLinkResult(env *engine.Env, link int64, r linkResult) {
	switch link {
	case linkHeartbeat:
		b.onLifecycleResponse(env, r.response)
	case linkAlterPartition:
		resp, _ := r.response.(*kmsg.AlterPartitionResponse)
		b.replicas.OnAlterPartitionResponse(env, resp)
	case linkForwarding:
		switch r.tag.Kind {
		case tagEnvelope:
			b.onForwarded(env, r.tag.Key, r.response)
		case tagProducerIDs:
			b.onProducerIDs(r.response)
		case tagAutoCreate:
			b.onAutoCreated(r.request)
		}
	}
}

// heldMax bounds the requests that wait for the broker to open, one a connection
// at most; whoever comes then is hung up on.
const heldMax = 4096

// maybeOpen begins to take requests once the broker knows itself to be unfenced,
// and then until its end; first those that came earlier. Kafka opens its listeners
// no sooner (BrokerServer.startup waits to be unfenced before it enables request
// processing), so that nobody is told of metadata that the broker has not caught
// up with. Ours are the driver's and open at once: who comes early waits.
func (b *Broker) maybeOpen(env *engine.Env) {
	r := b.image.Broker(b.cfg.NodeID)
	if b.life.opened || r == nil || r.Fenced || r.Epoch != b.life.epoch {
		return
	}
	b.life.opened = true
	held := b.held
	b.held = nil
	for _, req := range held {
		b.handleRequest(env, req)
	}
}

// hold keeps a request until the broker opens.
func (b *Broker) hold(env *engine.Env, req engine.Request) {
	if len(b.held) == heldMax {
		env.Close(req.Conn)
		return
	}
	b.held = append(b.held, req)
}

// dropHeld forgets what a lost connection asked.
func (b *Broker) dropHeld(conn engine.ConnID) {
	b.held = slices.DeleteFunc(b.held, func(r engine.Request) bool { return r.Conn == conn })
}

// produceVersionMin is the lowest version of Produce that is served; lower ones
// are offered all the same, for librdkafka's sake (KAFKA-18659).
const produceVersionMin = 3

// handleRequest answers a client, or another broker. A version that is not
// offered ends the connection, as Kafka's does; ApiVersions answers for itself.
func (b *Broker) handleRequest(env *engine.Env, req engine.Request) {
	if !b.life.opened {
		b.hold(env, req)
		return
	}
	api, ok := offered(req.Body.Key())
	version := req.Body.GetVersion()
	if !ok || (version < api.Min || version > api.Max) && req.Body.Key() != 18 {
		env.Close(req.Conn)
		return
	}
	if api.Forward {
		b.forward(env, req)
		return
	}
	switch m := req.Body.(type) {
	case *kmsg.ProduceRequest:
		if version < produceVersionMin {
			env.Close(req.Conn)
			return
		}
		b.replicas.HandleProduce(env, req)
	case *kmsg.FetchRequest:
		b.replicas.HandleFetch(env, req)
	case *kmsg.ListOffsetsRequest:
		b.replicas.HandleListOffsets(env, req)
	case *kmsg.OffsetForLeaderEpochRequest:
		b.replicas.HandleOffsetForLeaderEpoch(env, req)
	case *kmsg.DeleteRecordsRequest:
		b.replicas.HandleDeleteRecords(env, req)
	case *kmsg.AlterReplicaLogDirsRequest:
		b.handleAlterReplicaLogDirs(env, req, m)
	case *kmsg.DescribeLogDirsRequest:
		b.handleDescribeLogDirs(env, req, m)
	case *kmsg.DescribeProducersRequest:
		b.replicas.HandleDescribeProducers(env, req)
	case *kmsg.MetadataRequest:
		b.handleMetadata(env, req, m)
	case *kmsg.FindCoordinatorRequest:
		b.handleFindCoordinator(env, req, m)
	case *kmsg.ApiVersionsRequest:
		b.handleApiVersions(env, req, m)
	case *kmsg.InitProducerIDRequest:
		b.handleInitProducerID(env, req, m)
	case *kmsg.DescribeConfigsRequest:
		b.handleDescribeConfigs(env, req, m)
	case *kmsg.AlterConfigsRequest:
		b.handleAlterConfigs(env, req, m)
	case *kmsg.IncrementalAlterConfigsRequest:
		b.handleIncrementalAlterConfigs(env, req, m)
	case *kmsg.DescribeClusterRequest:
		b.handleDescribeCluster(env, req, m)
	case *kmsg.DescribeTopicPartitionsRequest:
		b.handleDescribeTopicPartitions(env, req, m)
	default:
		b.groups.HandleRequest(env, req)
	}
}

// listenerName is the listener whose endpoints clients are told. There is one.
func (b *Broker) listenerName() string { return b.cfg.Listeners[0].Name }

// Accessors for those who look.

// Image is the metadata in force here: what this broker believes.
func (b *Broker) Image() *metadata.Image { return b.image }

// Replicas is the data plane.
func (b *Broker) Replicas() *replica.Manager { return b.replicas }

// Groups is the group coordinator.
func (b *Broker) Groups() *group.Coordinator { return b.groups }

// Epoch is the epoch of the broker's registration, -1 before.
func (b *Broker) Epoch() engine.BrokerEpoch { return b.life.epoch }

// Fenced says whether the controller last told the broker so, or the broker has
// not begun to serve.
func (b *Broker) Fenced() bool { return b.life.fenced || !b.life.opened }
