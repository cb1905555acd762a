// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// VotersRecord is Kafka's message of that name, versions 0 to 0.
type VotersRecord struct {
	Version int16         // v0+
	Voters  []VotersVoter // v0+
}

// NewVotersRecord gives the message with Kafka's defaults.
func NewVotersRecord() VotersRecord {
	return VotersRecord{}
}

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*VotersRecord) TypeName() string { return "VOTERS_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*VotersRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *VotersRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint16(dst, uint16(r.Version))
	dst = appendCount(dst, len(r.Voters), false)
	for i := range r.Voters {
		dst = r.Voters[i].appendTo(dst, version)
	}
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *VotersRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("VotersRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("VotersRecord")
}

func (r *VotersRecord) read(in *reader, version int16) {
	*r = NewVotersRecord()
	r.Version = int16(in.uint16())
	if n := in.count(false); n >= 0 {
		r.Voters = make([]VotersVoter, n)
		for i := range r.Voters {
			r.Voters[i].read(in, version)
		}
	}
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *VotersRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "version", &first)
	dst = appendInt(dst, int64(r.Version))
	dst = appendName(dst, "voters", &first)
	dst = append(dst, '[')
	for i := range r.Voters {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Voters[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	_, _ = first, version
	return append(dst, '}')
}

// VotersVoter is a part of VotersRecord.
type VotersVoter struct {
	VoterID             engine.NodeID             // v0+
	VoterDirectoryID    [16]byte                  // v0+
	Endpoints           []VotersEndpoint          // v0+
	KRaftVersionFeature VotersKRaftVersionFeature // v0+
}

// NewVotersVoter gives the part with Kafka's defaults.
func NewVotersVoter() VotersVoter {
	return VotersVoter{
		KRaftVersionFeature: NewVotersKRaftVersionFeature(),
	}
}

func (r *VotersVoter) appendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.VoterID))
	dst = append(dst, r.VoterDirectoryID[:]...)
	dst = appendCount(dst, len(r.Endpoints), false)
	for i := range r.Endpoints {
		dst = r.Endpoints[i].appendTo(dst, version)
	}
	dst = r.KRaftVersionFeature.appendTo(dst, version)
	_ = version
	return appendUvarint(dst, 0)
}

func (r *VotersVoter) read(in *reader, version int16) {
	*r = NewVotersVoter()
	r.VoterID = engine.NodeID(in.uint32())
	r.VoterDirectoryID = in.uuid()
	if n := in.count(false); n >= 0 {
		r.Endpoints = make([]VotersEndpoint, n)
		for i := range r.Endpoints {
			r.Endpoints[i].read(in, version)
		}
	}
	r.KRaftVersionFeature.read(in, version)
	_ = version
	in.skipTags()
}

func (r *VotersVoter) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "voterId", &first)
	dst = appendInt(dst, int64(r.VoterID))
	dst = appendName(dst, "voterDirectoryId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.VoterDirectoryID).String())
	dst = appendName(dst, "endpoints", &first)
	dst = append(dst, '[')
	for i := range r.Endpoints {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Endpoints[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	dst = appendName(dst, "kRaftVersionFeature", &first)
	dst = r.KRaftVersionFeature.appendJSON(dst, version)
	_, _ = first, version
	return append(dst, '}')
}

// VotersEndpoint is a part of VotersRecord.
type VotersEndpoint struct {
	Name string // v0+
	Host string // v0+
	Port uint16 // v0+
}

// NewVotersEndpoint gives the part with Kafka's defaults.
func NewVotersEndpoint() VotersEndpoint {
	return VotersEndpoint{}
}

func (r *VotersEndpoint) appendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = appendString(dst, r.Host)
	dst = appendUint16(dst, uint16(r.Port))
	_ = version
	return appendUvarint(dst, 0)
}

func (r *VotersEndpoint) read(in *reader, version int16) {
	*r = NewVotersEndpoint()
	r.Name = in.string()
	r.Host = in.string()
	r.Port = uint16(in.uint16())
	_ = version
	in.skipTags()
}

func (r *VotersEndpoint) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "host", &first)
	dst = appendQuoted(dst, r.Host)
	dst = appendName(dst, "port", &first)
	dst = appendInt(dst, int64(r.Port))
	_, _ = first, version
	return append(dst, '}')
}

// VotersKRaftVersionFeature is a part of VotersRecord.
type VotersKRaftVersionFeature struct {
	MinSupportedVersion int16 // v0+
	MaxSupportedVersion int16 // v0+
}

// NewVotersKRaftVersionFeature gives the part with Kafka's defaults.
func NewVotersKRaftVersionFeature() VotersKRaftVersionFeature {
	return VotersKRaftVersionFeature{}
}

func (r *VotersKRaftVersionFeature) appendTo(dst []byte, version int16) []byte {
	dst = appendUint16(dst, uint16(r.MinSupportedVersion))
	dst = appendUint16(dst, uint16(r.MaxSupportedVersion))
	_ = version
	return appendUvarint(dst, 0)
}

func (r *VotersKRaftVersionFeature) read(in *reader, version int16) {
	*r = NewVotersKRaftVersionFeature()
	r.MinSupportedVersion = int16(in.uint16())
	r.MaxSupportedVersion = int16(in.uint16())
	_ = version
	in.skipTags()
}

func (r *VotersKRaftVersionFeature) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "minSupportedVersion", &first)
	dst = appendInt(dst, int64(r.MinSupportedVersion))
	dst = appendName(dst, "maxSupportedVersion", &first)
	dst = appendInt(dst, int64(r.MaxSupportedVersion))
	_, _ = first, version
	return append(dst, '}')
}
