// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// TopicRecord is Kafka's message of that name, versions 0 to 0.
type TopicRecord struct {
	Name    string         // v0+
	TopicID engine.TopicID // v0+
}

// NewTopicRecord gives the message with Kafka's defaults.
func NewTopicRecord() TopicRecord {
	return TopicRecord{}
}

// APIKey is the record's type in the metadata log.
func (*TopicRecord) APIKey() int16 { return 2 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*TopicRecord) TypeName() string { return "TOPIC_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*TopicRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *TopicRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = append(dst, r.TopicID[:]...)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *TopicRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("TopicRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("TopicRecord")
}

func (r *TopicRecord) read(in *reader, version int16) {
	*r = NewTopicRecord()
	r.Name = in.string()
	r.TopicID = in.uuid()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *TopicRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "topicId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.TopicID).String())
	_, _ = first, version
	return append(dst, '}')
}
