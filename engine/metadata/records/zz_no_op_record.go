// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// NoOpRecord is Kafka's message of that name, versions 0 to 0.
type NoOpRecord struct {
}

// NewNoOpRecord gives the message with Kafka's defaults.
func NewNoOpRecord() NoOpRecord {
	return NoOpRecord{}
}

// APIKey is the record's type in the metadata log.
func (*NoOpRecord) APIKey() int16 { return 20 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*NoOpRecord) TypeName() string { return "NO_OP_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*NoOpRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *NoOpRecord) AppendTo(dst []byte, version int16) []byte {
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *NoOpRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("NoOpRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("NoOpRecord")
}

func (r *NoOpRecord) read(in *reader, version int16) {
	*r = NewNoOpRecord()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *NoOpRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	_, _ = first, version
	return append(dst, '}')
}
