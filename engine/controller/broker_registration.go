package controller

import (
	"fmt"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// kraftVersionFeature is finalized by the quorum, not by a FeatureLevelRecord.
const kraftVersionFeature = "kraft.version"

// handleBrokerRegistration: key 62, v0-v4. Kafka 4.3; KIP-631, KIP-858, KIP-966.
// Read: ClusterControlManager.registerBroker.
//   - a new incarnation while the old one's session lives: DUPLICATE_BROKER_REGISTRATION
//   - a new incarnation is fenced, out of every ISR, and its epoch is the offset
//     at which its records begin
//   - the same incarnation again keeps its epoch and its state
//   - it stopped cleanly when it names the epoch of the life before; else it is out
//     of every ELR, too (KIP-966)
//   - finalized features outside the broker's ranges: UNSUPPORTED_VERSION
//
// Shown in: testdata/broker_life.txt, testdata/elr.txt
func (c *Controller) handleBrokerRegistration(env *engine.Env, host Host, call Call, req *kmsg.BrokerRegistrationRequest) {
	if err := c.checkRegistration(env, host, req); err != nil {
		c.refuse(env, host, call, *err)
		return
	}
	id := engine.NodeID(req.BrokerID)
	existing := c.pending.Broker(id)
	r := records.NewRegisterBrokerRecord()
	r.BrokerID, r.IncarnationID, r.Rack, r.LogDirs = id, req.IncarnationID, req.Rack, req.LogDirs
	for _, l := range req.Listeners {
		r.EndPoints = append(r.EndPoints, records.RegisterBrokerEndpoint{
			Name: l.Name, Host: l.Host, Port: l.Port, SecurityProtocol: l.SecurityProtocol,
		})
	}
	for _, f := range req.Features {
		r.Features = append(r.Features, records.RegisterBrokerFeature{
			Name: f.Name, MinSupportedVersion: f.MinSupportedVersion, MaxSupportedVersion: f.MaxSupportedVersion,
		})
	}
	var all []records.Versioned
	if existing != nil && existing.IncarnationID == req.IncarnationID {
		r.Fenced, r.InControlledShutdown, r.BrokerEpoch = existing.Fenced, existing.InControlledShutdown, existing.Epoch
	} else {
		clean := existing != nil && int64(existing.Epoch) == req.PreviousBrokerEpoch
		all = c.brokerShutDown(id, clean)
		r.BrokerEpoch = engine.BrokerEpoch(host.NextOffset())
		c.brokers.remove(id)
	}
	all = append(all, records.Versioned{Record: &r, Version: metadata.RegisterBrokerVersion})
	resp := req.ResponseKind().(*kmsg.BrokerRegistrationResponse)
	resp.BrokerEpoch = int64(r.BrokerEpoch)
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

func (c *Controller) checkRegistration(env *engine.Env, host Host, req *kmsg.BrokerRegistrationRequest) *apiError {
	if req.ClusterID != c.cfg.ClusterID {
		return failed(engine.ErrInconsistentClusterID,
			fmt.Sprintf("Expected cluster ID %s, but got cluster ID %s", c.cfg.ClusterID, req.ClusterID))
	}
	id := engine.NodeID(req.BrokerID)
	if b := c.pending.Broker(id); b != nil && b.IncarnationID != req.IncarnationID &&
		c.brokers.hasValidSession(id, b.Epoch, env.Now(), c.sessionTimeout) {
		return failed(engine.ErrDuplicateBrokerRegistration, "Another broker is registered with that broker id.")
	}
	if req.IsMigratingZkBroker {
		return failed(engine.ErrBrokerIDNotRegistered, "Controller does not support registering ZK brokers.")
	}
	if err := c.checkDirectories(id, req.LogDirs); err != nil {
		return err
	}
	return c.checkFeatures(host, req.Features)
}

// checkDirectories refuses log directories that cannot be this broker's own
// (KIP-858).
func (c *Controller) checkDirectories(id engine.NodeID, dirs [][16]byte) *apiError {
	if len(dirs) == 0 {
		return failed(engine.ErrInvalidRegistration, "No directories specified in request")
	}
	for i, d := range dirs {
		if _, ok := reservedDirectory(d); ok {
			return failed(engine.ErrInvalidRegistration, "Reserved directory ID in request")
		}
		if slices.Contains(dirs[:i], d) {
			return failed(engine.ErrInvalidRegistration, "Duplicate directory ID in request")
		}
	}
	for _, other := range c.pending.BrokerIDs() {
		for _, d := range dirs {
			if other != id && slices.Contains(c.pending.Broker(other).LogDirs, d) {
				return failed(engine.ErrInvalidRegistration,
					fmt.Sprintf("Broker %d is already registered with directory %v", other, engine.TopicID(d)))
			}
		}
	}
	return nil
}

// checkFeatures refuses a broker that cannot live with a finalized level; a
// feature it does not name, it supports at 0 alone.
func (c *Controller) checkFeatures(host Host, features []kmsg.BrokerRegistrationRequestFeature) *apiError {
	var ranges []metadata.FeatureRange
	for _, f := range features {
		ranges = append(ranges, metadata.FeatureRange{Name: f.Name, Min: f.MinSupportedVersion, Max: f.MaxSupportedVersion})
	}
	check := func(f metadata.FeatureRange) *apiError {
		level := c.pending.FeatureLevel(f.Name)
		if f.Name == kraftVersionFeature {
			level = host.KRaftVersion()
		}
		if level >= f.Min && level <= f.Max {
			return nil
		}
		return failed(engine.ErrUnsupportedVersion, fmt.Sprintf(
			"Unable to register because the broker does not support finalized version %d of %s. "+
				"The broker wants a version between %d and %d, inclusive.", level, f.Name, f.Min, f.Max))
	}
	for _, f := range ranges {
		if err := check(f); err != nil {
			return err
		}
	}
	has := func(name string) bool {
		return slices.ContainsFunc(ranges, func(f metadata.FeatureRange) bool { return f.Name == name })
	}
	if !has(metadata.MetadataVersion) {
		return failed(engine.ErrInvalidRegistration, "Request features do not contain 'metadata.version'")
	}
	for _, name := range append(c.pending.FeatureNames(), kraftVersionFeature) {
		if !has(name) {
			if err := check(metadata.FeatureRange{Name: name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBrokerEpoch refuses a broker that is not, or no longer, registered so
// (ClusterControlManager.checkBrokerEpoch).
func (c *Controller) checkBrokerEpoch(id engine.NodeID, epoch engine.BrokerEpoch) *apiError {
	b := c.pending.Broker(id)
	if b == nil {
		return failed(engine.ErrStaleBrokerEpoch, fmt.Sprintf("No broker registration found for broker id %d", id))
	}
	if b.Epoch != epoch {
		return failed(engine.ErrStaleBrokerEpoch, fmt.Sprintf("Expected broker epoch %d, but got broker epoch %d", b.Epoch, epoch))
	}
	return nil
}
