// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// SnapshotFooterRecord is Kafka's message of that name, versions 0 to 0.
type SnapshotFooterRecord struct {
	Version int16 // v0+
}

// NewSnapshotFooterRecord gives the message with Kafka's defaults.
func NewSnapshotFooterRecord() SnapshotFooterRecord {
	return SnapshotFooterRecord{}
}

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*SnapshotFooterRecord) TypeName() string { return "SNAPSHOT_FOOTER_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*SnapshotFooterRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *SnapshotFooterRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint16(dst, uint16(r.Version))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *SnapshotFooterRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("SnapshotFooterRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("SnapshotFooterRecord")
}

func (r *SnapshotFooterRecord) read(in *reader, version int16) {
	*r = NewSnapshotFooterRecord()
	r.Version = int16(in.uint16())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *SnapshotFooterRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "version", &first)
	dst = appendInt(dst, int64(r.Version))
	_, _ = first, version
	return append(dst, '}')
}
