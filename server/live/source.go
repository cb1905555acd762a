package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/view"
	"bitacora/server/hub"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Source shows a running cluster to viewers, and carries their commands out. It is
// the hub's Source and Faults.
type Source struct {
	*Cluster
	program string

	mu        sync.Mutex
	assembler view.Assembler
	observers map[engine.NodeID]*view.Observer
	since     map[engine.NodeID]engine.Time
	states    map[engine.NodeID]State
	clients   map[int16]*kgo.Client // by acks: for topics and records that a person makes
}

// NewSource makes the source of a cluster; program is its version.
func NewSource(c *Cluster, program string) *Source {
	return &Source{
		Cluster: c, program: program, observers: map[engine.NodeID]*view.Observer{},
		since: map[engine.NodeID]engine.Time{}, states: map[engine.NodeID]State{},
	}
}

// Hello says what the source is and can do.
func (s *Source) Hello() view.Hello {
	return view.Hello{
		Source:    view.SourceLive,
		Can:       view.CanFault | view.CanTopic | view.CanProduce | view.CanClients | view.CanInspect,
		ClusterID: s.plan[0].Config.ClusterID, Program: s.program,
	}
}

// Watch tells whether anybody looks.
func (s *Source) Watch(on bool) {
	if !on {
		s.watching.Store(nil)
		s.Cluster.Watch(nil)
		return
	}
	w := &watch{rest: map[trafficKey]*view.Traffic{}}
	s.watching.Store(w)
	s.Cluster.Watch(w)
}

// Take gives what happened since the last Take.
func (s *Source) Take(limit int) hub.Happened {
	if w := s.watching.Load(); w != nil {
		return w.take(limit)
	}
	return hub.Happened{}
}

// Healthy says whether every broker serves.
func (s *Source) Healthy() bool {
	ok, _ := s.Serving()
	return ok
}

// State is the whole picture now: each process draws its part on its own
// goroutine.
func (s *Source) State() view.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	nodes := s.Nodes()
	reports := make([]*view.Report, len(nodes))
	var wg sync.WaitGroup
	for i, id := range nodes {
		o := s.observers[id]
		if o == nil {
			o = &view.Observer{}
			s.observers[id] = o
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			s.Cluster.Do(id, func(p *engine.Process) { reports[i] = s.report(id, p, o) })
		}()
	}
	wg.Wait()
	for _, r := range reports {
		if r != nil {
			s.assembler.Report(r)
		}
	}
	return s.assembler.State(s.now(), engine.WallTime(time.Now().UnixMilli()),
		view.Clock{Playing: true, Pace: time.Second}, s.processesNow(nodes), s.cutsNow())
}

func (s *Source) report(id engine.NodeID, p *engine.Process, o *view.Observer) *view.Report {
	now, wall := s.now(), engine.WallTime(time.Now().UnixMilli())
	if n, ok := p.Node.(*cluster.Server); ok {
		return o.Server(id, now, wall, n.Quorum(), n.Controller(), n.Broker(), p.Requests())
	}
	return view.ClientReport(id, p.Node)
}

// processesNow lists the servers, then the clients, sorted by id.
func (s *Source) processesNow(nodes []engine.NodeID) []view.Process {
	var out []view.Process
	for _, id := range nodes {
		state, _ := s.Status(id)
		if state != s.states[id] {
			s.states[id], s.since[id] = state, s.now()
		}
		out = append(out, s.processNow(id, state))
	}
	return append(out, s.externalsNow()...)
}

func (s *Source) processNow(id engine.NodeID, state State) view.Process {
	s.Cluster.mu.Lock()
	defer s.Cluster.mu.Unlock()
	slot := s.processes[id]
	p := view.Process{
		ID: id, Since: s.since[id], Life: int32(max(slot.life-1, 0)), Status: statusOf(state),
		Halted: slot.halted, Halt: slot.halt,
	}
	if slot.client != nil {
		p.Roles, p.Name = view.RoleClient, slot.client.name
		return p
	}
	cfg := &slot.planned.Config
	if cfg.Broker {
		p.Roles |= view.RoleBroker
	}
	if cfg.Controller {
		p.Roles |= view.RoleController
	}
	if len(slot.planned.Listeners) > 0 {
		p.Host, p.Port = slot.planned.Listeners[0].Host, slot.planned.Listeners[0].Port
	}
	return p
}

func statusOf(s State) view.Status {
	return [...]view.Status{Running: view.Running, Paused: view.Paused, Dead: view.Dead}[s]
}

// externalsNow lists the clients that are connected by TCP.
func (s *Source) externalsNow() []view.Process {
	s.externals.mu.Lock()
	defer s.externals.mu.Unlock()
	var out []view.Process
	for id, n := range s.externals.connected {
		if n > 0 {
			out = append(out, view.Process{ID: id, Roles: view.RoleClient, External: true, Name: s.externals.names[id]})
		}
	}
	slices.SortFunc(out, func(a, b view.Process) int { return int(a.ID) - int(b.ID) })
	return out
}

func (s *Source) cutsNow() []view.Link {
	s.Cluster.mu.Lock()
	defer s.Cluster.mu.Unlock()
	var out []view.Link
	for link := range s.cut {
		out = append(out, view.Link{From: link[0], To: link[1]})
	}
	slices.SortFunc(out, func(a, b view.Link) int {
		if a.From != b.From {
			return int(a.From) - int(b.From)
		}
		return int(a.To) - int(b.To)
	})
	return out
}

// Do carries out a viewer's command.
func (s *Source) Do(ctx context.Context, c *view.Command) view.Packet {
	ctx, cancel := context.WithTimeout(ctx, doneWithin)
	defer cancel()
	switch c.Kind {
	case view.CommandKill:
		return resultOf(s.Kill(c.Node))
	case view.CommandRestart:
		return resultOf(s.Restart(c.Node))
	case view.CommandFreeze:
		return resultOf(s.Pause(c.Node))
	case view.CommandThaw:
		return resultOf(s.Resume(c.Node))
	case view.CommandCut:
		return resultOf(s.Cut(c.Node, c.Peer))
	case view.CommandHeal:
		return resultOf(s.Heal(c.Node, c.Peer))
	case view.CommandFault:
		return resultOf(s.Fault(c.FaultOf()))
	case view.CommandInspect:
		return s.inspect(c)
	case view.CommandCreateTopic:
		return s.createTopic(ctx, c)
	case view.CommandProduce:
		return s.produce(ctx, c)
	case view.CommandStartProducer, view.CommandStopProducer, view.CommandStartConsumer, view.CommandStopConsumer:
		return resultOf(s.doClient(c))
	}
	return &view.Result{Reason: view.ReasonCannot}
}

func resultOf(err error) *view.Result {
	switch {
	case err == nil:
		return &view.Result{Reason: view.ReasonDone}
	case errors.Is(err, ErrNoNode):
		return &view.Result{Reason: view.ReasonUnknownNode}
	case errors.Is(err, ErrInvalid):
		return &view.Result{Reason: view.ReasonInvalid, Detail: err.Error()}
	}
	return &view.Result{Reason: view.ReasonNotNow, Detail: err.Error()}
}

func (s *Source) inspect(c *view.Command) view.Packet {
	var found *view.Detail
	ok := s.Cluster.Do(c.Node, func(p *engine.Process) {
		if n, server := p.Node.(*cluster.Server); server {
			found = view.Inspect(c, n.Quorum(), n.Broker())
		}
	})
	switch {
	case !ok:
		return &view.Result{Reason: view.ReasonNotNow}
	case found == nil:
		return &view.Result{Reason: view.ReasonGone}
	}
	return found
}

// client is a Kafka client of our own, for what a person does by hand.
func (s *Source) client(acks int16) (*kgo.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cl := s.clients[acks]; cl != nil {
		return cl, nil
	}
	var seeds []string
	for _, a := range s.Brokers() {
		seeds = append(seeds, net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port))))
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(seeds...), kgo.ClientID("bitacora-page"), kgo.RecordDeliveryTimeout(doneWithin),
		kgo.RecordPartitioner(byHand{kgo.StickyKeyPartitioner(nil)}), kgo.Dialer(s.dialHere),
	}
	switch acks {
	case acksAll:
	case 1: // an idempotent producer must ask for all
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	case 0:
		options = append(options, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	default:
		return nil, fmt.Errorf("acks %d: %w", acks, ErrInvalid)
	}
	cl, err := kgo.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("a client for the page: %w", err)
	}
	if s.clients == nil {
		s.clients = map[int16]*kgo.Client{}
	}
	s.clients[acks] = cl
	return cl, nil
}

// acksAll is acks=all, as commands and requests carry it.
const acksAll int16 = -1

// dialHere reaches brokers where they listen: the host that clients are told of may
// be one that only other machines know.
func (s *Source) dialHere(ctx context.Context, network, addr string) (net.Conn, error) {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == s.cfg.Advertise {
		here := s.cfg.Bind
		if ip := net.ParseIP(here); ip != nil && ip.IsUnspecified() {
			here = loopback
		}
		addr = net.JoinHostPort(here, port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// byHand lets a record name its partition, and its key decide where it does not.
type byHand struct{ kgo.Partitioner }

func (b byHand) ForTopic(topic string) kgo.TopicPartitioner {
	return byHandTopic{b.Partitioner.ForTopic(topic)}
}

type byHandTopic struct{ kgo.TopicPartitioner }

func (b byHandTopic) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || b.TopicPartitioner.RequiresConsistency(r)
}

func (b byHandTopic) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return b.TopicPartitioner.Partition(r, n)
}

func (s *Source) createTopic(ctx context.Context, c *view.Command) view.Packet {
	cl, err := s.client(acksAll)
	if err != nil {
		return resultOf(err)
	}
	resp, err := kadm.NewClient(cl).CreateTopic(ctx, c.Partitions, c.Factor, nil, c.Topic)
	return kafkaResult(err, resp.ErrMessage)
}

func (s *Source) produce(ctx context.Context, c *view.Command) view.Packet {
	cl, err := s.client(c.Acks)
	if err != nil {
		return resultOf(err)
	}
	r := &kgo.Record{Topic: c.Topic, Partition: c.Partition, Key: c.Key, Value: c.Value}
	if c.NullKey {
		r.Key = nil
	}
	if c.NullValue {
		r.Value = nil
	}
	if err := cl.ProduceSync(ctx, r).FirstErr(); err != nil {
		return kafkaResult(err, "")
	}
	at := engine.Offset(r.Offset)
	if c.Acks == 0 {
		at = engine.NoOffset // nobody said where it went
	}
	return &view.Result{Reason: view.ReasonDone, Detail: view.Place(r.Topic, r.Partition, at)}
}

func kafkaResult(err error, message string) *view.Result {
	var kafka *kerr.Error
	switch {
	case err == nil:
		return &view.Result{Reason: view.ReasonDone}
	case errors.As(err, &kafka):
		return &view.Result{Reason: view.ReasonKafka, Code: kafka.Code, Detail: message}
	}
	return &view.Result{Reason: view.ReasonNotNow, Detail: err.Error()}
}

// End ends what the source opened; the cluster goes on.
func (s *Source) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, cl := range s.clients {
		cl.Close()
	}
}
