// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// RemoveDelegationTokenRecord is Kafka's message of that name, versions 0 to 0.
type RemoveDelegationTokenRecord struct {
	TokenID string // v0+
}

// NewRemoveDelegationTokenRecord gives the message with Kafka's defaults.
func NewRemoveDelegationTokenRecord() RemoveDelegationTokenRecord {
	return RemoveDelegationTokenRecord{}
}

// APIKey is the record's type in the metadata log.
func (*RemoveDelegationTokenRecord) APIKey() int16 { return 26 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*RemoveDelegationTokenRecord) TypeName() string { return "REMOVE_DELEGATION_TOKEN_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*RemoveDelegationTokenRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *RemoveDelegationTokenRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.TokenID)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *RemoveDelegationTokenRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("RemoveDelegationTokenRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("RemoveDelegationTokenRecord")
}

func (r *RemoveDelegationTokenRecord) read(in *reader, version int16) {
	*r = NewRemoveDelegationTokenRecord()
	r.TokenID = in.string()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *RemoveDelegationTokenRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "tokenId", &first)
	dst = appendQuoted(dst, r.TokenID)
	_, _ = first, version
	return append(dst, '}')
}
