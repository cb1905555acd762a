// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// RegisterControllerRecord is Kafka's message of that name, versions 0 to 0.
type RegisterControllerRecord struct {
	ControllerID     engine.NodeID                // v0+
	IncarnationID    [16]byte                     // v0+
	ZkMigrationReady bool                         // v0+
	EndPoints        []RegisterControllerEndpoint // v0+
	Features         []RegisterControllerFeature  // v0+
}

// NewRegisterControllerRecord gives the message with Kafka's defaults.
func NewRegisterControllerRecord() RegisterControllerRecord {
	return RegisterControllerRecord{}
}

// APIKey is the record's type in the metadata log.
func (*RegisterControllerRecord) APIKey() int16 { return 27 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*RegisterControllerRecord) TypeName() string { return "REGISTER_CONTROLLER_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*RegisterControllerRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *RegisterControllerRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.ControllerID))
	dst = append(dst, r.IncarnationID[:]...)
	dst = appendBool(dst, r.ZkMigrationReady)
	dst = appendCount(dst, len(r.EndPoints), false)
	for i := range r.EndPoints {
		dst = r.EndPoints[i].appendTo(dst, version)
	}
	dst = appendCount(dst, len(r.Features), false)
	for i := range r.Features {
		dst = r.Features[i].appendTo(dst, version)
	}
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *RegisterControllerRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("RegisterControllerRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("RegisterControllerRecord")
}

func (r *RegisterControllerRecord) read(in *reader, version int16) {
	*r = NewRegisterControllerRecord()
	r.ControllerID = engine.NodeID(in.uint32())
	r.IncarnationID = in.uuid()
	r.ZkMigrationReady = in.uint8() != 0
	if n := in.count(false); n >= 0 {
		r.EndPoints = make([]RegisterControllerEndpoint, n)
		for i := range r.EndPoints {
			r.EndPoints[i].read(in, version)
		}
	}
	if n := in.count(false); n >= 0 {
		r.Features = make([]RegisterControllerFeature, n)
		for i := range r.Features {
			r.Features[i].read(in, version)
		}
	}
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *RegisterControllerRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "controllerId", &first)
	dst = appendInt(dst, int64(r.ControllerID))
	dst = appendName(dst, "incarnationId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.IncarnationID).String())
	dst = appendName(dst, "zkMigrationReady", &first)
	dst = appendBoolText(dst, r.ZkMigrationReady)
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
	_, _ = first, version
	return append(dst, '}')
}

// RegisterControllerEndpoint is a part of RegisterControllerRecord.
type RegisterControllerEndpoint struct {
	Name             string // v0+
	Host             string // v0+
	Port             uint16 // v0+
	SecurityProtocol int16  // v0+
}

// NewRegisterControllerEndpoint gives the part with Kafka's defaults.
func NewRegisterControllerEndpoint() RegisterControllerEndpoint {
	return RegisterControllerEndpoint{}
}

func (r *RegisterControllerEndpoint) appendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = appendString(dst, r.Host)
	dst = appendUint16(dst, uint16(r.Port))
	dst = appendUint16(dst, uint16(r.SecurityProtocol))
	_ = version
	return appendUvarint(dst, 0)
}

func (r *RegisterControllerEndpoint) read(in *reader, version int16) {
	*r = NewRegisterControllerEndpoint()
	r.Name = in.string()
	r.Host = in.string()
	r.Port = uint16(in.uint16())
	r.SecurityProtocol = int16(in.uint16())
	_ = version
	in.skipTags()
}

func (r *RegisterControllerEndpoint) appendJSON(dst []byte, version int16) []byte {
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

// RegisterControllerFeature is a part of RegisterControllerRecord.
type RegisterControllerFeature struct {
	Name                string // v0+
	MinSupportedVersion int16  // v0+
	MaxSupportedVersion int16  // v0+
}

// NewRegisterControllerFeature gives the part with Kafka's defaults.
func NewRegisterControllerFeature() RegisterControllerFeature {
	return RegisterControllerFeature{}
}

func (r *RegisterControllerFeature) appendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = appendUint16(dst, uint16(r.MinSupportedVersion))
	dst = appendUint16(dst, uint16(r.MaxSupportedVersion))
	_ = version
	return appendUvarint(dst, 0)
}

func (r *RegisterControllerFeature) read(in *reader, version int16) {
	*r = NewRegisterControllerFeature()
	r.Name = in.string()
	r.MinSupportedVersion = int16(in.uint16())
	r.MaxSupportedVersion = int16(in.uint16())
	_ = version
	in.skipTags()
}

func (r *RegisterControllerFeature) appendJSON(dst []byte, version int16) []byte {
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
