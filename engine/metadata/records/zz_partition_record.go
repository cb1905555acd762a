// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// PartitionRecord is Kafka's message of that name, versions 0 to 2.
type PartitionRecord struct {
	PartitionID            int32                 // v0+
	TopicID                engine.TopicID        // v0+
	Replicas               []engine.NodeID       // v0+
	ISR                    []engine.NodeID       // v0+
	RemovingReplicas       []engine.NodeID       // v0+
	AddingReplicas         []engine.NodeID       // v0+
	Leader                 engine.NodeID         // v0+
	LeaderRecoveryState    int8                  // v0+, tag 0
	LeaderEpoch            engine.LeaderEpoch    // v0+
	PartitionEpoch         engine.PartitionEpoch // v0+
	Directories            [][16]byte            // v1+
	EligibleLeaderReplicas []engine.NodeID       // v2+, tag 1, nil is null
	LastKnownELR           []engine.NodeID       // v2+, tag 2, nil is null
}

// NewPartitionRecord gives the message with Kafka's defaults.
func NewPartitionRecord() PartitionRecord {
	return PartitionRecord{
		PartitionID:    -1,
		Leader:         -1,
		LeaderEpoch:    -1,
		PartitionEpoch: -1,
	}
}

// APIKey is the record's type in the metadata log.
func (*PartitionRecord) APIKey() int16 { return 3 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*PartitionRecord) TypeName() string { return "PARTITION_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*PartitionRecord) HighestVersion() int16 { return 2 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *PartitionRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.PartitionID))
	dst = append(dst, r.TopicID[:]...)
	dst = appendCount(dst, len(r.Replicas), false)
	for i := range r.Replicas {
		dst = appendUint32(dst, uint32(r.Replicas[i]))
	}
	dst = appendCount(dst, len(r.ISR), false)
	for i := range r.ISR {
		dst = appendUint32(dst, uint32(r.ISR[i]))
	}
	dst = appendCount(dst, len(r.RemovingReplicas), false)
	for i := range r.RemovingReplicas {
		dst = appendUint32(dst, uint32(r.RemovingReplicas[i]))
	}
	dst = appendCount(dst, len(r.AddingReplicas), false)
	for i := range r.AddingReplicas {
		dst = appendUint32(dst, uint32(r.AddingReplicas[i]))
	}
	dst = appendUint32(dst, uint32(r.Leader))
	dst = appendUint32(dst, uint32(r.LeaderEpoch))
	dst = appendUint32(dst, uint32(r.PartitionEpoch))
	if version >= 1 {
		dst = appendCount(dst, len(r.Directories), false)
		for i := range r.Directories {
			dst = append(dst, r.Directories[i][:]...)
		}
	}
	var tags tagged
	if r.LeaderRecoveryState != 0 {
		var field []byte
		field = append(field, byte(r.LeaderRecoveryState))
		tags.add(0, field)
	}
	if version >= 2 {
		if r.EligibleLeaderReplicas != nil {
			var field []byte
			field = appendCount(field, len(r.EligibleLeaderReplicas), false)
			for i := range r.EligibleLeaderReplicas {
				field = appendUint32(field, uint32(r.EligibleLeaderReplicas[i]))
			}
			tags.add(1, field)
		}
	}
	if version >= 2 {
		if r.LastKnownELR != nil {
			var field []byte
			field = appendCount(field, len(r.LastKnownELR), false)
			for i := range r.LastKnownELR {
				field = appendUint32(field, uint32(r.LastKnownELR[i]))
			}
			tags.add(2, field)
		}
	}
	return tags.appendTo(dst)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *PartitionRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 2 {
		return unknownVersion("PartitionRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("PartitionRecord")
}

func (r *PartitionRecord) read(in *reader, version int16) {
	*r = NewPartitionRecord()
	r.PartitionID = int32(in.uint32())
	r.TopicID = in.uuid()
	if n := in.count(false); n >= 0 {
		r.Replicas = make([]engine.NodeID, n)
		for i := range r.Replicas {
			r.Replicas[i] = engine.NodeID(in.uint32())
		}
	}
	if n := in.count(false); n >= 0 {
		r.ISR = make([]engine.NodeID, n)
		for i := range r.ISR {
			r.ISR[i] = engine.NodeID(in.uint32())
		}
	}
	if n := in.count(false); n >= 0 {
		r.RemovingReplicas = make([]engine.NodeID, n)
		for i := range r.RemovingReplicas {
			r.RemovingReplicas[i] = engine.NodeID(in.uint32())
		}
	}
	if n := in.count(false); n >= 0 {
		r.AddingReplicas = make([]engine.NodeID, n)
		for i := range r.AddingReplicas {
			r.AddingReplicas[i] = engine.NodeID(in.uint32())
		}
	}
	r.Leader = engine.NodeID(in.uint32())
	r.LeaderEpoch = engine.LeaderEpoch(in.uint32())
	r.PartitionEpoch = engine.PartitionEpoch(in.uint32())
	if version >= 1 {
		if n := in.count(false); n >= 0 {
			r.Directories = make([][16]byte, n)
			for i := range r.Directories {
				r.Directories[i] = in.uuid()
			}
		}
	}
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		switch tag, end := in.tag(); {
		case tag == 0:
			r.LeaderRecoveryState = int8(in.uint8())
			in.endTag(end)
		case tag == 1 && version >= 2:
			if n := in.count(true); n >= 0 {
				r.EligibleLeaderReplicas = make([]engine.NodeID, n)
				for i := range r.EligibleLeaderReplicas {
					r.EligibleLeaderReplicas[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.EligibleLeaderReplicas = nil
			}
			in.endTag(end)
		case tag == 2 && version >= 2:
			if n := in.count(true); n >= 0 {
				r.LastKnownELR = make([]engine.NodeID, n)
				for i := range r.LastKnownELR {
					r.LastKnownELR[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.LastKnownELR = nil
			}
			in.endTag(end)
		default:
			in.skipTo(end)
		}
	}
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *PartitionRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "partitionId", &first)
	dst = appendInt(dst, int64(r.PartitionID))
	dst = appendName(dst, "topicId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.TopicID).String())
	dst = appendName(dst, "replicas", &first)
	dst = append(dst, '[')
	for i := range r.Replicas {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendInt(dst, int64(r.Replicas[i]))
	}
	dst = append(dst, ']')
	dst = appendName(dst, "isr", &first)
	dst = append(dst, '[')
	for i := range r.ISR {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendInt(dst, int64(r.ISR[i]))
	}
	dst = append(dst, ']')
	dst = appendName(dst, "removingReplicas", &first)
	dst = append(dst, '[')
	for i := range r.RemovingReplicas {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendInt(dst, int64(r.RemovingReplicas[i]))
	}
	dst = append(dst, ']')
	dst = appendName(dst, "addingReplicas", &first)
	dst = append(dst, '[')
	for i := range r.AddingReplicas {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendInt(dst, int64(r.AddingReplicas[i]))
	}
	dst = append(dst, ']')
	dst = appendName(dst, "leader", &first)
	dst = appendInt(dst, int64(r.Leader))
	if r.LeaderRecoveryState != 0 {
		dst = appendName(dst, "leaderRecoveryState", &first)
		dst = appendInt(dst, int64(r.LeaderRecoveryState))
	}
	dst = appendName(dst, "leaderEpoch", &first)
	dst = appendInt(dst, int64(r.LeaderEpoch))
	dst = appendName(dst, "partitionEpoch", &first)
	dst = appendInt(dst, int64(r.PartitionEpoch))
	if version >= 1 {
		dst = appendName(dst, "directories", &first)
		dst = append(dst, '[')
		for i := range r.Directories {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, engine.TopicID(r.Directories[i]).String())
		}
		dst = append(dst, ']')
	}
	if version >= 2 {
		if r.EligibleLeaderReplicas != nil {
			dst = appendName(dst, "eligibleLeaderReplicas", &first)
			if r.EligibleLeaderReplicas == nil {
				dst = append(dst, "null"...)
			} else {
				dst = append(dst, '[')
				for i := range r.EligibleLeaderReplicas {
					if i > 0 {
						dst = append(dst, ',')
					}
					dst = appendInt(dst, int64(r.EligibleLeaderReplicas[i]))
				}
				dst = append(dst, ']')
			}
		}
	}
	if version >= 2 {
		if r.LastKnownELR != nil {
			dst = appendName(dst, "lastKnownElr", &first)
			if r.LastKnownELR == nil {
				dst = append(dst, "null"...)
			} else {
				dst = append(dst, '[')
				for i := range r.LastKnownELR {
					if i > 0 {
						dst = append(dst, ',')
					}
					dst = appendInt(dst, int64(r.LastKnownELR[i]))
				}
				dst = append(dst, ']')
			}
		}
	}
	_, _ = first, version
	return append(dst, '}')
}
