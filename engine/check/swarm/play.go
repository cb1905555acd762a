package swarm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/check"
	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/group"
	"bitacora/engine/sim"
)

// quietEvery is how often a run is looked at as a whole.
const quietEvery = 250 * time.Millisecond

// startsWithin bounds the time that a cluster may take to be up, with the defaults.
const startsWithin = 90 * time.Second

// Result is what a run came to.
type Result struct {
	Violations []check.Violation
	Losses     []check.Loss
	Counts     check.Counts
	Faults     int           // that met somebody
	Worked     time.Duration // virtual time under faults
	Ended      engine.Time
	Handled    uint64 // inputs that nodes handled
	Story      []string
}

// Failed gives the property that broke first; "" where all held.
func (r *Result) Failed() check.Property {
	if len(r.Violations) == 0 {
		return ""
	}
	return r.Violations[0].Property
}

// run is a plan that is being played.
type run struct {
	plan    *Plan
	sim     *sim.Sim
	check   *check.Checker
	result  Result
	begun   engine.Time // the cluster was up
	pending []mend
	story   *story
}

// mend undoes a fault.
type mend struct {
	at  engine.Time
	act sim.Action
}

// Play plays a plan. An error means that the plan makes no sense.
func Play(p *Plan) (*Result, error) { return play(p, false) }

// Tell plays a plan and keeps what happened, in words for people.
func Tell(p *Plan) (*Result, error) { return play(p, true) }

func play(p *Plan, tell bool) (*Result, error) {
	r := &run{plan: p}
	if err := r.build(); err != nil {
		return nil, err
	}
	r.check = check.New(r.sim)
	if tell {
		r.story = &story{next: r.check}
		r.sim.SetObserver(r.story)
	}
	if err := r.start(); err != nil {
		return nil, err
	}
	r.work()
	if !r.check.Broken() {
		r.heal()
	}
	r.result.Violations, r.result.Losses = r.check.Violations(), r.check.Losses()
	r.result.Counts, r.result.Ended, r.result.Handled = r.check.Counts(), r.sim.Now(), r.sim.Handled()
	if tell {
		r.result.Story = r.story.lines
	}
	return &r.result, nil
}

func (r *run) build() error {
	bugs, err := sim.ParseBugs(r.plan.Bugs)
	if err != nil {
		return err
	}
	cfg := sim.Config{Seed: r.plan.Seed, Bugs: bugs}
	spec := cluster.Spec{
		Brokers: r.plan.Brokers, Controllers: r.plan.Controllers, Combined: r.plan.Combined, Properties: map[string]string{},
	}
	for _, kv := range r.plan.Properties {
		if kv.Key == connectTimeoutKey {
			ms, err := strconv.Atoi(kv.Value)
			if err != nil {
				return fmt.Errorf("%s: %w", connectTimeoutKey, err)
			}
			cfg.ConnectTimeout = time.Duration(ms) * time.Millisecond
			continue
		}
		spec.Properties[kv.Key] = kv.Value
	}
	for _, kv := range r.plan.Features {
		level, err := strconv.ParseInt(kv.Value, 10, 16)
		if err != nil {
			return fmt.Errorf("feature %s: %w", kv.Key, err)
		}
		if spec.Features == nil {
			spec.Features = map[string]int16{}
		}
		spec.Features[kv.Key] = int16(level)
	}
	r.sim, err = sim.NewCluster(cfg, spec)
	return err
}

// connectTimeoutKey is every client's and server's in the simulation.
const connectTimeoutKey = "socket.connection.setup.timeout.ms"

// start brings the cluster up, creates the topics and starts the clients.
func (r *run) start() error {
	up := func() bool {
		for id := range r.plan.Brokers {
			sv := r.server(engine.NodeID(1 + id))
			if sv == nil || sv.Broker().Fenced() {
				return false
			}
		}
		first := r.server(r.firstController())
		return first != nil && len(first.Quorum().State().Voters) == r.plan.Controllers
	}
	if !r.sim.RunUntil(up, startsWithin) {
		return fmt.Errorf("seed %d: the cluster is not up after %v: %v", r.plan.Seed, startsWithin, r.sim.Violation())
	}
	if err := r.createTopics(); err != nil {
		return err
	}
	for i := range r.plan.Clients {
		if err := r.addClient(&r.plan.Clients[i]); err != nil {
			return err
		}
	}
	r.begun = r.sim.Now()
	return nil
}

func (r *run) createTopics() error {
	if err := r.sim.AddAdmin(adminID, client.DefaultAdmin("admin", r.bootstrap()...)); err != nil {
		return err
	}
	for _, t := range r.plan.Topics {
		create := client.CreateTopic{Topic: t.Name, Partitions: int32(t.Partitions), ReplicationFactor: int16(t.Replicas)}
		for _, kv := range t.Properties {
			create.Configs = append(create.Configs, client.TopicConfig{Name: kv.Key, Value: kv.Value})
		}
		r.sim.Command(adminID, create)
	}
	what, _ := r.sim.Node(adminID)
	admin := what.(*client.Admin)
	done := func() bool { return admin.Pending() == 0 && len(admin.Results()) == len(r.plan.Topics) }
	if !r.sim.RunUntil(done, startsWithin) {
		return fmt.Errorf("seed %d: the topics are not there after %v", r.plan.Seed, startsWithin)
	}
	for _, result := range admin.Results() {
		if result.Code != engine.ErrNone {
			return fmt.Errorf("create %s: %v %s", result.Topic, result.Code, result.Message)
		}
	}
	return nil
}

func (r *run) addClient(c *Client) error {
	properties := map[string]string{}
	for _, kv := range c.Properties {
		properties[kv.Key] = kv.Value
	}
	name := strconv.Itoa(int(c.ID))
	if c.Kind == Producer {
		cfg := client.DefaultProducer(name, r.bootstrap()...)
		if err := cfg.Set(properties); err != nil {
			return err
		}
		cfg.Start = client.StartProducing{Topic: c.Topic, Partition: -1, Interval: c.Every, KeySpace: 10}
		return r.sim.AddProducer(c.ID, cfg)
	}
	cfg := client.DefaultConsumer(name, c.Group, r.bootstrap()...)
	if err := cfg.Set(properties); err != nil {
		return err
	}
	cfg.Start = []string{c.Topic}
	return r.sim.AddConsumer(c.ID, cfg)
}

func (r *run) bootstrap() []engine.Addr {
	var all []engine.Addr
	for id := range r.plan.Brokers {
		all = append(all, sim.BrokerAddr(engine.NodeID(1+id)))
	}
	return all
}

func (r *run) firstController() engine.NodeID {
	if r.plan.Combined {
		return 1
	}
	return 3000
}

func (r *run) server(id engine.NodeID) *cluster.Server {
	what, state := r.sim.Node(id)
	sv, _ := what.(*cluster.Server)
	if state == sim.Dead {
		return nil
	}
	return sv
}

// work lets the faults come, each at its time.
func (r *run) work() {
	steps := slices.Clone(r.plan.Steps)
	slices.SortStableFunc(steps, func(a, b Step) int { return int(a.At - b.At) })
	end := r.begun.Add(r.plan.Lasts)
	for !r.check.Broken() && r.sim.Now() < end {
		next := min(r.sim.Now().Add(quietEvery), end)
		if len(steps) > 0 {
			next = min(next, r.begun.Add(steps[0].At))
		}
		if len(r.pending) > 0 {
			next = min(next, r.pending[0].at)
		}
		r.sim.Run(next)
		for len(r.pending) > 0 && r.pending[0].at <= r.sim.Now() {
			r.sim.Do(r.pending[0].act)
			r.pending = r.pending[1:]
		}
		for len(steps) > 0 && r.begun.Add(steps[0].At) <= r.sim.Now() {
			r.fault(&steps[0])
			steps = steps[1:]
		}
		r.check.Quiet()
		if len(steps) == 0 && r.sim.Now() >= end && !r.plan.Excerpt && r.result.Faults < stepsMin && end < r.begun.Add(2*r.plan.Lasts) {
			// Some met nobody: the run is not over before it had its faults.
			steps = append(steps, Step{At: r.sim.Now().Sub(r.begun), Verb: Kill, Node: r.anyLeader(), For: moreEvery / 2})
			end = end.Add(moreEvery)
		}
	}
	r.result.Worked = r.sim.Now().Sub(r.begun)
}

// moreEvery is how often a run that had too few faults gets another.
const moreEvery = 2 * time.Second

func (r *run) anyLeader() Target {
	return Target("leader:" + r.plan.Topics[0].Name + "-0")
}

// heal mends everything, lets the producers write what is missing of a whole run,
// stops them, and waits for the cluster to be well.
func (r *run) heal() {
	r.mend()
	began := r.sim.Now()
	end := began.Add(r.plan.Heals)
	for !r.plan.Excerpt && r.sim.Now() < end && !r.check.Broken() && r.check.Counts().Acknowledged < acknowledgedMin {
		r.sim.Run(min(r.sim.Now().Add(quietEvery), end))
		r.restartDead()
		r.check.Quiet()
	}
	end = r.sim.Now().Add(r.plan.Heals)
	for r.sim.Now() < end && !r.check.Broken() {
		r.stopProducers() // again: one that was restarted produces
		r.sim.Run(min(r.sim.Now().Add(quietEvery), end))
		r.restartDead()
		r.check.Quiet()
		if missing, _ := r.check.Healed(); missing == "" {
			break
		}
	}
	if !r.check.Broken() {
		r.check.Eventually(r.sim.Now().Sub(began))
		r.check.Finish()
	}
}

func (r *run) mend() {
	for _, m := range r.pending {
		r.sim.Do(m.act)
	}
	for _, id := range r.sim.Nodes() {
		for _, kind := range [...]sim.ActionKind{sim.ActFreeDisk, sim.ActSlowDisk} {
			for disk := range engine.DiskID(2) {
				r.sim.Do(sim.Action{Kind: kind, Node: id, Disk: disk})
			}
		}
		r.sim.Do(sim.Action{Kind: sim.ActResume, Node: id})
		r.sim.Do(sim.Action{Kind: sim.ActRestart, Node: id})
		for _, peer := range r.sim.Nodes() {
			r.sim.Do(sim.Action{Kind: sim.ActSlowLink, Node: id, Peer: peer})
		}
	}
	for _, cut := range r.sim.Cuts() {
		r.sim.Do(sim.Action{Kind: sim.ActHeal, Node: cut.From, Peer: cut.To})
	}
}

// restartDead starts servers that ended by themselves: a clean stop that took until
// everything was healed.
func (r *run) restartDead() {
	for _, id := range r.sim.Nodes() {
		if _, state := r.sim.Node(id); state == sim.Dead {
			r.sim.Do(sim.Action{Kind: sim.ActRestart, Node: id})
		}
	}
}

func (r *run) stopProducers() {
	for _, c := range r.plan.Clients {
		what, state := r.sim.Node(c.ID)
		if p, ok := what.(*client.Producer); ok && state == sim.Running && p.State().Running {
			r.sim.Command(c.ID, client.StopProducing{})
		}
	}
}

// resolve finds whom a target means now.
func (r *run) resolve(t Target) (engine.NodeID, bool) {
	what, which, named := strings.Cut(string(t), ":")
	switch {
	case what == "controller" && !named:
		return r.controller()
	case what == "coordinator":
		return r.leaderOf(group.OffsetsTopic, func(partitions int) int { return int(group.PartitionOf(which, int32(partitions))) })
	case what == "leader", what == "follower":
		topic, number, _ := cutPartition(which)
		id, ok := r.leaderOf(topic, func(int) int { return number })
		if what == "follower" && ok {
			return r.followerOf(topic, number)
		}
		return id, ok
	}
	n, err := strconv.Atoi(string(t))
	return engine.NodeID(n), err == nil && !named
}

func cutPartition(s string) (topic string, number int, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return s, 0, false
	}
	number, err := strconv.Atoi(s[i+1:])
	return s[:i], number, err == nil && number >= 0
}

func (r *run) controller() (engine.NodeID, bool) {
	best, epoch := engine.NoNode, engine.NoLeaderEpoch
	for _, id := range r.sim.Nodes() {
		if sv := r.server(id); sv != nil && sv.Controller() != nil && sv.Controller().Epoch() > epoch {
			best, epoch = id, sv.Controller().Epoch()
		}
	}
	return best, best != engine.NoNode
}

// newest is the server with the newest metadata.
func (r *run) newest() *cluster.Server {
	var best *cluster.Server
	for _, id := range r.sim.Nodes() {
		if sv := r.server(id); sv != nil && (best == nil || sv.Image().Offset() > best.Image().Offset()) {
			best = sv
		}
	}
	return best
}

func (r *run) leaderOf(topic string, which func(partitions int) int) (engine.NodeID, bool) {
	sv := r.newest()
	if sv == nil || sv.Image().Topic(topic) == nil {
		return engine.NoNode, false
	}
	t := sv.Image().Topic(topic)
	p := t.Partition(int32(which(len(t.Partitions))))
	if p == nil || !p.HasLeader() {
		return engine.NoNode, false
	}
	return p.Leader, true
}

func (r *run) followerOf(topic string, number int) (engine.NodeID, bool) {
	p := r.newest().Image().Topic(topic).Partition(int32(number))
	for _, id := range p.Replicas {
		if id != p.Leader && p.InISR(id) {
			return id, true
		}
	}
	return engine.NoNode, false
}
