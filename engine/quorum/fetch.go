package quorum

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// parkedFetch is a Fetch that waits for records or a higher high watermark. When
// its time is over it is answered as it would have been at once.
type parkedFetch struct {
	to        replyTo
	request   *kmsg.FetchRequest
	expiresAt engine.Time
	empty     *kmsg.FetchResponse
}

// handleFetch: key 1, v4-v18. Kafka 4.3; KIP-595, KIP-853 (v17), KIP-1166 (v18).
// Read: KafkaRaftClient.handleFetchRequest, tryCompleteFetchRequest.
//   - below v13 the log cannot be named by its id: INVALID_REQUEST
//   - the epoch must be ours, and we must lead it: who asks learns the leader
//   - fetch offset and last epoch are a promise; where they are not of our log,
//     the answer is where it diverges; where what comes next is not in the log any
//     more, or the follower has nothing yet, it is the latest snapshot (KIP-630)
//   - answered at once with records, an error, a divergence, a snapshot, or a high
//     watermark above the one that the follower knows; else after max wait
//
// Shown in: testdata/join.txt, testdata/truncation.txt, testdata/durability.txt, testdata/snapshot.txt
func (r *Replica) handleFetch(env *engine.Env, to replyTo, req *kmsg.FetchRequest) {
	resp := kmsg.NewPtrFetchResponse()
	resp.Version = req.Version
	if !r.validCluster(req.ClusterID) {
		resp.ErrorCode = int16(engine.ErrInconsistentClusterID)
		r.reply(env, to, resp)
		return
	}
	if len(req.Topics) != 1 || req.Topics[0].TopicID != log.MetadataID.Topic ||
		len(req.Topics[0].Partitions) != 1 || req.Topics[0].Partitions[0].Partition != 0 {
		resp.ErrorCode = int16(engine.ErrInvalidRequest)
		r.reply(env, to, resp)
		return
	}
	p := &req.Topics[0].Partitions[0]
	if req.MaxWaitMillis < 0 || p.FetchOffset < 0 || p.LastFetchedEpoch < 0 || p.LastFetchedEpoch > p.CurrentLeaderEpoch {
		r.reply(env, to, r.emptyFetch(req, engine.ErrInvalidRequest))
		return
	}
	resp, wait := r.tryFetch(env, req)
	if !wait || req.MaxWaitMillis == 0 {
		r.reply(env, to, resp)
		return
	}
	r.parked = append(r.parked, parkedFetch{
		to: to, request: req, empty: resp,
		expiresAt: env.Now().Add(time.Duration(req.MaxWaitMillis) * time.Millisecond),
	})
}

// tryFetch answers a Fetch as things are; wait says that it brings nothing new.
func (r *Replica) tryFetch(env *engine.Env, req *kmsg.FetchRequest) (resp *kmsg.FetchResponse, wait bool) {
	in := &req.Topics[0].Partitions[0]
	if code := r.validLeaderRequest(engine.LeaderEpoch(in.CurrentLeaderEpoch)); code != engine.ErrNone {
		return r.emptyFetch(req, code), false
	}
	replica := ReplicaKey{replicaOf(req), in.ReplicaDirectoryID}
	if replica.ID == r.cfg.NodeID {
		return r.emptyFetch(req, engine.ErrUnknownServerError), false
	}
	offset := engine.Offset(in.FetchOffset)
	at, how := r.log.standingOf(offset, engine.LeaderEpoch(in.LastFetchedEpoch))
	if r.cfg.has(BugIgnoreDivergence) && offset <= r.log.end && how == standsDiverging {
		how = standsValid
	}
	if how != standsValid {
		resp = r.emptyFetch(req, engine.ErrNone)
		out := &resp.Topics[0].Partitions[0]
		if how == standsBehind {
			out.SnapshotID.Epoch, out.SnapshotID.EndOffset = int32(at.epoch), int64(at.offset)
		} else {
			out.DivergingEpoch.Epoch, out.DivergingEpoch.EndOffset = int32(at.epoch), int64(at.offset)
		}
		out.HighWatermark = int64(r.leader.highWatermark)
		return resp, false
	}
	run, err := r.log.read(offset, r.log.end, int(req.MaxBytes))
	if err != nil {
		return r.emptyFetch(req, engine.ErrUnknownServerError), false
	}
	r.updateReplica(env, replica, offset)
	resp = r.emptyFetch(req, engine.ErrNone)
	out := &resp.Topics[0].Partitions[0]
	if len(run) > 0 {
		out.RecordBatches = run
	}
	out.HighWatermark = int64(r.leader.highWatermark)
	return resp, len(run) == 0 && in.HighWatermark >= out.HighWatermark
}

// replicaOf is the node id of who fetches, wherever the version keeps it.
func replicaOf(req *kmsg.FetchRequest) engine.NodeID {
	if req.Version >= 15 {
		return engine.NodeID(req.ReplicaState.ID)
	}
	return engine.NodeID(req.ReplicaID)
}

// emptyFetch is an answer without records, and with what is known of the leader.
func (r *Replica) emptyFetch(req *kmsg.FetchRequest, code engine.ErrorCode) *kmsg.FetchResponse {
	p := kmsg.NewFetchResponseTopicPartition()
	p.ErrorCode = int16(code)
	p.HighWatermark = int64(engine.NoOffset)
	p.LastStableOffset = int64(engine.NoOffset)
	p.LogStartOffset = int64(r.log.start)
	// Kafka sends empty ones, not null.
	p.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{}
	p.RecordBatches = []byte{}
	p.CurrentLeader.LeaderID = int32(r.state.election.leader)
	p.CurrentLeader.LeaderEpoch = int32(r.state.election.epoch)
	resp := kmsg.NewPtrFetchResponse()
	resp.Version = req.Version
	resp.Topics = []kmsg.FetchResponseTopic{{
		Topic: TopicName, TopicID: log.MetadataID.Topic, Partitions: []kmsg.FetchResponseTopicPartition{p},
	}}
	if id, addr, known := r.leaderNode(); known && req.Version >= 17 {
		resp.Brokers = []kmsg.FetchResponseBroker{{NodeID: id, Host: addr.Host, Port: addr.Port}}
	}
	return resp
}

// completeParked answers all that wait, after an append or a higher high
// watermark (fetchPurgatory.completeAll).
func (r *Replica) completeParked(env *engine.Env) {
	parked := r.parked
	r.parked = nil
	for _, p := range parked {
		resp, _ := r.tryFetch(env, p.request)
		r.reply(env, p.to, resp)
	}
}

// refuseParked answers all that wait that this replica leads no more.
func (r *Replica) refuseParked(env *engine.Env) {
	parked := r.parked
	r.parked = nil
	for _, p := range parked {
		r.reply(env, p.to, r.emptyFetch(p.request, engine.ErrNotLeaderOrFollower))
	}
}

func (r *Replica) expireParked(env *engine.Env) {
	kept := r.parked[:0]
	for _, p := range r.parked {
		if env.Now() >= p.expiresAt {
			r.reply(env, p.to, p.empty)
			continue
		}
		kept = append(kept, p)
	}
	clear(r.parked[len(kept):])
	r.parked = kept
}

// fetchFromBootstrap asks any server for the leader (maybeSendFetchToAnyBootstrap).
func (r *Replica) fetchFromBootstrap(env *engine.Env) time.Duration {
	id, addr, found := r.anyBootstrap(env)
	if !found {
		return r.waitForBootstrap(env.Now())
	}
	r.sendFetch(env, id, addr)
	return r.cfg.RequestTimeout
}

// fetchFromLeader keeps one Fetch on its way: to the leader, or while that fails,
// to any server that may know another (maybeSendFetchToBestNode).
func (r *Replica) fetchFromLeader(env *engine.Env) time.Duration {
	now := env.Now()
	leader := r.state.election.leader
	p := r.peer(leader)
	switch {
	case r.hasTimedOut(p, now):
		p.reset()
		return r.fetchFromBootstrap(env)
	case p.state != peerAwaiting && !r.isReady(p, now):
		return r.fetchFromBootstrap(env)
	case r.hasAnyInFlight(now):
		return r.waitForBootstrap(now)
	}
	addr, _ := addressOf(r.state.leaderEndpoints, r.cfg.ListenerName)
	if r.state.download.active {
		// It promises nothing of this log.
		r.send(env, leader, addr, r.fetchSnapshotRequest(), engine.Durable{})
	} else {
		r.sendFetch(env, leader, addr)
	}
	return r.cfg.RequestTimeout
}

func (r *Replica) sendFetch(env *engine.Env, to engine.NodeID, addr engine.Addr) {
	// The offset promises that everything below it is durable here. Brokers, who
	// never vote, need not promise.
	after := engine.Durable{}
	if r.cfg.CanBecomeVoter && !r.cfg.has(BugFetchNotDurable) {
		after = r.log.barrier()
	}
	r.send(env, to, addr, r.fetchRequest(), after)
}

func (r *Replica) fetchRequest() *kmsg.FetchRequest {
	p := kmsg.NewFetchRequestTopicPartition()
	p.CurrentLeaderEpoch = int32(r.state.election.epoch)
	p.FetchOffset = int64(r.log.end)
	p.LastFetchedEpoch = int32(r.log.lastEpoch())
	p.ReplicaDirectoryID = r.cfg.DirectoryID
	p.HighWatermark = int64(r.highWatermark())
	req := kmsg.NewPtrFetchRequest()
	req.Version = 18
	req.ClusterID = kmsg.StringPtr(r.cfg.ClusterID)
	req.ReplicaState.ID = int32(r.cfg.NodeID)
	req.MaxWaitMillis = int32(fetchMaxWait.Milliseconds())
	req.MaxBytes = r.cfg.FetchMaxBytes
	req.Topics = []kmsg.FetchRequestTopic{{
		TopicID: log.MetadataID.Topic, Partitions: []kmsg.FetchRequestTopicPartition{p},
	}}
	return req
}

// pollFollower: pollFollowerAsVoter and pollFollowerAsObserver.
func (r *Replica) pollFollower(env *engine.Env) time.Duration {
	now := env.Now()
	if !r.isVoter() {
		if r.mayJoin() && now >= r.state.updateVoterAt {
			return r.join(env)
		}
		return r.fetchFromLeader(env)
	}
	if now >= r.state.fetchAt {
		r.becomeProspective(env)
		return 0
	}
	wait := remaining(now, r.state.fetchAt)
	if now >= r.state.updateVoterAt {
		if r.log.reconfigSupported() && r.log.lastVoters().needsUpdate(r.cfg.voter()) {
			return min(wait, r.updateVoter(env))
		}
		r.state.updateVoterAt = now.Add(r.cfg.FetchTimeout)
	}
	return min(wait, r.fetchFromLeader(env))
}

// onFetch takes the answer to a Fetch (handleFetchResponse).
func (r *Replica) onFetch(env *engine.Env, from engine.NodeID, resp *kmsg.FetchResponse) bool {
	if resp.ErrorCode != 0 || len(resp.Topics) != 1 || resp.Topics[0].TopicID != log.MetadataID.Topic ||
		len(resp.Topics[0].Partitions) != 1 || resp.Topics[0].Partitions[0].Partition != 0 {
		return false
	}
	p := &resp.Topics[0].Partitions[0]
	leader := engine.NodeID(p.CurrentLeader.LeaderID)
	endpoints := r.endpointsOf(leader, len(resp.Brokers), func(i int) (int32, string, int32) {
		n := &resp.Brokers[i]
		return n.NodeID, n.Host, n.Port
	})
	code := engine.ErrorCode(p.ErrorCode)
	if done, ok := r.onCommon(env, code, engine.LeaderEpoch(p.CurrentLeader.LeaderEpoch), leader, endpoints); done {
		// News change the state, which forgets this peer's. For an answer without
		// any, Kafka asks on at once, as fast as its threads allow: some 130 times a
		// second while an election lasts. Here the wait is named.
		return ok && code == engine.ErrNone
	}
	if code != engine.ErrNone || r.state.role != Follower {
		return false
	}
	switch snapshot := &p.SnapshotID; {
	case p.DivergingEpoch.Epoch >= 0:
		r.truncateTo(env, epochAndOffset{engine.LeaderEpoch(p.DivergingEpoch.Epoch), engine.Offset(p.DivergingEpoch.EndOffset)})
	case snapshot.Epoch >= 0 && snapshot.EndOffset >= 0:
		r.beginDownload(epochAndOffset{engine.LeaderEpoch(snapshot.Epoch), engine.Offset(snapshot.EndOffset)})
	case snapshot.Epoch >= 0 || snapshot.EndOffset >= 0:
		return false
	default:
		if !r.appendFetched(env, p.RecordBatches) {
			return false
		}
		r.followHighWatermark(env, engine.Offset(p.HighWatermark))
	}
	r.state.fetchAt = env.Now().Add(r.cfg.FetchTimeout)
	r.state.fetchedFromLeader = true
	return !r.failed
}

func (r *Replica) truncateTo(env *engine.Env, diverging epochAndOffset) {
	to := r.log.truncationOffset(diverging)
	if to < max(r.highest, r.log.start) {
		engine.Violated("CommittedNeverTruncated", "node %d: to %d, high watermark %d, leader %d diverges at %d in epoch %d",
			r.cfg.NodeID, to, r.highest, r.state.election.leader, diverging.offset, diverging.epoch)
	}
	end, voters := r.log.end, r.log.lastVoters()
	if err := r.log.truncate(to); err != nil {
		r.diskFailed(env)
		return
	}
	env.Trace(engine.Event{
		Kind: engine.EventTruncated, Topic: TopicName, Offset: to, Until: end,
		Epoch: diverging.epoch, Peer: r.state.election.leader,
	})
	r.traceVoters(env, voters)
}

// appendFetched appends what the leader sent, as far as it is sound. A defect is
// the sender's or the wire's: the rest is dropped and fetched again.
func (r *Replica) appendFetched(env *engine.Env, run []byte) bool {
	it := batch.Iterate(run)
	for it.Next() {
		b := it.Batch()
		if b.EnsureValid() != nil || b.BaseOffset() != r.log.end || b.LastOffset() < b.BaseOffset() ||
			b.PartitionLeaderEpoch() > r.state.election.epoch || b.PartitionLeaderEpoch() < r.log.lastEpoch() {
			return false
		}
		voters := r.log.lastVoters()
		if err := r.log.append(b); err != nil {
			r.diskFailed(env)
			return false
		}
		r.traceAppend(env, b, r.state.election.leader)
		r.traceVoters(env, voters)
	}
	return it.Err() == nil
}

// followHighWatermark: updateFollowerHighWatermark. The leader's may be above what
// came so far.
func (r *Replica) followHighWatermark(env *engine.Env, leaders engine.Offset) {
	now := min(leaders, r.log.end)
	if leaders < 0 || now <= r.state.highWatermark {
		return
	}
	r.state.highWatermark = now
	r.traceHighWatermark(env, now)
}
