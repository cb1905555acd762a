// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// SnapshotHeaderRecord is Kafka's message of that name, versions 0 to 0.
type SnapshotHeaderRecord struct {
	Version                   int16 // v0+
	LastContainedLogTimestamp int64 // v0+
}

// NewSnapshotHeaderRecord gives the message with Kafka's defaults.
func NewSnapshotHeaderRecord() SnapshotHeaderRecord {
	return SnapshotHeaderRecord{}
}

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*SnapshotHeaderRecord) TypeName() string { return "SNAPSHOT_HEADER_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*SnapshotHeaderRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *SnapshotHeaderRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint16(dst, uint16(r.Version))
	dst = appendUint64(dst, uint64(r.LastContainedLogTimestamp))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *SnapshotHeaderRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("SnapshotHeaderRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("SnapshotHeaderRecord")
}

func (r *SnapshotHeaderRecord) read(in *reader, version int16) {
	*r = NewSnapshotHeaderRecord()
	r.Version = int16(in.uint16())
	r.LastContainedLogTimestamp = int64(in.uint64())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *SnapshotHeaderRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "version", &first)
	dst = appendInt(dst, int64(r.Version))
	dst = appendName(dst, "lastContainedLogTimestamp", &first)
	dst = appendInt(dst, int64(r.LastContainedLogTimestamp))
	_, _ = first, version
	return append(dst, '}')
}
