package controller

import (
	"maps"
	"math"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// heartbeats is what the active controller knows of brokers beside the metadata
// log (BrokerHeartbeatManager and BrokerHeartbeatTracker). It is lost with the
// active role: a new controller gives every unfenced broker a fresh session.
type heartbeats map[engine.NodeID]*heartbeat

type heartbeat struct {
	fenced         bool
	metadataOffset engine.Offset // how far the broker said it is; -1 after a change
	shutdownOffset engine.Offset // metadata to be seen by all before it may go; -1 while not shutting down
	contactEpoch   engine.BrokerEpoch
	contact        engine.Time
	tracked        bool // contact counts: its session may end
}

func (h *heartbeat) shuttingDown() bool { return h.shutdownOffset >= 0 }

func (h *heartbeat) active() bool { return !h.fenced && !h.shuttingDown() }

// claimHeartbeats begins anew for the brokers that the log has.
func (c *Controller) claimHeartbeats(env *engine.Env) {
	c.brokers = heartbeats{}
	for _, id := range c.pending.BrokerIDs() {
		b := c.pending.Broker(id)
		c.brokers.register(id, b.Fenced)
		if !b.Fenced {
			c.brokers.contacted(id, b.Epoch, env.Now())
		}
	}
}

// register follows a registration or a change of one. The offset is forgotten
// unless the broker became fenced or unfenced by it, as in Kafka: the next
// heartbeat tells it again.
func (all heartbeats) register(id engine.NodeID, fenced bool) {
	h := all[id]
	offset := engine.NoOffset
	if h == nil {
		h = &heartbeat{fenced: fenced, metadataOffset: engine.NoOffset, shutdownOffset: engine.NoOffset}
		all[id] = h
	} else if h.fenced != fenced {
		offset = h.metadataOffset
	}
	all.touch(id, fenced, offset)
}

func (all heartbeats) touch(id engine.NodeID, fenced bool, offset engine.Offset) {
	h := all[id]
	if h == nil {
		engine.Violated("HeartbeatStateExists", "broker %d", id)
	}
	h.fenced, h.metadataOffset = fenced, offset
	if fenced {
		h.shutdownOffset = engine.NoOffset
	}
}

// contacted starts the broker's session anew.
func (all heartbeats) contacted(id engine.NodeID, epoch engine.BrokerEpoch, now engine.Time) {
	if h := all[id]; h != nil {
		h.contactEpoch, h.contact, h.tracked = epoch, now, true
	}
}

// remove forgets the broker's state for a new registration, not its session:
// Kafka's tracker counts sessions by id and epoch.
func (all heartbeats) remove(id engine.NodeID) {
	if h := all[id]; h != nil {
		*h = heartbeat{metadataOffset: engine.NoOffset, shutdownOffset: engine.NoOffset,
			fenced: h.fenced, contactEpoch: h.contactEpoch, contact: h.contact, tracked: h.tracked}
	}
}

func expired(contact, now engine.Time, timeout time.Duration) bool {
	return contact.Add(timeout) < now
}

// hasValidSession says whether the broker of that epoch was heard of within the
// session time-out.
func (all heartbeats) hasValidSession(id engine.NodeID, epoch engine.BrokerEpoch, now engine.Time, timeout time.Duration) bool {
	h := all[id]
	return h != nil && h.tracked && h.contactEpoch == epoch && !expired(h.contact, now, timeout)
}

// lowestActiveOffset is how far every active broker is, at least.
func (all heartbeats) lowestActiveOffset() engine.Offset {
	lowest := engine.Offset(math.MaxInt64)
	for _, h := range all { // unordered: sums only (a minimum)
		if h.active() {
			lowest = min(lowest, h.metadataOffset)
		}
	}
	return lowest
}

// beginShutdown notes the offset that all brokers must have seen before this one
// may go.
func (all heartbeats) beginShutdown(id engine.NodeID, offset engine.Offset) {
	if h := all[id]; h != nil && h.shutdownOffset < 0 {
		h.shutdownOffset = offset
	}
}

// fenceOneStale fences a broker whose session has ended, the one with the lowest
// id, and says whether there was one (ReplicationControlManager.maybeFenceOneStaleBroker).
// The records are for the caller to write.
func (c *Controller) fenceOneStale(env *engine.Env) (all []records.Versioned, found bool) {
	timeout := c.sessionTimeout
	for _, id := range slices.Sorted(maps.Keys(c.brokers)) {
		h := c.brokers[id]
		if !h.tracked || !expired(h.contact, env.Now(), timeout) {
			continue
		}
		h.tracked = false
		if b := c.pending.Broker(id); b == nil || b.Epoch != h.contactEpoch {
			return nil, true
		}
		all = c.fence(id)
		h.fenced = true
		return all, true
	}
	return nil, false
}
