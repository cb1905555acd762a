// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// ClearElrRecord is Kafka's message of that name, versions 0 to 0.
type ClearElrRecord struct {
	TopicName string // v0+
}

// NewClearElrRecord gives the message with Kafka's defaults.
func NewClearElrRecord() ClearElrRecord {
	return ClearElrRecord{}
}

// APIKey is the record's type in the metadata log.
func (*ClearElrRecord) APIKey() int16 { return 28 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*ClearElrRecord) TypeName() string { return "CLEAR_ELR_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*ClearElrRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *ClearElrRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.TopicName)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *ClearElrRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("ClearElrRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("ClearElrRecord")
}

func (r *ClearElrRecord) read(in *reader, version int16) {
	*r = NewClearElrRecord()
	r.TopicName = in.string()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *ClearElrRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "topicName", &first)
	dst = appendQuoted(dst, r.TopicName)
	_, _ = first, version
	return append(dst, '}')
}
