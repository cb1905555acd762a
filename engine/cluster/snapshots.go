package cluster

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/config"
	"bitacora/engine/metadata"
	"bitacora/engine/metadata/records"
	"bitacora/engine/quorum"
)

// snapshots decides when this process makes a snapshot of the metadata log, as
// every broker and controller does for itself (SnapshotGenerator): when so many
// bytes were committed since the last one was made or loaded, or so much time has
// passed and something was.
type snapshots struct {
	bytesMax    int64         // metadata.log.max.record.bytes.between.snapshots
	intervalMax time.Duration // metadata.log.max.snapshot.interval.ms; 0: no time is too long
	bytes       int64
	since       engine.Time
	// lastContained is the time of the last batch that the image has.
	lastContained engine.WallTime
}

func newSnapshots(static config.Static) snapshots {
	return snapshots{
		bytesMax:    static.Int(config.MetadataSnapshotBytes),
		intervalMax: static.Duration(config.MetadataSnapshotInterval),
	}
}

// reset begins to count anew.
func (g *snapshots) reset(now engine.Time) { g.bytes, g.since = 0, now }

func (g *snapshots) due(now engine.Time) bool {
	return g.bytes >= g.bytesMax || g.intervalMax > 0 && now.Sub(g.since) >= g.intervalMax
}

// maybeSnapshot makes a snapshot of the image, if one is due (SnapshotEmitter). The
// records of an open metadata transaction are not in the image, and so it waits for
// its end.
func (s *Server) maybeSnapshot(env *engine.Env) {
	_, open := s.image.InTransaction()
	if open || s.stopping != notStopping || !s.snapshots.due(env.Now()) {
		return
	}
	s.snapshots.reset(env.Now())
	var frames [][]byte
	for _, r := range s.image.Encode() {
		frames = append(frames, records.AppendFrame(nil, r))
	}
	id := quorum.NewSnapshotID(s.image.Offset()+1, s.image.Epoch())
	s.quorum.CreateSnapshot(env, id, s.snapshots.lastContained, frames)
}

// load puts a snapshot in the place of the image, and says what is different
// (MetadataLoader.handleLoadSnapshot).
func (s *Server) load(env *engine.Env, ev quorum.SnapshotLoaded) *metadata.Delta {
	image, scratch := metadata.NewImage(), metadata.NewDelta()
	for it := batch.Iterate(ev.Batches); it.Next(); {
		if b := it.Batch(); !b.IsControl() {
			s.applyTo(image, b, scratch)
		}
	}
	image.Advance(ev.ID.EndOffset()-1, ev.ID.Epoch())
	delta := metadata.Difference(s.image, image)
	s.image = image
	s.snapshots.lastContained = ev.LastContained
	s.snapshots.reset(env.Now())
	return delta
}
