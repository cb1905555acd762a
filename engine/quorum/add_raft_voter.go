package quorum

import (
	"fmt"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// addVoterOperation is the one AddRaftVoter that a leader may have under way
// (AddVoterHandlerState).
type addVoterOperation struct {
	pending          bool
	answered         bool // nobody waits for the answer any more
	to               replyTo
	version          int16
	voter            ReplicaKey
	endpoints        []Endpoint
	ackWhenCommitted bool
	expiresAt        engine.Time
	appended         bool
	offset           engine.Offset // of its voters record, once appended
}

// handleAddRaftVoter: key 80, v0-v1. Kafka 4.3; KIP-853, KIP-1186 (v1).
// Read: KafkaRaftClient.handleAddVoterRequest, AddVoterHandler.
//   - one voter change at a time, and only after the former one and a record of
//     this epoch are committed: else REQUEST_TIMED_OUT
//   - the new voter is asked for its ApiVersions, and must support the finalized
//     kraft.version and have caught up with the log
//   - answered when the voters record is committed, or as soon as it is appended
//     if ackWhenCommitted is false
//
// Shown in: testdata/join.txt, testdata/voter_changes.txt
func (r *Replica) handleAddRaftVoter(env *engine.Env, to replyTo, req *kmsg.AddRaftVoterRequest) {
	code, message := r.validAddVoter(req)
	if code != engine.ErrNone {
		r.answerAddVoter(env, to, req.Version, code, optional(message))
		return
	}
	var endpoints []Endpoint
	for _, l := range req.Listeners {
		endpoints = append(endpoints, Endpoint{l.Name, l.Host, l.Port})
	}
	voter := ReplicaKey{engine.NodeID(req.VoterID), req.VoterDirectoryID}
	if code, message = r.mayChangeVoters(env, "adding"); code == engine.ErrNone {
		voters := r.log.lastVoters()
		if _, taken := voters.find(voter.ID); taken {
			code = engine.ErrDuplicateVoter
			message = fmt.Sprintf("The voter id for %v is already part of the set of voters %v.", voter, voters)
		} else if ready, _ := r.canSend(env, voter.ID); !ready {
			code = engine.ErrRequestTimedOut
			message = fmt.Sprintf("New voter %v is not ready to receive requests", voter)
		}
	}
	if code != engine.ErrNone {
		r.answerAddVoter(env, to, req.Version, code, optional(message))
		return
	}
	addr, _ := addressOf(endpoints, r.cfg.ListenerName)
	ask := kmsg.NewPtrApiVersionsRequest()
	ask.Version = 4
	ask.ClientSoftwareName, ask.ClientSoftwareVersion = softwareName, softwareVersion
	r.send(env, voter.ID, addr, ask, engine.Durable{})
	r.leader.addVoter = addVoterOperation{
		pending: true, to: to, version: req.Version, voter: voter, endpoints: endpoints,
		ackWhenCommitted: req.AckWhenCommitted || req.Version < 1,
		expiresAt:        env.Now().Add(r.cfg.RequestTimeout),
	}
}

// What ApiVersions requests say of us, as engine/channel does.
const (
	softwareName    = "bitacora"
	softwareVersion = "1"
)

func (r *Replica) validAddVoter(req *kmsg.AddRaftVoterRequest) (engine.ErrorCode, string) {
	if !r.validCluster(req.ClusterID) {
		return engine.ErrInconsistentClusterID, r.wrongCluster(req.ClusterID)
	}
	if code := r.validLeaderRequest(r.state.election.epoch); code != engine.ErrNone {
		return code, ""
	}
	if req.VoterID < 0 || req.VoterDirectoryID == [16]byte{} {
		return engine.ErrInvalidRequest, "Add voter request didn't include a valid voter"
	}
	for _, l := range req.Listeners {
		if l.Name == r.cfg.ListenerName {
			return engine.ErrNone, ""
		}
	}
	return engine.ErrInvalidRequest, fmt.Sprintf(
		"Add voter request didn't include the endpoint (%v) for the default listener %s", req.Listeners, r.cfg.ListenerName)
}

func (r *Replica) wrongCluster(id *string) string {
	return fmt.Sprintf("The given id %q doesn't match the cluster id %q", *id, r.cfg.ClusterID)
}

// mayChangeVoters holds what any change of the voter set waits for. Kafka answers
// that it timed out waiting, at once.
func (r *Replica) mayChangeVoters(env *engine.Env, doing string) (engine.ErrorCode, string) {
	l := &r.leader
	if r.cfg.has(BugConcurrentVoterChange) {
		l.addVoter.pending, l.removeVoter.pending = false, false
		return engine.ErrNone, ""
	}
	r.expireVoterChanges(env)
	if l.addVoter.pending || l.removeVoter.pending {
		return engine.ErrRequestTimedOut, "Request timed out waiting for leader to handle previous voter change request"
	}
	if l.highWatermark == engine.NoOffset {
		return engine.ErrRequestTimedOut, "Request timed out waiting for leader to establish HWM and fence previous voter changes"
	}
	if !r.log.reconfigSupported() {
		return engine.ErrUnsupportedVersion, fmt.Sprintf(
			"Cluster doesn't support %s voter because the kraft.version feature is %d", doing, r.log.lastVersion())
	}
	if at := r.log.voters[len(r.log.voters)-1].offset; at >= l.highWatermark {
		return engine.ErrRequestTimedOut, fmt.Sprintf(
			"Request timed out waiting for voters to commit the latest voter change at Optional[%d] with HWM %d", at, l.highWatermark)
	}
	return engine.ErrNone, ""
}

// onJoinerVersions goes on with an AddRaftVoter when the new voter has answered
// ApiVersions, or (resp nil) could not be reached.
func (r *Replica) onJoinerVersions(env *engine.Env, from engine.NodeID, resp *kmsg.ApiVersionsResponse) bool {
	op := &r.leader.addVoter
	if r.state.role != Leader || !op.pending || op.appended || op.voter.ID != from {
		return true
	}
	code := engine.ErrBrokerNotAvailable
	if resp != nil {
		code = engine.ErrorCode(resp.ErrorCode)
	}
	if code != engine.ErrNone {
		r.endAddVoter(env, engine.ErrRequestTimedOut,
			fmt.Sprintf("Aborted add voter operation for since API_VERSIONS returned an error %v", code))
		return false
	}
	least, most, found := int16(0), int16(0), false
	for _, f := range resp.SupportedFeatures {
		if f.Name == "kraft.version" {
			least, most, found = f.MinVersion, f.MaxVersion, true
		}
	}
	version := r.log.lastVersion()
	if !found || version < least || version > most {
		supported := "(min: 0, max: 0)"
		if found {
			supported = fmt.Sprintf("(min: %d, max: %d", least, most)
		}
		r.endAddVoter(env, engine.ErrInvalidRequest, fmt.Sprintf(
			"Aborted add voter operation for %v since the kraft.version range %s doesn't support the finalized version %d",
			op.voter, supported, version))
		return true
	}
	if !r.leader.isCaughtUp(op.voter, env.Now()) {
		r.endAddVoter(env, engine.ErrRequestTimedOut,
			fmt.Sprintf("Aborted add voter operation for %v since it is lagging behind", op.voter))
		return true
	}
	next, ok := r.log.lastVoters().with(Voter{
		Key: op.voter, Endpoints: op.endpoints, KRaftVersionMin: least, KRaftVersionMax: most,
	})
	if !ok {
		engine.Violated("OneVoterChangeAtATime", "node %d adds %v to %v", r.cfg.NodeID, op.voter, r.log.lastVoters())
	}
	op.offset, op.appended = r.appendVoters(env, next), true
	if !op.ackWhenCommitted && !op.answered {
		r.answerAddVoter(env, op.to, op.version, engine.ErrNone, nil)
		op.answered = true
	}
	return true
}

// endAddVoter answers what is pending, and ends it (resetAddVoterHandlerState).
func (r *Replica) endAddVoter(env *engine.Env, code engine.ErrorCode, message string) {
	op := r.leader.addVoter
	r.leader.addVoter = addVoterOperation{}
	if op.pending && code != engine.ErrNone {
		r.dropPeer(env, op.voter.ID)
	}
	if op.pending && !op.answered {
		r.answerAddVoter(env, op.to, op.version, code, errorMessage(code, message))
	}
}

func (r *Replica) answerAddVoter(env *engine.Env, to replyTo, version int16, code engine.ErrorCode, message *string) {
	resp := kmsg.NewPtrAddRaftVoterResponse()
	resp.Version = version
	resp.ErrorCode = int16(code)
	resp.ErrorMessage = message
	r.reply(env, to, resp)
}

// optional is null where there is nothing to say.
func optional(message string) *string {
	if message == "" {
		return nil
	}
	return &message
}

// errorMessage is null without an error, and else the code's own where the handler
// has none (RaftUtil.addVoterResponse).
func errorMessage(code engine.ErrorCode, message string) *string {
	switch {
	case code == engine.ErrNone:
		return nil
	case message == "":
		return kmsg.StringPtr(messageOf(code))
	}
	return &message
}

// expireVoterChanges ends voter changes that took longer than their time
// (LeaderState.maybeExpirePendingOperation). What was appended may still be
// committed.
func (r *Replica) expireVoterChanges(env *engine.Env) {
	if a := &r.leader.addVoter; a.pending && env.Now() >= a.expiresAt {
		r.endAddVoter(env, engine.ErrRequestTimedOut, "")
	}
	if a := &r.leader.removeVoter; a.pending && env.Now() >= a.expiresAt {
		r.endRemoveVoter(env, engine.ErrRequestTimedOut, "")
	}
}

// onVoterChangeCommitted ends a voter change whose record the high watermark has
// passed. A leader that is no voter any more resigns (highWatermarkUpdated).
func (r *Replica) onVoterChangeCommitted(env *engine.Env) {
	l := &r.leader
	if l.addVoter.pending && l.addVoter.appended && l.highWatermark > l.addVoter.offset {
		r.endAddVoter(env, engine.ErrNone, "")
	}
	if l.removeVoter.pending && l.highWatermark > l.removeVoter.offset {
		r.endRemoveVoter(env, engine.ErrNone, "")
		if !r.isVoter() {
			l.resignRequested = true
		}
	}
}

// mayJoin says whether this observer is to make itself a voter (KIP-1186).
func (r *Replica) mayJoin() bool {
	return r.cfg.AutoJoin && r.cfg.CanBecomeVoter && !r.stopping && r.log.reconfigSupported()
}

// join asks the leader to make this observer a voter; or first, if a former self
// with another disk stands in its place, to remove that
// (maybeSendAddVoterRequest, maybeSendRemoveVoterRequest).
func (r *Replica) join(env *engine.Env) time.Duration {
	leader := r.state.election.leader
	ready, wait := r.canSend(env, leader)
	if !ready {
		return wait
	}
	addr, _ := addressOf(r.state.leaderEndpoints, r.cfg.ListenerName)
	if old, ok := r.log.lastVoters().find(r.cfg.NodeID); ok {
		req := kmsg.NewPtrRemoveRaftVoterRequest()
		req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
		req.VoterID, req.VoterDirectoryID = int32(old.Key.ID), old.Key.DirectoryID
		r.send(env, leader, addr, req, engine.Durable{})
	} else {
		req := kmsg.NewPtrAddRaftVoterRequest()
		req.Version = 1
		// To commit its own entry the leader may need this replica's Fetches, which
		// wait for the answer.
		req.AckWhenCommitted = false
		req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
		req.TimeoutMillis = int32(r.cfg.RequestTimeout.Milliseconds())
		req.VoterID, req.VoterDirectoryID = int32(r.cfg.NodeID), r.cfg.DirectoryID
		for _, e := range r.cfg.Listeners {
			req.Listeners = append(req.Listeners, kmsg.AddRaftVoterRequestListener{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		r.send(env, leader, addr, req, engine.Durable{})
	}
	r.state.updateVoterAt = env.Now().Add(r.cfg.FetchTimeout)
	return r.cfg.RequestTimeout
}

func (r *Replica) onAddVoter(env *engine.Env, resp *kmsg.AddRaftVoterResponse) bool {
	switch engine.ErrorCode(resp.ErrorCode) {
	case engine.ErrNone, engine.ErrRequestTimedOut, engine.ErrDuplicateVoter:
		r.state.updateVoterAt = env.Now().Add(r.cfg.FetchTimeout)
		return true
	}
	return false
}
