package app

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/scene"
)

// onPacket takes in what the source sent.
func (m *Model) onPacket(p view.Packet) []Effect {
	switch p := p.(type) {
	case *view.Hello:
		m.Hello, m.Source = *p, p.Source
		m.Link = LinkOpen
	case *view.Frame:
		return m.onFrame(p)
	case *view.Detail:
		delete(m.pending, p.ID)
		if m.Selected.Kind == scene.TargetBatch {
			m.Detail = p
		}
	case *view.Result:
		return m.onResult(p)
	}
	return nil
}

func (m *Model) onFrame(f *view.Frame) []Effect {
	before := m.State
	if !f.Key && !m.Known {
		return nil // what came before the key frame is of no use
	}
	m.State.Apply(f)
	m.Known = true
	pace := m.State.Clock.Pace
	if m.Source == view.SourceLive || pace <= 0 {
		pace = time.Second
	}
	if !m.Reduced {
		for i := range f.Messages {
			m.launch(&f.Messages[i], before.At, pace)
		}
	}
	effects := m.tell(f.Events)
	for i := range f.Events {
		m.glowAt(&f.Events[i])
	}
	if len(m.State.Processes) != len(before.Processes) || len(m.State.Topics) != len(before.Topics) {
		m.clampScroll()
	}
	return effects
}

// A message is on the stage for at least this long, however fast it really was:
// on a fast network nothing would be seen otherwise.
const (
	flightLeast = 520 * time.Millisecond
	dotLeast    = 380 * time.Millisecond
	flightMost  = 60 * time.Second
)

// launch puts a message on the stage.
func (m *Model) launch(msg *view.Message, since engine.Time, pace time.Duration) {
	if len(m.flights) >= flightsMax {
		return
	}
	f := flight{message: *msg, span: flightLeast}
	m.nameTopics(&f.message)
	msg = &f.message
	if m.saysNothing(msg, pace) {
		f.message.Flags |= view.MessageEmpty
	}
	if msg.Flags&view.MessageEmpty != 0 {
		f.span = dotLeast
	}
	stretch := func(d time.Duration) time.Duration {
		return time.Duration(float64(d) * float64(time.Second) / float64(pace))
	}
	if msg.Arrives > msg.Sent {
		f.span = min(max(f.span, stretch(msg.Arrives.Sub(msg.Sent))), flightMost)
	}
	if msg.Sent > since && since > 0 {
		f.wait = min(stretch(msg.Sent.Sub(since)), 250*time.Millisecond)
	}
	m.flights = append(m.flights, f)
}

// metadataTopicID is what Kafka calls the metadata log's topic
// (Uuid.METADATA_TOPIC_ID).
const metadataTopicID = "AAAAAAAAAAAAAAAAAAAAAQ"

// nameTopics puts names in place of topic ids, "" for the metadata log.
func (m *Model) nameTopics(msg *view.Message) {
	msg.Items = slices.Clone(msg.Items)
	for i := range msg.Items {
		it := &msg.Items[i]
		if it.Topic == metadataTopicID || it.Topic == "__cluster_metadata" {
			it.Topic = ""
			continue
		}
		for j := range m.State.Topics {
			if t := &m.State.Topics[j]; len(it.Topic) == 22 && t.Name != it.Topic && t.ID.String() == it.Topic {
				it.Topic = t.Name
			}
		}
	}
}

// fetchKey names one follower's or consumer's reading of one partition.
type fetchKey struct {
	from, to  engine.NodeID
	topic     string
	partition int32
}

// stories are the messages without records that matter at full speed: elections,
// changes of the ISR, topics and groups. The rest (ApiVersions, Metadata, ...) are
// pills only when a reader can follow them.
var stories = [...]string{"Vote", "BeginQuorumEpoch", "EndQuorumEpoch", "AlterPartition", "CreateTopics", "DeleteTopics",
	"BrokerRegistration", "JoinGroup", "SyncGroup", "LeaveGroup", "OffsetCommit", "InitProducerID"}

// saysNothing tells messages that carry news from those that only keep in touch:
// a Fetch is news when it asks further than the one before, for that is how a
// follower says what it has; its answer is when it brings records. The metadata
// log is fetched all the time, and is news only when a reader can follow it.
func (m *Model) saysNothing(msg *view.Message, pace time.Duration) bool {
	if msg.Flags&(view.MessageDoomed|view.MessageError) != 0 {
		return false
	}
	if msg.Name != "Fetch" {
		return pace > detailPace && len(msg.Items) == 0 && !slices.Contains(stories[:], msg.Name)
	}
	news := false
	for i := range msg.Items {
		it := &msg.Items[i]
		if it.Topic == "" && pace > detailPace {
			continue
		}
		if msg.Flags&view.MessageResponse != 0 {
			news = news || it.Until > it.Offset
			continue
		}
		key := fetchKey{msg.From, msg.To, it.Topic, it.Partition}
		if before, known := m.fetched[key]; known && it.Offset > before {
			news = true
		}
		m.fetched[key] = it.Offset
	}
	return !news
}

// glowAt makes the replica of an event glow.
func (m *Model) glowAt(e *view.Event) {
	switch e.Kind {
	case engine.EventAppended, engine.EventTruncated, engine.EventBecameLeader:
	default:
		return
	}
	if len(m.glows) >= glowsMax {
		return
	}
	for i := range m.glows {
		g := &m.glows[i]
		if g.Node == e.Node && g.Topic == e.Topic && g.Partition == e.Partition {
			g.Left = 1
			return
		}
	}
	m.glows = append(m.glows, glow{scene.Glow{Topic: e.Topic, Partition: e.Partition, Node: e.Node, Left: 1}})
}

// onResult tells how a command ended.
func (m *Model) onResult(r *view.Result) []Effect {
	kind := m.pending[r.ID]
	delete(m.pending, r.ID)
	if r.Reason == view.ReasonDone {
		if kind == view.CommandProduce {
			m.notice(m.t(lang.DoneProducedPlain), false)
			if r.Detail != "" {
				m.notice(m.t(lang.DoneProduced, r.Detail), false)
			}
			return []Effect{Announce{m.Notice}}
		}
		return nil
	}
	if kind == view.CommandInspect {
		m.detailFor = scene.Target{}
	}
	m.notice(m.refusal(r), true)
	return []Effect{Announce{m.Notice}}
}

// refusal puts a result's reason into words.
func (m *Model) refusal(r *view.Result) string {
	switch r.Reason {
	case view.ReasonKafka:
		return m.t(lang.RefusedKafka, engine.ErrorCode(r.Code).String())
	case view.ReasonUnknownNode:
		return m.t(lang.RefusedNode)
	case view.ReasonUnknownTopic:
		return m.t(lang.RefusedTopic)
	case view.ReasonUnknownPartition:
		return m.t(lang.RefusedPartition)
	case view.ReasonNotNow:
		return m.t(lang.RefusedNotNow)
	case view.ReasonCannot:
		return m.t(lang.RefusedCannot)
	case view.ReasonToken:
		return m.t(lang.RefusedToken)
	case view.ReasonBusy:
		return m.t(lang.RefusedBusy)
	case view.ReasonGone:
		return m.t(lang.RefusedGone)
	}
	return m.t(lang.RefusedInvalid)
}
