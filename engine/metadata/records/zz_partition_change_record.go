// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// PartitionChangeRecord is Kafka's message of that name, versions 0 to 2.
type PartitionChangeRecord struct {
	PartitionID            int32           // v0+
	TopicID                engine.TopicID  // v0+
	ISR                    []engine.NodeID // v0+, tag 0, nil is null
	Leader                 engine.NodeID   // v0+, tag 1
	Replicas               []engine.NodeID // v0+, tag 2, nil is null
	RemovingReplicas       []engine.NodeID // v0+, tag 3, nil is null
	AddingReplicas         []engine.NodeID // v0+, tag 4, nil is null
	LeaderRecoveryState    int8            // v0+, tag 5
	Directories            [][16]byte      // v1+, tag 8, nil is null
	EligibleLeaderReplicas []engine.NodeID // v2+, tag 6, nil is null
	LastKnownELR           []engine.NodeID // v2+, tag 7, nil is null
}

// NewPartitionChangeRecord gives the message with Kafka's defaults.
func NewPartitionChangeRecord() PartitionChangeRecord {
	return PartitionChangeRecord{
		PartitionID:         -1,
		Leader:              -2,
		LeaderRecoveryState: -1,
	}
}

// APIKey is the record's type in the metadata log.
func (*PartitionChangeRecord) APIKey() int16 { return 5 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*PartitionChangeRecord) TypeName() string { return "PARTITION_CHANGE_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*PartitionChangeRecord) HighestVersion() int16 { return 2 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *PartitionChangeRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.PartitionID))
	dst = append(dst, r.TopicID[:]...)
	var tags tagged
	if r.ISR != nil {
		var field []byte
		field = appendCount(field, len(r.ISR), false)
		for i := range r.ISR {
			field = appendUint32(field, uint32(r.ISR[i]))
		}
		tags.add(0, field)
	}
	if r.Leader != -2 {
		var field []byte
		field = appendUint32(field, uint32(r.Leader))
		tags.add(1, field)
	}
	if r.Replicas != nil {
		var field []byte
		field = appendCount(field, len(r.Replicas), false)
		for i := range r.Replicas {
			field = appendUint32(field, uint32(r.Replicas[i]))
		}
		tags.add(2, field)
	}
	if r.RemovingReplicas != nil {
		var field []byte
		field = appendCount(field, len(r.RemovingReplicas), false)
		for i := range r.RemovingReplicas {
			field = appendUint32(field, uint32(r.RemovingReplicas[i]))
		}
		tags.add(3, field)
	}
	if r.AddingReplicas != nil {
		var field []byte
		field = appendCount(field, len(r.AddingReplicas), false)
		for i := range r.AddingReplicas {
			field = appendUint32(field, uint32(r.AddingReplicas[i]))
		}
		tags.add(4, field)
	}
	if r.LeaderRecoveryState != -1 {
		var field []byte
		field = append(field, byte(r.LeaderRecoveryState))
		tags.add(5, field)
	}
	if version >= 2 {
		if r.EligibleLeaderReplicas != nil {
			var field []byte
			field = appendCount(field, len(r.EligibleLeaderReplicas), false)
			for i := range r.EligibleLeaderReplicas {
				field = appendUint32(field, uint32(r.EligibleLeaderReplicas[i]))
			}
			tags.add(6, field)
		}
	}
	if version >= 2 {
		if r.LastKnownELR != nil {
			var field []byte
			field = appendCount(field, len(r.LastKnownELR), false)
			for i := range r.LastKnownELR {
				field = appendUint32(field, uint32(r.LastKnownELR[i]))
			}
			tags.add(7, field)
		}
	}
	if version >= 1 {
		if r.Directories != nil {
			var field []byte
			field = appendCount(field, len(r.Directories), false)
			for i := range r.Directories {
				field = append(field, r.Directories[i][:]...)
			}
			tags.add(8, field)
		}
	}
	return tags.appendTo(dst)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *PartitionChangeRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 2 {
		return unknownVersion("PartitionChangeRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("PartitionChangeRecord")
}

func (r *PartitionChangeRecord) read(in *reader, version int16) {
	*r = NewPartitionChangeRecord()
	r.PartitionID = int32(in.uint32())
	r.TopicID = in.uuid()
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		switch tag, end := in.tag(); {
		case tag == 0:
			if n := in.count(true); n >= 0 {
				r.ISR = make([]engine.NodeID, n)
				for i := range r.ISR {
					r.ISR[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.ISR = nil
			}
			in.endTag(end)
		case tag == 1:
			r.Leader = engine.NodeID(in.uint32())
			in.endTag(end)
		case tag == 2:
			if n := in.count(true); n >= 0 {
				r.Replicas = make([]engine.NodeID, n)
				for i := range r.Replicas {
					r.Replicas[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.Replicas = nil
			}
			in.endTag(end)
		case tag == 3:
			if n := in.count(true); n >= 0 {
				r.RemovingReplicas = make([]engine.NodeID, n)
				for i := range r.RemovingReplicas {
					r.RemovingReplicas[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.RemovingReplicas = nil
			}
			in.endTag(end)
		case tag == 4:
			if n := in.count(true); n >= 0 {
				r.AddingReplicas = make([]engine.NodeID, n)
				for i := range r.AddingReplicas {
					r.AddingReplicas[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.AddingReplicas = nil
			}
			in.endTag(end)
		case tag == 5:
			r.LeaderRecoveryState = int8(in.uint8())
			in.endTag(end)
		case tag == 6 && version >= 2:
			if n := in.count(true); n >= 0 {
				r.EligibleLeaderReplicas = make([]engine.NodeID, n)
				for i := range r.EligibleLeaderReplicas {
					r.EligibleLeaderReplicas[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.EligibleLeaderReplicas = nil
			}
			in.endTag(end)
		case tag == 7 && version >= 2:
			if n := in.count(true); n >= 0 {
				r.LastKnownELR = make([]engine.NodeID, n)
				for i := range r.LastKnownELR {
					r.LastKnownELR[i] = engine.NodeID(in.uint32())
				}
			} else {
				r.LastKnownELR = nil
			}
			in.endTag(end)
		case tag == 8 && version >= 1:
			if n := in.count(true); n >= 0 {
				r.Directories = make([][16]byte, n)
				for i := range r.Directories {
					r.Directories[i] = in.uuid()
				}
			} else {
				r.Directories = nil
			}
			in.endTag(end)
		default:
			in.skipTo(end)
		}
	}
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *PartitionChangeRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "partitionId", &first)
	dst = appendInt(dst, int64(r.PartitionID))
	dst = appendName(dst, "topicId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.TopicID).String())
	if r.ISR != nil {
		dst = appendName(dst, "isr", &first)
		if r.ISR == nil {
			dst = append(dst, "null"...)
		} else {
			dst = append(dst, '[')
			for i := range r.ISR {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendInt(dst, int64(r.ISR[i]))
			}
			dst = append(dst, ']')
		}
	}
	if r.Leader != -2 {
		dst = appendName(dst, "leader", &first)
		dst = appendInt(dst, int64(r.Leader))
	}
	if r.Replicas != nil {
		dst = appendName(dst, "replicas", &first)
		if r.Replicas == nil {
			dst = append(dst, "null"...)
		} else {
			dst = append(dst, '[')
			for i := range r.Replicas {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendInt(dst, int64(r.Replicas[i]))
			}
			dst = append(dst, ']')
		}
	}
	if r.RemovingReplicas != nil {
		dst = appendName(dst, "removingReplicas", &first)
		if r.RemovingReplicas == nil {
			dst = append(dst, "null"...)
		} else {
			dst = append(dst, '[')
			for i := range r.RemovingReplicas {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendInt(dst, int64(r.RemovingReplicas[i]))
			}
			dst = append(dst, ']')
		}
	}
	if r.AddingReplicas != nil {
		dst = appendName(dst, "addingReplicas", &first)
		if r.AddingReplicas == nil {
			dst = append(dst, "null"...)
		} else {
			dst = append(dst, '[')
			for i := range r.AddingReplicas {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendInt(dst, int64(r.AddingReplicas[i]))
			}
			dst = append(dst, ']')
		}
	}
	if r.LeaderRecoveryState != -1 {
		dst = appendName(dst, "leaderRecoveryState", &first)
		dst = appendInt(dst, int64(r.LeaderRecoveryState))
	}
	if version >= 1 {
		if r.Directories != nil {
			dst = appendName(dst, "directories", &first)
			if r.Directories == nil {
				dst = append(dst, "null"...)
			} else {
				dst = append(dst, '[')
				for i := range r.Directories {
					if i > 0 {
						dst = append(dst, ',')
					}
					dst = appendQuoted(dst, engine.TopicID(r.Directories[i]).String())
				}
				dst = append(dst, ']')
			}
		}
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
