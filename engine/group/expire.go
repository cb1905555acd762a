package group

import (
	"bitacora/engine"
)

// expireOffsets writes tombstones for offsets that nobody has needed for
// offsets.retention.minutes, counted from the time the group became empty or, where
// it never had members, from the commit; and for groups that have nothing left
// (OffsetMetadataManager.cleanupExpiredOffsets, KIP-211).
//
// Not modelled: a stable group's offsets of topics it no longer subscribes to.
func (c *Coordinator) expireOffsets(env *engine.Env) {
	retention := engine.WallTime(c.cfg.OffsetRetention.Milliseconds())
	for _, partition := range c.Partitions() {
		s := c.shards[partition]
		if s.loading {
			continue
		}
		var rs []record
		var gone []*Group
		for _, name := range sortedNames(s.groups) {
			g := s.groups[name]
			if g.State != Empty || len(g.pending) > 0 {
				continue
			}
			left := len(g.Offsets)
			for _, tp := range g.partitions() {
				since := g.Offsets[tp].At
				if g.ProtocolType != "" && g.StateSince != noTimestamp {
					since = g.StateSince
				}
				if env.Wall()-since >= retention {
					rs = append(rs, offsetRecord(name, tp, nil))
					left--
				}
			}
			if left == 0 {
				rs = append(rs, groupTombstone(name))
				gone = append(gone, g)
			}
		}
		c.expire(env, s, rs, gone)
	}
}

func (c *Coordinator) expire(env *engine.Env, s *shard, rs []record, gone []*Group) {
	if len(rs) == 0 || c.append(env, s, rs, write{kind: writeNothing}) != engine.ErrNone {
		return
	}
	for _, g := range gone {
		g.State = Dead
		c.dropTimers(env, g)
		delete(s.groups, g.Name)
		delete(c.byNumber, g.number)
	}
}

// forgetTopic removes the offsets of a topic that was deleted, and not those of a
// new one of the same name (OffsetMetadataManager.onTopicsDeleted).
func (c *Coordinator) forgetTopic(env *engine.Env, topic string, id engine.TopicID) {
	for _, partition := range c.Partitions() {
		s := c.shards[partition]
		if s.loading {
			continue
		}
		var rs []record
		for _, name := range sortedNames(s.groups) {
			g := s.groups[name]
			for _, tp := range g.partitions() {
				was := g.Offsets[tp].topicID
				if tp.Topic == topic && (was == id || was == engine.TopicID{}) {
					rs = append(rs, offsetRecord(name, tp, nil))
				}
			}
		}
		if len(rs) > 0 {
			c.append(env, s, rs, write{kind: writeNothing})
		}
	}
}
