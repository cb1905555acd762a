package client

import (
	"encoding/hex"
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestConsumerProtocolBytes holds the embedded protocol against what a Java 4.3.1
// consumer sent when it joined a group and, as its leader, synced.
func TestConsumerProtocolBytes(t *testing.T) {
	c := NewConsumer(DefaultConsumer("c", "g"))
	c.topics = []string{"w-java-console"}
	const (
		subscriptionRange  = "000300000001000e772d6a6176612d636f6e736f6c65ffffffff00000000ffffffffffff"
		subscriptionSticky = "000300000001000e772d6a6176612d636f6e736f6c6500000004ffffffff00000000ffffffffffff"
		assignment         = "000300000001000e772d6a6176612d636f6e736f6c650000000100000000ffffffff"
	)
	if got := hex.EncodeToString(c.subscriptionBytes(Range)); got != subscriptionRange {
		t.Errorf("range: %s, want %s", got, subscriptionRange)
	}
	if got := hex.EncodeToString(c.subscriptionBytes(CooperativeSticky)); got != subscriptionSticky {
		t.Errorf("cooperative-sticky: %s, want %s", got, subscriptionSticky)
	}
	tp := engine.TopicPartition{Topic: "w-java-console"}
	if got := hex.EncodeToString(assignmentBytes([]engine.TopicPartition{tp})); got != assignment {
		t.Errorf("assignment: %s, want %s", got, assignment)
	}
	if got := parseAssignment(assignmentBytes([]engine.TopicPartition{tp})); len(got) != 1 || got[0] != tp {
		t.Errorf("read back: %v", got)
	}
}

func TestWhatALeaderReadsOfItsMembers(t *testing.T) {
	c := NewConsumer(DefaultConsumer("c", "g"))
	c.topics = []string{"a", "b"}
	c.group.generation = 5
	c.assign(tps("a-0 a-2 b-1"))
	resp := kmsg.NewPtrJoinGroupResponse()
	for _, metadata := range [][]byte{c.subscriptionBytes(Range), {0, 3, 0xff}} {
		m := kmsg.NewJoinGroupResponseMember()
		m.MemberID, m.ProtocolMetadata = "m", metadata
		resp.Members = append(resp.Members, m)
	}
	got := membersOf(resp)
	if len(got) != 2 || len(got[0].Owned) != 3 || got[0].Generation != 5 || len(got[0].Topics) != 2 {
		t.Errorf("%+v", got)
	}
	if len(got[1].Topics) != 0 {
		t.Errorf("a member that writes nonsense takes part: %+v", got[1])
	}
}
