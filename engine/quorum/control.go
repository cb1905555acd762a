package quorum

import (
	"encoding/binary"
	"fmt"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/metadata/records"
)

// The types of control records in the metadata log and its checkpoints
// (ControlRecordType).
const (
	controlLeaderChange   = 2
	controlSnapshotHeader = 3
	controlSnapshotFooter = 4
	controlKRaftVersion   = 5
	controlVoters         = 6
)

// controlKeyBytes is the size of a control record's key: version and type.
const controlKeyBytes = 4

func controlKey(kind int16) []byte {
	key := make([]byte, controlKeyBytes)
	binary.BigEndian.PutUint16(key[2:], uint16(kind))
	return key
}

// controlBatch begins a batch of control records.
func controlBatch(base engine.Offset, epoch engine.LeaderEpoch) *batch.Builder {
	return batch.NewBuilder(batch.Options{BaseOffset: base, LeaderEpoch: epoch, Control: true})
}

func appendControl(b *batch.Builder, now engine.WallTime, kind int16, m records.Message) {
	b.Append(batch.Timestamp(now), controlKey(kind), m.AppendTo(nil, 0))
}

func buildBatch(b *batch.Builder) batch.Batch {
	built, err := b.Build(nil)
	if err != nil {
		engine.Violated("UncompressedBatchBuilds", "%v", err)
	}
	return built
}

// controlState is what the control records of one batch say about the quorum.
type controlState struct {
	offset  engine.Offset
	voters  VoterSet
	version int16
	kind    int16
}

// readControl hands what matters of a control batch to each, in order. Types that
// are not known are skipped, as KRaftControlRecordStateMachine does.
func readControl(b batch.Batch) ([]controlState, error) {
	var found []controlState
	it := b.Iterate(nil)
	for it.Next() {
		r := it.Record()
		if len(r.Key) < controlKeyBytes {
			return nil, fmt.Errorf("control record at %d has a key of %d bytes", r.Offset, len(r.Key))
		}
		switch kind := int16(binary.BigEndian.Uint16(r.Key[2:])); kind {
		case controlVoters:
			var m records.VotersRecord
			if err := m.ReadFrom(r.Value, 0); err != nil {
				return nil, fmt.Errorf("voters record at %d: %w", r.Offset, err)
			}
			found = append(found, controlState{offset: r.Offset, kind: kind, voters: votersOf(&m)})
		case controlKRaftVersion:
			var m records.KRaftVersionRecord
			if err := m.ReadFrom(r.Value, 0); err != nil {
				return nil, fmt.Errorf("kraft version record at %d: %w", r.Offset, err)
			}
			found = append(found, controlState{offset: r.Offset, kind: kind, version: m.KRaftVersion})
		}
	}
	return found, it.Err()
}

// readBounds finds a snapshot's header, with the time that it tells, and footer
// among a batch's control records.
func readBounds(b batch.Batch) (lastContained engine.WallTime, header, footer bool, err error) {
	it := b.Iterate(nil)
	for it.Next() {
		r := it.Record()
		if len(r.Key) < controlKeyBytes {
			return 0, false, false, fmt.Errorf("control record at %d has a key of %d bytes", r.Offset, len(r.Key))
		}
		switch int16(binary.BigEndian.Uint16(r.Key[2:])) {
		case controlSnapshotHeader:
			var m records.SnapshotHeaderRecord
			if err := m.ReadFrom(r.Value, 0); err != nil {
				return 0, false, false, fmt.Errorf("snapshot header at %d: %w", r.Offset, err)
			}
			header, lastContained = true, engine.WallTime(m.LastContainedLogTimestamp)
		case controlSnapshotFooter:
			footer = true
		}
	}
	return lastContained, header, footer, it.Err()
}
