package check

import (
	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/group"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// groupTruth is the truth about groups and their offsets.
type groupTruth struct {
	progress map[groupPartition]*progress
}

type groupPartition struct {
	group string
	engine.TopicPartition
}

// progress is how far a group came in a partition.
type progress struct {
	read      engine.Offset // everything from the group's beginning to here was handed out
	begun     bool
	committed engine.Offset // the last that a member was told is committed; NoOffset: none
}

func newGroupTruth() groupTruth { return groupTruth{progress: map[groupPartition]*progress{}} }

func (g *groupTruth) of(name string, p *partition) *progress {
	key := groupPartition{name, p.tp}
	r := g.progress[key]
	if r == nil {
		r = &progress{committed: engine.NoOffset}
		g.progress[key] = r
	}
	return r
}

// excused says that the partition's records, or the group's offsets, were lost
// outside the budget.
func (c *Checker) excused(name string, p *partition) bool {
	if p.outside {
		return true
	}
	list := c.topics[group.OffsetsTopic]
	if len(list) == 0 {
		return false
	}
	image := c.image()
	if image == nil || image.Topic(group.OffsetsTopic) == nil {
		return false
	}
	n := group.PartitionOf(name, int32(len(image.Topic(group.OffsetsTopic).Partitions)))
	return int(n) < len(list) && list[n].outside
}

// committed takes the answer to a commit: from now on the group begins no lower.
func (g *groupTruth) committed(c *Checker, member engine.NodeID, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse) {
	for _, t := range resp.Topics {
		for _, part := range t.Partitions {
			if part.ErrorCode != 0 {
				continue
			}
			for i := range req.Topics {
				for _, asked := range req.Topics[i].Partitions {
					if req.Topics[i].Topic == t.Topic && asked.Partition == part.Partition {
						r := g.of(req.Group, c.partition(t.Topic, part.Partition))
						r.committed = max(r.committed, engine.Offset(asked.Offset))
					}
				}
			}
		}
	}
}

// read follows what a group was handed out, whoever of it took it.
func (g *groupTruth) read(c *Checker, p *partition, ev *engine.Event) {
	r := g.of(ev.Name, p)
	switch {
	case !r.begun:
		r.begun, r.read = true, ev.Offset+1
	case ev.Offset == r.read:
		r.read = ev.Offset + 1
	case ev.Offset > r.read:
		if !c.excused(ev.Name, p) {
			c.violated(GroupReadsWithoutGap, p.tp, "group %s: member %d was given %d, nobody was given %d", ev.Name, ev.Node, ev.Offset, r.read)
		}
		r.read = ev.Offset + 1
	}
}

// position holds GroupOffsetsKept and GroupReadsWithoutGap where a member begins.
func (g *groupTruth) position(c *Checker, p *partition, ev *engine.Event) {
	r := g.of(ev.Name, p)
	if !r.begun && (ev.Code == client.PositionReset || ev.Code == client.PositionCommitted) {
		r.begun, r.read = true, ev.Offset
	}
	if c.excused(ev.Name, p) {
		return
	}
	switch ev.Code {
	case client.PositionReset:
		if r.committed >= 0 {
			c.violated(GroupOffsetsKept, p.tp, "group %s: member %d finds no committed offset, it was told of %d", ev.Name, ev.Node, r.committed)
		}
	case client.PositionCommitted:
		if ev.Offset < r.committed {
			c.violated(GroupOffsetsKept, p.tp, "group %s: member %d begins at %d, committed is %d", ev.Name, ev.Node, ev.Offset, r.committed)
		}
		if ev.Offset > r.read {
			c.violated(GroupReadsWithoutGap, p.tp, "group %s: member %d begins at %d, nobody was given %d", ev.Name, ev.Node, ev.Offset, r.read)
		}
	}
}

func (c *Checker) onGroupState(ev *engine.Event) {
	if group.State(ev.Code) == group.Stable {
		c.counts.Rebalances++
	}
}

// owner is a partition of a generation.
type owner struct {
	group      string
	generation int32
	engine.TopicPartition
}

// quietGroups holds PartitionOwnedByOneMember, among the members themselves.
func (c *Checker) quietGroups() {
	owners := map[owner]engine.NodeID{}
	ids, all := c.consumers()
	for i, k := range all {
		s := k.State()
		if s.Group == "" || s.State != client.StableMember {
			continue
		}
		for _, part := range s.Partitions {
			key := owner{s.Group, s.Generation, part.TopicPartition}
			if other, taken := owners[key]; taken {
				c.violated(PartitionOwnedByOneMember, part.TopicPartition, "group %s generation %d: members %d and %d", s.Group, s.Generation, other, ids[i])
			}
			owners[key] = ids[i]
		}
	}
}
