// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// RegisterBrokerRecord is Kafka's message of that name, versions 0 to 4.
type RegisterBrokerRecord struct {
	BrokerID             engine.NodeID            // v0+
	IsMigratingZkBroker  bool                     // v2+
	IncarnationID        [16]byte                 // v0+
	BrokerEpoch          engine.BrokerEpoch       // v0+
	EndPoints            []RegisterBrokerEndpoint // v0+
	Features             []RegisterBrokerFeature  // v0+
	Rack                 *string                  // v0+, nil is null
	Fenced               bool                     // v0+
	InControlledShutdown bool                     // v1+
	LogDirs              [][16]byte               // v3+, tag 0
	CordonedLogDirs      [][16]byte               // v4+, tag 1, nil is null
}

// NewRegisterBrokerRecord gives the message with Kafka's defaults.
func NewRegisterBrokerRecord() RegisterBrokerRecord {
	return RegisterBrokerRecord{
		Fenced: true,
	}
}

// APIKey is the record's type in the metadata log.
func (*RegisterBrokerRecord) APIKey() int16 { return 0 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*RegisterBrokerRecord) TypeName() string { return "REGISTER_BROKER_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*RegisterBrokerRecord) HighestVersion() int16 { return 4 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *RegisterBrokerRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.BrokerID))
	if version >= 2 {
		dst = appendBool(dst, r.IsMigratingZkBroker)
	}
	dst = append(dst, r.IncarnationID[:]...)
	dst = appendUint64(dst, uint64(r.BrokerEpoch))
	dst = appendCount(dst, len(r.EndPoints), false)
	for i := range r.EndPoints {
		dst = r.EndPoints[i].appendTo(dst, version)
	}
	dst = appendCount(dst, len(r.Features), false)
	for i := range r.Features {
		dst = r.Features[i].appendTo(dst, version)
	}
	dst = appendNullableString(dst, r.Rack)
	dst = appendBool(dst, r.Fenced)
	if version >= 1 {
		dst = appendBool(dst, r.InControlledShutdown)
	}
	var tags tagged
	if version >= 3 {
		if len(r.LogDirs) > 0 {
			var field []byte
			field = appendCount(field, len(r.LogDirs), false)
			for i := range r.LogDirs {
				field = append(field, r.LogDirs[i][:]...)
			}
			tags.add(0, field)
		}
	}
	if version >= 4 {
		if r.CordonedLogDirs != nil {
			var field []byte
			field = appendCount(field, len(r.CordonedLogDirs), false)
			for i := range r.CordonedLogDirs {
				field = append(field, r.CordonedLogDirs[i][:]...)
			}
			tags.add(1, field)
		}
	}
	return tags.appendTo(dst)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *RegisterBrokerRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 4 {
		return unknownVersion("RegisterBrokerRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("RegisterBrokerRecord")
}

func (r *RegisterBrokerRecord) read(in *reader, version int16) {
	*r = NewRegisterBrokerRecord()
	r.BrokerID = engine.NodeID(in.uint32())
	if version >= 2 {
		r.IsMigratingZkBroker = in.uint8() != 0
	}
	r.IncarnationID = in.uuid()
	r.BrokerEpoch = engine.BrokerEpoch(in.uint64())
	if n := in.count(false); n >= 0 {
		r.EndPoints = make([]RegisterBrokerEndpoint, n)
		for i := range r.EndPoints {
			r.EndPoints[i].read(in, version)
		}
	}
	if n := in.count(false); n >= 0 {
		r.Features = make([]RegisterBrokerFeature, n)
		for i := range r.Features {
			r.Features[i].read(in, version)
		}
	}
	r.Rack = in.nullableString()
	r.Fenced = in.uint8() != 0
	if version >= 1 {
		r.InControlledShutdown = in.uint8() != 0
	}
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		switch tag, end := in.tag(); {
		case tag == 0 && version >= 3:
			if n := in.count(false); n >= 0 {
				r.LogDirs = make([][16]byte, n)
				for i := range r.LogDirs {
					r.LogDirs[i] = in.uuid()
				}
			}
			in.endTag(end)
		case tag == 1 && version >= 4:
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
func (r *RegisterBrokerRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "brokerId", &first)
	dst = appendInt(dst, int64(r.BrokerID))
	if version >= 2 {
		dst = appendName(dst, "isMigratingZkBroker", &first)
		dst = appendBoolText(dst, r.IsMigratingZkBroker)
	}
	dst = appendName(dst, "incarnationId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.IncarnationID).String())
	dst = appendName(dst, "brokerEpoch", &first)
	dst = appendInt(dst, int64(r.BrokerEpoch))
	dst = appendName(dst, "endPoints", &first)
	dst = append(dst, '[')
	for i := range r.EndPoints {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.EndPoints[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	dst = appendName(dst, "features", &first)
	dst = append(dst, '[')
	for i := range r.Features {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Features[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	dst = appendName(dst, "rack", &first)
	dst = appendNullableQuoted(dst, r.Rack)
	dst = appendName(dst, "fenced", &first)
	dst = appendBoolText(dst, r.Fenced)
	if version >= 1 {
		dst = appendName(dst, "inControlledShutdown", &first)
		dst = appendBoolText(dst, r.InControlledShutdown)
	}
	if version >= 3 {
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
	if version >= 4 {
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

// RegisterBrokerEndpoint is a part of RegisterBrokerRecord.
type RegisterBrokerEndpoint struct {
	Name             string // v0+
	Host             string // v0+
	Port             uint16 // v0+
	SecurityProtocol int16  // v0+
}

// NewRegisterBrokerEndpoint gives the part with Kafka's defaults.
func NewRegisterBrokerEndpoint() RegisterBrokerEndpoint {
	return RegisterBrokerEndpoint{}
}

func (r *RegisterBrokerEndpoint) appendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = appendString(dst, r.Host)
	dst = appendUint16(dst, uint16(r.Port))
	dst = appendUint16(dst, uint16(r.SecurityProtocol))
	_ = version
	return appendUvarint(dst, 0)
}

func (r *RegisterBrokerEndpoint) read(in *reader, version int16) {
	*r = NewRegisterBrokerEndpoint()
	r.Name = in.string()
	r.Host = in.string()
	r.Port = uint16(in.uint16())
	r.SecurityProtocol = int16(in.uint16())
	_ = version
	in.skipTags()
}

func (r *RegisterBrokerEndpoint) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "host", &first)
	dst = appendQuoted(dst, r.Host)
	dst = appendName(dst, "port", &first)
	dst = appendInt(dst, int64(r.Port))
	dst = appendName(dst, "securityProtocol", &first)
	dst = appendInt(dst, int64(r.SecurityProtocol))
	_, _ = first, version
	return append(dst, '}')
}

// RegisterBrokerFeature is a part of RegisterBrokerRecord.
type RegisterBrokerFeature struct {
	Name                string // v0+
	MinSupportedVersion int16  // v0+
	MaxSupportedVersion int16  // v0+
}

// NewRegisterBrokerFeature gives the part with Kafka's defaults.
func NewRegisterBrokerFeature() RegisterBrokerFeature {
	return RegisterBrokerFeature{}
}

func (r *RegisterBrokerFeature) appendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = appendUint16(dst, uint16(r.MinSupportedVersion))
	dst = appendUint16(dst, uint16(r.MaxSupportedVersion))
	_ = version
	return appendUvarint(dst, 0)
}

func (r *RegisterBrokerFeature) read(in *reader, version int16) {
	*r = NewRegisterBrokerFeature()
	r.Name = in.string()
	r.MinSupportedVersion = int16(in.uint16())
	r.MaxSupportedVersion = int16(in.uint16())
	_ = version
	in.skipTags()
}

func (r *RegisterBrokerFeature) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "minSupportedVersion", &first)
	dst = appendInt(dst, int64(r.MinSupportedVersion))
	dst = appendName(dst, "maxSupportedVersion", &first)
	dst = appendInt(dst, int64(r.MaxSupportedVersion))
	_, _ = first, version
	return append(dst, '}')
}
