package scenarios

import (
	"crypto/sha256"
	"fmt"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
	"bitacora/engine/view"
)

// look is how often the script looks at the world, in virtual time. It looks
// between two instants and never within one, so that how a run is cut into slices
// changes nothing.
const look = 10 * time.Millisecond

// WithinDefault bounds a wait that names no bound.
const WithinDefault = time.Minute

// Progress says what a call of Runner.Step did.
type Progress uint8

// What a call of Step did.
const (
	Moved     Progress = iota // something happened
	StepBegun                 // a step's actions are about to happen
	StepEnded                 // a step's outcome is there
	Finished                  // nothing: the lesson is over
)

// Outcome is how a step went.
type Outcome struct {
	Step     string
	Begun    engine.Time
	Ended    engine.Time
	TimedOut bool    // what it waited for did not come
	Waited   []Check // what it waited for, as it was in the end
	Expected []Check
}

// Held says whether the step went as the lesson has it.
func (o *Outcome) Held() bool {
	if o.TimedOut {
		return false
	}
	for _, c := range o.Expected {
		if !c.Held {
			return false
		}
	}
	return true
}

// Runner plays one scenario. It is a sim.Observer of its own world.
type Runner struct {
	scenario   *Scenario
	sim        *sim.Sim
	servers    []engine.NodeID
	ledgers    map[engine.NodeID]*ledger
	groupRead  map[groupPlace]bool
	remembered map[string]Value
	truncated  map[copyOf]int64
	codecs     batch.Codecs
	watcher    sim.Observer

	next     engine.Time // when the script looks again
	step     int
	acting   bool // the step's actions are done
	begun    engine.Time
	finished bool
	outcomes []Outcome
}

// NewRunner makes the world of a scenario. Seed 0 is the scenario's own.
func NewRunner(sc *Scenario, seed uint64) (*Runner, error) {
	if seed == 0 {
		seed = sc.Seed
	}
	spec := cluster.Spec{
		Brokers: sc.Cluster.Brokers, Controllers: sc.Cluster.Controllers, Combined: sc.Cluster.Combined,
		Properties: properties(sc.Cluster.Properties),
	}
	s, err := sim.NewCluster(sim.Config{Seed: seed}, spec)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", sc.Name, err)
	}
	r := &Runner{
		scenario: sc, sim: s, servers: s.Nodes(),
		ledgers: map[engine.NodeID]*ledger{}, groupRead: map[groupPlace]bool{}, remembered: map[string]Value{},
		truncated: map[copyOf]int64{},
		next:      engine.Time(look),
	}
	s.SetObserver(r)
	for i := range sc.Clients {
		if err := r.addClient(&sc.Clients[i]); err != nil {
			return nil, fmt.Errorf("scenario %s: client %s: %w", sc.Name, sc.Clients[i].Name, err)
		}
	}
	return r, nil
}

func properties(all []Property) map[string]string {
	out := make(map[string]string, len(all))
	for _, p := range all {
		out[p.Key] = p.Value
	}
	return out
}

func (r *Runner) addClient(c *Client) error {
	id, _ := r.scenario.Client(c.Name)
	r.ledgers[id] = &ledger{group: c.Group, next: map[engine.TopicPartition]engine.Offset{}}
	var bootstrap []engine.Addr
	for i := range r.scenario.Cluster.Brokers {
		bootstrap = append(bootstrap, sim.BrokerAddr(engine.NodeID(i+1)))
	}
	if c.Kind == Consumer {
		cfg := client.DefaultConsumer(c.Name, c.Group, bootstrap...)
		cfg.ProcessTime = c.Process
		if err := cfg.Set(properties(c.Properties)); err != nil {
			return err
		}
		return r.sim.AddConsumer(id, cfg)
	}
	cfg := client.DefaultProducer(c.Name, bootstrap...)
	if err := cfg.Set(properties(c.Properties)); err != nil {
		return err
	}
	return r.sim.AddProducer(id, cfg)
}

// Sim is the world, to look at and to drive by hand between two steps.
func (r *Runner) Sim() *sim.Sim { return r.sim }

// Scenario is what is played.
func (r *Runner) Scenario() *Scenario { return r.scenario }

// Watch makes o see all events from now on, beside the runner.
func (r *Runner) Watch(o sim.Observer) { r.watcher = o }

// Outcomes lists how the steps went so far.
func (r *Runner) Outcomes() []Outcome { return r.outcomes }

// Current is the index of the step that is under way or comes next.
func (r *Runner) Current() int { return r.step }

// Finished says that the lesson is over.
func (r *Runner) Finished() bool { return r.finished }

func (r *Runner) now() engine.Time { return max(r.next.Add(-look), r.sim.Now()) }

// Step does the next thing: one input of the world, or one look of the script.
func (r *Runner) Step() Progress {
	if r.finished {
		return Finished
	}
	if r.sim.Violation() != nil {
		r.finished = true
		return Finished
	}
	for r.next < r.sim.Now() { // a hand drove the world meanwhile
		r.next = r.next.Add(look)
	}
	if at, some := r.sim.Next(); some && at < r.next {
		r.sim.Step()
		return Moved
	}
	did := r.look()
	r.next = r.next.Add(look)
	return did
}

// look lets the script see the world as it is just before r.next, and act at r.next.
func (r *Runner) look() Progress {
	if r.step == len(r.scenario.Steps) {
		r.finished = true
		return Finished
	}
	st := &r.scenario.Steps[r.step]
	if !r.acting {
		r.acting, r.begun = true, r.next
		for i := range st.Do {
			r.act(&st.Do[i])
		}
		return StepBegun
	}
	waited, held := r.checkAll(st.Until)
	within := st.Within
	if within == 0 {
		within = st.For + WithinDefault
	}
	took := r.next.Sub(r.begun)
	timedOut := took >= within && (!held || took < st.For)
	if (!held || took < st.For) && !timedOut {
		return Moved
	}
	o := Outcome{Step: st.Name, Begun: r.begun, Ended: r.next, TimedOut: timedOut, Waited: waited}
	o.Expected, _ = r.checkAll(st.Expect)
	r.outcomes = append(r.outcomes, o)
	r.step, r.acting = r.step+1, false
	if timedOut || r.step == len(r.scenario.Steps) {
		r.finished = true // what was to follow stands on what did not come
	}
	return StepEnded
}

func (r *Runner) act(a *Action) {
	switch a.Verb {
	case Remember:
		r.remembered[a.Name] = r.value(&a.Value)
		return
	case Start, Stop, Close:
		id, c := r.scenario.Client(a.Client)
		r.sim.At(r.next, sim.Action{Kind: sim.ActCommand, Node: id, Body: command(c, a.Verb)})
		return
	}
	node, peer := r.value(&a.Node), r.value(&a.Peer)
	if !node.Known {
		return // the expectations will say what came of it
	}
	action, err := view.ParseFaultAction(a.Verb.String())
	if err != nil {
		return
	}
	// What cannot be (a link of a server to itself, where a lesson names all brokers;
	// a copy that is not there) is left alone: the expectations will say.
	act, err := r.sim.ActionOf(view.Fault{
		Action: action, Node: engine.NodeID(node.Number), Peer: engine.NodeID(peer.Number), By: a.By,
		Topic: a.Partition.Topic, Partition: a.Partition.Partition, Offset: engine.NoOffset,
	})
	if err == nil {
		r.sim.At(r.next, act)
	}
}

// command is what a client is told.
func command(c *Client, v Verb) any {
	switch {
	case v == Close:
		return client.CloseClient{}
	case v == Stop && c.Kind == Producer:
		return client.StopProducing{}
	case v == Stop:
		return client.Unsubscribe{}
	case c.Kind == Consumer:
		return client.Subscribe{Topics: []string{c.Topic}}
	}
	return client.StartProducing{
		Topic: c.Topic, Partition: -1, Interval: c.Every, KeySpace: c.Keys, ValueBytes: c.ValueBytes, Count: c.Count,
	}
}

func (r *Runner) recall(name string) Value { return r.remembered[name] }

// Result is a whole run.
type Result struct {
	Scenario  string
	Seed      uint64
	Outcomes  []Outcome
	Violation *engine.Violation // a broken invariant of the engine, if there was one
	Ended     engine.Time
	Handled   uint64 // inputs that nodes handled
	TraceHash [sha256.Size]byte
}

// Held says whether everything went as the lesson has it.
func (r *Result) Held(steps int) bool {
	for i := range r.Outcomes {
		if !r.Outcomes[i].Held() {
			return false
		}
	}
	return r.Violation == nil && len(r.Outcomes) == steps
}

// Run plays a scenario to its end. Seed 0 is the scenario's own.
func Run(sc *Scenario, seed uint64) (*Result, error) {
	r, err := NewRunner(sc, seed)
	if err != nil {
		return nil, err
	}
	for r.Step() != Finished {
	}
	return r.Result(), nil
}

// Result is what the run came to so far.
func (r *Runner) Result() *Result {
	return &Result{
		Scenario: r.scenario.Name, Seed: r.sim.Seed(), Outcomes: r.outcomes, Violation: r.sim.Violation(),
		Ended: r.sim.Now(), Handled: r.sim.Handled(), TraceHash: r.sim.TraceHash(),
	}
}
