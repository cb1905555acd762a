package swarm

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/broker"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
)

// The least that a run is.
const (
	lastsMin        = 60 * time.Second
	stepsMin        = 5
	acknowledgedMin = 300
)

// Ids of clients, apart from the servers'.
const (
	firstProducer engine.NodeID = 101
	firstConsumer engine.NodeID = 201
	firstReader   engine.NodeID = 301
	adminID       engine.NodeID = 401
)

// drawing is a plan that is being drawn.
type drawing struct {
	Plan
	rand   engine.Rand
	factor int64 // time-outs are this much shorter than the defaults, in tenths
	minISR int
	focus  *Focus // nil: none
}

// Draw gives the plan of a seed.
func Draw(seed uint64) *Plan { return draw(seed, nil) }

func draw(seed uint64, focus *Focus) *Plan {
	d := drawing{Plan: Plan{Seed: seed}, rand: engine.NewRand(seed, "swarm/plan"), factor: 10, focus: focus}
	d.Lasts, d.Heals = lastsMin, 4*time.Minute
	if d.oneIn(10) && focus == nil {
		d.Lasts, d.Heals = 3*time.Minute, 10*time.Minute // with Kafka's defaults
	} else {
		d.factor = 100 + d.rand.Int64N(101)
	}
	d.cluster()
	d.topics()
	d.clients()
	d.steps()
	return &d.Plan
}

func (d *drawing) oneIn(n int) bool { return d.rand.IntN(n) == 0 }

// between draws a span, evenly.
func (d *drawing) between(least, most time.Duration) time.Duration {
	return (least + time.Duration(d.rand.Int64N(int64(most-least)+1))).Round(time.Millisecond)
}

// shorter gives a time-out of the run for one of the defaults.
func (d *drawing) shorter(ms int64) string {
	return strconv.FormatInt(max(ms*10/d.factor, 1), 10)
}

func (d *drawing) cluster() {
	d.Brokers, d.Controllers = 3+d.rand.IntN(2), 3
	if d.oneIn(5) {
		d.Combined = true
	}
	if d.oneIn(8) {
		d.Controllers = 1
	}
	if d.focus != nil && d.focus.Quorum {
		d.Combined, d.Controllers = false, 3
	}
	d.minISR = 1 + d.rand.IntN(2)
	withELR := d.focus != nil && d.focus.ELR || d.focus == nil && d.oneIn(2)
	if withELR && offersELR() {
		d.Features = []Property{{metadata.EligibleLeaderReplicasVersion, "1"}}
	}
	if d.focus != nil && d.focus.ELR {
		d.minISR = 2
	}
	set := func(key, value string) { d.Properties = append(d.Properties, Property{key, value}) }
	set(config.MinInSyncReplicas, strconv.Itoa(d.minISR))
	set(config.OffsetsTopicPartitions, "3")
	if d.oneIn(3) {
		set(config.LogFlushIntervalMessages, "1")
	}
	if d.Seed%2 == 1 {
		// Half of the runs keep little of the metadata log: it begins with snapshots.
		set(config.MetadataSnapshotBytes, "4000")
		set(config.MetadataSegmentBytesTest, "2000")
		set(config.MetadataRetentionBytes, "0")
	}
	if d.factor == 10 {
		return
	}
	for _, k := range []struct {
		key string
		ms  int64
	}{
		{config.BrokerSessionTimeout, 9000}, {config.BrokerHeartbeatInterval, 2000},
		{config.QuorumElectionTimeout, 1000}, {config.QuorumFetchTimeout, 2000},
		{config.QuorumElectionBackoffMax, 1000}, {config.QuorumRequestTimeout, 2000},
		{config.MetadataMaxIdleInterval, 500}, // a Fetch of the quiet log must end before its time-out
		{config.ReplicaLagTimeMax, 30000}, {config.ReplicaFetchBackoff, 1000}, {config.ReplicaSocketTimeout, 30000},
		{config.RequestTimeout, 30000}, {config.OffsetsCommitTimeout, 5000},
		{config.GroupInitialRebalanceDelay, 3000}, {config.GroupMinSessionTimeout, 6000},
	} {
		set(k.key, d.shorter(k.ms))
	}
	set(connectTimeoutKey, d.shorter(10000))
	set(config.LeaderImbalanceCheck, strconv.FormatInt(max(300*10/d.factor, 1), 10))
}

// offersELR says whether brokers can live with eligible leader replicas (KIP-966).
func offersELR() bool {
	return slices.ContainsFunc(broker.SupportedFeatures(), func(f broker.Feature) bool {
		return f.Name == metadata.EligibleLeaderReplicasVersion && f.Max > 0
	})
}

func (d *drawing) topics() {
	d.Topics = []Topic{{Name: "pedidos", Partitions: 1 + d.rand.IntN(3), Replicas: 3}}
	if d.focus != nil && d.focus.Partitions > 0 {
		d.Topics[0].Partitions = d.focus.Partitions
	}
	if d.oneIn(3) {
		d.Topics = append(d.Topics, Topic{Name: "pagos", Partitions: 1, Replicas: 2 + d.rand.IntN(2)})
	}
}

func (d *drawing) topic() string { return d.Topics[d.rand.IntN(len(d.Topics))].Name }

func (d *drawing) clients() {
	var network []Property
	if d.factor != 10 {
		network = []Property{{"request.timeout.ms", d.shorter(30000)}, {"metadata.max.age.ms", d.shorter(300000)}}
	}
	for i := range 1 + d.rand.IntN(2) {
		c := Client{ID: firstProducer + engine.NodeID(i), Kind: Producer, Topic: d.topic(), Every: d.between(40*time.Millisecond, 120*time.Millisecond)}
		c.Properties = append(c.Properties, network...)
		if d.factor != 10 {
			c.Properties = append(c.Properties, Property{"delivery.timeout.ms", d.shorter(120000)}, Property{"max.block.ms", d.shorter(60000)})
		}
		switch {
		case d.focus != nil && d.focus.AckOne:
			c.Properties = append(c.Properties, Property{"acks", "1"})
		case i == 0:
		case d.oneIn(3):
			c.Properties = append(c.Properties, Property{"acks", "1"})
		case d.oneIn(2):
			c.Properties = append(c.Properties, Property{"enable.idempotence", "false"})
		}
		d.Clients = append(d.Clients, c)
	}
	for i := range 1 + d.rand.IntN(3) {
		c := Client{ID: firstConsumer + engine.NodeID(i), Kind: Consumer, Topic: d.Topics[0].Name, Group: "almacen"}
		c.Properties = append(c.Properties, network...)
		c.Properties = append(c.Properties, Property{"auto.offset.reset", "earliest"})
		if d.factor != 10 {
			c.Properties = append(c.Properties, Property{"session.timeout.ms", d.shorter(45000)},
				Property{"heartbeat.interval.ms", d.shorter(3000)}, Property{"auto.commit.interval.ms", d.shorter(5000)},
				Property{"max.poll.interval.ms", d.shorter(300000)})
		}
		d.Clients = append(d.Clients, c)
	}
	strategy := [...]string{"range", "roundrobin", "cooperative-sticky"}[d.rand.IntN(3)]
	for i := range d.Clients {
		if d.Clients[i].Kind == Consumer {
			d.Clients[i].Properties = append(d.Clients[i].Properties, Property{"partition.assignment.strategy", strategy})
		}
	}
	reader := Client{ID: firstReader, Kind: Reader, Topic: d.topic()}
	reader.Properties = append(append(reader.Properties, network...), Property{"auto.offset.reset", "earliest"})
	d.Clients = append(d.Clients, reader)
}

// steps draws which faults this run has and how often, then the faults.
func (d *drawing) steps() {
	if d.focus != nil {
		d.focusedSteps()
		return
	}
	var kinds []Verb
	for v := range verbCount {
		weight := d.rand.IntN(4) // 0: a run without
		if d.lossy(v) && !d.oneIn(3) {
			weight = 0
		}
		for range weight {
			kinds = append(kinds, v)
		}
	}
	if len(kinds) == 0 {
		kinds = []Verb{Kill}
	}
	scale := 100 / time.Duration(d.factor) // 10 with the defaults, 0.5 to 1 without, in tenths
	if d.factor > 10 {
		scale = 1
	}
	gap := d.between(500*time.Millisecond, 5*time.Second) * scale
	for at := d.between(0, gap); at < d.Lasts-gap || len(d.Steps) < stepsMin; at += d.between(gap/4, gap*7/4) {
		if len(d.Steps) >= stepsMin && at >= d.Lasts {
			break
		}
		d.Steps = append(d.Steps, d.step(kinds[d.rand.IntN(len(kinds))], min(at, d.Lasts), gap))
	}
}

// lossy says that a fault takes data that was on a disk.
func (d *drawing) lossy(v Verb) bool { return v == PowerLoss || v == Tear }

func (d *drawing) step(v Verb, at, gap time.Duration) Step {
	s := Step{At: at.Round(time.Millisecond), Verb: v, Node: d.target(), For: d.between(gap/10, gap*2)}
	switch v {
	case Cut, CutFrom, SlowLink:
		s.Peer = d.target()
	}
	switch v {
	case SlowDisk:
		s.By = d.between(time.Millisecond, time.Second)
	case SlowLink:
		s.By = d.between(time.Millisecond, 500*time.Millisecond)
	case Clock:
		s.By = d.between(-30*time.Second, 30*time.Second)
		s.For = 0
	}
	return s
}

// target draws whom a fault meets: often somebody who matters.
func (d *drawing) target() Target {
	switch d.rand.IntN(8) {
	case 0, 1:
		return d.aPartition("leader")
	case 2:
		return d.aPartition("follower")
	case 3:
		return "controller"
	case 4:
		return "coordinator:almacen"
	case 5:
		c := d.Clients[d.rand.IntN(len(d.Clients))]
		if c.Kind == Consumer {
			return Target(strconv.Itoa(int(c.ID)))
		}
	case 6:
		return Target(strconv.Itoa(int(d.controllerIDs()) + d.rand.IntN(d.Controllers)))
	}
	return Target(strconv.Itoa(1 + d.rand.IntN(d.Brokers)))
}

func (d *drawing) controllerIDs() engine.NodeID {
	if d.Combined {
		return 1
	}
	return 3000
}

func (d *drawing) aPartition(what string) Target {
	t := d.Topics[d.rand.IntN(len(d.Topics))]
	return Target(fmt.Sprintf("%s:%s-%d", what, t.Name, d.rand.IntN(t.Partitions)))
}
