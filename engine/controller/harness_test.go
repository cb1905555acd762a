package controller

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// harness is a controller in a process of its own, whose Host is a log that
// commits when it is told to.
type harness struct {
	process   *engine.Process
	c         *Controller
	now       engine.Time
	image     *metadata.Image // committed
	log       []logged        // not yet committed
	next      engine.Offset
	epoch     engine.LeaderEpoch // that the log accepts
	hold      bool               // commit nothing by itself
	quiet     bool               // print no records
	timers    map[engine.Timer]engine.Time
	out       strings.Builder
	resigned  bool
	calls     int
	responses []kmsg.Response
	events    []engine.Event
}

type logged struct {
	offset engine.Offset
	epoch  engine.LeaderEpoch
	record records.Record
}

type do func(*engine.Env)

func newHarness(static config.Static, bootstrap ...records.Versioned) *harness {
	h := &harness{image: metadata.NewImage(), timers: map[engine.Timer]engine.Time{}}
	h.c = New(Config{NodeID: 3000, ClusterID: "cluster", Static: static, Bootstrap: bootstrap, Features: []metadata.FeatureRange{
		{Name: metadata.EligibleLeaderReplicasVersion, Max: 1}, {Name: "kraft.version", Min: 1, Max: 1},
		{Name: metadata.MetadataVersion, Min: 29, Max: 30}, {Name: "transaction.version", Max: 2},
	}})
	h.process = engine.NewProcess(3000, h, 1, 0)
	return h
}

func (h *harness) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Command:
		in.Body.(do)(env)
	case engine.TimerFired:
		h.c.OnTimer(env, h, in.Timer)
	}
}

// step hands in one input, then commits unless held.
func (h *harness) step(in engine.Input) {
	effects, violated := h.process.Step(h.now, engine.WallTime(h.now/1e6), in)
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
		}
	}
	if !h.hold {
		h.commit()
	}
}

func (h *harness) do(f do) { h.step(engine.Command{Body: f}) }

// commit makes everything appended so far committed.
func (h *harness) commit() {
	if len(h.log) == 0 {
		return
	}
	delta := metadata.NewDelta()
	for _, l := range h.log {
		if err := h.image.Apply(l.record, delta); err != nil {
			panic(err)
		}
		h.image.Advance(l.offset, l.epoch)
	}
	h.log = nil
	h.step(engine.Command{Body: do(func(env *engine.Env) { h.c.OnMetadata(env, h, h.image) })})
}

// advance lets time go by and fires what is due.
func (h *harness) advance(d time.Duration) {
	end := h.now.Add(d)
	for {
		var due engine.Timer
		at := end + 1
		for timer, t := range h.timers {
			if t < at || t == at && timer.Kind < due.Kind {
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

func (h *harness) lead(epoch engine.LeaderEpoch) {
	h.epoch = epoch
	h.do(func(env *engine.Env) { h.c.BecameLeader(env, h, epoch) })
}

func (h *harness) call(body kmsg.Request) {
	h.calls++
	call := Call{Request: engine.Request{Conn: engine.ConnID(h.calls)}, Body: body}
	h.do(func(env *engine.Env) {
		if !h.c.Handle(env, h, call) {
			panic("not the controller's")
		}
	})
}

// NextOffset and the others make the harness the controller's Host.
func (h *harness) NextOffset() engine.Offset { return h.next }

func (h *harness) Append(_ *engine.Env, epoch engine.LeaderEpoch, all []records.Versioned) (engine.Offset, error) {
	if epoch != h.epoch {
		return engine.NoOffset, errors.New("not the leader")
	}
	for _, r := range all {
		if !h.quiet {
			fmt.Fprintf(&h.out, "@%d %s v%d %s\n", h.next, r.Record.TypeName(), r.Version, r.Record.AppendJSON(nil, r.Version))
		}
		back, err := records.DecodeFrame(records.AppendFrame(nil, r))
		if err != nil {
			panic(err)
		}
		h.log = append(h.log, logged{h.next, epoch, back.Record})
		h.next++
	}
	return h.next - 1, nil
}

func (h *harness) Resign(*engine.Env, engine.LeaderEpoch) { h.resigned = true }

func (h *harness) KRaftVersion() int16 { return 1 }

func (h *harness) Answer(_ *engine.Env, to Call, resp kmsg.Response, code engine.ErrorCode) {
	h.responses = append(h.responses, resp)
	fmt.Fprintf(&h.out, "-> %s %s", kmsg.NameForKey(to.Body.Key()), printed(reflect.ValueOf(resp).Elem()))
	if code != engine.ErrNone {
		fmt.Fprintf(&h.out, " (all: %v)", code)
	}
	h.out.WriteByte('\n')
}

// printed spells a response: fields that are not zero, error codes by name, of
// configs their number.
func printed(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return printed(v.Elem())
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			name, f := v.Type().Field(i).Name, v.Field(i)
			if name == "Version" || name == "UnknownTags" || f.IsZero() && name != "ErrorCode" && name != "Partition" {
				continue
			}
			switch {
			case name == "ErrorCode":
				parts = append(parts, fmt.Sprint(engine.ErrorCode(f.Int())))
			case name == "Configs":
				parts = append(parts, fmt.Sprintf("configs=%d", f.Len()))
			default:
				parts = append(parts, strings.ToLower(name[:1])+name[1:]+"="+printed(f))
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, printed(v.Index(i)))
		}
		if len(parts) > 1 && v.Index(0).Kind() == reflect.Struct {
			return "[\n  " + strings.Join(parts, "\n  ") + "]"
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Array:
		var id engine.TopicID
		reflect.Copy(reflect.ValueOf(&id).Elem(), v)
		return id.String()
	case reflect.String:
		return strconv.Quote(v.String())
	}
	return fmt.Sprint(v.Interface())
}

// TestTranscripts plays the stories in testdata.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var h *harness
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "controller" {
				static := config.Static{}
				for _, a := range d.CmdArgs {
					if a.Key != "quiet" && a.Key != "without-elr" {
						static = static.With(a.Key, a.Vals[0])
					}
				}
				h = newHarness(static)
				if d.HasArg("without-elr") {
					h = newHarness(static, BootstrapRecords()[0])
				}
				h.quiet = d.HasArg("quiet")
				h.lead(1)
				h.quiet = false
			} else {
				h.run(t, d)
			}
			out := h.out.String()
			h.out.Reset()
			return out
		})
	})
}

func (h *harness) run(t *testing.T, d *datadriven.TestData) {
	h.quiet = d.HasArg("quiet")
	defer func() { h.quiet = false }()
	switch d.Cmd {
	case "advance":
		span, err := time.ParseDuration(text(t, d, "for"))
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		h.advance(span)
	case "hold":
		h.hold = true
	case "events": // since the last time
		for _, e := range h.events {
			fmt.Fprintf(&h.out, "%s %s-%d peer=%d epoch=%d nodes=%v count=%d code=%d\n",
				eventName(e.Kind), e.Topic, e.Partition, e.Peer, e.Epoch, e.Nodes, e.Count, e.Code)
		}
		h.events = nil
	case "commit":
		h.hold = false
		h.commit()
	case "lose": // another node leads: what was not committed is gone
		h.log, h.hold = nil, false
		h.next = h.image.Offset() + 1
		h.do(func(env *engine.Env) { h.c.Resigned(env, h) })
	case "lead":
		h.lead(engine.LeaderEpoch(number(t, d, "epoch")))
	case "depose": // the quorum has another leader, but the controller was not told yet
		h.epoch = 99
	case "brokers":
		for _, id := range h.image.BrokerIDs() {
			b := h.image.Broker(id)
			fmt.Fprintf(&h.out, "broker %d epoch=%d fenced=%t inControlledShutdown=%t\n", id, b.Epoch, b.Fenced, b.InControlledShutdown)
		}
	case "topic":
		h.printTopic(text(t, d, "name"))
	default:
		body := request(t, d, h)
		if d.HasArg("version") {
			body.SetVersion(int16(number(t, d, "version")))
		} else {
			body.SetVersion(body.MaxVersion())
		}
		h.call(body)
	}
}

func eventName(kind engine.EventKind) string {
	switch kind {
	case engine.EventControllerActive:
		return "ControllerActive"
	case engine.EventControllerResigned:
		return "ControllerResigned"
	case engine.EventBrokerRegistered:
		return "BrokerRegistered"
	case engine.EventBrokerFenced:
		return "BrokerFenced"
	case engine.EventBrokerUnfenced:
		return "BrokerUnfenced"
	case engine.EventBrokerShuttingDown:
		return "BrokerShuttingDown"
	case engine.EventLeaderElected:
		return "LeaderElected"
	case engine.EventISRChanged:
		return "ISRChanged"
	case engine.EventTopicCreated:
		return "TopicCreated"
	case engine.EventTopicDeleted:
		return "TopicDeleted"
	case engine.EventRefused:
		return "Refused"
	case engine.EventELRChanged:
		return "ELRChanged"
	case engine.EventReassignment:
		return "Reassignment"
	}
	return fmt.Sprint("event ", int(kind))
}

func (h *harness) printTopic(name string) {
	topic := h.image.Topic(name)
	if topic == nil {
		fmt.Fprintf(&h.out, "no topic %s\n", name)
		return
	}
	for i, p := range topic.Partitions {
		fmt.Fprintf(&h.out, "%s-%d replicas=%v isr=%v leader=%d leaderEpoch=%d partitionEpoch=%d",
			name, i, p.Replicas, p.ISR, p.Leader, p.LeaderEpoch, p.PartitionEpoch)
		if len(p.ELR) > 0 || len(p.LastKnownELR) > 0 {
			fmt.Fprintf(&h.out, " elr=%v lastKnownELR=%v", p.ELR, p.LastKnownELR)
		}
		if len(p.AddingReplicas) > 0 || len(p.RemovingReplicas) > 0 {
			fmt.Fprintf(&h.out, " adding=%v removing=%v", p.AddingReplicas, p.RemovingReplicas)
		}
		if p.LeaderRecoveryState != 0 {
			fmt.Fprintf(&h.out, " recovering")
		}
		h.out.WriteByte('\n')
	}
	for _, key := range h.image.ConfigKeys(config.TopicResource(name)) {
		value, _ := h.image.Config(config.TopicResource(name), key)
		fmt.Fprintf(&h.out, "%s %s=%s\n", name, key, value)
	}
}

func has(d *datadriven.TestData, key string) bool { return d.HasArg(key) }

func text(t *testing.T, d *datadriven.TestData, key string) string {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			return strings.Join(a.Vals, ",")
		}
	}
	d.Fatalf(t, "no %s", key)
	return ""
}

func number(t *testing.T, d *datadriven.TestData, key string) int64 {
	n, err := strconv.ParseInt(text(t, d, key), 10, 64)
	if err != nil {
		d.Fatalf(t, "%s: %v", key, err)
	}
	return n
}

func numberOr(t *testing.T, d *datadriven.TestData, key string, otherwise int64) int64 {
	if has(d, key) {
		return number(t, d, key)
	}
	return otherwise
}

func nodes(list string) []int32 {
	var out []int32
	for _, s := range strings.Split(list, ",") {
		if n, err := strconv.Atoi(s); err == nil {
			out = append(out, int32(n))
		}
	}
	return out
}

// epochOf gives the broker epoch the command names, or the one registered.
func (h *harness) epochOf(t *testing.T, d *datadriven.TestData) int64 {
	if !has(d, "epoch") {
		if b := h.image.Broker(engine.NodeID(number(t, d, "broker"))); b != nil {
			return int64(b.Epoch)
		}
	}
	return numberOr(t, d, "epoch", -1)
}

// directory gives a directory id whose last bytes are the word's.
func directory(word string) (id [16]byte) {
	if n, err := strconv.Atoi(word); err == nil {
		id[15] = byte(n)
		return id
	}
	copy(id[:], word)
	return id
}
