package client

import (
	"cmp"
	"maps"
	"slices"

	"bitacora/engine"
)

// general assigns where members subscribe to different topics
// (AbstractStickyAssignor.GeneralAssignmentBuilder): everybody keeps what he owns,
// what is left goes to whoever has least, and then partitions move from the fuller
// to the emptier as long as that makes the whole more even.
type general struct {
	members   []GroupMember
	size      map[string]int32
	potential map[string][]int // topic to its subscribers
	topicsOf  [][]string       // of each member, those that exist
	out       [][]engine.TopicPartition
	owner     map[engine.TopicPartition]int
	previous  map[engine.TopicPartition]claim // claims of older generations
	all       []engine.TopicPartition         // topics with the fewest subscribers first
	taking    []int                           // members that take part, in no order
	revokes   bool                            // somebody gives up a topic
	moves     map[engine.TopicPartition][2]int
}

// claim is what a member of an older generation says it owned.
type claim struct {
	member     int
	generation int32
}

func newGeneral(topics []TopicSize, members []GroupMember, owned [][]engine.TopicPartition) *general {
	g := &general{
		members: members, size: map[string]int32{}, potential: map[string][]int{},
		topicsOf: make([][]string, len(members)), out: make([][]engine.TopicPartition, len(members)),
		owner: map[engine.TopicPartition]int{}, previous: map[engine.TopicPartition]claim{},
		moves: map[engine.TopicPartition][2]int{},
	}
	for _, t := range topics {
		g.size[t.Topic] = t.Partitions
		for i := range members {
			if slices.Contains(members[i].Topics, t.Topic) {
				g.potential[t.Topic] = append(g.potential[t.Topic], i)
				g.topicsOf[i] = append(g.topicsOf[i], t.Topic)
			}
		}
	}
	sorted := slices.Clone(topics)
	slices.SortFunc(sorted, func(a, b TopicSize) int {
		return cmp.Or(cmp.Compare(len(g.potential[a.Topic]), len(g.potential[b.Topic])), cmp.Compare(a.Topic, b.Topic))
	})
	for _, t := range sorted {
		for p := range t.Partitions {
			g.all = append(g.all, engine.TopicPartition{Topic: t.Topic, Partition: p})
		}
	}
	for i := range members {
		g.taking = append(g.taking, i)
		for _, tp := range owned[i] {
			if !slices.Contains(members[i].Topics, tp.Topic) {
				g.revokes = true
				g.owner[tp] = i // until somebody else gets it, as in Kafka
				continue
			}
			g.out[i] = append(g.out[i], tp)
			g.owner[tp] = i
		}
	}
	g.rememberClaims()
	return g
}

// rememberClaims keeps what members of older generations owned: where balance has to
// be made anyway, a partition rather goes back there (prepopulateCurrentAssignments).
func (g *general) rememberClaims() {
	newest := int32(-1)
	for i := range g.members {
		newest = max(newest, g.members[i].Generation)
	}
	for _, i := range javaMapOrder(g.members) {
		if g.members[i].Generation >= newest {
			continue
		}
		for _, tp := range g.members[i].Owned {
			if old, some := g.previous[tp]; !some || g.members[i].Generation > old.generation {
				g.previous[tp] = claim{i, g.members[i].Generation}
			}
		}
	}
}

// fewestFirst gives the members that take part, those with the fewest partitions
// first, then by id (SubscriptionComparator).
func (g *general) fewestFirst() []int {
	slices.SortFunc(g.taking, func(i, j int) int {
		return cmp.Or(cmp.Compare(len(g.out[i]), len(g.out[j])), cmp.Compare(g.members[i].ID, g.members[j].ID))
	})
	return g.taking
}

func (g *general) give(tp engine.TopicPartition, to int) {
	g.out[to] = append(g.out[to], tp)
	g.owner[tp] = to
}

func (g *general) build() [][]engine.TopicPartition {
	var unassigned []engine.TopicPartition
	for _, tp := range g.all {
		if i, some := g.owner[tp]; !some || !slices.Contains(g.out[i], tp) {
			unassigned = append(unassigned, tp)
		}
	}
	order := g.fewestFirst()
	initializing := len(g.out[order[len(order)-1]]) == 0
	for _, tp := range unassigned {
		for _, i := range g.fewestFirst() {
			if slices.Contains(g.topicsOf[i], tp.Topic) {
				g.give(tp, i)
				break
			}
		}
	}
	fixed := func(tp engine.TopicPartition) bool { return len(g.potential[tp.Topic]) < 2 }
	movable := slices.DeleteFunc(slices.Clone(g.all), fixed)
	unassigned = slices.DeleteFunc(unassigned, fixed)
	g.taking = slices.DeleteFunc(g.taking, func(i int) bool { return !g.canTakePart(i) })
	if len(g.taking) == 0 {
		return g.out
	}
	before, owners := cloneAssignment(g.out), maps.Clone(g.owner)
	if !g.revokes {
		g.reassign(unassigned)
	}
	if changed := g.reassign(movable); changed && !initializing && g.score(g.out) >= g.score(before) {
		g.out, g.owner = before, owners
	}
	return g.out
}

func cloneAssignment(out [][]engine.TopicPartition) [][]engine.TopicPartition {
	copied := make([][]engine.TopicPartition, len(out))
	for i := range out {
		copied[i] = slices.Clone(out[i])
	}
	return copied
}

// mostOf is how many partitions a member could have.
func (g *general) mostOf(i int) int {
	sum := 0
	for _, t := range g.topicsOf[i] {
		sum += int(g.size[t])
	}
	return sum
}

func (g *general) canTakePart(i int) bool {
	return len(g.out[i]) < g.mostOf(i) ||
		slices.ContainsFunc(g.out[i], func(tp engine.TopicPartition) bool { return len(g.potential[tp.Topic]) >= 2 })
}

// balanced says that no move makes the assignment more even (isBalanced).
func (g *general) balanced() bool {
	order := g.fewestFirst()
	if len(g.out[order[0]]) >= len(g.out[order[len(order)-1]])-1 {
		return true
	}
	for _, i := range order {
		if len(g.out[i]) == g.mostOf(i) {
			continue
		}
		for _, t := range g.topicsOf[i] {
			for p := range g.size[t] {
				tp := engine.TopicPartition{Topic: t, Partition: p}
				if other, some := g.owner[tp]; some && other != i && len(g.out[i])+1 < len(g.out[other]) {
					return false
				}
			}
		}
	}
	return true
}

// reassign moves partitions until nothing is gained (performReassignments).
func (g *general) reassign(movable []engine.TopicPartition) (changed bool) {
	for modified := true; modified; {
		modified = false
		for _, tp := range movable {
			if g.balanced() {
				break
			}
			from := g.owner[tp]
			if old, some := g.previous[tp]; some && len(g.out[from]) > len(g.out[old.member])+1 {
				g.move(tp, old.member)
				modified, changed = true, true
				continue
			}
			for _, other := range g.potential[tp.Topic] {
				if len(g.out[from]) > len(g.out[other])+1 {
					g.move(tp, g.emptiestFor(tp.Topic))
					modified, changed = true, true
					break
				}
			}
		}
	}
	return changed
}

func (g *general) emptiestFor(topic string) int {
	for _, i := range g.fewestFirst() {
		if slices.Contains(g.topicsOf[i], topic) {
			return i
		}
	}
	engine.Violated("StickyAssignorHasTaker", "%s", topic)
	return 0
}

// move takes a partition, or rather one of the same topic that went the other way
// before, to a member (PartitionMovements.getTheActualPartitionToBeMoved). Kafka
// takes any such partition; here it is the lowest.
func (g *general) move(tp engine.TopicPartition, to int) {
	from := g.owner[tp]
	source := from
	if m, moved := g.moves[tp]; moved {
		source = m[0]
	}
	for _, other := range slices.SortedFunc(maps.Keys(g.moves), comparePartitions) {
		if other.Topic == tp.Topic && g.moves[other] == [2]int{to, source} {
			tp = other
			break
		}
	}
	from = g.owner[tp]
	g.noteMove(tp, from, to)
	g.out[from] = slices.DeleteFunc(g.out[from], func(x engine.TopicPartition) bool { return x == tp })
	g.give(tp, to)
}

func (g *general) noteMove(tp engine.TopicPartition, from, to int) {
	m, moved := g.moves[tp]
	switch {
	case !moved:
		g.moves[tp] = [2]int{from, to}
	case m[0] == to:
		delete(g.moves, tp)
	default:
		g.moves[tp] = [2]int{m[0], to}
	}
}

// score sums how far each two of those that take part are apart (getBalanceScore).
func (g *general) score(out [][]engine.TopicPartition) int {
	sum := 0
	for n, i := range g.taking {
		for _, j := range g.taking[n+1:] {
			d := len(out[i]) - len(out[j])
			sum += max(d, -d)
		}
	}
	return sum
}
