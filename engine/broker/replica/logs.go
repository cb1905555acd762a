package replica

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/config"
	"bitacora/engine/log"
)

// openLogs opens every log on the disk (LogManager.loadLogs).
func (m *Manager) openLogs(env *engine.Env) {
	clean, err := log.TakeCleanMark(m.store)
	if err != nil {
		m.onStorageError(env, nil, err)
		return
	}
	for _, id := range m.store.Logs() {
		if id == log.StoreID || id == log.MetadataID {
			continue
		}
		name, err := log.ReadRecord(m.store, id, log.RecordTopicName, 0)
		if err != nil {
			m.onStorageError(env, nil, err)
			return
		}
		tp := engine.TopicPartition{Topic: string(name), Partition: id.Partition}
		l, found, err := log.Open(m.store, id, tp, m.logConfig(tp.Topic), clean, env.Wall())
		if err != nil {
			m.onStorageError(env, nil, err)
			return
		}
		m.strays[id] = l
		env.Trace(engine.Event{Kind: engine.EventRecovered, Topic: tp.Topic, Partition: tp.Partition,
			Offset: l.LogStartOffset(), Until: l.LogEndOffset(), Count: found.CutBytes, Code: int16(found.Cut)})
	}
}

func (m *Manager) createLog(env *engine.Env, id log.ID, topic string) *log.Log {
	tp := engine.TopicPartition{Topic: topic, Partition: id.Partition}
	l, err := log.Create(m.store, id, tp, m.logConfig(topic), env.Wall())
	if err == nil {
		err = log.WriteRecord(m.store, id, log.RecordTopicName, 0, []byte(topic))
	}
	if err != nil {
		m.onStorageError(env, nil, err)
		return nil
	}
	return l
}

// configure gives a partition its topic's configs.
func (m *Manager) configure(p *Partition) {
	t := m.topicConfig(p.tp.Topic)
	p.minISR, p.dirtyRatio = t.MinInSyncReplicas, t.MinCleanableDirtyRatio
	p.log.SetConfig(m.logConfigOf(&t))
}

// logConfig is what a topic's log looks at.
func (m *Manager) logConfig(topic string) log.Config {
	t := m.topicConfig(topic)
	return m.logConfigOf(&t)
}

func (m *Manager) logConfigOf(t *config.Topic) log.Config {
	c := log.DefaultConfig()
	c.SegmentBytes = int(t.SegmentBytes)
	c.SegmentMs = millis(t.SegmentMillis)
	c.SegmentJitter, c.JitterSeed = millis(t.SegmentJitterMillis), uint64(m.cfg.NodeID)
	c.MaxMessageBytes = int(t.MaxMessageBytes)
	if t.LogAppendTime {
		c.MessageTimestampType = batch.LogAppendTime
	}
	c.TimestampBeforeMax = millis(t.TimestampBeforeMaxMillis)
	c.TimestampAfterMax = millis(t.TimestampAfterMaxMillis)
	c.Compact, c.Delete = t.Compact, t.Delete
	c.DeleteRetention = millis(t.DeleteRetentionMillis)
	c.MinCompactionLag, c.MaxCompactionLag = millis(t.MinCompactionLagMillis), millis(t.MaxCompactionLagMillis)
	c.RetentionMs = millis(t.RetentionMillis)
	c.RetentionBytes = t.RetentionBytes
	if t.Compression != "producer" {
		c.Recompress = true
		if t.Compression != "uncompressed" {
			c.Codec, _ = batch.ParseCodec(t.Compression)
			c.Level = t.CompressionLevel
		}
	}
	c.FlushMessages = t.FlushMessages
	c.ProducerIDExpiration = millis(config.ServerInt(m.image, m.cfg.Static, m.cfg.NodeID, config.ProducerIDExpiration))
	return c
}

// millis makes a span of a config in milliseconds, as long as a span can be; a
// negative one means no limit and stays negative.
func millis(n int64) time.Duration {
	if n > int64(1<<63-1)/int64(time.Millisecond) {
		return 1<<63 - 1
	}
	return time.Duration(n) * time.Millisecond
}

// checkpointHighWatermarks is ReplicaManager.checkpointHighWatermarks.
func (m *Manager) checkpointHighWatermarks(env *engine.Env) {
	for _, p := range m.ordered {
		if err := p.log.CheckpointHighWatermark(); err != nil {
			m.onStorageError(env, p, err)
			return
		}
	}
}

// checkpointRecoveryPoints is LogManager.checkpointLogRecoveryOffsets.
func (m *Manager) checkpointRecoveryPoints(env *engine.Env) {
	for _, p := range m.ordered {
		if err := p.log.Checkpoint(); err != nil {
			m.onStorageError(env, p, err)
			return
		}
	}
}

// applyRetention is LogManager.cleanupLogs, which leaves compacted logs to the
// cleaner.
func (m *Manager) applyRetention(env *engine.Env) {
	for _, p := range m.ordered {
		if !p.log.Config().Compact {
			m.deleteOldSegments(env, p)
		}
	}
}

func (m *Manager) deleteOldSegments(env *engine.Env, p *Partition) {
	start, active := p.log.LogStartOffset(), p.activeBase()
	before := slices.Clone(p.log.Segments())
	n, err := p.log.DeleteOldSegments(env.Wall())
	if err != nil {
		m.onStorageError(env, p, err)
		return
	}
	m.traceRolled(env, p, active)
	for _, s := range before[:min(n, len(before))] {
		m.trace(env, p, engine.Event{Kind: engine.EventSegmentDeleted, Offset: s.Base, Until: s.Next, Count: s.Bytes})
	}
	m.noteLogStart(env, p, start)
}

// expireProducers forgets idempotent producers that wrote nothing for long.
func (m *Manager) expireProducers(env *engine.Env) {
	for _, p := range m.ordered {
		p.log.RemoveExpiredProducers(env.Wall())
	}
}

// moveLogStart takes over a leader's log start offset.
func (m *Manager) moveLogStart(env *engine.Env, p *Partition, to engine.Offset) {
	before := p.log.LogStartOffset()
	if _, err := p.log.MaybeIncrementLogStartOffset(to); err != nil {
		m.onStorageError(env, p, err)
		return
	}
	m.noteLogStart(env, p, before)
}

// noteLogStart tells that the log start moved; a fetcher tells the leader.
func (m *Manager) noteLogStart(env *engine.Env, p *Partition, before engine.Offset) {
	now := p.log.LogStartOffset()
	if now == before {
		return
	}
	m.trace(env, p, engine.Event{Kind: engine.EventLogStartMoved, Offset: now, Until: before})
	key := sessionKey{id: p.topicID, partition: p.tp.Partition}
	for _, f := range m.fetchers {
		if s := f.byID[key]; s != nil {
			f.note(s)
		}
	}
}

func (p *Partition) activeBase() engine.Offset {
	segments := p.log.Segments()
	return segments[len(segments)-1].Base
}

// traceRolled tells of a new active segment.
func (m *Manager) traceRolled(env *engine.Env, p *Partition, before engine.Offset) {
	if now := p.activeBase(); now != before {
		m.trace(env, p, engine.Event{Kind: engine.EventSegmentRolled, Offset: now})
	}
}

// Close writes down what makes the next start quick, and marks the disk clean,
// when the broker has handed over everything (ReplicaManager.shutdown,
// LogManager.shutdown). The caller halts when the barrier is met.
func (m *Manager) Close(env *engine.Env) engine.Durable {
	for _, f := range m.fetchers {
		f.channel.Close(env)
	}
	m.fetchers = nil
	for _, p := range m.ordered {
		if err := p.log.Close(); err != nil {
			m.onStorageError(env, p, err)
			return engine.Durable{}
		}
	}
	if err := log.MarkClean(m.store); err != nil {
		m.onStorageError(env, nil, err)
		return engine.Durable{}
	}
	return m.barrier()
}
