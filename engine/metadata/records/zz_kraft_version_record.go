// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// KRaftVersionRecord is Kafka's message of that name, versions 0 to 0.
type KRaftVersionRecord struct {
	Version      int16 // v0+
	KRaftVersion int16 // v0+
}

// NewKRaftVersionRecord gives the message with Kafka's defaults.
func NewKRaftVersionRecord() KRaftVersionRecord {
	return KRaftVersionRecord{}
}

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*KRaftVersionRecord) TypeName() string { return "KRAFT_VERSION_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*KRaftVersionRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *KRaftVersionRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint16(dst, uint16(r.Version))
	dst = appendUint16(dst, uint16(r.KRaftVersion))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *KRaftVersionRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("KRaftVersionRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("KRaftVersionRecord")
}

func (r *KRaftVersionRecord) read(in *reader, version int16) {
	*r = NewKRaftVersionRecord()
	r.Version = int16(in.uint16())
	r.KRaftVersion = int16(in.uint16())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *KRaftVersionRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "version", &first)
	dst = appendInt(dst, int64(r.Version))
	dst = appendName(dst, "kRaftVersion", &first)
	dst = appendInt(dst, int64(r.KRaftVersion))
	_, _ = first, version
	return append(dst, '}')
}
