package client

import (
	"cmp"
	"slices"

	"bitacora/engine"
)

// assignCooperativeSticky balances while it moves as little as it can, and gives
// nobody a partition that another still owns: its owner has to revoke it first, and
// the next rebalance hands it out (CooperativeStickyAssignor, KIP-429).
func assignCooperativeSticky(topics []TopicSize, members []GroupMember) [][]engine.TopicPartition {
	owned, disputed := ownedPartitions(topics, members)
	var out [][]engine.TopicPartition
	var moving map[engine.TopicPartition]int
	if sameSubscriptions(members) {
		c := newConstrained(topics, members, owned, disputed)
		out, moving = c.build(), c.moving
	} else {
		out = newGeneral(topics, members, owned).build()
		moving = transfers(members, out)
	}
	for i := range out {
		out[i] = slices.DeleteFunc(out[i], func(tp engine.TopicPartition) bool {
			to, moves := moving[tp]
			return moves && to == i
		})
	}
	return out
}

func sameSubscriptions(members []GroupMember) bool {
	for i := range members {
		if len(members[i].Topics) != len(members[0].Topics) {
			return false
		}
		for _, t := range members[i].Topics {
			if !slices.Contains(members[0].Topics, t) {
				return false
			}
		}
	}
	return true
}

func hasTopic(topics []TopicSize, name string) bool {
	_, ok := slices.BinarySearchFunc(topics, name, func(t TopicSize, name string) int { return cmp.Compare(t.Topic, name) })
	return ok
}

// ownedPartitions gives what each member may keep of what it says it owns: of two
// that claim a partition the one of the higher generation has it; of one generation
// neither has (AbstractStickyAssignor.allSubscriptionsEqual).
func ownedPartitions(topics []TopicSize, members []GroupMember) (owned [][]engine.TopicPartition, disputed map[engine.TopicPartition]bool) {
	owned = make([][]engine.TopicPartition, len(members))
	disputed = map[engine.TopicPartition]bool{}
	owner := map[engine.TopicPartition]int{}
	lose := func(i int, tp engine.TopicPartition) {
		owned[i] = slices.DeleteFunc(owned[i], func(x engine.TopicPartition) bool { return x == tp })
	}
	for _, i := range javaMapOrder(members) {
		for _, tp := range members[i].Owned {
			if !hasTopic(topics, tp.Topic) {
				continue
			}
			other, claimed := owner[tp]
			switch {
			case !claimed:
				owned[i] = append(owned[i], tp)
				owner[tp] = i
			case members[i].Generation == members[other].Generation:
				disputed[tp] = true
				lose(other, tp)
				owner[tp] = i
			case members[i].Generation > members[other].Generation:
				owned[i] = append(owned[i], tp)
				lose(other, tp)
				owner[tp] = i
			}
		}
	}
	return owned, disputed
}

// transfers finds the partitions that one member gets and another gives up.
func transfers(members []GroupMember, out [][]engine.TopicPartition) map[engine.TopicPartition]int {
	revoked := map[engine.TopicPartition]bool{}
	for i := range members {
		for _, tp := range members[i].Owned {
			if !slices.Contains(out[i], tp) {
				revoked[tp] = true
			}
		}
	}
	moving := map[engine.TopicPartition]int{}
	for i := range members {
		for _, tp := range out[i] {
			if revoked[tp] && !slices.Contains(members[i].Owned, tp) {
				moving[tp] = i
			}
		}
	}
	return moving
}

// constrained assigns where all members subscribe to the same topics
// (AbstractStickyAssignor.ConstrainedAssignmentBuilder). Seven partitions and three
// members: two members get two (minQuota), one gets three (maxQuota). First each
// keeps what it owns, up to its quota; then the rest is dealt out in turn to those
// that have less than minQuota, and at last to those that have exactly that.
type constrained struct {
	members  []GroupMember
	topics   []TopicSize
	owned    [][]engine.TopicPartition
	disputed map[engine.TopicPartition]bool
	revoked  map[engine.TopicPartition]int // by whom
	moving   map[engine.TopicPartition]int // to whom, from another
	out      [][]engine.TopicPartition
	kept     map[engine.TopicPartition]bool
	under    []int // with less than minQuota
	exactly  []int // with minQuota, and room for one more
	min, max int
	overWant int // members that are to have more than minQuota
	over     int // members that have
}

func newConstrained(topics []TopicSize, members []GroupMember, owned [][]engine.TopicPartition, disputed map[engine.TopicPartition]bool) *constrained {
	total := 0
	for _, t := range topics {
		total += int(t.Partitions)
	}
	n := len(members)
	return &constrained{
		members: members, topics: topics, owned: owned, disputed: disputed,
		revoked: map[engine.TopicPartition]int{}, moving: map[engine.TopicPartition]int{},
		out: make([][]engine.TopicPartition, n), kept: map[engine.TopicPartition]bool{},
		min: total / n, max: (total + n - 1) / n, overWant: total % n,
	}
}

func (c *constrained) build() [][]engine.TopicPartition {
	for _, i := range javaMapOrder(c.members) {
		c.keep(i)
	}
	byID := func(i, j int) int { return cmp.Compare(c.members[i].ID, c.members[j].ID) }
	slices.SortFunc(c.under, byID)
	slices.SortFunc(c.exactly, byID)
	var rest []engine.TopicPartition
	for _, t := range c.topics {
		for p := range t.Partitions {
			if tp := (engine.TopicPartition{Topic: t.Topic, Partition: p}); !c.kept[tp] {
				rest = append(rest, tp)
			}
		}
	}
	c.deal(rest)
	return c.out
}

// keep leaves a member what it owns, as far as its quota goes.
func (c *constrained) keep(i int) {
	var owned []engine.TopicPartition
	for _, tp := range c.owned[i] {
		if !c.disputed[tp] {
			owned = append(owned, tp)
		}
	}
	slices.SortFunc(owned, func(a, b engine.TopicPartition) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Topic, b.Topic))
	})
	quota := c.min
	switch {
	case len(owned) < c.min:
		quota = len(owned)
		c.under = append(c.under, i)
	case len(owned) >= c.max && c.over < c.overWant:
		quota = c.max
		c.over++
		if c.over == c.overWant {
			c.exactly = nil
		}
	case c.over < c.overWant:
		c.exactly = append(c.exactly, i)
	}
	c.out[i] = append(c.out[i], owned[:quota]...)
	for _, tp := range owned[:quota] {
		c.kept[tp] = true
	}
	for _, tp := range owned[quota:] {
		c.revoked[tp] = i
	}
}

// deal hands the rest out in turn (assignRoundRobin).
func (c *constrained) deal(rest []engine.TopicPartition) {
	at := 0
	for _, tp := range rest {
		var i int
		switch {
		case len(c.under) == 0:
			if len(c.exactly) == 0 {
				engine.Violated("StickyAssignorHasRoom", "%v is left over", tp)
			}
			i = c.exactly[0]
			c.exactly = c.exactly[1:]
		default:
			at %= len(c.under)
			i = c.under[at]
			at++
		}
		wasUnder := len(c.out[i]) < c.min
		c.out[i] = append(c.out[i], tp)
		if by, was := c.revoked[tp]; was && by != i || c.disputed[tp] {
			c.moving[tp] = i
		}
		if wasUnder && len(c.out[i]) == c.min {
			at--
			c.under = slices.Delete(c.under, at, at+1)
			c.exactly = append(c.exactly, i)
		} else if len(c.out[i]) == c.max {
			c.over++
		}
	}
}
