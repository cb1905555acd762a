package view

import (
	"cmp"
	"maps"
	"slices"

	"bitacora/engine"
)

// Report is the part of the picture that one process draws of itself. It is
// taken between two of its inputs, where the process runs, and shares nothing
// with it.
type Report struct {
	Node      engine.NodeID
	Quorum    *QuorumReplica // servers
	Image     *Image         // what its metadata image holds; nil: unchanged since its last report
	Replicas  []Replica      // brokers, sorted by topic and partition
	Groups    []Group        // of the groups it coordinates, sorted by name
	Producers []Producer
	Consumers []Consumer
	Metrics   []Metric
}

// Image is the cluster as one process's metadata has it. The newest of all
// reports is what a State shows.
type Image struct {
	Offset     engine.Offset
	Brokers    []Registration
	Topics     []Topic     // sorted by name
	Partitions []Partition // sorted by topic, partition
}

// Registration is a broker as the metadata has it.
type Registration struct {
	Node     engine.NodeID
	Epoch    engine.BrokerEpoch
	Fenced   bool
	Shutting bool
	Rack     string
}

// Assembler lays reports together into a State. The last report of a process
// that died stays: its disk still holds what it shows. The zero value is empty.
type Assembler struct {
	reports map[engine.NodeID]*Report
	image   *Image
}

// Report takes a process's newest part.
func (a *Assembler) Report(r *Report) {
	if a.reports == nil {
		a.reports = map[engine.NodeID]*Report{}
	}
	if r.Image != nil && (a.image == nil || r.Image.Offset >= a.image.Offset) {
		a.image = r.Image
	}
	a.reports[r.Node] = r
}

// Forget drops a process that left for good (a client that was closed).
func (a *Assembler) Forget(node engine.NodeID) { delete(a.reports, node) }

// State gives the whole picture. Processes and cuts are what the driver knows;
// they come sorted, and what the metadata says of brokers is filled in here.
func (a *Assembler) State(at engine.Time, wall engine.WallTime, clock Clock, processes []Process, cuts []Link) State {
	s := State{At: at, Wall: wall, Clock: clock, Processes: processes, Cuts: cuts}
	if a.image != nil {
		s.Topics, s.Partitions = a.image.Topics, a.image.Partitions
	}
	for i := range s.Processes {
		a.register(&s.Processes[i])
	}
	dead := map[engine.NodeID]bool{}
	for _, p := range s.Processes {
		dead[p.ID] = p.Status == Dead
	}
	var copies [][]Replica
	for _, node := range slices.Sorted(maps.Keys(a.reports)) {
		r := a.reports[node]
		if r.Quorum != nil {
			s.Quorum = append(s.Quorum, *r.Quorum)
		}
		if len(r.Replicas) > 0 {
			copies = append(copies, r.Replicas)
		}
		if !dead[node] { // a dead coordinator coordinates nothing
			s.Groups = append(s.Groups, r.Groups...)
		}
		if !dead[node] {
			s.Metrics = append(s.Metrics, r.Metrics...)
		}
		s.Producers = append(s.Producers, r.Producers...)
		s.Consumers = append(s.Consumers, r.Consumers...)
	}
	s.Replicas = mergeReplicas(copies)
	s.Groups = newestGroups(s.Groups)
	sortMetrics(s.Metrics)
	slices.SortFunc(s.Producers, func(x, y Producer) int { return cmp.Compare(x.Node, y.Node) })
	slices.SortFunc(s.Consumers, func(x, y Consumer) int { return cmp.Compare(x.Node, y.Node) })
	return s
}

// mergeReplicas lays the reports' copies into one order: by partition, then node.
// Each list is sorted, and the lists come in the order of their nodes.
func mergeReplicas(lists [][]Replica) []Replica {
	sum := 0
	for _, l := range lists {
		sum += len(l)
	}
	if sum == 0 {
		return nil
	}
	out := make([]Replica, 0, sum)
	for len(out) < sum {
		least := -1
		for i, l := range lists {
			if len(l) > 0 && (least < 0 || comparePartition(&l[0], &lists[least][0]) < 0) {
				least = i
			}
		}
		out = append(out, lists[least][0])
		lists[least] = lists[least][1:]
	}
	return out
}

// register fills in what the metadata says of a broker.
func (a *Assembler) register(p *Process) {
	if !p.Roles.Has(RoleBroker) {
		return
	}
	p.Fenced, p.Epoch = true, -1
	if a.image == nil {
		return
	}
	for _, b := range a.image.Brokers {
		if b.Node == p.ID {
			p.Fenced, p.Shutting, p.Epoch, p.Rack = b.Fenced, b.Shutting, b.Epoch, b.Rack
		}
	}
}

// newestGroups sorts by name and keeps, of a group that two brokers show (an
// old coordinator has not heard yet), the higher generation.
func newestGroups(groups []Group) []Group {
	slices.SortStableFunc(groups, func(x, y Group) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(y.Generation, x.Generation))
	})
	return slices.CompactFunc(groups, func(x, y Group) bool { return x.Name == y.Name })
}
