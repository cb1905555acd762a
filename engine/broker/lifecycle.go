package broker

import (
	"encoding/binary"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"
	"bitacora/engine/config"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The lifecycle's times, as Kafka's defaults have them.
const (
	startingInterval = 10 * time.Millisecond // between heartbeats until caught up (BrokerLifecycleManager)
	// controlledShutdownMax bounds a clean stop without a controller
	// (BrokerServer.shutdown waits for five minutes).
	controlledShutdownMax = 5 * time.Minute
)

// lifecycleState is where a broker stands, as BrokerState has it.
type lifecycleState uint8

const (
	notRunning lifecycleState = iota
	starting
	recovery
	running
	pendingControlledShutdown
	shuttingDown
)

// Timers of the lifecycle (Owner OwnerLifecycle).
const (
	timerCommunicate uint8 = iota
	timerShutdownLimit
)

// Requests of the lifecycle, as its link's tags have them.
const (
	tagRegistration uint8 = iota
	tagHeartbeat
)

// lifecycle registers the broker with the controller and keeps it alive there
// with heartbeats (BrokerLifecycleManager). It is fenced until the controller has
// seen it caught up and it has said that it is ready.
type lifecycle struct {
	state         lifecycleState
	incarnation   [16]byte
	epoch         engine.BrokerEpoch // of the registration, -1 before
	previousEpoch engine.BrokerEpoch // of the life before, when that stopped cleanly
	registered    bool
	ready         bool // logs are loaded and the first metadata was published
	fenced        bool // as the last heartbeat's answer said
	opened        bool // requests are taken
	asking        bool // a request is under way
	again         bool // communicate as soon as it is answered
	shutdownDone  bool
}

// startLifecycle begins to register as soon as a controller is known.
func (b *Broker) startLifecycle(env *engine.Env, previousEpoch engine.BrokerEpoch) {
	b.life = lifecycle{
		state: starting, incarnation: env.Rand().UUID(), epoch: -1, previousEpoch: previousEpoch, fenced: true,
	}
	b.communicate(env)
}

// heartbeatInterval is broker.heartbeat.interval.ms.
func (b *Broker) heartbeatInterval() time.Duration {
	return b.cfg.Static.Duration(config.BrokerHeartbeatInterval)
}

// communicate sends what is due: a registration, then heartbeats.
func (b *Broker) communicate(env *engine.Env) {
	l := &b.life
	if l.asking {
		l.again = true
		return
	}
	l.again = false
	if l.state == notRunning || l.state == shuttingDown {
		return
	}
	env.CancelTimer(engine.Timer{Owner: engine.OwnerLifecycle, Kind: timerCommunicate})
	l.asking = true
	if !l.registered {
		b.links[linkHeartbeat].send(env, channel.Tag{Kind: tagRegistration}, b.registrationRequest(), 0)
		return
	}
	b.links[linkHeartbeat].send(env, channel.Tag{Kind: tagHeartbeat}, b.heartbeatRequest(), 0)
}

func (b *Broker) communicateAfter(env *engine.Env, d time.Duration) {
	if b.life.again {
		b.communicate(env)
		return
	}
	env.SetTimer(engine.Timer{Owner: engine.OwnerLifecycle, Kind: timerCommunicate}, d)
}

func (b *Broker) registrationRequest() kmsg.Request {
	req := kmsg.NewPtrBrokerRegistrationRequest()
	req.Version = 4
	req.BrokerID = int32(b.cfg.NodeID)
	req.ClusterID = b.cfg.ClusterID
	req.IncarnationID = b.life.incarnation
	for _, l := range b.cfg.Listeners {
		kl := kmsg.NewBrokerRegistrationRequestListener()
		kl.Name, kl.Host, kl.Port = l.Name, l.Addr.Host, uint16(l.Addr.Port)
		req.Listeners = append(req.Listeners, kl)
	}
	for _, f := range SupportedFeatures() {
		kf := kmsg.NewBrokerRegistrationRequestFeature()
		kf.Name, kf.MinSupportedVersion, kf.MaxSupportedVersion = f.Name, f.Min, f.Max
		req.Features = append(req.Features, kf)
	}
	if rack, ok := b.cfg.Static.Lookup(config.BrokerRack); ok {
		req.Rack = kmsg.StringPtr(rack)
	}
	req.LogDirs = [][16]byte{b.cfg.DirectoryID}
	req.PreviousBrokerEpoch = int64(b.life.previousEpoch)
	return req
}

func (b *Broker) heartbeatRequest() kmsg.Request {
	req := kmsg.NewPtrBrokerHeartbeatRequest()
	req.Version = 2
	req.BrokerID = int32(b.cfg.NodeID)
	req.BrokerEpoch = int64(b.life.epoch)
	req.CurrentMetadataOffset = int64(b.metadataOffset)
	req.WantFence = !b.life.ready
	req.WantShutdown = b.life.state == pendingControlledShutdown
	if b.life.state != starting {
		req.CordonedLogDirs = [][16]byte{} // null before the logs are loaded
	}
	return req
}

func (b *Broker) onLifecycleResponse(env *engine.Env, resp kmsg.Response) {
	b.life.asking = false
	switch r := resp.(type) {
	case *kmsg.BrokerRegistrationResponse:
		b.onRegistration(env, r)
	case *kmsg.BrokerHeartbeatResponse:
		b.onHeartbeat(env, r)
	default:
		b.communicateAfter(env, b.heartbeatInterval())
	}
}

func (b *Broker) onRegistration(env *engine.Env, r *kmsg.BrokerRegistrationResponse) {
	if r.ErrorCode != 0 {
		// DUPLICATE_BROKER_REGISTRATION while the session of the life before has
		// not ended, and whatever else may pass.
		b.communicateAfter(env, b.heartbeatInterval())
		return
	}
	b.life.registered = true
	b.life.epoch = engine.BrokerEpoch(r.BrokerEpoch)
	b.replicas.SetBrokerEpoch(b.life.epoch)
	b.communicate(env)
}

func (b *Broker) onHeartbeat(env *engine.Env, r *kmsg.BrokerHeartbeatResponse) {
	l := &b.life
	if r.ErrorCode != 0 {
		b.communicateAfter(env, b.heartbeatInterval())
		return
	}
	l.fenced = r.IsFenced
	switch l.state {
	case starting:
		if r.IsCaughtUp {
			l.state = recovery
			b.maybeReady(env)
		}
		b.communicateAfter(env, startingInterval)
	case recovery:
		if !r.IsFenced {
			l.state = running
			// Ask for producer ids before the first client does, so that it is not
			// told to come again.
			b.askForProducerIDs(env)
		}
		b.communicateAfter(env, b.heartbeatInterval())
	case running:
		b.communicateAfter(env, b.heartbeatInterval())
	case pendingControlledShutdown:
		if r.ShouldShutdown {
			b.finishShutdown(env)
			return
		}
		b.communicateAfter(env, b.heartbeatInterval())
	}
}

// maybeReady asks to be unfenced once the controller has called the broker caught
// up and what its metadata says is in force.
func (b *Broker) maybeReady(env *engine.Env) {
	if b.life.state != recovery || b.life.ready || !b.published {
		return
	}
	b.life.ready = true
	b.communicate(env)
}

// beginShutdown asks the controller to move leaderships away (controlled
// shutdown), and stops when it says so.
func (b *Broker) beginShutdown(env *engine.Env) {
	l := &b.life
	switch l.state {
	case running, recovery:
		l.state = pendingControlledShutdown
		b.replicas.BeginControlledShutdown()
		env.SetTimer(engine.Timer{Owner: engine.OwnerLifecycle, Kind: timerShutdownLimit}, controlledShutdownMax)
		b.communicate(env)
	case pendingControlledShutdown, shuttingDown:
	default:
		b.finishShutdown(env)
	}
}

// finishShutdown leaves the logs as a clean stop does; the composition halts.
func (b *Broker) finishShutdown(env *engine.Env) {
	if b.life.state == shuttingDown {
		return
	}
	b.life.state = shuttingDown
	b.groups.Shutdown(env)
	b.replicas.Close(env)
	b.keepBrokerEpoch()
	b.life.shutdownDone = true
}

// recordBrokerEpoch keeps the registration's epoch across a clean stop, as Kafka's
// .kafka_cleanshutdown file does: the next registration names it, so that the
// controller knows that nothing was lost (KIP-966).
const recordBrokerEpoch = log.RecordOwner + 1

func (b *Broker) keepBrokerEpoch() {
	value := binary.BigEndian.AppendUint64(nil, uint64(b.life.epoch))
	// A disk that fails now was not left cleanly; the next life sees no record.
	_ = b.data.SetRecord(log.StoreID, log.RecordKey{Kind: recordBrokerEpoch}, value)
}

// takeBrokerEpoch reads the epoch that a clean stop left, -1 after any other, and
// removes it: this life may not end as well.
func (b *Broker) takeBrokerEpoch(env *engine.Env) engine.BrokerEpoch {
	value, err := b.data.Record(log.StoreID, log.RecordKey{Kind: recordBrokerEpoch})
	if err != nil || len(value) != 8 {
		return -1
	}
	if b.data.SetRecord(log.StoreID, log.RecordKey{Kind: recordBrokerEpoch}, nil) != nil {
		env.Halt(engine.HaltDiskFailed)
	}
	return engine.BrokerEpoch(binary.BigEndian.Uint64(value))
}

func (b *Broker) onLifecycleTimer(env *engine.Env, t engine.Timer) {
	switch t.Kind {
	case timerCommunicate:
		b.communicate(env)
	case timerShutdownLimit:
		b.finishShutdown(env)
	}
}
