package quorum

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/metadata/records"
)

// Format prepares an empty metadata disk as kafka-storage format does, once in its
// life. With standalone the replica becomes the one voter of a new cluster
// (--standalone); without, it has no voters and waits to learn of them
// (--no-initial-controllers; brokers too). bootstrap are the metadata records, as
// AppendFrame writes them, that the first active controller puts into the log:
// bootstrap.checkpoint. now is the records' timestamp.
//
// Who calls commits the disk before the replica is started. Errors are the store's.
func Format(store log.Store, cfg Config, standalone bool, now engine.WallTime, bootstrap ...[]byte) error {
	if err := cfg.validate(); err != nil {
		return err
	}
	if err := store.Create(log.MetadataID, 0, now); err != nil {
		return fmt.Errorf("format metadata disk: %w", err)
	}
	if standalone {
		if err := writeCheckpoint(store, cfg, now); err != nil {
			return err
		}
	}
	if err := writeBootstrap(store, bootstrap, now); err != nil {
		return err
	}
	store.Flush()
	return nil
}

// writeCheckpoint: the snapshot at offset 0 and epoch 0 that only its own
// controller ever reads (Snapshots.BOOTSTRAP_SNAPSHOT_ID).
func writeCheckpoint(store log.Store, cfg Config, now engine.WallTime) error {
	header := records.NewSnapshotHeaderRecord()
	version := records.NewKRaftVersionRecord()
	version.KRaftVersion = kraftVersionReconfig
	voters := VoterSet{cfg.voter()}.record()
	b := controlBatch(0, 0)
	appendControl(b, now, controlSnapshotHeader, &header)
	appendControl(b, now, controlKRaftVersion, &version)
	appendControl(b, now, controlVoters, &voters)
	next := b.NextOffset()
	checkpoint := append(buildBatch(b), snapshotFooter(next, 0, now)...)
	if err := store.SetRecord(log.MetadataID, log.RecordKey{Kind: RecordCheckpoint}, checkpoint); err != nil {
		return fmt.Errorf("write bootstrap checkpoint: %w", err)
	}
	return nil
}

func writeBootstrap(store log.Store, bootstrap [][]byte, now engine.WallTime) error {
	header := records.NewSnapshotHeaderRecord()
	b := controlBatch(0, 0)
	appendControl(b, now, controlSnapshotHeader, &header)
	next := b.NextOffset()
	checkpoint := []byte(buildBatch(b))
	if len(bootstrap) > 0 {
		data := batch.NewBuilder(batch.Options{BaseOffset: next})
		for _, r := range bootstrap {
			data.Append(batch.Timestamp(now), nil, r)
		}
		next = data.NextOffset()
		checkpoint = append(checkpoint, buildBatch(data)...)
	}
	checkpoint = append(checkpoint, snapshotFooter(next, 0, now)...)
	if err := store.SetRecord(log.MetadataID, log.RecordKey{Kind: RecordBootstrap}, checkpoint); err != nil {
		return fmt.Errorf("write bootstrap records: %w", err)
	}
	return nil
}

func snapshotFooter(base engine.Offset, epoch engine.LeaderEpoch, now engine.WallTime) batch.Batch {
	footer := records.NewSnapshotFooterRecord()
	b := controlBatch(base, epoch)
	appendControl(b, now, controlSnapshotFooter, &footer)
	return buildBatch(b)
}

// Bootstrap gives the metadata records that the disk was formatted with
// (RaftClient.Listener.handleLoadBootstrap), for the controller that becomes
// active over an empty log.
func Bootstrap(store log.Store) ([][]byte, error) {
	run, err := store.Record(log.MetadataID, log.RecordKey{Kind: RecordBootstrap})
	if err != nil {
		return nil, fmt.Errorf("read bootstrap records: %w", err)
	}
	var found [][]byte
	batches := batch.Iterate(run)
	for batches.Next() {
		b := batches.Batch()
		if err := b.EnsureValid(); err != nil {
			return nil, fmt.Errorf("bootstrap records: %w", err)
		}
		if b.IsControl() {
			continue
		}
		it := b.Iterate(nil)
		for it.Next() {
			found = append(found, it.Record().Value)
		}
		if err := it.Err(); err != nil {
			return nil, fmt.Errorf("bootstrap records: %w", err)
		}
	}
	return found, batches.Err()
}
