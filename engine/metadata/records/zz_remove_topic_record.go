// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// RemoveTopicRecord is Kafka's message of that name, versions 0 to 0.
type RemoveTopicRecord struct {
	TopicID engine.TopicID // v0+
}

// NewRemoveTopicRecord gives the message with Kafka's defaults.
func NewRemoveTopicRecord() RemoveTopicRecord {
	return RemoveTopicRecord{}
}

// APIKey is the record's type in the metadata log.
func (*RemoveTopicRecord) APIKey() int16 { return 9 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*RemoveTopicRecord) TypeName() string { return "REMOVE_TOPIC_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*RemoveTopicRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *RemoveTopicRecord) AppendTo(dst []byte, version int16) []byte {
	dst = append(dst, r.TopicID[:]...)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *RemoveTopicRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("RemoveTopicRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("RemoveTopicRecord")
}

func (r *RemoveTopicRecord) read(in *reader, version int16) {
	*r = NewRemoveTopicRecord()
	r.TopicID = in.uuid()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *RemoveTopicRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "topicId", &first)
	dst = appendQuoted(dst, engine.TopicID(r.TopicID).String())
	_, _ = first, version
	return append(dst, '}')
}
