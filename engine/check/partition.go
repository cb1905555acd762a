package check

import (
	"slices"
	"sort"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/broker/replica"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
)

// partition is the truth about one partition.
type partition struct {
	tp                engine.TopicPartition
	trueHighWatermark engine.Offset
	committed         []entry // what lies below it, in order; a gap where nobody could be asked
	replicas          []*copyOf
	leaders           []leadership  // by epoch, ascending
	alone             engine.Offset // what leaders alone in their ISR committed
	lossy             []engine.NodeID
	outside           bool // it lost data outside the budget
	told              engine.Offset
	producers         map[producerKey]int32 // the sequence number that must follow
	newestEpoch       engine.LeaderEpoch    // of the committed metadata
	controllerISR     []engine.NodeID
}

// entry is a committed batch, by what its header says.
type entry struct {
	base, next engine.Offset
	epoch      engine.LeaderEpoch
	crc        uint32
}

type leadership struct {
	epoch engine.LeaderEpoch
	node  engine.NodeID
}

type producerKey struct {
	id    engine.ProducerID
	epoch engine.ProducerEpoch
}

// copyOf is what is known of one replica, from its events.
type copyOf struct {
	node     engine.NodeID
	leo      engine.Offset
	hw       engine.Offset
	epoch    engine.LeaderEpoch // of this life
	leads    bool
	isr      int           // its ISR's size, as a leader
	verified engine.Offset // below it, it was compared with the truth
	spoilt   bool          // a stored batch was damaged
	opened   bool          // this life of the broker has looked at the log
}

func (p *partition) find(id engine.NodeID) *copyOf {
	for _, r := range p.replicas {
		if r.node == id {
			return r
		}
	}
	return nil
}

func (p *partition) replica(id engine.NodeID) *copyOf {
	r := p.find(id)
	if r == nil {
		r = &copyOf{node: id, epoch: engine.NoLeaderEpoch}
		p.replicas = append(p.replicas, r)
	}
	return r
}

func (p *partition) drop(id engine.NodeID) {
	p.replicas = slices.DeleteFunc(p.replicas, func(r *copyOf) bool { return r.node == id })
	p.heal(id)
}

func (p *partition) heal(id engine.NodeID) {
	p.lossy = slices.DeleteFunc(p.lossy, func(n engine.NodeID) bool { return n == id })
}

func entryOf(b batch.Batch) entry {
	return entry{b.BaseOffset(), b.NextOffset(), b.PartitionLeaderEpoch(), b.CRC()}
}

// covered is where the committed entries end.
func (p *partition) covered() engine.Offset {
	if n := len(p.committed); n > 0 {
		return p.committed[n-1].next
	}
	return 0
}

// at finds the committed entry that begins at an offset.
func (p *partition) at(base engine.Offset) (entry, bool) {
	i := sort.Search(len(p.committed), func(i int) bool { return p.committed[i].base >= base })
	if i < len(p.committed) && p.committed[i].base == base {
		return p.committed[i], true
	}
	return entry{}, false
}

// registration is the partition as the newest committed metadata has it.
func (c *Checker) registration(p *partition) *metadata.Partition {
	image := c.image()
	if image == nil {
		return nil
	}
	return image.Partition(p.tp)
}

func (c *Checker) managerOf(id engine.NodeID) *replica.Manager {
	sv := c.serverOf(id)
	if sv == nil || sv.Broker() == nil {
		return nil
	}
	return sv.Broker().Replicas()
}

// onHighWatermark takes a replica's high watermark. A leader's commits, unless it
// is alone: then its disk may not have it yet, and nobody else does.
func (c *Checker) onHighWatermark(p *partition, ev *engine.Event) {
	r := p.replica(ev.Node)
	r.hw = ev.Offset
	switch {
	case !r.leads:
	case r.isr <= 1:
		p.alone = max(p.alone, ev.Offset)
	case ev.Offset > p.trueHighWatermark:
		c.commit(p, r, ev.Offset)
	}
}

// commit raises the true high watermark to what replica r has, and takes down what
// lies below it.
func (c *Checker) commit(p *partition, r *copyOf, to engine.Offset) {
	p.trueHighWatermark = to
	if p.outside {
		return
	}
	if m := c.managerOf(r.node); m != nil {
		c.take(p, m, to)
	}
	c.candidates(p)
}

// take reads what is newly committed from a log that has it.
func (c *Checker) take(p *partition, m *replica.Manager, to engine.Offset) {
	for at := p.covered(); at < to; {
		b := m.RecordsAt(p.tp, at)
		if b == nil || b.NextOffset() <= at {
			return
		}
		e := entryOf(b)
		if e.base < p.covered() {
			return // it overlaps what was committed: the comparison will tell
		}
		p.committed = append(p.committed, e)
		c.once(p, b)
		at = e.next
	}
}

// once holds IdempotentRecordsOnce: sequence numbers of a producer follow.
func (c *Checker) once(p *partition, b batch.Batch) {
	if !b.HasProducerID() || b.IsControl() || b.BaseSequence() < 0 {
		return
	}
	key := producerKey{b.ProducerID(), b.ProducerEpoch()}
	want, known := p.producers[key]
	if known && b.BaseSequence() != want {
		c.violated(IdempotentRecordsOnce, p.tp, "producer %d epoch %d: sequence %d at offset %d, %d is next",
			key.id, key.epoch, b.BaseSequence(), b.BaseOffset(), want)
	}
	if p.producers == nil {
		p.producers = map[producerKey]int32{}
	}
	p.producers[key] = batch.IncrementSequence(b.LastSequence(), 1)
}

// candidates holds LeaderCandidateCompletenessProperty.
func (c *Checker) candidates(p *partition) {
	reg := c.registration(p)
	if reg == nil || p.outside {
		return
	}
	for _, list := range [2][]engine.NodeID{reg.ISR, reg.ELR} {
		for _, id := range list {
			r := p.find(id)
			if r == nil || r.leo >= p.trueHighWatermark || slices.Contains(p.lossy, id) || !c.runs(id) {
				continue
			}
			c.violated(LeaderCandidateCompletenessProperty, p.tp,
				"broker %d of ISR %v ELR %v ends at %d, committed is %d", id, reg.ISR, reg.ELR, r.leo, p.trueHighWatermark)
			p.outside = true // one complaint is enough
			return
		}
	}
}

// tell raises the true high watermark by what a client was told of it.
func (c *Checker) tell(p *partition, to engine.Offset) {
	if to <= p.trueHighWatermark {
		return
	}
	var from *copyOf
	for _, r := range p.replicas {
		if r.leads && r.leo >= to && (from == nil || r.epoch > from.epoch) {
			from = r
		}
	}
	if from == nil {
		p.trueHighWatermark = to
		c.candidates(p)
	} else {
		c.commit(p, from, to)
	}
	c.leaderComplete(p)
}

// leaderComplete holds LeaderCompletenessProperty for the leader that the newest
// metadata names, if it runs and knows.
func (c *Checker) leaderComplete(p *partition) {
	reg := c.registration(p)
	if reg == nil || p.outside || !reg.HasLeader() || !c.runs(reg.Leader) {
		return
	}
	r := p.find(reg.Leader)
	if r == nil || !r.leads || r.epoch != reg.LeaderEpoch || r.leo >= p.trueHighWatermark {
		return
	}
	c.incomplete(p, r)
}

// incomplete judges a leader without everything committed.
func (c *Checker) incomplete(p *partition, r *copyOf) {
	cause, excused := c.excuse(p, r)
	if !excused {
		c.violated(LeaderCompletenessProperty, p.tp, "broker %d leads epoch %d and ends at %d, committed is %d",
			r.node, r.epoch, r.leo, p.trueHighWatermark)
		p.outside = true
		return
	}
	c.lose(p, r.leo, cause)
}

// excuse says whether the budget bears that r leads without everything.
func (c *Checker) excuse(p *partition, r *copyOf) (LossCause, bool) {
	if len(p.lossy) >= c.minISR(p) {
		return LossTooManyCopies, true
	}
	if slices.Contains(p.lossy, r.node) && !c.hasELR() {
		return LossLastStanding, true
	}
	return 0, false
}

func (c *Checker) lose(p *partition, from engine.Offset, cause LossCause) {
	if from < p.trueHighWatermark {
		c.losses = append(c.losses, Loss{p.tp, c.sim.Now(), from, p.trueHighWatermark, cause})
	}
	p.outside = true
}

func (c *Checker) hasELR() bool {
	image := c.image()
	return image != nil && image.FeatureLevel(metadata.EligibleLeaderReplicasVersion) > 0
}

// minISR is min.insync.replicas, no more than there are replicas.
func (c *Checker) minISR(p *partition) int {
	sv := c.newest
	if sv == nil {
		return 1
	}
	t := config.ForTopic(sv.Image(), sv.Config().Static, sv.Config().NodeID, p.tp.Topic)
	n := int(t.MinInSyncReplicas)
	if reg := c.registration(p); reg != nil {
		n = min(n, len(reg.Replicas))
	}
	return max(n, 1)
}

func (c *Checker) onTruncated(p *partition, ev *engine.Event) {
	r := p.replica(ev.Node)
	if ev.Until > ev.Offset {
		c.counts.Truncations++
	}
	r.leo, r.verified = ev.Offset, min(r.verified, ev.Offset)
	r.hw = min(r.hw, ev.Offset)
	if ev.Offset < p.trueHighWatermark {
		c.candidates(p)
	}
}

func (c *Checker) onBecameLeader(p *partition, ev *engine.Event) {
	r := p.replica(ev.Node)
	c.epochMoves(p, r, ev.Epoch)
	r.leads = true
	p.alone = min(p.alone, r.leo)
	i, found := slices.BinarySearchFunc(p.leaders, ev.Epoch, func(l leadership, e engine.LeaderEpoch) int { return int(l.epoch - e) })
	switch {
	case !found:
		p.leaders = slices.Insert(p.leaders, i, leadership{ev.Epoch, ev.Node})
	case p.leaders[i].node != ev.Node:
		c.violated(OneLeaderAnEpoch, p.tp, "epoch %d is led by %d and %d", ev.Epoch, p.leaders[i].node, ev.Node)
	}
	c.leaderComplete(p)
}

func (c *Checker) epochMoves(p *partition, r *copyOf, epoch engine.LeaderEpoch) {
	if !r.opened { // there was no log on its disk any more: it was made anew
		r.leo = 0
		c.opened(p, r)
	}
	if epoch < r.epoch {
		c.violated(EpochsNeverGoBack, p.tp, "broker %d: leader epoch %d after %d", r.node, epoch, r.epoch)
	}
	r.epoch = epoch
}

// onRecovered takes a log as a broker found it on its disk.
func (c *Checker) onRecovered(p *partition, ev *engine.Event) {
	r := p.replica(ev.Node)
	r.leo, r.hw, r.verified, r.leads = ev.Until, 0, min(r.verified, ev.Until), false
	c.opened(p, r)
}

// restarted begins a life of a broker, which has not looked at its disk yet.
func (r *copyOf) restarted() {
	r.hw, r.verified, r.leads, r.opened = 0, 0, false, false
	r.epoch = engine.NoLeaderEpoch
}

// opened judges a copy as it came back: what a loss of power took of it is on the
// budget.
func (c *Checker) opened(p *partition, r *copyOf) {
	r.opened = true
	if (c.node(r.node).damaged || r.spoilt) && r.leo < p.trueHighWatermark {
		c.lossy(p, r)
	}
}

func (c *Checker) lossy(p *partition, r *copyOf) {
	if !slices.Contains(p.lossy, r.node) {
		p.lossy = append(p.lossy, r.node)
	}
}

// onISR follows ISRs: the leader's own, by whose size it commits, and the
// controller's, for the counts. The latter may not be committed yet.
func (c *Checker) onISR(p *partition, ev *engine.Event) {
	if ev.Kind == engine.EventISRChanged && ev.Peer == 0 {
		p.replica(ev.Node).isr = len(ev.Nodes)
		return
	}
	before := p.controllerISR
	switch n := len(ev.Nodes); {
	case before == nil:
	case n < len(before):
		c.counts.ISRShrinks++
	case n > len(before):
		c.counts.ISRExpands++
	}
	p.controllerISR = slices.Clone(ev.Nodes)
	if ev.Kind != engine.EventLeaderElected || ev.Peer == engine.NoNode {
		return
	}
	c.counts.Elections++
	switch {
	case ev.Code == 1:
		c.counts.Unclean++
		c.lose(p, 0, LossUnclean)
	case before != nil && !slices.Contains(before, ev.Peer):
		c.counts.ELRElections++
	}
}
