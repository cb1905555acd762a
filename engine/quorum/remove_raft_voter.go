package quorum

import (
	"fmt"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// removeVoterOperation is the one RemoveRaftVoter that a leader may have under way
// (RemoveVoterHandlerState).
type removeVoterOperation struct {
	pending   bool
	answered  bool // nobody waits for the answer any more
	to        replyTo
	expiresAt engine.Time
	offset    engine.Offset // of its voters record
}

// handleRemoveRaftVoter: key 81, v0. Kafka 4.3; KIP-853.
// Read: KafkaRaftClient.handleRemoveVoterRequest, RemoveVoterHandler.
//   - the same waits as for AddRaftVoter
//   - the voter must be of the set with that very directory id, and not alone
//   - answered when committed; a leader that removed itself resigns then
//
// Shown in: testdata/voter_changes.txt
func (r *Replica) handleRemoveRaftVoter(env *engine.Env, to replyTo, req *kmsg.RemoveRaftVoterRequest) {
	code, message := r.validRemoveVoter(req)
	if code == engine.ErrNone {
		code, message = r.mayChangeVoters(env, "removing")
	}
	voter := ReplicaKey{engine.NodeID(req.VoterID), req.VoterDirectoryID}
	var next VoterSet
	if code == engine.ErrNone {
		var ok bool
		voters := r.log.lastVoters()
		if next, ok = voters.without(voter); !ok {
			code = engine.ErrVoterNotFound
			message = fmt.Sprintf("Cannot remove voter %v from the set of voters %v", voter, voters)
		}
	}
	if code != engine.ErrNone {
		r.answerRemoveVoter(env, to, code, optional(message))
		return
	}
	r.leader.removeVoter = removeVoterOperation{
		pending: true, to: to, offset: r.appendVoters(env, next),
		expiresAt: env.Now().Add(r.cfg.RequestTimeout),
	}
}

func (r *Replica) validRemoveVoter(req *kmsg.RemoveRaftVoterRequest) (engine.ErrorCode, string) {
	if !r.validCluster(req.ClusterID) {
		return engine.ErrInconsistentClusterID, r.wrongCluster(req.ClusterID)
	}
	if code := r.validLeaderRequest(r.state.election.epoch); code != engine.ErrNone {
		return code, ""
	}
	if req.VoterID < 0 || req.VoterDirectoryID == [16]byte{} {
		return engine.ErrInvalidRequest, "Remove voter request didn't include a valid voter"
	}
	return engine.ErrNone, ""
}

// endRemoveVoter answers what is pending, and ends it.
func (r *Replica) endRemoveVoter(env *engine.Env, code engine.ErrorCode, message string) {
	op := r.leader.removeVoter
	r.leader.removeVoter = removeVoterOperation{}
	if op.pending && !op.answered {
		r.answerRemoveVoter(env, op.to, code, errorMessage(code, message))
	}
}

func (r *Replica) answerRemoveVoter(env *engine.Env, to replyTo, code engine.ErrorCode, message *string) {
	resp := kmsg.NewPtrRemoveRaftVoterResponse()
	resp.ErrorCode = int16(code)
	resp.ErrorMessage = message
	r.reply(env, to, resp)
}

func (r *Replica) onRemoveVoter(env *engine.Env, resp *kmsg.RemoveRaftVoterResponse) bool {
	switch engine.ErrorCode(resp.ErrorCode) {
	case engine.ErrNone, engine.ErrRequestTimedOut, engine.ErrVoterNotFound:
		r.state.updateVoterAt = env.Now().Add(r.cfg.FetchTimeout)
		return true
	}
	return false
}
