package replica

import (
	"testing"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func sessionRequest(id, epoch int32, asks map[string]int64, forget ...string) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.MinBytes, req.MaxBytes = 12, 1, 1<<20
	req.SessionID, req.SessionEpoch = id, epoch
	for _, topic := range []string{"a", "b", "c", "gone"} {
		offset, ok := asks[topic]
		if !ok {
			continue
		}
		rt := kmsg.NewFetchRequestTopic()
		rt.Topic = topic
		p := kmsg.NewFetchRequestTopicPartition()
		p.FetchOffset, p.PartitionMaxBytes, p.CurrentLeaderEpoch, p.LastFetchedEpoch = offset, 1<<20, -1, -1
		rt.Partitions = append(rt.Partitions, p)
		req.Topics = append(req.Topics, rt)
	}
	for _, topic := range forget {
		f := kmsg.NewFetchRequestForgottenTopic()
		f.Topic, f.Partitions = topic, []int32{0}
		req.ForgottenTopics = append(req.ForgottenTopics, f)
	}
	return req
}

// TestFetchSessions goes through a session as behaviour/08 of a real cluster does.
func TestFetchSessions(t *testing.T) {
	c := newTestCluster(t, 1, nil)
	for _, topic := range []string{"a", "b", "c"} {
		c.createTopic(topic, 1)
	}
	put := func(topic string) {
		produced(c, produceRequest(12, -1, 1000, topic, testBatch(t, wallStart, "v")))
	}
	put("a")
	put("b")
	var id int32
	step := func(name string, req *kmsg.FetchRequest, code engine.ErrorCode, topics ...string) {
		t.Helper()
		resp, _ := c.replies[c.ask(1, req)].(*kmsg.FetchResponse)
		if resp == nil {
			t.Fatalf("%s: no answer", name)
		}
		if engine.ErrorCode(resp.ErrorCode) != code {
			t.Errorf("%s: %v, want %v", name, engine.ErrorCode(resp.ErrorCode), code)
		}
		var got []string
		for i := range resp.Topics {
			got = append(got, resp.Topics[i].Topic)
		}
		if len(got) != len(topics) {
			t.Errorf("%s: answer has %v, want %v", name, got, topics)
		}
		for i := range min(len(got), len(topics)) {
			if got[i] != topics[i] {
				t.Errorf("%s: answer has %v, want %v", name, got, topics)
			}
		}
		if req.SessionID == 0 && req.SessionEpoch == 0 {
			id = resp.SessionID
		} else if code == engine.ErrNone && req.SessionEpoch > 0 && resp.SessionID != id {
			t.Errorf("%s: session %d, want %d", name, resp.SessionID, id)
		}
	}
	step("a full fetch answers all", sessionRequest(0, 0, map[string]int64{"a": 0, "b": 0, "c": 0}), 0, "a", "b", "c")
	if id == 0 {
		t.Fatal("no session was made")
	}
	step("what has records is served again", sessionRequest(id, 1, nil), 0, "a", "b")
	step("moved to the end: nothing is new", sessionRequest(id, 2, map[string]int64{"a": 1, "b": 1}), 0)
	put("c")
	step("one has news", sessionRequest(id, 3, nil), 0, "c")
	step("a wrong epoch", sessionRequest(id, 9, nil), engine.ErrInvalidFetchSessionEpoch)
	step("the epoch that was due still works", sessionRequest(id, 4, map[string]int64{"c": 1}), 0)
	put("b")
	step("a forgotten partition has no news", sessionRequest(id, 5, nil, "b"), 0)
	step("it is back", sessionRequest(id, 6, map[string]int64{"b": 1}), 0, "b")
	put("a")
	step("what was served last comes last", sessionRequest(id, 7, nil), 0, "a", "b")
	step("an unknown topic is told", sessionRequest(id, 8, map[string]int64{"gone": 0, "a": 2, "b": 2}), 0, "gone")
	step("an error is told again", sessionRequest(id, 9, nil), 0, "gone")
	step("an unknown session", sessionRequest(id+1, 1, nil), engine.ErrFetchSessionIDNotFound)
	v13 := sessionRequest(id, 10, nil)
	v13.Version = 13
	step("a session by name is none by id", v13, engine.ErrFetchSessionTopicIDError)
	step("closing it answers what it names", sessionRequest(id, -1, map[string]int64{"a": 0}), 0, "a")
	step("after the close", sessionRequest(id, 10, nil), engine.ErrFetchSessionIDNotFound)
}

func TestSessionCacheEviction(t *testing.T) {
	minute := engine.Time(time.Minute)
	cases := []struct {
		name       string
		privileged bool // who asks
		size       int
		after      engine.Time
		used       engine.Time // when the one there was used last
		there      bool        // whether it is a follower's
		thereSize  int
		gets       bool
	}{
		{name: "nobody evicts a young session", size: 9, thereSize: 1, after: minute},
		{name: "an idle one goes", size: 1, thereSize: 9, after: 3 * minute, gets: true},
		{name: "an old one in use goes to a larger", size: 9, thereSize: 1, after: 5 * minute, used: 4 * minute, gets: true},
		{name: "but not to a smaller", size: 1, thereSize: 9, after: 5 * minute, used: 4 * minute},
		{name: "a follower evicts a client's young one", privileged: true, size: 1, thereSize: 9, after: minute, gets: true},
		{name: "but not a follower's", privileged: true, size: 9, thereSize: 1, there: true, after: minute},
		{name: "a client does not evict a follower's in use", size: 9, thereSize: 1, there: true, after: 5 * minute, used: 4 * minute},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			cache := newSessionCache(1, 2*time.Minute)
			s := &fetchSession{id: 1, privileged: tc.there, lastUsed: tc.used, byKey: map[sessionKey]*cachedPartition{}}
			for i := range tc.thereSize {
				s.byKey[sessionKey{partition: int32(i)}] = &cachedPartition{}
			}
			cache.sessions[1] = s
			if got := cache.evict(tc.after, tc.privileged, tc.size); got != tc.gets {
				t.Errorf("evicts: %v, want %v", got, tc.gets)
			}
		})
	}
}
