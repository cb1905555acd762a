package controller

import (
	"bitacora/engine"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterConfigs: key 33, v0-v2. Kafka 4.3; KIP-133.
// Read: ControllerApis.handleLegacyAlterConfigs,
// ConfigurationControlManager.legacyAlterConfigs.
//   - what a resource has and the request does not name is deleted
//   - else as IncrementalAlterConfigs
//
// Shown in: testdata/alter_configs.txt
func (c *Controller) handleAlterConfigs(env *engine.Env, host Host, call Call, req *kmsg.AlterConfigsRequest) {
	resourceOf := func(r kmsg.AlterConfigsRequestResource) metadata.ConfigResource {
		return metadata.ConfigResource{Type: metadata.ResourceType(r.ResourceType), Name: r.ResourceName}
	}
	resp := req.ResponseKind().(*kmsg.AlterConfigsResponse)
	replace := func(r kmsg.AlterConfigsRequestResource) ([]records.Versioned, *apiError) {
		return c.replaceConfigs(resourceOf(r), r.Configs)
	}
	all := eachResource(req.Resources, resourceOf, replace, func(r kmsg.AlterConfigsRequestResource, err *apiError) {
		resp.Resources = append(resp.Resources, replacedResource(r, err))
	})
	c.finishConfigs(env, host, call, all, resp, req.ValidateOnly)
}

// replaceConfigs gives the records that leave a resource with these configs
// alone: first those that are named, in their order, then the rest.
func (c *Controller) replaceConfigs(resource metadata.ConfigResource, configs []kmsg.AlterConfigsRequestResourceConfig) ([]records.Versioned, *apiError) {
	if err := checkResourceType(resource.Type); err != nil {
		return nil, err
	}
	values, named := map[string]string{}, map[string]bool{}
	var changes []configChange
	for _, k := range configs {
		if k.Value == nil {
			return nil, failed(engine.ErrInvalidRequest, "Null value not supported for : "+k.Name)
		}
		named[k.Name] = true
		changes = append(changes, configChange{k.Name, k.Value})
	}
	for _, key := range c.pending.ConfigKeys(resource) {
		values[key], _ = c.pending.Config(resource, key)
		if !named[key] {
			changes = append(changes, configChange{key, nil})
		}
	}
	return c.changeConfigs(resource, values, changes)
}

func replacedResource(r kmsg.AlterConfigsRequestResource, err *apiError) kmsg.AlterConfigsResponseResource {
	out := kmsg.NewAlterConfigsResponseResource()
	out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
	out.ErrorCode, out.ErrorMessage = err.errorCode(), err.text()
	return out
}
