package group

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// harness is a coordinator in a process of its own, over logs in memory that
// commit at once unless they are held.
type harness struct {
	process *engine.Process
	c       *Coordinator
	now     engine.Time
	image   *metadata.Image
	logs    map[int32]*memoryLog
	hold    bool             // the high watermark stands still
	quiet   bool             // print no records
	refuses engine.ErrorCode // appends
	timers  map[engine.Timer]engine.Time
	asked   map[engine.ConnID]question
	ids     map[string]string // a member's name in the story -> its id
	names   map[string]string // and back
	events  []engine.Event
	out     strings.Builder
}

type question struct {
	who string
	at  engine.Time
}

type memoryLog struct {
	bytes []byte
	end   engine.Offset
	hw    engine.Offset
	epoch engine.LeaderEpoch
}

type do func(*engine.Env)

// wallStart keeps time stamps of records apart from the monotonic clock.
const wallStart = 1_700_000_000_000

func newHarness(partitions int, cfg Config) *harness {
	h := &harness{
		image: metadata.NewImage(), logs: map[int32]*memoryLog{}, timers: map[engine.Timer]engine.Time{},
		asked: map[engine.ConnID]question{}, ids: map[string]string{}, names: map[string]string{},
	}
	h.c = New(cfg, h)
	h.process = engine.NewProcess(1, h, 1, 0)
	for p := range partitions {
		h.logs[int32(p)] = &memoryLog{}
	}
	h.createTopic(OffsetsTopic, 9, partitions)
	h.createTopic("orders", 1, 3)
	h.createTopic("payments", 2, 1)
	h.do(h.c.Start)
	return h
}

func (h *harness) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Command:
		in.Body.(do)(env)
	case engine.TimerFired:
		if !h.c.OnInput(env, in) {
			panic("not the coordinator's")
		}
	case engine.Request:
		h.c.HandleRequest(env, in)
	}
}

func (h *harness) wall() engine.WallTime { return wallStart + engine.WallTime(h.now/1e6) }

func (h *harness) step(in engine.Input) {
	effects, violated := h.process.Step(h.now, h.wall(), in)
	if violated != nil {
		panic(violated)
	}
	for _, e := range effects {
		switch e.Kind {
		case engine.EffectSetTimer:
			h.timers[e.Timer] = e.At
		case engine.EffectCancelTimer:
			delete(h.timers, e.Timer)
		case engine.EffectTrace:
			h.events = append(h.events, *e.Event)
		case engine.EffectReply:
			h.answered(e)
		}
	}
	if !h.hold {
		h.commit()
	}
}

func (h *harness) do(f do) { h.step(engine.Command{Body: f}) }

// commit moves the high watermarks to the logs' ends.
func (h *harness) commit() {
	for p := range int32(len(h.logs)) {
		if l := h.logs[p]; l.hw < l.end {
			l.hw = l.end
			h.do(func(env *engine.Env) { h.c.OnHighWatermark(env, p, l.hw) })
		}
	}
}

func (h *harness) advance(d time.Duration) {
	end := h.now.Add(d)
	for {
		var due engine.Timer
		at := end + 1
		for timer, t := range h.timers {
			if t < at || t == at && before(timer, due) {
				due, at = timer, t
			}
		}
		if at > end {
			break
		}
		delete(h.timers, due)
		h.now = max(h.now, at)
		h.step(engine.TimerFired{Timer: due})
	}
	h.now = end
}

func before(a, b engine.Timer) bool {
	return slices.Compare([]int64{int64(a.Kind), a.Key, a.Sub}, []int64{int64(b.Kind), b.Key, b.Sub}) < 0
}

func (h *harness) createTopic(name string, id byte, partitions int) {
	all := []records.Record{&records.TopicRecord{Name: name, TopicID: engine.TopicID{id}}}
	for p := range partitions {
		r := records.NewPartitionRecord()
		r.TopicID, r.PartitionID = engine.TopicID{id}, int32(p)
		r.Replicas, r.ISR, r.Directories = []engine.NodeID{1}, []engine.NodeID{1}, make([][16]byte, 1)
		r.Leader = 1
		all = append(all, &r)
	}
	h.apply(all...)
}

func (h *harness) apply(all ...records.Record) {
	delta := metadata.NewDelta()
	for _, r := range all {
		if err := h.image.Apply(r, delta); err != nil {
			panic(err)
		}
	}
	h.do(func(env *engine.Env) { h.c.OnMetadata(env, delta, h.image) })
}

// AppendOffsets and the others make the harness the coordinator's Log.
func (h *harness) AppendOffsets(_ *engine.Env, partition int32, epoch engine.LeaderEpoch, b batch.Batch) (Appended, engine.ErrorCode) {
	l := h.logs[partition]
	if h.refuses != engine.ErrNone {
		return Appended{}, h.refuses
	}
	if epoch != l.epoch {
		return Appended{}, engine.ErrNotLeaderOrFollower
	}
	b.SetBaseOffset(l.end)
	b.SetCRC()
	if !h.quiet {
		h.printBatch(b)
	}
	l.bytes = append(l.bytes, b...)
	l.end = b.NextOffset()
	return Appended{End: l.end}, engine.ErrNone
}

func (h *harness) ReadOffsets(_ *engine.Env, partition int32, from engine.Offset, _ int) ([]byte, engine.ErrorCode) {
	it := batch.Iterate(h.logs[partition].bytes)
	for it.Next() {
		if it.Batch().BaseOffset() == from {
			return it.Batch(), engine.ErrNone // one a step: loading takes several
		}
	}
	return nil, engine.ErrNone
}

func (h *harness) OffsetsBounds(partition int32) (start, highWatermark engine.Offset) {
	return 0, h.logs[partition].hw
}

func (h *harness) printBatch(b batch.Batch) {
	for it := b.Iterate(nil); it.Next(); {
		r := it.Record()
		var offset kmsg.OffsetCommitKey
		var group kmsg.GroupMetadataKey
		switch {
		case offset.ReadFrom(r.Key) == nil && offset.Version < groupKeyVersion:
			fmt.Fprintf(&h.out, "@%d offset v%d %s %s-%d: ", r.Offset, offset.Version, offset.Group, offset.Topic, offset.Partition)
			var v kmsg.OffsetCommitValue
			if r.Value != nil && v.ReadFrom(r.Value) == nil {
				fmt.Fprintf(&h.out, "v%d offset=%d epoch=%d metadata=%.20q topic=%v\n", v.Version, v.Offset, v.LeaderEpoch, v.Metadata, engine.TopicID(v.TopicID))
				continue
			}
		case group.ReadFrom(r.Key) == nil:
			fmt.Fprintf(&h.out, "@%d group v%d %s: ", r.Offset, group.Version, group.Group)
			var v kmsg.GroupMetadataValue
			if r.Value != nil && v.ReadFrom(r.Value) == nil {
				fmt.Fprintf(&h.out, "v%d type=%q generation=%d protocol=%q leader=%s", v.Version, v.ProtocolType, v.Generation, deref(v.Protocol), h.name(deref(v.Leader)))
				for _, m := range v.Members {
					fmt.Fprintf(&h.out, " %s:%s", h.name(m.MemberID), m.Assignment)
				}
				h.out.WriteByte('\n')
				continue
			}
		}
		fmt.Fprintf(&h.out, "tombstone\n")
	}
}

func (h *harness) ask(who string, body kmsg.Request) {
	conn := engine.ConnID(2 * (len(h.asked) + 1))
	h.asked[conn] = question{who, h.now}
	h.step(engine.Request{Conn: conn, ClientID: who, ClientHost: "127.0.0.1", Body: body})
}

// answered prints an answer and learns the member id in it.
func (h *harness) answered(e engine.Effect) {
	q, ok := h.asked[e.Conn]
	if !ok {
		panic("answered twice")
	}
	h.asked[e.Conn] = question{who: "(answered)"}
	if q.who == "(answered)" {
		panic("answered twice")
	}
	if j, ok := e.Response.(*kmsg.JoinGroupResponse); ok && j.MemberID != "" && h.names[j.MemberID] == "" && len(j.MemberID) > 36 {
		h.ids[q.who], h.names[j.MemberID] = j.MemberID, q.who
	}
	if len(e.Response.AppendTo(nil)) == 0 {
		panic("an answer that cannot be encoded")
	}
	fmt.Fprintf(&h.out, "%s <- %s", q.who, kmsg.NameForKey(e.Response.Key()))
	if waited := h.now.Sub(q.at); waited > 0 {
		fmt.Fprintf(&h.out, " after %v", waited)
	}
	fmt.Fprintf(&h.out, " %s\n", h.printed(reflect.ValueOf(e.Response).Elem()))
}

// name gives the story's name of a member id.
func (h *harness) name(id string) string {
	if n := h.names[id]; n != "" {
		return "<" + n + ">"
	}
	return strconv.Quote(id)
}

// printed spells a response: fields that are not zero, error codes by name, member
// ids by the story's names.
func (h *harness) printed(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return h.printed(v.Elem())
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			name, f := v.Type().Field(i).Name, v.Field(i)
			if name == "Version" || name == "UnknownTags" || f.IsZero() && name != "ErrorCode" && name != "Partition" {
				continue
			}
			if name == "ErrorCode" {
				parts = append(parts, fmt.Sprint(engine.ErrorCode(f.Int())))
				continue
			}
			parts = append(parts, strings.ToLower(name[:1])+name[1:]+"="+h.printed(f))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case reflect.Slice:
		if b, ok := v.Interface().([]byte); ok {
			return strconv.Quote(string(b))
		}
		var parts []string
		for i := range v.Len() {
			parts = append(parts, h.printed(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Array:
		var id engine.TopicID
		reflect.Copy(reflect.ValueOf(&id).Elem(), v)
		return id.String()
	case reflect.String:
		return h.name(v.String())
	}
	return fmt.Sprint(v.Interface())
}

// TestTranscripts plays the stories in testdata.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var h *harness
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			a := arguments{t, d}
			if d.Cmd == "coordinator" {
				cfg := Default()
				if v, ok := a.word("retention"); ok {
					cfg.OffsetRetention = a.span(v)
				}
				h = newHarness(int(a.number("partitions", 1)), cfg)
				if !d.HasArg("idle") {
					h.elect(0)
				}
			} else {
				h.quiet = d.HasArg("quiet")
				h.run(a)
			}
			out := h.out.String()
			h.out.Reset()
			return out
		})
	})
}

func (h *harness) elect(epoch engine.LeaderEpoch) {
	for p := range int32(len(h.logs)) {
		h.logs[p].epoch = epoch
		h.do(func(env *engine.Env) { h.c.OnElected(env, p, epoch) })
	}
	h.advance(0)
}

func (h *harness) run(a arguments) {
	switch a.d.Cmd {
	case "advance":
		v, _ := a.word("for")
		h.advance(a.span(v))
	case "hold":
		h.hold = true
	case "release":
		h.hold = false
		h.commit()
	case "refuse": // what the log answers from now on
		h.refuses = engine.ErrorCode(a.number("code", 0))
	case "elect":
		h.elect(engine.LeaderEpoch(a.number("epoch", 0)))
	case "load-slowly": // elected, and the first piece not yet read
		h.logs[0].epoch = engine.LeaderEpoch(a.number("epoch", 0))
		h.do(func(env *engine.Env) { h.c.OnElected(env, 0, h.logs[0].epoch) })
	case "resign":
		h.do(func(env *engine.Env) { h.c.OnResigned(env, int32(a.number("partition", 0))) })
	case "lose": // whatever the followers did not have is gone
		l := h.logs[0]
		var kept []byte
		for it := batch.Iterate(l.bytes); it.Next() && it.Batch().BaseOffset() < l.hw; {
			kept = append(kept, it.Batch()...)
		}
		l.bytes, l.end = kept, l.hw
	case "delete-topic":
		h.apply(&records.RemoveTopicRecord{TopicID: engine.TopicID{byte(a.number("id", 0))}})
	case "create-topic":
		name, _ := a.word("name")
		h.createTopic(name, byte(a.number("id", 0)), 1)
	case "state":
		for _, g := range h.c.Groups() {
			fmt.Fprintf(&h.out, "%s %v generation=%d members=%d offsets=%d\n", g.Name, g.State, g.Generation, len(g.Members), len(g.Offsets))
		}
	case "events":
		for _, e := range h.events {
			fmt.Fprintf(&h.out, "%s\n", h.event(e))
		}
		h.events = nil
	default:
		h.ask(a.who(), h.request(a))
	}
}

func (h *harness) event(e engine.Event) string {
	switch e.Kind {
	case engine.EventGroupState:
		return fmt.Sprintf("%s is %v generation=%d members=%d", e.Name, State(e.Code), e.Epoch, e.Count)
	case engine.EventMemberJoined:
		return fmt.Sprintf("%s joined %s", h.name(e.Detail), e.Name)
	case engine.EventMemberLeft:
		return fmt.Sprintf("%s left %s why=%d", h.name(e.Detail), e.Name, e.Code)
	case engine.EventOffsetCommitted:
		return fmt.Sprintf("%s committed %s-%d %d", e.Name, e.Topic, e.Partition, e.Offset)
	case engine.EventCoordinatorLoaded:
		return fmt.Sprintf("loaded partition %d epoch=%d groups=%d", e.Partition, e.Epoch, e.Count)
	}
	return fmt.Sprint("event ", e.Kind)
}
