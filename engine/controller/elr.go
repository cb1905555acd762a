package controller

import (
	"strconv"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
)

// elrEnabled says whether eligible leader replicas are kept (KIP-966,
// FeatureControlManager.isElrFeatureEnabled).
func (c *Controller) elrEnabled() bool {
	return c.pending.FeatureLevel(metadata.EligibleLeaderReplicasVersion) >= 1 && !c.cfg.Bugs.Has(engine.BugLastReplicaStanding)
}

// effectiveMinISR is min.insync.replicas as far as the topic has replicas for it
// (ReplicationControlManager.getTopicEffectiveMinIsr).
func (c *Controller) effectiveMinISR(t *metadata.Topic) int {
	minISR := config.MinISR(c.pending, c.cfg.Static, c.cfg.NodeID, t.Name)
	if p := t.Partition(0); p != nil {
		return min(minISR, len(p.Replicas))
	}
	return minISR
}

// elrSafetyRecords makes one min.insync.replicas count for everybody, which must
// hold before eligible leader replicas are kept: the controller decides with it
// who is eligible, and a broker what is committed. A cluster-wide default is set,
// and what brokers have of their own goes
// (ConfigurationControlManager.maybeGenerateElrSafetyRecords).
func (c *Controller) elrSafetyRecords() []records.Versioned {
	var all []records.Versioned
	put := func(name string, value *string) {
		all = append(all, records.Versioned{Record: &records.ConfigRecord{
			ResourceType: int8(metadata.ResourceBroker), ResourceName: name, Name: config.MinInSyncReplicas, Value: value,
		}})
	}
	if _, ok := c.pending.Config(config.ClusterResource(), config.MinInSyncReplicas); !ok {
		value := strconv.FormatInt(c.cfg.Static.Int(config.MinInSyncReplicas), 10)
		put("", &value)
	}
	for _, r := range c.pending.ConfigResources() {
		if r.Type != metadata.ResourceBroker || r.Name == "" {
			continue
		}
		if _, ok := c.pending.Config(r, config.MinInSyncReplicas); ok {
			put(r.Name, nil)
		}
	}
	return all
}

// checkMinISRChange refuses what would make brokers disagree on
// min.insync.replicas (isDisallowedBrokerMinIsrTransition,
// isDisallowedClusterMinIsrTransition).
func (c *Controller) checkMinISRChange(resource metadata.ConfigResource, change configChange) *apiError {
	if change.name != config.MinInSyncReplicas || resource.Type != metadata.ResourceBroker || !c.elrEnabled() {
		return nil
	}
	switch {
	case resource.Name != "":
		return failed(engine.ErrInvalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
	case change.next == nil:
		return failed(engine.ErrInvalidConfig, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
	}
	return nil
}

// clearELRRecords empties the ELR of what a change of min.insync.replicas
// touches: who was eligible under the old minimum says nothing under the new one
// (createClearElrRecordsAsNeeded).
func (c *Controller) clearELRRecords(changes []records.Versioned) []records.Versioned {
	if !c.elrEnabled() {
		return nil
	}
	var all []records.Versioned
	for _, change := range changes {
		r, ok := change.Record.(*records.ConfigRecord)
		if !ok || r.Name != config.MinInSyncReplicas {
			continue
		}
		clearing := &records.ClearElrRecord{}
		if metadata.ResourceType(r.ResourceType) == metadata.ResourceTopic {
			clearing.TopicName = r.ResourceName
		}
		all = append(all, records.Versioned{Record: clearing})
	}
	return all
}
