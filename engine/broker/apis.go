package broker

import (
	"cmp"
	"slices"

	"bitacora/engine"
	"bitacora/engine/metadata"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// API is one Kafka API as this broker offers it.
type API struct {
	Key      int16
	Min, Max int16
	// Forward says that the active controller answers it, through this broker.
	Forward bool
}

// APIs is what a broker's listener offers, by key: the table that ApiVersions
// answers from and that requests are checked against. What a version does not do
// yet is not in it.
func APIs() []API { return brokerAPIs[:] }

var brokerAPIs = [...]API{
	{Key: 0, Min: 0, Max: 13},                // Produce: advertised from v0 for librdkafka's sake, refused below v3
	{Key: 1, Min: 4, Max: 18},                // Fetch
	{Key: 2, Min: 1, Max: 11},                // ListOffsets
	{Key: 3, Min: 0, Max: 13},                // Metadata
	{Key: 8, Min: 2, Max: 10},                // OffsetCommit
	{Key: 9, Min: 1, Max: 10},                // OffsetFetch
	{Key: 10, Min: 0, Max: 6},                // FindCoordinator
	{Key: 11, Min: 0, Max: 9},                // JoinGroup
	{Key: 12, Min: 0, Max: 4},                // Heartbeat
	{Key: 13, Min: 0, Max: 5},                // LeaveGroup
	{Key: 14, Min: 0, Max: 5},                // SyncGroup
	{Key: 15, Min: 0, Max: 6},                // DescribeGroups
	{Key: 16, Min: 0, Max: 5},                // ListGroups
	{Key: 18, Min: 0, Max: 4},                // ApiVersions
	{Key: 19, Min: 2, Max: 7, Forward: true}, // CreateTopics
	{Key: 20, Min: 1, Max: 6, Forward: true}, // DeleteTopics
	{Key: 21, Min: 0, Max: 2},                // DeleteRecords
	{Key: 22, Min: 0, Max: 5},                // InitProducerId
	{Key: 23, Min: 2, Max: 4},                // OffsetForLeaderEpoch
	{Key: 32, Min: 1, Max: 4},                // DescribeConfigs
	{Key: 33, Min: 0, Max: 2},                // AlterConfigs
	{Key: 34, Min: 1, Max: 2},                // AlterReplicaLogDirs
	{Key: 35, Min: 1, Max: 5},                // DescribeLogDirs
	{Key: 37, Min: 0, Max: 3, Forward: true}, // CreatePartitions
	{Key: 43, Min: 0, Max: 2, Forward: true}, // ElectLeaders
	{Key: 44, Min: 0, Max: 1},                // IncrementalAlterConfigs
	{Key: 45, Min: 0, Max: 1, Forward: true}, // AlterPartitionReassignments
	{Key: 46, Min: 0, Max: 0, Forward: true}, // ListPartitionReassignments
	{Key: 55, Min: 0, Max: 2, Forward: true}, // DescribeQuorum
	{Key: 57, Min: 0, Max: 2, Forward: true}, // UpdateFeatures
	{Key: 60, Min: 0, Max: 2},                // DescribeCluster
	{Key: 61, Min: 0, Max: 0},                // DescribeProducers
	{Key: 64, Min: 0, Max: 0, Forward: true}, // UnregisterBroker
	{Key: 75, Min: 0, Max: 0},                // DescribeTopicPartitions
	{Key: 80, Min: 0, Max: 1, Forward: true}, // AddRaftVoter
	{Key: 81, Min: 0, Max: 0, Forward: true}, // RemoveRaftVoter
}

// offered gives the broker's entry for an API.
func offered(key int16) (API, bool) {
	for _, a := range brokerAPIs {
		if a.Key == key {
			return a, true
		}
	}
	return API{}, false
}

// handleApiVersions: key 18, v0-v4. Kafka 4.3; KIP-511, KIP-584.
// Read: KafkaApis.handleApiVersionsRequest, ApiVersionManager.
// Shown in: TestApiVersions.
//   - a version above the newest is answered with UNSUPPORTED_VERSION in the shape
//     of version 0, naming the versions of ApiVersions alone
//   - a client software name or version with odd characters: INVALID_REQUEST
//   - finalized features carry the metadata offset as their epoch
func (b *Broker) handleApiVersions(env *engine.Env, req engine.Request, m *kmsg.ApiVersionsRequest) {
	resp := ApiVersions(m, APIs(), SupportedFeatures())
	if resp.ErrorCode == 0 {
		AddFinalized(resp, b.image, kraftVersion)
	}
	env.Reply(req, resp, engine.Durable{})
}

// AddFinalized adds the finalized features that the image has, and kraft.version,
// which the log keeps in control records of its own.
func AddFinalized(resp *kmsg.ApiVersionsResponse, image *metadata.Image, kraft int16) {
	if image.Offset() < 0 {
		return
	}
	resp.FinalizedFeaturesEpoch = int64(image.Offset())
	add := func(name string, level int16) {
		f := kmsg.NewApiVersionsResponseFinalizedFeature()
		f.Name, f.MinVersionLevel, f.MaxVersionLevel = name, level, level
		resp.FinalizedFeatures = append(resp.FinalizedFeatures, f)
	}
	if kraft > 0 {
		add("kraft.version", kraft)
	}
	for _, name := range image.FeatureNames() {
		add(name, image.FeatureLevel(name))
	}
}

// SortAPIs puts a table in the order of keys, as ApiVersions lists them.
func SortAPIs(all []API) {
	slices.SortFunc(all, func(a, b API) int { return cmp.Compare(a.Key, b.Key) })
}

const apiVersionsMax = 4

// ApiVersions answers the request for a listener that offers these APIs and
// features, finalized ones left to the caller.
func ApiVersions(m *kmsg.ApiVersionsRequest, apis []API, features []Feature) *kmsg.ApiVersionsResponse {
	resp := m.ResponseKind().(*kmsg.ApiVersionsResponse)
	resp.Version = m.Version
	resp.FinalizedFeaturesEpoch = -1
	if m.Version > apiVersionsMax {
		resp.Version = 0
		resp.ErrorCode = int16(engine.ErrUnsupportedVersion)
		k := kmsg.NewApiVersionsResponseApiKey()
		k.ApiKey, k.MaxVersion = 18, apiVersionsMax
		resp.ApiKeys = append(resp.ApiKeys, k)
		return resp
	}
	if m.Version >= 3 && !(softwareWord(m.ClientSoftwareName) && softwareWord(m.ClientSoftwareVersion)) {
		resp.ErrorCode = int16(engine.ErrInvalidRequest)
		return resp
	}
	for _, a := range apis {
		k := kmsg.NewApiVersionsResponseApiKey()
		k.ApiKey, k.MinVersion, k.MaxVersion = a.Key, a.Min, a.Max
		resp.ApiKeys = append(resp.ApiKeys, k)
	}
	for _, f := range features {
		k := kmsg.NewApiVersionsResponseSupportedFeature()
		k.Name, k.MinVersion, k.MaxVersion = f.Name, f.Min, f.Max
		resp.SupportedFeatures = append(resp.SupportedFeatures, k)
	}
	return resp
}

// softwareWord follows ApiVersionsRequest's pattern: letters, digits, dots and
// dashes, neither beginning nor ending with one of the latter.
func softwareWord(s string) bool {
	alnum := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	if s == "" || !alnum(s[0]) || !alnum(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !alnum(s[i]) && s[i] != '-' && s[i] != '.' {
			return false
		}
	}
	return true
}

// Feature is a range of levels that this program supports.
type Feature struct {
	Name     string
	Min, Max int16
}

// metadataVersion is 4.3-IV0's level, the only one that the metadata records here
// are written in; kraftVersion 1 is the dynamic quorum (KIP-853).
const (
	metadataVersion = 30
	kraftVersion    = 1
)

// SupportedFeatures is what nodes register with. The others (group.version,
// transaction.version, ...) are at 0 until they are built.
func SupportedFeatures() []Feature {
	return []Feature{
		{Name: metadata.EligibleLeaderReplicasVersion, Min: 0, Max: 1},
		{Name: "kraft.version", Min: kraftVersion, Max: kraftVersion},
		{Name: "metadata.version", Min: metadataVersion, Max: metadataVersion},
	}
}

// RefuseWith gives the answer to a request that a controller could not be asked,
// or nil where its shape has no place for an error
// (AbstractRequest.getErrorResponse).
func RefuseWith(req kmsg.Request, code engine.ErrorCode) kmsg.Response {
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	switch m := req.(type) {
	case *kmsg.CreateTopicsRequest:
		r := resp.(*kmsg.CreateTopicsResponse)
		for _, t := range m.Topics {
			kt := kmsg.NewCreateTopicsResponseTopic()
			kt.Topic, kt.ErrorCode = t.Topic, int16(code)
			r.Topics = append(r.Topics, kt)
		}
	case *kmsg.DeleteTopicsRequest:
		r := resp.(*kmsg.DeleteTopicsResponse)
		for _, name := range m.TopicNames {
			kt := kmsg.NewDeleteTopicsResponseTopic()
			kt.Topic, kt.ErrorCode = kmsg.StringPtr(name), int16(code)
			r.Topics = append(r.Topics, kt)
		}
		for _, t := range m.Topics {
			kt := kmsg.NewDeleteTopicsResponseTopic()
			kt.Topic, kt.TopicID, kt.ErrorCode = t.Topic, t.TopicID, int16(code)
			r.Topics = append(r.Topics, kt)
		}
	case *kmsg.CreatePartitionsRequest:
		r := resp.(*kmsg.CreatePartitionsResponse)
		for _, t := range m.Topics {
			kt := kmsg.NewCreatePartitionsResponseTopic()
			kt.Topic, kt.ErrorCode = t.Topic, int16(code)
			r.Topics = append(r.Topics, kt)
		}
	case *kmsg.IncrementalAlterConfigsRequest:
		r := resp.(*kmsg.IncrementalAlterConfigsResponse)
		for _, c := range m.Resources {
			k := kmsg.NewIncrementalAlterConfigsResponseResource()
			k.ResourceType, k.ResourceName, k.ErrorCode = c.ResourceType, c.ResourceName, int16(code)
			r.Resources = append(r.Resources, k)
		}
	case *kmsg.AlterConfigsRequest:
		r := resp.(*kmsg.AlterConfigsResponse)
		for _, c := range m.Resources {
			k := kmsg.NewAlterConfigsResponseResource()
			k.ResourceType, k.ResourceName, k.ErrorCode = c.ResourceType, c.ResourceName, int16(code)
			r.Resources = append(r.Resources, k)
		}
	case *kmsg.ElectLeadersRequest:
		resp.(*kmsg.ElectLeadersResponse).ErrorCode = int16(code)
	case *kmsg.AlterPartitionAssignmentsRequest:
		resp.(*kmsg.AlterPartitionAssignmentsResponse).ErrorCode = int16(code)
	case *kmsg.ListPartitionReassignmentsRequest:
		resp.(*kmsg.ListPartitionReassignmentsResponse).ErrorCode = int16(code)
	case *kmsg.DescribeQuorumRequest:
		resp.(*kmsg.DescribeQuorumResponse).ErrorCode = int16(code)
	case *kmsg.UpdateFeaturesRequest:
		resp.(*kmsg.UpdateFeaturesResponse).ErrorCode = int16(code)
	case *kmsg.UnregisterBrokerRequest:
		resp.(*kmsg.UnregisterBrokerResponse).ErrorCode = int16(code)
	case *kmsg.AddRaftVoterRequest:
		resp.(*kmsg.AddRaftVoterResponse).ErrorCode = int16(code)
	case *kmsg.RemoveRaftVoterRequest:
		resp.(*kmsg.RemoveRaftVoterResponse).ErrorCode = int16(code)
	default:
		return nil
	}
	return resp
}
