package client

import (
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func answer(id int32, code engine.ErrorCode) *kmsg.FetchResponse {
	r := kmsg.NewPtrFetchResponse()
	r.SessionID, r.ErrorCode = id, int16(code)
	return r
}

// TestHowAFetchSessionGoesOn follows FetchSessionHandler's states.
func TestHowAFetchSessionGoesOn(t *testing.T) {
	tests := []struct {
		name      string
		resp      *kmsg.FetchResponse
		id, epoch int32
		counts    bool
	}{
		{"the broker began a session", answer(9, 0), 9, 6, true},
		{"the broker keeps none", answer(0, 0), 0, 0, true},
		{"the broker forgot it: begin anew without", answer(0, engine.ErrFetchSessionIDNotFound), 0, 0, false},
		{"the epoch is not what the broker expects: end it and begin anew", answer(0, engine.ErrInvalidFetchSessionEpoch), 9, 0, false},
		{"no answer: end it and begin anew", nil, 9, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := fetchSession{id: 9, epoch: 5, pending: true}
			if got := s.answered(test.resp); got != test.counts || s.id != test.id || s.epoch != test.epoch || s.pending {
				t.Errorf("counts %v, %+v", got, s)
			}
		})
	}
}

func TestAnIncrementalFetchNamesWhatChanged(t *testing.T) {
	c := NewConsumer(DefaultConsumer("c", "g"))
	s := &fetchSession{node: 1}
	part := func(p int32, offset engine.Offset) sessionPartition {
		return sessionPartition{engine.TopicPartition{Topic: "t", Partition: p}, engine.TopicID{1}, offset, 0}
	}
	if full := c.fetchRequest(s, []sessionPartition{part(0, 5), part(1, 7)}); len(full.Topics[0].Partitions) != 2 || full.SessionEpoch != 0 {
		t.Errorf("the first is full: %+v", full)
	}
	s.answered(answer(9, 0))
	next := c.fetchRequest(s, []sessionPartition{part(0, 5), part(1, 8), part(2, 0)})
	if p := next.Topics[0].Partitions; len(p) != 2 || p[0].Partition != 1 || p[1].Partition != 2 || next.SessionEpoch != 1 {
		t.Errorf("what moved and what is new: %+v", next)
	}
	s.answered(answer(9, 0))
	last := c.fetchRequest(s, []sessionPartition{part(1, 8), part(2, 0)})
	if len(last.Topics) != 0 || len(last.ForgottenTopics) != 1 || last.ForgottenTopics[0].Partitions[0] != 0 {
		t.Errorf("what is no longer wanted: %+v", last)
	}
}

// TestAPositionIsCheckedAgainstTheNewLeader follows
// SubscriptionState.maybeCompleteValidation.
func TestAPositionIsCheckedAgainstTheNewLeader(t *testing.T) {
	tests := []struct {
		name     string
		reset    OffsetReset
		end      int64
		endEpoch int32
		state    fetchState
		position engine.Offset
		failed   engine.ErrorCode
	}{
		{"the log goes on past it", ResetLatest, 130, 3, stateFetching, 120, engine.ErrNone},
		{"the log ends right there", ResetLatest, 120, 3, stateFetching, 120, engine.ErrNone},
		{"the log was cut below it: go on there", ResetLatest, 100, 2, stateFetching, 100, engine.ErrNone},
		{"cut, and no reset allowed", ResetNone, 100, 2, stateAwaitValidate, 120, engine.ErrOffsetOutOfRange},
		{"the leader knows no such epoch: reset", ResetEarliest, -1, -1, stateAwaitReset, 120, engine.ErrNone},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			withEnv(t, func(env *engine.Env) {
				cfg := DefaultConsumer("c", "g")
				cfg.Reset = test.reset
				c := NewConsumer(cfg)
				a := newAssigned(engine.TopicPartition{Topic: "t"})
				a.seekUnchecked(120, 3, partitionMeta{1, 4})
				if a.state != stateAwaitValidate || a.fetchable() {
					t.Fatalf("a position of a known epoch is not checked: %+v", a)
				}
				p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
				p.EndOffset, p.LeaderEpoch = test.end, test.endEpoch
				c.validated(env, a, &p)
				if a.state != test.state || a.position != test.position || c.failed != test.failed {
					t.Errorf("%+v, failed %v", a, c.failed)
				}
			})
		})
	}
}
