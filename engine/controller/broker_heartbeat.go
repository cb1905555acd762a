package controller

import (
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// brokerState is what a heartbeat moves a broker between (BrokerControlState).
type brokerState uint8

const (
	stateFenced brokerState = iota
	stateUnfenced
	stateControlledShutdown
	stateShutdownNow
)

// handleBrokerHeartbeat: key 63, v0-v2. Kafka 4.3; KIP-631, KIP-858, KIP-1066.
// Read: BrokerHeartbeatManager.calculateNextBrokerState,
// ReplicationControlManager.processBrokerHeartbeat.
//   - unfenced when it asks and has read its own registration
//   - shutting down: its leaderships move first; it may go when it leads nothing
//     and every active broker has read of that
//   - another epoch than registered: STALE_BROKER_EPOCH
//
// Not modelled: time-outs of heartbeats in an overloaded queue. Shown in:
// testdata/broker_life.txt
func (c *Controller) handleBrokerHeartbeat(env *engine.Env, host Host, call Call, req *kmsg.BrokerHeartbeatRequest) {
	id, epoch := engine.NodeID(req.BrokerID), engine.BrokerEpoch(req.BrokerEpoch)
	if err := c.checkBrokerEpoch(id, epoch); err != nil {
		c.refuse(env, host, call, *err)
		return
	}
	c.brokers.contacted(id, epoch, env.Now())
	registered, ok := c.registers[id]
	if !ok { // registered before this controller was active
		registered = engine.Offset(epoch)
	}
	current, next := c.nextState(id, req, registered)
	var all []records.Versioned
	if current != next {
		switch next {
		case stateFenced, stateShutdownNow:
			all = c.fence(id)
		case stateUnfenced:
			all = c.unfence(id)
		case stateControlledShutdown:
			all = c.beginControlledShutdown(id)
		}
	}
	offset := engine.Offset(req.CurrentMetadataOffset)
	fenced := next == stateFenced || next == stateShutdownNow
	c.brokers.touch(id, fenced, offset)
	all = append(all, c.offlineDirectories(id, req.OfflineLogDirs)...)
	all = append(all, c.cordonedDirectories(id, req.CordonedLogDirs)...)

	resp := req.ResponseKind().(*kmsg.BrokerHeartbeatResponse)
	resp.IsCaughtUp, resp.IsFenced, resp.ShouldShutdown = offset >= registered, fenced, next == stateShutdownNow
	end := host.NextOffset() + engine.Offset(len(all)) - 1
	c.finish(env, host, call, all, resp, engine.ErrNone)
	if next == stateControlledShutdown && c.active {
		c.brokers.beginShutdown(id, end)
	}
}

// nextState decides from what the broker wants and what it knows.
func (c *Controller) nextState(id engine.NodeID, req *kmsg.BrokerHeartbeatRequest, registered engine.Offset) (current, next brokerState) {
	h := c.brokers[id]
	switch {
	case h.shuttingDown():
		if !c.leadsAny(id) && h.shutdownOffset <= c.brokers.lowestActiveOffset() {
			return stateControlledShutdown, stateShutdownNow
		}
		return stateControlledShutdown, stateControlledShutdown
	case h.fenced:
		switch {
		case req.WantShutdown:
			return stateFenced, stateShutdownNow
		case !req.WantFence && engine.Offset(req.CurrentMetadataOffset) >= registered:
			return stateFenced, stateUnfenced
		}
		return stateFenced, stateFenced
	}
	switch {
	case req.WantShutdown && (req.WantFence || !c.leadsAny(id)):
		return stateUnfenced, stateShutdownNow
	case req.WantFence:
		return stateUnfenced, stateFenced
	case req.WantShutdown:
		return stateUnfenced, stateControlledShutdown
	}
	return stateUnfenced, stateUnfenced
}

// offlineDirectories takes the copies in directories that failed out of their
// ISRs (handleDirectoriesOffline).
func (c *Controller) offlineDirectories(id engine.NodeID, offline [][16]byte) []records.Versioned {
	var all []records.Versioned
	var online [][16]byte
	for _, d := range c.pending.Broker(id).LogDirs {
		if !slices.Contains(offline, d) {
			online = append(online, d)
			continue
		}
		all = append(all, c.removeFromISRsIn(id, &d)...)
	}
	if len(online) == len(c.pending.Broker(id).LogDirs) {
		return nil
	}
	return append(all, c.brokerChange(id, 2, func(r *records.BrokerRegistrationChangeRecord) { r.LogDirs = online }))
}

// cordonedDirectories notes which directories take no new copies, when that
// changed (handleDirectoriesCordoned). Until a broker has read the metadata it
// sends null, which changes nothing.
func (c *Controller) cordonedDirectories(id engine.NodeID, cordoned [][16]byte) []records.Versioned {
	known := c.pending.Broker(id).CordonedLogDirs
	if cordoned == nil || known != nil && sameDirectories(known, cordoned) {
		return nil
	}
	return []records.Versioned{c.brokerChange(id, 3, func(r *records.BrokerRegistrationChangeRecord) {
		r.CordonedLogDirs = slices.Clone(cordoned)
		if r.CordonedLogDirs == nil {
			r.CordonedLogDirs = [][16]byte{}
		}
	})}
}

func sameDirectories(a, b [][16]byte) bool {
	within := func(a, b [][16]byte) bool {
		return !slices.ContainsFunc(a, func(d [16]byte) bool { return !slices.Contains(b, d) })
	}
	return within(a, b) && within(b, a)
}

// hasUncordonedDirectory says whether a new copy may be put on the broker.
func hasUncordonedDirectory(b *metadata.Broker) bool {
	return len(b.LogDirs) == 0 || b.CordonedLogDirs == nil ||
		slices.ContainsFunc(b.LogDirs, func(d [16]byte) bool { return !slices.Contains(b.CordonedLogDirs, d) })
}
