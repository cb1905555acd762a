package client

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"bitacora/engine"

	"pgregory.net/rapid"
)

func tps(names string) []engine.TopicPartition {
	var out []engine.TopicPartition
	for name := range strings.FieldsSeq(names) {
		var p int32
		topic, number, _ := strings.Cut(name, "-")
		fmt.Sscan(number, &p)
		out = append(out, engine.TopicPartition{Topic: topic, Partition: p})
	}
	return out
}

func show(all [][]engine.TopicPartition) string {
	var out []string
	for _, list := range all {
		var names []string
		sorted := slices.Clone(list)
		slices.SortFunc(sorted, comparePartitions)
		for _, tp := range sorted {
			names = append(names, tp.String())
		}
		out = append(out, strings.Join(names, " "))
	}
	return strings.Join(out, "; ")
}

// TestAssign holds the assignors against what Java's did in recorded rebalances, and
// against the examples of KIP-54 and KIP-429.
func TestAssign(t *testing.T) {
	ab := []TopicSize{{"a", 4}, {"b", 3}}
	grown := []TopicSize{{"a", 6}, {"b", 3}}
	both := []string{"a", "b"}
	member := func(id, owned string, generation int32) GroupMember {
		return GroupMember{ID: id, Topics: both, Owned: tps(owned), Generation: generation}
	}
	tests := []struct {
		name     string
		assignor Assignor
		topics   []TopicSize
		members  []GroupMember
		want     string
	}{
		{"range gives the first members one more, topic by topic", Range, ab,
			[]GroupMember{member("c2", "", -1), member("c1", "", -1)}, "a-2 a-3 b-2; a-0 a-1 b-0 b-1"},
		{"range with three", Range, ab,
			[]GroupMember{member("c1", "", -1), member("c2", "", -1), member("c3", "", -1)}, "a-0 a-1 b-0; a-2 b-1; a-3 b-2"},
		{"range puts static members first, by instance", Range, ab,
			[]GroupMember{member("c1", "", -1), {ID: "x", InstanceID: "i", Topics: both}}, "a-2 a-3 b-2; a-0 a-1 b-0 b-1"},
		{"range with more members than partitions leaves some without", Range, []TopicSize{{"b", 1}},
			[]GroupMember{member("c1", "", -1), member("c2", "", -1)}, "b-0; "},
		{"roundrobin deals in turn across topics", RoundRobin, ab,
			[]GroupMember{member("c1", "", -1), member("c2", "", -1), member("c3", "", -1)}, "a-0 a-3 b-2; a-1 b-0; a-2 b-1"},
		{"roundrobin skips who is not subscribed", RoundRobin, ab,
			[]GroupMember{{ID: "c1", Topics: []string{"a"}}, member("c2", "", -1)}, "a-0 a-2; a-1 a-3 b-0 b-1 b-2"},
		{"cooperative-sticky begins as roundrobin", CooperativeSticky, ab,
			[]GroupMember{member("c1", "", -1), member("c2", "", -1)}, "a-0 a-2 b-0 b-2; a-1 a-3 b-1"},
		{"what has to move is given to nobody yet", CooperativeSticky, ab,
			[]GroupMember{member("c1", "a-0 a-2 b-0 b-2", 1), member("c2", "a-1 a-3 b-1", 1), member("c3", "", -1)},
			"a-0 a-2 b-0; a-1 b-1; "},
		{"and to its new owner once it was revoked", CooperativeSticky, ab,
			[]GroupMember{member("c1", "a-0 a-2 b-0", 2), member("c2", "a-1 b-1", 2), member("c3", "", 2)},
			"a-0 a-2 b-0; a-1 b-1; a-3 b-2"},
		{"what a member left is shared by the others", CooperativeSticky, ab,
			[]GroupMember{member("c1", "a-0 a-2 b-0", 3), member("c3", "a-3 b-2", 3)}, "a-0 a-2 b-0 b-1; a-1 a-3 b-2"},
		{"new partitions are shared", CooperativeSticky, grown,
			[]GroupMember{member("c1", "a-0 a-2 b-0 b-1", 4), member("c3", "a-1 a-3 b-2", 4)},
			"a-0 a-2 a-5 b-0 b-1; a-1 a-3 a-4 b-2"},
		{"of two that claim a partition the younger generation has it", CooperativeSticky, []TopicSize{{"a", 2}},
			[]GroupMember{{ID: "c1", Topics: both[:1], Owned: tps("a-0"), Generation: 3}, {ID: "c2", Topics: both[:1], Owned: tps("a-0 a-1"), Generation: 2}},
			"a-0; a-1"},
		{"of one generation nobody keeps it", CooperativeSticky, []TopicSize{{"a", 2}},
			[]GroupMember{{ID: "c1", Topics: both[:1], Owned: tps("a-0"), Generation: 3}, {ID: "c2", Topics: both[:1], Owned: tps("a-0 a-1"), Generation: 3}},
			"; a-1"},
		{"different subscriptions: who can have only one topic has it", CooperativeSticky, ab,
			[]GroupMember{{ID: "c1", Topics: []string{"a"}, Generation: -1}, member("c2", "", -1)}, "a-0 a-1 a-2 a-3; b-0 b-1 b-2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := show(Assign(test.assignor, test.topics, test.members)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// drawGroup draws topics and members, with what they own from a former assignment.
func drawGroup(t *rapid.T) ([]TopicSize, []GroupMember) {
	var topics []TopicSize
	var names []string
	for i := range rapid.IntRange(1, 4).Draw(t, "topics") {
		name := string(rune('a' + i))
		topics = append(topics, TopicSize{name, int32(rapid.IntRange(1, 7).Draw(t, "partitions"))})
		names = append(names, name)
	}
	var members []GroupMember
	same := rapid.Bool().Draw(t, "same subscriptions")
	for i := range rapid.IntRange(1, 20).Draw(t, "members") {
		m := GroupMember{ID: fmt.Sprintf("m%d-%d", i, rapid.IntRange(0, 1000).Draw(t, "id")), Topics: names, Generation: -1}
		if !same {
			m.Topics = slices.DeleteFunc(slices.Clone(names), func(string) bool { return rapid.Bool().Draw(t, "skip") })
		}
		members = append(members, m)
	}
	topics = slices.DeleteFunc(topics, func(s TopicSize) bool { return !subscribedByAny(members, s.Topic) })
	return topics, members
}

// checkAssignment holds that nobody has what he did not ask for, and nothing is given
// twice. all says that everything is given.
func checkAssignment(t *rapid.T, topics []TopicSize, members []GroupMember, out [][]engine.TopicPartition, all bool) {
	given := map[engine.TopicPartition]bool{}
	for i, list := range out {
		for _, tp := range list {
			if given[tp] {
				t.Fatalf("%v is given twice: %s", tp, show(out))
			}
			given[tp] = true
			if !slices.Contains(members[i].Topics, tp.Topic) {
				t.Fatalf("%s did not ask for %v", members[i].ID, tp)
			}
		}
	}
	total := 0
	for _, s := range topics {
		total += int(s.Partitions)
	}
	if all && len(given) != total {
		t.Fatalf("%d of %d partitions are given: %s", len(given), total, show(out))
	}
}

func TestAssignorsGiveEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topics, members := drawGroup(t)
		for _, a := range []Assignor{Range, RoundRobin, CooperativeSticky} {
			checkAssignment(t, topics, members, Assign(a, topics, members), true)
		}
	})
}

// TestCooperativeStickySettles lets members come and go: within two rebalances
// everything is given, evenly where all subscribe alike, and a further one moves
// nothing.
func TestCooperativeStickySettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topics, members := drawGroup(t)
		generation := int32(0)
		rebalance := func() [][]engine.TopicPartition {
			out := Assign(CooperativeSticky, topics, members)
			generation++
			for i := range members {
				members[i].Owned, members[i].Generation = out[i], generation
			}
			return out
		}
		rebalance()
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			if len(members) > 1 && rapid.Bool().Draw(t, "leave") {
				members = slices.Delete(members, 0, 1)
				topics = slices.DeleteFunc(topics, func(s TopicSize) bool { return !subscribedByAny(members, s.Topic) })
			} else {
				m := members[0]
				m.ID, m.Owned, m.Generation = fmt.Sprintf("n%d", generation), nil, -1
				members = append(members, m)
			}
			before := make([][]engine.TopicPartition, len(members))
			for i := range members {
				before[i] = members[i].Owned
			}
			first := rebalance()
			checkAssignment(t, topics, members, first, false)
			for i := range first {
				for j := range before {
					if i != j && slices.ContainsFunc(first[i], func(tp engine.TopicPartition) bool { return slices.Contains(before[j], tp) }) {
						t.Fatalf("a partition went to %s before %s gave it up", members[i].ID, members[j].ID)
					}
				}
			}
			second := rebalance()
			checkAssignment(t, topics, members, second, true)
			if third := rebalance(); show(third) != show(second) {
				t.Fatalf("a third rebalance moved something: %s, then %s", show(second), show(third))
			}
			checkEven(t, members, second)
		}
	})
}

func checkEven(t *rapid.T, members []GroupMember, out [][]engine.TopicPartition) {
	if !sameSubscriptions(members) {
		return
	}
	least, most := len(out[0]), len(out[0])
	for _, list := range out {
		least, most = min(least, len(list)), max(most, len(list))
	}
	if most-least > 1 {
		t.Fatalf("uneven: %s", show(out))
	}
}
