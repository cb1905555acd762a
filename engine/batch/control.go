package batch

import "encoding/binary"

// ControlType is what a control record is about (ControlRecordType).
type ControlType int16

// The control records that Kafka knows; readers pass over any other.
const (
	Abort          ControlType = 0
	Commit         ControlType = 1
	LeaderChange   ControlType = 2
	SnapshotHeader ControlType = 3
	SnapshotFooter ControlType = 4
	KRaftVersion   ControlType = 5
	KRaftVoters    ControlType = 6
	UnknownControl ControlType = -1
)

// String names the type as ControlRecordType does.
func (t ControlType) String() string {
	switch t {
	case Abort:
		return "ABORT"
	case Commit:
		return "COMMIT"
	case LeaderChange:
		return "LEADER_CHANGE"
	case SnapshotHeader:
		return "SNAPSHOT_HEADER"
	case SnapshotFooter:
		return "SNAPSHOT_FOOTER"
	case KRaftVersion:
		return "KRAFT_VERSION"
	case KRaftVoters:
		return "KRAFT_VOTERS"
	}
	return "UNKNOWN"
}

const (
	controlKeyBytes   = 4
	controlKeyVersion = 0
)

// ControlKey is the key of a control record: version 0 and the type.
func ControlKey(t ControlType) []byte {
	return binary.BigEndian.AppendUint16([]byte{0, controlKeyVersion}, uint16(t))
}

// ParseControlKey reads the key of a control record. A key of a newer version is
// read as of version 0; a type that nobody knows is UnknownControl.
func ParseControlKey(key []byte) (ControlType, error) {
	if len(key) < controlKeyBytes {
		return UnknownControl, defect(InvalidRecord, "Invalid value size found for control record key. Must have at least %d bytes, but found only %d", controlKeyBytes, len(key))
	}
	if version := int16(binary.BigEndian.Uint16(key)); version < controlKeyVersion {
		return UnknownControl, defect(InvalidRecord, "Invalid version found for control record: %d. May indicate data corruption", version)
	}
	t := ControlType(binary.BigEndian.Uint16(key[2:]))
	if t < Abort || t > KRaftVoters {
		return UnknownControl, nil
	}
	return t, nil
}

// EndTransactionMarker is the value of an Abort or Commit record.
type EndTransactionMarker struct {
	CoordinatorEpoch int32
}

const (
	markerVersion = 0
	markerBytes   = 6
)

// Encode gives the value's bytes: version 0 and the coordinator's epoch.
func (m EndTransactionMarker) Encode() []byte {
	return binary.BigEndian.AppendUint32([]byte{0, markerVersion}, uint32(m.CoordinatorEpoch))
}

// ParseEndTransactionMarker reads the value of an Abort or Commit record; fields
// that a newer version adds are passed over.
func ParseEndTransactionMarker(value []byte) (EndTransactionMarker, error) {
	if len(value) < markerBytes || int16(binary.BigEndian.Uint16(value)) < markerVersion {
		return EndTransactionMarker{}, defect(InvalidRecord, "Invalid end transaction marker of %d bytes", len(value))
	}
	return EndTransactionMarker{CoordinatorEpoch: int32(binary.BigEndian.Uint32(value[2:]))}, nil
}

// ControlBatch builds a batch of one control record, as leaders and coordinators
// append them. Options.Control is set for the caller; control records are not
// compressed.
func ControlBatch(options Options, at Timestamp, t ControlType, value []byte) Batch {
	options.Control, options.Codec = true, None
	b := NewBuilder(options)
	b.Append(at, ControlKey(t), value)
	out, _ := b.Build(nil) // only a codec can fail
	return out
}
