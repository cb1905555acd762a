package oracle

import (
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var fetchAndEpochs = Script{
	Name:   "08-fetch-and-epochs",
	Title:  "Fetch and OffsetForLeaderEpoch: offsets out of range, wrong epochs, wrong broker, sessions",
	Setup:  "topic b08, replicas [1,2,3]; leadership moved 1 -> 2 -> 1 by stopping the leader with SIGTERM and starting it again, so there are 3 leader epochs",
	Breaks: true,
	Run:    playFetchAndEpochs,
}

func playFetchAndEpochs(r *Run) error {
	const topic = "b08"
	if err := r.createTopic(topic, assignment{{1, 2, 3}}); err != nil {
		return err
	}
	if err := r.createTopic("b08-two", assignment{{1, 2}}); err != nil {
		return err
	}
	if err := r.threeEpochs(topic); err != nil {
		return err
	}
	f := epochFetches{r: r, topic: topic}
	for _, part := range []func() error{
		f.noteOffsets, f.noteEpochs, f.noteElsewhere, f.noteEndOffsets, f.noteSession, f.noteWaiting, f.noteDeleted,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// threeEpochs writes records under the leaders 1, 2 and 1 again.
func (r *Run) threeEpochs(topic string) error {
	write := func(leader int32, values ...string) error {
		var records []record
		for _, v := range values {
			records = append(records, value(v))
		}
		p := production{broker: leader, topic: topic, acks: ackAll, records: newBatch(batchOptions{}, records...)}
		return r.noteProduce(fmt.Sprintf("produce %d to broker %d", len(values), leader), p)
	}
	for i := range 3 {
		if err := write(1, fmt.Sprintf("e0-%d", i)); err != nil {
			return err
		}
	}
	if err := r.moveLeader(topic, 1, 2); err != nil {
		return err
	}
	if err := write(2, "e1-0", "e1-1"); err != nil {
		return err
	}
	if err := r.moveLeader(topic, 2, 1); err != nil {
		return err
	}
	if err := write(1, "e2-0"); err != nil {
		return err
	}
	t, err := r.topicMetadata(1, topic)
	if err != nil {
		return err
	}
	r.note("state", "state", partitionState(t))
	return nil
}

// moveLeader stops the leader cleanly, waits for the next one and starts the
// old one again, until it is in the ISR.
func (r *Run) moveLeader(topic string, from, to int32) error {
	if err := r.cluster.Terminate(r.ctx, from); err != nil {
		return err
	}
	err := await(r.ctx, 20*time.Second, fmt.Sprintf("broker %d to lead %s", to, topic), func() (bool, error) {
		t, err := r.topicMetadata(to, topic)
		if err != nil {
			return false, err
		}
		p, ok := partitionOf(t, 0)
		return ok && p.Leader == to, nil
	})
	if err != nil {
		return err
	}
	if err := r.cluster.Restart(r.ctx, from); err != nil {
		return err
	}
	err = await(r.ctx, 60*time.Second, fmt.Sprintf("broker %d to be back in the ISR of %s", from, topic), func() (bool, error) {
		for _, b := range brokerIDs {
			t, err := r.topicMetadata(b, topic)
			if err != nil {
				return false, err
			}
			p, ok := partitionOf(t, 0)
			if !ok || p.Leader != to || len(p.ISR) != len(p.Replicas) {
				return false, fmt.Errorf("broker %d tells of leader %d, ISR %v", b, p.Leader, p.ISR)
			}
		}
		return r.leadersServe(topic, 1)
	})
	if err != nil {
		return err
	}
	r.note(fmt.Sprintf("DO: stop broker %d (SIGTERM), wait for broker %d to lead, start broker %d again, wait for the ISR", from, to, from))
	return nil
}

// epochFetches asks about a log of three leader epochs: 0 from offset 0, 1 from
// 3, 2 from 5, end at 6.
type epochFetches struct {
	r     *Run
	topic string
}

const epochsEnd = 6

func (e epochFetches) at(offset int64, change func(f *fetching)) fetching {
	f := newFetching(1, e.topic, offset)
	if change != nil {
		change(&f)
	}
	return f
}

func (e epochFetches) noteOffsets() error {
	for _, c := range []struct {
		what   string
		offset int64
	}{
		{"fetch v12 offset 0", 0},
		{"fetch v12 offset 6 (log end is 6)", 6},
		{"fetch v12 offset 7 (log end is 6)", 7},
		{"fetch v12 offset 1000 (log end is 6)", 1000},
		{"fetch v12 offset -1 (log end is 6)", -1},
		{"fetch v12 offset 4 (middle of a batch)", 4},
	} {
		if err := e.r.noteFetch(c.what, e.at(c.offset, nil)); err != nil {
			return err
		}
	}
	return nil
}

func (e epochFetches) noteEpochs() error {
	for _, epoch := range []int32{2, 1, 3} {
		f := e.at(0, func(f *fetching) { f.currentEpoch = epoch })
		if err := e.r.noteFetch(fmt.Sprintf("fetch v12 offset 0, currentLeaderEpoch %d (current is 2)", epoch), f); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		offset int64
		epoch  int32
	}{{3, 0}, {5, 0}, {5, 1}, {6, 1}, {6, 2}, {6, 9}} {
		f := e.at(c.offset, func(f *fetching) { f.lastFetchedEpoch = c.epoch })
		if err := e.r.noteFetch(fmt.Sprintf("fetch v12 offset %d, lastFetchedEpoch %d", c.offset, c.epoch), f); err != nil {
			return err
		}
	}
	return nil
}

// noteElsewhere asks brokers that are not the leader, and for what is not there.
func (e epochFetches) noteElsewhere() error {
	r := e.r
	err := await(r.ctx, 10*time.Second, "the follower's high watermark", func() (bool, error) {
		p, err := r.fetchPartition(e.at(0, func(f *fetching) { f.broker = 2 }))
		return p.HighWatermark == epochsEnd, err
	})
	if err != nil {
		return err
	}
	id, err := r.topicID(e.topic)
	if err != nil {
		return err
	}
	two, err := r.topicID("b08-two")
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what string
		f    fetching
	}{
		{"fetch v12 from follower broker 2 (it is a replica)", e.at(0, func(f *fetching) { f.broker = 2 })},
		{"fetch v12 of b08-two from broker 3 (not a replica)", e.at(0, func(f *fetching) { f.broker, f.topic = 3, "b08-two" })},
		{"fetch v16 of b08-two from broker 3 (not a replica)", e.at(0, func(f *fetching) { f.broker, f.version, f.topicID = 3, 16, two })},
		{"fetch v12 of an unknown topic", e.at(0, func(f *fetching) { f.topic = "b08-nothing" })},
		{"fetch v12 of an unknown partition", e.at(0, func(f *fetching) { f.partition = 9 })},
		{"fetch v18 of an unknown topic id", e.at(0, func(f *fetching) { f.version, f.topicID = 18, [16]byte{5, 5, 5} })},
		{"fetch v18 of the zero topic id", e.at(0, func(f *fetching) { f.version = 18 })},
		{"fetch v18 of b08, offset 5", e.at(5, func(f *fetching) { f.version, f.topicID = 18, id })},
		{"fetch v4 of b08, offset 5", e.at(5, func(f *fetching) { f.version = 4 })},
		{"fetch v3 (below the lowest version)", e.at(5, func(f *fetching) { f.version = 3 })},
	} {
		if err := r.noteFetch(c.what, c.f); err != nil {
			return err
		}
	}
	one := newBatch(batchOptions{}, value("never"))
	if err := r.noteProduce("produce v12 to broker 2 (follower)", production{broker: 2, topic: e.topic, acks: ackAll, records: one}); err != nil {
		return err
	}
	return r.noteProduce("produce v13 to broker 3 for b08-two (not a replica)",
		production{broker: 3, version: 13, topicID: two, acks: ackAll, records: one})
}

func (e epochFetches) noteEndOffsets() error {
	for _, c := range []struct {
		what           string
		broker         int32
		topic          string
		epoch, current int32
	}{
		{"leaderEpoch -1", 1, e.topic, -1, -1},
		{"leaderEpoch 0", 1, e.topic, 0, -1},
		{"leaderEpoch 1", 1, e.topic, 1, -1},
		{"leaderEpoch 2", 1, e.topic, 2, -1},
		{"leaderEpoch 3", 1, e.topic, 3, -1},
		{"leaderEpoch 50", 1, e.topic, 50, -1},
		{"leaderEpoch 1, currentLeaderEpoch as it is", 1, e.topic, 1, 2},
		{"leaderEpoch 1, currentLeaderEpoch one too low", 1, e.topic, 1, 1},
		{"leaderEpoch 1, currentLeaderEpoch one too high", 1, e.topic, 1, 3},
		{"to a follower", 2, e.topic, 1, -1},
		{"of an unknown topic", 1, "b08-nothing", 1, -1},
	} {
		if err := e.r.noteEndOffset("OffsetForLeaderEpoch v4 "+c.what, c.broker, c.topic, c.epoch, c.current); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) noteEndOffset(what string, broker int32, topic string, epoch, current int32) error {
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	req.ReplicaID = -1
	t := kmsg.NewOffsetForLeaderEpochRequestTopic()
	t.Topic = topic
	p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	p.CurrentLeaderEpoch, p.LeaderEpoch = current, epoch
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.OffsetForLeaderEpochResponse](r.probe, broker, req, 4)
	if err != nil {
		return err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return errors.New("OffsetForLeaderEpoch answered with another number of partitions")
	}
	got := resp.Topics[0].Partitions[0]
	r.note(what, "answer", object("error", codeName(got.ErrorCode), "leaderEpoch", got.LeaderEpoch, "endOffset", got.EndOffset))
	return nil
}

// noteSession goes through an incremental fetch session (KIP-227); S is its id.
func (e epochFetches) noteSession() error {
	r := e.r
	var session int32
	ask := func(what string, f fetching) error {
		resp, err := r.fetch(f)
		if err != nil {
			return err
		}
		if session == 0 {
			session = resp.SessionID
		}
		name := any(resp.SessionID)
		if session != 0 && resp.SessionID == session {
			name = "S"
		}
		r.note("session: "+what, "sentEpoch", f.sessionEpoch, "sessionId", name, "answer", r.fetchAnswer(resp))
		return nil
	}
	again := func(epoch int32) fetching {
		return e.at(0, func(f *fetching) { f.none, f.sessionID, f.sessionEpoch = true, session, epoch })
	}
	if err := ask("full fetch, epoch 0, asks for a session", e.at(4, func(f *fetching) { f.sessionEpoch = 0 })); err != nil {
		return err
	}
	if err := ask("epoch 1, no partitions", again(1)); err != nil {
		return err
	}
	end := e.at(epochsEnd, func(f *fetching) { f.sessionID, f.sessionEpoch = session, 2 })
	if err := ask("epoch 2, fetch offset moved to the log end", end); err != nil {
		return err
	}
	if err := ask("epoch 3, no partitions, nothing new", again(3)); err != nil {
		return err
	}
	if err := r.mustProduce(production{broker: 1, topic: e.topic, acks: ackAll, records: newBatch(batchOptions{}, value("e2-1"))}); err != nil {
		return err
	}
	steps := []struct {
		what string
		f    fetching
	}{
		{"epoch 4, after a new record", again(4)},
		{"epoch 9 (5 was due)", again(9)},
		{"epoch 5 (due)", again(5)},
		{"unknown session id", e.at(0, func(f *fetching) { f.none, f.sessionID, f.sessionEpoch = true, session^1, 1 })},
		{"close (epoch -1)", again(-1)},
		{"after the close", again(6)},
	}
	for _, s := range steps {
		if err := ask(s.what, s.f); err != nil {
			return err
		}
	}
	return nil
}

// noteWaiting measures how long a Fetch at the log end waits.
func (e epochFetches) noteWaiting() error {
	for _, c := range []struct{ minBytes, maxWait int32 }{{1, 500}, {1_000_000, 700}, {0, 500}} {
		f := e.at(epochsEnd+1, func(f *fetching) { f.minBytes, f.maxWaitMillis = c.minBytes, c.maxWait })
		start := time.Now()
		if _, err := e.r.fetchPartition(f); err != nil {
			return err
		}
		wait := time.Duration(c.maxWait) * time.Millisecond
		e.r.note("fetch at the log end", "minBytes", c.minBytes, "maxWaitMs", c.maxWait, "answered", waited(time.Since(start), wait))
	}
	f := e.at(4, func(f *fetching) { f.maxBytes = 1 })
	return e.r.noteFetch("fetch with maxBytes 1 (the first batch comes whole)", f)
}

// waited says whether a request waited its time out.
func waited(took, wait time.Duration) string {
	switch {
	case took < wait/2:
		return "at once (less than half of the wait)"
	case took < wait*95/100:
		return fmt.Sprintf("too early: after %v of %v", took.Round(time.Millisecond), wait)
	case took < wait+2*time.Second:
		return "after the wait (up to 2 s late)"
	}
	return fmt.Sprintf("too late: after %v of %v", took.Round(time.Millisecond), wait)
}

// noteDeleted repeats some questions when the log begins at offset 4.
func (e epochFetches) noteDeleted() error {
	const below, start = "fetch v12 offset 0 (now below the log start)", "fetch v12 offset 4 (the log start)"
	endOffset := func(epoch int) string {
		return fmt.Sprintf("OffsetForLeaderEpoch v4 leaderEpoch %d after DeleteRecords to 4", epoch)
	}
	done, err := e.r.noteDeleteRecords("DeleteRecords to 4", e.topic, 4)
	if err != nil {
		return err
	}
	if !done {
		e.r.missing(kmsg.DeleteRecords, below, start, endOffset(0), endOffset(1), endOffset(2))
		return nil
	}
	if err := e.r.noteFetch(below, e.at(0, nil)); err != nil {
		return err
	}
	if err := e.r.noteFetch(start, e.at(4, nil)); err != nil {
		return err
	}
	for epoch := range 3 {
		if err := e.r.noteEndOffset(endOffset(epoch), 1, e.topic, int32(epoch), -1); err != nil {
			return err
		}
	}
	return nil
}
