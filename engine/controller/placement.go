package controller

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"bitacora/engine"
)

// place spreads replicas over brokers and racks (StripedReplicaPlacer): a
// partition's replicas go to different racks as far as there are; leaders walk
// over the unfenced brokers; a fenced broker gets replicas only when the unfenced
// of its rack are used up, and never the first. Once every broker has led, the
// order is shuffled anew.
//
// Example: brokers 1, 2, 3 in one rack, a first offset of 1, four partitions with
// three replicas: [3 1 2], [1 2 3], [2 3 1], and then the list is shuffled.
func (c *Controller) place(env *engine.Env, partitions, replicas int) ([][]engine.NodeID, *apiError) {
	if replicas <= 0 {
		return nil, failed(engine.ErrInvalidReplicationFactor,
			fmt.Sprintf("Invalid replication factor %d: the replication factor must be positive.", replicas))
	}
	list := c.rackList(env)
	switch {
	case list.unfenced == 0:
		return nil, failed(engine.ErrInvalidReplicationFactor,
			"All brokers are currently fenced, or have all their log directories cordoned.")
	case replicas > list.total:
		return nil, failed(engine.ErrInvalidReplicationFactor, fmt.Sprintf(
			"The target replication factor of %d cannot be reached because only %d broker(s) are registered "+
				"or some brokers have all their log directories cordoned.", replicas, list.total))
	}
	out := make([][]engine.NodeID, partitions)
	for i := range out {
		out[i] = list.place(env, replicas)
	}
	return out, nil
}

// ring is brokers in a circle. In each new epoch it begins one place further.
type ring struct {
	brokers []engine.NodeID
	index   int // given out in this epoch
	offset  int
	epoch   int
}

// next gives a broker not yet given out in this epoch, and whether there is one.
func (r *ring) next(epoch int) (engine.NodeID, bool) {
	if len(r.brokers) == 0 {
		return engine.NoNode, false
	}
	if r.epoch != epoch {
		r.epoch, r.index, r.offset = epoch, 0, (r.offset+1)%len(r.brokers)
	}
	if r.index >= len(r.brokers) {
		return engine.NoNode, false
	}
	id := r.brokers[(r.index+r.offset)%len(r.brokers)]
	r.index++
	return id, true
}

// rack is the usable brokers of one rack.
type rack struct {
	name             string // brokers without a rack share one, which sorts first
	fenced, unfenced ring
}

type rackList struct {
	racks           []*rack
	total, unfenced int
	epoch, offset   int
}

// rackList gathers the brokers that new replicas may go to.
func (c *Controller) rackList(env *engine.Env) *rackList {
	list := &rackList{}
	byName := map[string]*rack{}
	for _, id := range c.pending.BrokerIDs() {
		b, h := c.pending.Broker(id), c.brokers[id]
		if h.shuttingDown() || !hasUncordonedDirectory(b) {
			continue
		}
		name := ""
		if b.Rack != nil {
			name = "=" + *b.Rack // an empty name is still a rack
		}
		r := byName[name]
		if r == nil {
			r = &rack{name: name}
			byName[name] = r
		}
		list.total++
		if h.fenced {
			r.fenced.brokers = append(r.fenced.brokers, id)
		} else {
			r.unfenced.brokers = append(r.unfenced.brokers, id)
			list.unfenced++
		}
	}
	list.racks = slices.SortedFunc(maps.Values(byName), func(a, b *rack) int { return cmp.Compare(a.name, b.name) })
	for _, r := range list.racks {
		r.fenced.offset, r.unfenced.offset = randomBelow(env, len(r.fenced.brokers)), randomBelow(env, len(r.unfenced.brokers))
	}
	list.offset = randomBelow(env, len(list.racks))
	return list
}

func randomBelow(env *engine.Env, n int) int {
	if n <= 1 {
		return 0
	}
	return int(env.Rand().Int64N(int64(n)))
}

// place gives one partition's replicas. There must be enough brokers.
func (l *rackList) place(env *engine.Env, replicas int) []engine.NodeID {
	if l.epoch == l.unfenced && l.unfenced > 1 {
		l.shuffle(env)
		l.epoch = 0
	}
	l.offset %= len(l.racks)
	out := make([]engine.NodeID, 0, replicas)
	first := l.offset
	for {
		if id, ok := l.racks[first].unfenced.next(l.epoch); ok {
			out = append(out, id)
			break
		}
		first = (first + 1) % len(l.racks)
	}
	// The rack of the first replica is passed over once, so that the second
	// replica goes elsewhere.
	at := l.offset
	for len(out) < replicas {
		if at == first {
			first = -1
		} else if id, ok := l.racks[at].next(l.epoch); ok {
			out = append(out, id)
		}
		at = (at + 1) % len(l.racks)
	}
	l.epoch++
	l.offset++
	return out
}

func (r *rack) next(epoch int) (engine.NodeID, bool) {
	if id, ok := r.unfenced.next(epoch); ok {
		return id, true
	}
	return r.fenced.next(epoch)
}

func (l *rackList) shuffle(env *engine.Env) {
	shuffle(env, l.racks)
	for _, r := range l.racks {
		shuffle(env, r.fenced.brokers)
		shuffle(env, r.unfenced.brokers)
	}
}

func shuffle[T any](env *engine.Env, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := randomBelow(env, i+1)
		list[i], list[j] = list[j], list[i]
	}
}
