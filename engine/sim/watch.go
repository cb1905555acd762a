package sim

import (
	"cmp"
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Sent is a message that has just left, to look at; exactly one of Request and
// Response is there, and neither may be changed.
type Sent struct {
	Number   uint64
	From, To engine.NodeID
	Request  kmsg.Request
	Response kmsg.Response
	Bytes    int64
	Arrives  engine.Time
	Doomed   bool // the link is cut: it will not arrive before it is healed
	// Conn and Correlation, with the client's node, tell which response answers
	// which request. Conn is the client's id of the connection.
	Conn        engine.ConnID
	Correlation engine.CorrelationID
}

// Watcher sees every message as it leaves. It must not touch the simulation.
type Watcher interface {
	Watch(at engine.Time, m *Sent)
}

// SetWatcher makes w see all messages from now on; nil for none. It is no part of
// the run: the trace hash is the same with and without it.
func (s *Sim) SetWatcher(w Watcher) { s.watcher = w }

func (s *Sim) watch(t *transmission) {
	if s.watcher == nil {
		return
	}
	from, to := t.conn.ends(t.toServer)
	p := s.processes[to.node]
	s.watcher.Watch(s.now, &Sent{
		Number: t.number, From: from.node, To: to.node, Request: t.request, Response: t.response,
		Bytes: t.bytes, Arrives: t.arrivesAt, Doomed: s.link(from.node, to.node).cut || p == nil || p.state == Dead,
		Conn: t.conn.client.id, Correlation: t.correlation,
	})
}

// CutLink is one direction between two processes.
type CutLink struct{ From, To engine.NodeID }

// Cuts lists the links that are cut, sorted.
func (s *Sim) Cuts() []CutLink {
	var all []CutLink
	for key, l := range s.links { // unordered: sums only (sorted below)
		if l.cut {
			all = append(all, CutLink{key.from, key.to})
		}
	}
	slices.SortFunc(all, func(a, b CutLink) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return all
}

// Wall is the wall clock of a process; that of the world where there is none.
func (s *Sim) Wall(id engine.NodeID) engine.WallTime {
	if p := s.processes[id]; p != nil {
		return s.wall(p)
	}
	return s.wall(&process{})
}
