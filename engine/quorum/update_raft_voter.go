package quorum

import (
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleUpdateRaftVoter: key 82, v0. Kafka 4.3; KIP-853.
// Read: KafkaRaftClient.handleUpdateVoterRequest, UpdateVoterHandler.
//   - a voter says that its endpoints or versions are others than the set has
//   - the same waits as for AddRaftVoter; answered when appended, not committed
//   - counts as a sign of life of that voter
//
// Shown in: testdata/voter_changes.txt
func (r *Replica) handleUpdateRaftVoter(env *engine.Env, req *kmsg.UpdateRaftVoterRequest) kmsg.Response {
	code := r.updateRaftVoter(env, req)
	resp := kmsg.NewPtrUpdateRaftVoterResponse()
	resp.ErrorCode = int16(code)
	e := &r.state.election
	resp.CurrentLeader.LeaderID, resp.CurrentLeader.LeaderEpoch = int32(e.leader), int32(e.epoch)
	if addr, known := addressOf(r.state.leaderEndpoints, r.cfg.ListenerName); known {
		resp.CurrentLeader.Host, resp.CurrentLeader.Port = addr.Host, addr.Port
	}
	return resp
}

func (r *Replica) updateRaftVoter(env *engine.Env, req *kmsg.UpdateRaftVoterRequest) engine.ErrorCode {
	if !r.validCluster(req.ClusterID) {
		return engine.ErrInconsistentClusterID
	}
	if code := r.validLeaderRequest(engine.LeaderEpoch(req.CurrentLeaderEpoch)); code != engine.ErrNone {
		return code
	}
	var endpoints []Endpoint
	for _, l := range req.Listeners {
		endpoints = append(endpoints, Endpoint{l.Name, l.Host, l.Port})
	}
	least, most := req.KRaftVersionFeature.MinSupportedVersion, req.KRaftVersionFeature.MaxSupportedVersion
	if req.VoterID < 0 || req.VoterDirectoryID == [16]byte{} || !hasListener(endpoints, r.cfg.ListenerName) ||
		least < 0 || most < least {
		return engine.ErrInvalidRequest
	}
	if code, _ := r.mayChangeVoters(env, "updating"); code != engine.ErrNone {
		return code
	}
	if version := r.log.lastVersion(); version < least || version > most {
		return engine.ErrInvalidRequest
	}
	key := ReplicaKey{engine.NodeID(req.VoterID), req.VoterDirectoryID}
	next, ok := r.log.lastVoters().updated(Voter{
		Key: key, Endpoints: endpoints, KRaftVersionMin: least, KRaftVersionMax: most,
	})
	if !ok {
		return engine.ErrVoterNotFound
	}
	r.appendVoters(env, next)
	if key.ID != r.cfg.NodeID {
		r.heardFromVoter(env, key)
	}
	return engine.ErrNone
}

// updateVoter tells the leader what has changed since this voter's entry was
// written (maybeSendUpdateVoterRequest).
func (r *Replica) updateVoter(env *engine.Env) time.Duration {
	leader := r.state.election.leader
	ready, wait := r.canSend(env, leader)
	if !ready {
		return wait
	}
	addr, _ := addressOf(r.state.leaderEndpoints, r.cfg.ListenerName)
	r.send(env, leader, addr, r.updateVoterRequest(), engine.Durable{})
	r.state.updateVoterAt = env.Now().Add(r.cfg.FetchTimeout)
	return r.cfg.RequestTimeout
}

func (r *Replica) updateVoterRequest() *kmsg.UpdateRaftVoterRequest {
	req := kmsg.NewPtrUpdateRaftVoterRequest()
	req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
	req.CurrentLeaderEpoch = int32(r.state.election.epoch)
	req.VoterID, req.VoterDirectoryID = int32(r.cfg.NodeID), r.cfg.DirectoryID
	for _, e := range r.cfg.Listeners {
		req.Listeners = append(req.Listeners, kmsg.UpdateRaftVoterRequestListener{Name: e.Name, Host: e.Host, Port: e.Port})
	}
	req.KRaftVersionFeature.MinSupportedVersion = KRaftVersionMin
	req.KRaftVersionFeature.MaxSupportedVersion = KRaftVersionMax
	return req
}

// onUpdateVoter takes the leader's answer, a sign of life like that to a Fetch
// (handleUpdateVoterResponse).
func (r *Replica) onUpdateVoter(env *engine.Env, resp *kmsg.UpdateRaftVoterResponse) bool {
	l := &resp.CurrentLeader
	var endpoints []Endpoint
	if l.LeaderID >= 0 && l.Host != "" {
		endpoints = []Endpoint{{Name: r.cfg.ListenerName, Host: l.Host, Port: uint16(l.Port)}}
	}
	code := engine.ErrorCode(resp.ErrorCode)
	done, ok := r.onCommon(env, code, engine.LeaderEpoch(l.LeaderEpoch), engine.NodeID(l.LeaderID), endpoints)
	if done {
		return ok
	}
	if code != engine.ErrNone && code != engine.ErrUnsupportedVersion || r.state.role != Follower {
		return false
	}
	r.state.fetchAt = env.Now().Add(r.cfg.FetchTimeout)
	r.state.fetchedFromLeader = true
	return true
}
