// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// RemoveUserScramCredentialRecord is Kafka's message of that name, versions 0 to 0.
type RemoveUserScramCredentialRecord struct {
	Name      string // v0+
	Mechanism int8   // v0+
}

// NewRemoveUserScramCredentialRecord gives the message with Kafka's defaults.
func NewRemoveUserScramCredentialRecord() RemoveUserScramCredentialRecord {
	return RemoveUserScramCredentialRecord{}
}

// APIKey is the record's type in the metadata log.
func (*RemoveUserScramCredentialRecord) APIKey() int16 { return 22 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*RemoveUserScramCredentialRecord) TypeName() string {
	return "REMOVE_USER_SCRAM_CREDENTIAL_RECORD"
}

// HighestVersion is the newest version of the message that is known here.
func (*RemoveUserScramCredentialRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *RemoveUserScramCredentialRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = append(dst, byte(r.Mechanism))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *RemoveUserScramCredentialRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("RemoveUserScramCredentialRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("RemoveUserScramCredentialRecord")
}

func (r *RemoveUserScramCredentialRecord) read(in *reader, version int16) {
	*r = NewRemoveUserScramCredentialRecord()
	r.Name = in.string()
	r.Mechanism = int8(in.uint8())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *RemoveUserScramCredentialRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "mechanism", &first)
	dst = appendInt(dst, int64(r.Mechanism))
	_, _ = first, version
	return append(dst, '}')
}
