// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// BrokerRegistrationChangeRecord is Kafka's message of that name, versions 0 to 3.
type BrokerRegistrationChangeRecord struct {
	BrokerID             engine.NodeID      // v0+
	BrokerEpoch          engine.BrokerEpoch // v0+
	Fenced               int8               // v0+, tag 0
	InControlledShutdown int8               // v1+, tag 1
	LogDirs              [][16]byte         // v2+, tag 2
	CordonedLogDirs      [][16]byte         // v3+, tag 3, nil is null
}

// NewBrokerRegistrationChangeRecord gives the message with Kafka's defaults.
func NewBrokerRegistrationChangeRecord() BrokerRegistrationChangeRecord {
	return BrokerRegistrationChangeRecord{}
}

// APIKey is the record's type in the metadata log.
func (*BrokerRegistrationChangeRecord) APIKey() int16 { return 17 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*BrokerRegistrationChangeRecord) TypeName() string { return "BROKER_REGISTRATION_CHANGE_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*BrokerRegistrationChangeRecord) HighestVersion() int16 { return 3 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *BrokerRegistrationChangeRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.BrokerID))
	dst = appendUint64(dst, uint64(r.BrokerEpoch))
	var tags tagged
	if r.Fenced != 0 {
		var field []byte
		field = append(field, byte(r.Fenced))
		tags.add(0, field)
	}
	if version >= 1 {
		if r.InControlledShutdown != 0 {
			var field []byte
			field = append(field, byte(r.InControlledShutdown))
			tags.add(1, field)
		}
	}
	if version >= 2 {
		if len(r.LogDirs) > 0 {
			var field []byte
			field = appendCount(field, len(r.LogDirs), false)
			for i := range r.LogDirs {
				field = append(field, r.LogDirs[i][:]...)
			}
			tags.add(2, field)
		}
	}
	if version >= 3 {
		if r.CordonedLogDirs != nil {
			var field []byte
			field = appendCount(field, len(r.CordonedLogDirs), false)
			for i := range r.CordonedLogDirs {
				field = append(field, r.CordonedLogDirs[i][:]...)
			}
			tags.add(3, field)
		}
	}
	return tags.appendTo(dst)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *BrokerRegistrationChangeRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 3 {
		return unknownVersion("BrokerRegistrationChangeRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("BrokerRegistrationChangeRecord")
}

func (r *BrokerRegistrationChangeRecord) read(in *reader, version int16) {
	*r = NewBrokerRegistrationChangeRecord()
	r.BrokerID = engine.NodeID(in.uint32())
	r.BrokerEpoch = engine.BrokerEpoch(in.uint64())
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		switch tag, end := in.tag(); {
		case tag == 0:
			r.Fenced = int8(in.uint8())
			in.endTag(end)
		case tag == 1 && version >= 1:
			r.InControlledShutdown = int8(in.uint8())
			in.endTag(end)
		case tag == 2 && version >= 2:
			if n := in.count(false); n >= 0 {
				r.LogDirs = make([][16]byte, n)
				for i := range r.LogDirs {
					r.LogDirs[i] = in.uuid()
				}
			}
			in.endTag(end)
		case tag == 3 && version >= 3:
			if n := in.count(true); n >= 0 {
				r.CordonedLogDirs = make([][16]byte, n)
				for i := range r.CordonedLogDirs {
					r.CordonedLogDirs[i] = in.uuid()
				}
			} else {
				r.CordonedLogDirs = nil
			}
			in.endTag(end)
		default:
			in.skipTo(end)
		}
	}
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *BrokerRegistrationChangeRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "brokerId", &first)
	dst = appendInt(dst, int64(r.BrokerID))
	dst = appendName(dst, "brokerEpoch", &first)
	dst = appendInt(dst, int64(r.BrokerEpoch))
	if r.Fenced != 0 {
		dst = appendName(dst, "fenced", &first)
		dst = appendInt(dst, int64(r.Fenced))
	}
	if version >= 1 {
		if r.InControlledShutdown != 0 {
			dst = appendName(dst, "inControlledShutdown", &first)
			dst = appendInt(dst, int64(r.InControlledShutdown))
		}
	}
	if version >= 2 {
		if len(r.LogDirs) > 0 {
			dst = appendName(dst, "logDirs", &first)
			dst = append(dst, '[')
			for i := range r.LogDirs {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = appendQuoted(dst, engine.TopicID(r.LogDirs[i]).String())
			}
			dst = append(dst, ']')
		}
	}
	if version >= 3 {
		if r.CordonedLogDirs != nil {
			dst = appendName(dst, "cordonedLogDirs", &first)
			if r.CordonedLogDirs == nil {
				dst = append(dst, "null"...)
			} else {
				dst = append(dst, '[')
				for i := range r.CordonedLogDirs {
					if i > 0 {
						dst = append(dst, ',')
					}
					dst = appendQuoted(dst, engine.TopicID(r.CordonedLogDirs[i]).String())
				}
				dst = append(dst, ']')
			}
		}
	}
	_, _ = first, version
	return append(dst, '}')
}
