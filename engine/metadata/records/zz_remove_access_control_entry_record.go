// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// RemoveAccessControlEntryRecord is Kafka's message of that name, versions 0 to 0.
type RemoveAccessControlEntryRecord struct {
	ID [16]byte // v0+
}

// NewRemoveAccessControlEntryRecord gives the message with Kafka's defaults.
func NewRemoveAccessControlEntryRecord() RemoveAccessControlEntryRecord {
	return RemoveAccessControlEntryRecord{}
}

// APIKey is the record's type in the metadata log.
func (*RemoveAccessControlEntryRecord) APIKey() int16 { return 19 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*RemoveAccessControlEntryRecord) TypeName() string { return "REMOVE_ACCESS_CONTROL_ENTRY_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*RemoveAccessControlEntryRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *RemoveAccessControlEntryRecord) AppendTo(dst []byte, version int16) []byte {
	dst = append(dst, r.ID[:]...)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *RemoveAccessControlEntryRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("RemoveAccessControlEntryRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("RemoveAccessControlEntryRecord")
}

func (r *RemoveAccessControlEntryRecord) read(in *reader, version int16) {
	*r = NewRemoveAccessControlEntryRecord()
	r.ID = in.uuid()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *RemoveAccessControlEntryRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "id", &first)
	dst = appendQuoted(dst, engine.TopicID(r.ID).String())
	_, _ = first, version
	return append(dst, '}')
}
