package app

import (
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/scene"
)

// Weight is how much an event matters to a reader.
type Weight uint8

// The weights. Details are told only when time runs slowly enough to follow.
const (
	Silent  Weight = iota
	Small          // appends, high watermarks, acknowledgements
	Minor          // what follows from something else: told, and a headline only for want of better
	Notable        // elections, ISR changes, groups
	Loud           // faults
)

// detailPace is the speed up to which a reader can follow single records.
const detailPace = 100 * time.Millisecond

// again is how far back the same line is looked for before it is written anew.
const again = 12

const eventsKept = 400 // told again when the language changes

// manyAtOnce is how many leaders of one topic in one frame are told as one.
const manyAtOnce = 4

// tell puts events into words. It announces the loudest.
func (m *Model) tell(events []view.Event) []Effect {
	var announce string
	loudest := Silent
	slow := m.slow()
	many := manyOf(events)
	for i := range events {
		e := &events[i]
		text, weight := m.sentence(e)
		if n := many[crowd{e.Kind, e.Topic}]; n > 0 {
			if text, weight = m.sentenceOfMany(e, n); weight == Silent {
				continue
			}
			many[crowd{e.Kind, e.Topic}] = told
		} else if n == told {
			continue
		}
		if weight == Silent || weight == Small && !slow && !m.inPassing(e) {
			continue
		}
		m.remember(*e)
		m.write(Entry{At: e.At, Text: text, Weight: weight, Count: 1})
		if weight >= loudest {
			loudest, announce = weight, text
		}
	}
	if loudest < Notable {
		return nil
	}
	return []Effect{Announce{announce}}
}

// slow says that a reader can follow each record; else few of them are told.
func (m *Model) slow() bool {
	return !m.State.Clock.Playing && m.Source == view.SourceSimulation || m.State.Clock.Pace <= detailPace
}

// passingEvery is how often, at full speed, one of the many small things is told:
// a record that was committed. A reader sees that something goes on, and can
// still read it.
const passingEvery = 1200 * time.Millisecond

func (m *Model) inPassing(e *view.Event) bool {
	if e.Kind != engine.EventHighWatermark || m.passing > 0 {
		return false
	}
	if p := scene.PartitionOf(&m.State, e.Topic, e.Partition); p == nil || p.Leader != e.Node {
		return false
	}
	m.passing = passingEvery
	return true
}

// crowd names events that are told as one when there are many: all of a kind and
// a topic.
type crowd struct {
	kind  engine.EventKind
	topic string
}

// told marks a crowd that has been told.
const told = -1

// manyOf counts the crowds in one frame's events. Leaders of an internal topic
// are always a crowd.
func manyOf(events []view.Event) map[crowd]int {
	count := map[crowd]int{}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case engine.EventLeaderElected, engine.EventBecameLeader:
			count[crowd{e.Kind, e.Topic}]++
		}
	}
	for c, n := range count {
		if n < manyAtOnce && !strings.HasPrefix(c.topic, "__") {
			delete(count, c)
		}
	}
	return count
}

func (m *Model) sentenceOfMany(e *view.Event, n int) (string, Weight) {
	switch {
	case e.Kind == engine.EventLeaderElected:
		return m.t(lang.EvElectedMany, num(e.Node), num(n)) + " (" + e.Topic + ")", Minor
	case strings.HasPrefix(e.Topic, "__"):
		return "", Silent
	}
	return m.t(lang.EvLeadersMany, e.Topic, num(n)), Minor
}

func (m *Model) remember(e view.Event) {
	if len(m.events) >= eventsKept {
		m.events = append(m.events[:0], m.events[eventsKept/2:]...)
	}
	m.events = append(m.events, e)
}

// write adds a line to the feed; the same line again only counts.
func (m *Model) write(e Entry) {
	for i := len(m.Feed) - 1; i >= 0 && i > len(m.Feed)-again; i-- {
		if f := &m.Feed[i]; f.Text == e.Text && e.At.Sub(f.At) < headlineLasts {
			f.Count++ // controller and broker tell the same story
			return
		}
	}
	if len(m.Feed) >= feedMax {
		m.Feed = append(m.Feed[:0], m.Feed[feedMax/2:]...)
	}
	m.Feed = append(m.Feed, e)
}

// retell writes the feed again, in the language that was chosen now.
func (m *Model) retell() {
	m.Feed = nil
	for i := range m.events {
		text, weight := m.sentence(&m.events[i])
		m.write(Entry{At: m.events[i].At, Text: text, Weight: weight, Count: 1})
	}
	m.Notice = ""
}

func (m *Model) nodes(ids []engine.NodeID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = num(id)
	}
	return m.Lang.List(words)
}

// offsets names a range of offsets, its end not included.
func (m *Model) offsets(from, until engine.Offset) string {
	if until <= from+1 {
		return m.t(lang.OffsetOne, num(from))
	}
	return m.t(lang.OffsetRange, num(from), num(until-1))
}

// nodeName is what a reader calls a process.
func (m *Model) nodeName(id engine.NodeID) string {
	for i := range m.State.Processes {
		p := &m.State.Processes[i]
		if p.ID != id {
			continue
		}
		switch {
		case p.Roles.Has(view.RoleClient):
			if p.Name != "" {
				return p.Name
			}
			return m.t(lang.ClientN, num(id))
		case p.Roles == view.RoleBroker|view.RoleController:
			return m.t(lang.ServerN, num(id))
		case p.Roles.Has(view.RoleController):
			return m.t(lang.ControllerN, num(id))
		}
	}
	return m.t(lang.BrokerN, num(id))
}

// sentence puts one event into words, and weighs it.
func (m *Model) sentence(e *view.Event) (string, Weight) {
	if text, w := m.sentenceOfProcess(e); w != Silent {
		return text, w
	}
	if text, w := m.sentenceOfLog(e); w != Silent {
		return text, w
	}
	if text, w := m.sentenceOfStorage(e); w != Silent {
		return text, w
	}
	if text, w := m.sentenceOfController(e); w != Silent {
		return text, w
	}
	return m.sentenceOfClient(e)
}

func (m *Model) sentenceOfProcess(e *view.Event) (string, Weight) {
	name := m.nodeName(e.Node)
	switch e.Kind {
	case engine.EventProcessStarted:
		if p := scene.ProcessOf(&m.State, e.Node); p != nil && p.Roles.Has(view.RoleClient) {
			return m.t(lang.EvStarted, name), Minor
		}
		return m.t(lang.EvStarted, name), Notable
	case engine.EventProcessKilled:
		var led []string
		for _, p := range m.State.Partitions {
			if p.Leader == e.Node && !strings.HasPrefix(p.Topic, "__") {
				led = append(led, p.Topic+"-"+num(p.Partition))
			}
		}
		if len(led) > 4 {
			led = append(led[:4], "…")
		}
		if len(led) > 0 {
			return m.t(lang.EvKilledLed, name, strings.Join(led, ", ")), Loud
		}
		return m.t(lang.EvKilled, name), Loud
	case engine.EventProcessPaused:
		return m.t(lang.EvPaused, name), Loud
	case engine.EventProcessResumed:
		return m.t(lang.EvResumed, name), Notable
	case engine.EventProcessHalted:
		switch engine.HaltReason(e.Code) {
		case engine.HaltCleanShutdown:
			return m.t(lang.EvHaltedClean, name), Notable
		case engine.HaltDiskFailed:
			return m.t(lang.EvHaltedDisk, name), Loud
		case engine.HaltFenced:
			return m.t(lang.EvHaltedFenced, name), Loud
		}
		return m.t(lang.EvHalted, name), Loud
	case engine.EventLinkCut:
		return m.t(lang.EvLinkCut, name, m.nodeName(e.Peer)), Loud
	case engine.EventLinkHealed:
		return m.t(lang.EvLinkHealed, name, m.nodeName(e.Peer)), Notable
	case engine.EventViolation:
		return m.t(lang.EvViolation, name, e.Name+" "+e.Detail), Loud
	}
	return "", Silent
}

func (m *Model) sentenceOfLog(e *view.Event) (string, Weight) {
	tp := e.Topic + "-" + num(e.Partition)
	weight := Minor
	if strings.HasPrefix(e.Topic, "__") || e.Topic == "" {
		return "", Silent
	}
	switch e.Kind {
	case engine.EventAppended:
		if e.Peer == engine.NoNode {
			return m.t(lang.EvAppendedLeader, tp, num(e.Node), m.offsets(e.Offset, e.Until)), Small
		}
		return m.t(lang.EvAppendedFollower, tp, num(e.Node), m.offsets(e.Offset, e.Until)), Small
	case engine.EventHighWatermark:
		if e.Offset <= 0 {
			return "", Silent // nothing is committed yet
		}
		return m.t(lang.EvHW, tp, num(e.Offset-1), num(e.Offset), num(e.Node)), Small
	case engine.EventTruncated:
		if e.Until <= e.Offset {
			return "", Silent
		}
		return m.t(lang.EvTruncated, tp, num(e.Node), num(e.Offset), num(e.Until-1)), Loud
	case engine.EventBecameLeader:
		return m.t(lang.EvBecameLeader, num(e.Node), tp, num(e.Epoch)), Notable
	case engine.EventBecameFollower:
		return m.t(lang.EvBecameFollower, num(e.Node), num(e.Peer), tp, num(e.Epoch)), Small
	case engine.EventISRChanged:
		if e.Count == 0 {
			weight = Small // a new partition begins with all its replicas in sync
		}
		return m.t(lang.EvISR, tp, m.nodes(e.Nodes)), weight
	case engine.EventISRProposed:
		return m.t(lang.EvISRProposed, num(e.Node), tp, m.nodes(e.Nodes)), Small
	case engine.EventFetchDiverged:
		return m.t(lang.EvDiverged, tp, num(e.Node)), Notable
	case engine.EventRecovered:
		return m.t(lang.EvRecovered, num(e.Node), tp), Small
	}
	return "", Silent
}

// sentenceOfStorage tells what a broker does to its own copy of a log. What
// followers do after their leader is a detail.
func (m *Model) sentenceOfStorage(e *view.Event) (string, Weight) {
	tp, node := e.Topic+"-"+num(e.Partition), num(e.Node)
	weight := Small
	p := scene.PartitionOf(&m.State, e.Topic, e.Partition)
	if p != nil && p.Leader == e.Node && !strings.HasPrefix(e.Topic, "__") {
		weight = Minor
	}
	switch e.Kind {
	case engine.EventSegmentRolled:
		return m.t(lang.EvSegmentRolled, tp, node, num(e.Offset)), Small
	case engine.EventSegmentDeleted:
		return m.t(lang.EvSegmentDeleted, tp, node, num(e.Offset)), weight
	case engine.EventLogStartMoved:
		return m.t(lang.EvLogStartMoved, tp, node, num(e.Offset), num(e.Until)), weight
	case engine.EventCleaningBegan:
		return m.t(lang.EvCleaningBegan, tp, node, m.offsets(e.Offset, e.Until)), weight
	case engine.EventSegmentsCleaned:
		return m.t(lang.EvSegmentsCleaned, tp, node, m.offsets(e.Offset, e.Until), num(e.Count)), Small
	case engine.EventLogCleaned:
		switch e.Code {
		case 1:
			return m.t(lang.EvCleaningAborted, tp, node), Small
		case 2:
			return m.t(lang.EvCleaningFailed, tp, node), Notable
		}
		return m.t(lang.EvLogCleaned, tp, node, num(e.Until), num(e.Count)), weight
	}
	return "", Silent
}

func (m *Model) sentenceOfController(e *view.Event) (string, Weight) {
	tp := e.Topic + "-" + num(e.Partition)
	switch e.Kind {
	case engine.EventLeaderElected:
		switch {
		case e.Peer == engine.NoNode:
			return m.t(lang.EvLeaderless, "", tp), Loud
		case e.Code == 1:
			return m.t(lang.EvElectedUnclean, num(e.Node), tp, num(e.Peer), num(e.Epoch)), Loud
		}
		return m.t(lang.EvElected, num(e.Node), tp, num(e.Peer), num(e.Epoch), m.nodes(e.Nodes)), Notable
	case engine.EventELRChanged:
		switch {
		case len(e.Nodes) > 0:
			return m.t(lang.EvELR, tp, m.nodes(e.Nodes)), Notable
		case e.Peer != engine.NoNode:
			return m.t(lang.EvLastKnownLeader, tp, num(e.Peer)), Notable
		}
		return m.t(lang.EvELREmpty, tp), Minor
	case engine.EventReassignment:
		key := [...]lang.Key{lang.EvReassignmentBegun, lang.EvReassignmentDone, lang.EvReassignmentCancelled}
		return m.t(key[min(max(int(e.Code), 0), len(key)-1)], tp, m.nodes(e.Nodes)), Notable
	case engine.EventBrokerRegistered:
		return m.t(lang.EvRegistered, num(e.Peer)), Notable
	case engine.EventBrokerFenced:
		return m.t(lang.EvFenced, num(e.Peer)), Loud
	case engine.EventBrokerUnfenced:
		return m.t(lang.EvUnfenced, num(e.Peer)), Notable
	case engine.EventBrokerShuttingDown:
		return m.t(lang.EvShutting, num(e.Peer)), Notable
	case engine.EventControllerActive:
		return m.t(lang.EvControllerActive, num(e.Node), num(e.Epoch)), Notable
	case engine.EventControllerResigned:
		return m.t(lang.EvControllerResigned, num(e.Node)), Notable
	case engine.EventQuorumVoted:
		if e.Code != 1 || e.Count == 1 {
			return "", Silent
		}
		return m.t(lang.EvQuorumVoted, num(e.Node), num(e.Peer), num(e.Epoch)), Small
	case engine.EventQuorumVoters:
		return m.t(lang.EvVoters, m.nodes(e.Nodes)), Small
	case engine.EventQuorumLost:
		return m.t(lang.EvQuorumLost, num(e.Node), num(e.Epoch)), Loud
	case engine.EventSnapshotGenerated:
		return m.t(lang.EvSnapshotMade, num(e.Node), num(e.Offset), num(e.Count)), Minor
	case engine.EventSnapshotLoaded:
		return m.t(lang.EvSnapshotLoaded, num(e.Node), num(e.Offset)), Minor
	case engine.EventSnapshotFetched:
		return m.t(lang.EvSnapshotFetched, num(e.Node), num(e.Offset), num(e.Peer)), Notable
	case engine.EventTopicCreated:
		parts := m.t(lang.PartitionsCount, num(e.Count))
		if e.Count == 1 {
			parts = m.t(lang.OnePartition)
		}
		if strings.HasPrefix(e.Topic, "__") {
			return m.t(lang.EvTopicCreated, e.Topic, parts), Minor
		}
		return m.t(lang.EvTopicCreated, e.Topic, parts), Notable
	case engine.EventTopicDeleted:
		return m.t(lang.EvTopicDeleted, e.Topic), Notable
	}
	return "", Silent
}

func (m *Model) sentenceOfClient(e *view.Event) (string, Weight) {
	tp := e.Topic + "-" + num(e.Partition)
	name := m.nodeName(e.Node)
	code := engine.ErrorCode(e.Code).String()
	switch e.Kind {
	case engine.EventMemberJoined:
		return m.t(lang.EvMemberJoined, e.Name, shortID(e.Detail)), Notable
	case engine.EventMemberLeft:
		return m.t(lang.EvMemberLeft, e.Name, shortID(e.Detail)), Notable
	case engine.EventOffsetCommitted:
		return m.t(lang.EvCommitted, e.Name, tp, num(e.Offset)), Small
	case engine.EventClientAcked:
		return m.t(lang.EvAcked, name, tp, num(e.Offset)), Small
	case engine.EventClientFailed:
		return m.t(lang.EvClientFailed, name, tp, code), Loud
	case engine.EventClientRetried:
		return m.t(lang.EvRetried, name, tp, code), Small
	case engine.EventClientRead:
		return m.t(lang.EvRead, name, tp, num(e.Offset)), Small
	case engine.EventClientAssigned:
		return m.t(lang.EvAssigned, name, tp), Notable
	case engine.EventClientRevoked:
		return m.t(lang.EvRevoked, name, tp), Notable
	}
	return "", Silent
}

// shortID cuts the random end off a member id.
func shortID(id string) string {
	if len(id) > 28 {
		return id[:28] + "…"
	}
	return id
}
