package controller

import (
	"fmt"
	"maps"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The upgrade types of UpdateFeatures (FeatureUpdate.UpgradeType); all else is
// unknown.
const (
	upgradeOnly     int8 = 1
	safeDowngrade   int8 = 2
	unsafeDowngrade int8 = 3
)

// handleUpdateFeatures: key 57, v0-v2. Kafka 4.3; KIP-584, KIP-778 (v1), KIP-1022 (v2).
// Read: QuorumController.updateFeatures, FeatureControlManager.updateFeature,
// ConfigurationControlManager.updateFeatures.
//   - all features or none; v0 cannot downgrade
//   - this controller, every registered broker and every other registered
//     controller must support the level: INVALID_UPDATE_VERSION, as all refusals
//   - a level below the current one needs a downgrade type, one above an upgrade
//   - metadata.version goes down only where no metadata is lost, and kraft.version
//     never
//   - results by feature up to v1
//
// Two features that are refused: Kafka names the first in the order of a hash map,
// this one by name. Shown in: testdata/features.txt
func (c *Controller) handleUpdateFeatures(env *engine.Env, host Host, call Call, req *kmsg.UpdateFeaturesRequest) {
	updates := map[string]kmsg.UpdateFeaturesRequestFeatureUpdate{}
	for _, u := range req.FeatureUpdates {
		updates[u.Feature] = u
	}
	var all []records.Versioned
	for _, name := range slices.Sorted(maps.Keys(updates)) {
		u := updates[name]
		record, err := c.updateFeature(host, u)
		if err != nil {
			c.refuse(env, host, call, apiError{err.code,
				"The update failed for all features since the following feature had an error: " + err.message})
			return
		}
		if name == metadata.EligibleLeaderReplicasVersion && u.MaxVersionLevel > 0 {
			all = append(c.elrSafetyRecords(), all...)
		}
		all = append(all, record...)
	}
	if req.ValidateOnly {
		all = nil
	}
	resp := req.ResponseKind().(*kmsg.UpdateFeaturesResponse)
	if req.Version <= 1 {
		for _, u := range req.FeatureUpdates {
			result := kmsg.NewUpdateFeaturesResponseResult()
			result.Feature, result.ErrorMessage = u.Feature, kmsg.StringPtr(engine.ErrNone.String())
			resp.Results = append(resp.Results, result)
		}
	}
	c.finish(env, host, call, all, resp, engine.ErrNone)
}

func (c *Controller) updateFeature(host Host, u kmsg.UpdateFeaturesRequestFeatureUpdate) ([]records.Versioned, *apiError) {
	invalid := func(format string, args ...any) *apiError {
		return failed(engine.ErrInvalidUpdateVersion, fmt.Sprintf("Invalid update version %d for feature %s. %s",
			u.MaxVersionLevel, u.Feature, fmt.Sprintf(format, args...)))
	}
	if u.UpgradeType < upgradeOnly || u.UpgradeType > unsafeDowngrade {
		return nil, invalid("The controller does not support the given upgrade type.")
	}
	current := c.pending.FeatureLevel(u.Feature)
	if u.Feature == kraftVersionFeature {
		current = host.KRaftVersion()
	}
	if u.MaxVersionLevel < 0 {
		return nil, invalid("A feature version cannot be less than 0.")
	}
	if reason := c.unsupported(u.Feature, u.MaxVersionLevel); reason != "" {
		return nil, invalid("%s", reason)
	}
	switch {
	case u.MaxVersionLevel < current && u.UpgradeType == upgradeOnly:
		return nil, invalid("Can't downgrade the version of this feature without setting the " +
			"upgrade type to either safe or unsafe downgrade.")
	case u.MaxVersionLevel > current && u.UpgradeType != upgradeOnly:
		return nil, invalid("Can't downgrade to a newer version.")
	case u.Feature == kraftVersionFeature:
		// There is no other level than the current one to go to, which an upgrade
		// notes with a record that can be waited for.
		if u.UpgradeType == upgradeOnly {
			return []records.Versioned{{Record: &records.NoOpRecord{}}}, nil
		}
		return nil, nil
	case u.Feature == metadata.MetadataVersion && u.MaxVersionLevel < current:
		reason := "Refusing to perform the requested downgrade because it might delete metadata information."
		if u.UpgradeType == unsafeDowngrade {
			reason = "Unsafe metadata downgrade is not supported in this version."
		}
		return nil, failed(engine.ErrInvalidUpdateVersion, fmt.Sprintf(
			"Unsupported metadata.version downgrade from %d to %d. %s", current, u.MaxVersionLevel, reason))
	case !slices.Contains(knownFeatures[:], u.Feature):
		return nil, invalid("Feature %s not found.", u.Feature)
	}
	return []records.Versioned{{Record: &records.FeatureLevelRecord{Name: u.Feature, FeatureLevel: u.MaxVersionLevel}}}, nil
}

// knownFeatures are Kafka 4.3's (Feature.PRODUCTION_FEATURES, metadata.version):
// those that are not built here are supported at level 0 alone.
var knownFeatures = [...]string{
	metadata.EligibleLeaderReplicasVersion, "group.version", kraftVersionFeature, metadata.MetadataVersion,
	"share.version", "streams.version", "transaction.version",
}

// unsupported says who cannot live with a level, "" if everybody can
// (FeatureControlManager.reasonNotSupported). Voters that have not registered are
// not asked where the quorum is dynamic.
func (c *Controller) unsupported(feature string, level int16) string {
	if reason := outside(fmt.Sprintf("Local controller %d", c.cfg.NodeID), c.cfg.Features, feature, level); reason != "" {
		return reason
	}
	for _, id := range c.pending.BrokerIDs() {
		if reason := outside(fmt.Sprintf("Broker %d", id), c.pending.Broker(id).Features, feature, level); reason != "" {
			return reason
		}
	}
	for _, id := range c.pending.ControllerIDs() {
		if id == c.cfg.NodeID {
			continue
		}
		if reason := outside(fmt.Sprintf("Controller %d", id), c.pending.Controller(id).Features, feature, level); reason != "" {
			return reason
		}
	}
	return ""
}

func outside(who string, all []metadata.FeatureRange, feature string, level int16) string {
	switch span := metadata.FeatureSupport(all, feature); {
	case level >= span.Min && level <= span.Max:
		return ""
	case span.Max == 0:
		return who + " does not support this feature."
	case span.Min == span.Max:
		return fmt.Sprintf("%s only supports versions %d", who, span.Min)
	default:
		return fmt.Sprintf("%s only supports versions %d-%d", who, span.Min, span.Max)
	}
}
