// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// AbortTransactionRecord is Kafka's message of that name, versions 0 to 0.
type AbortTransactionRecord struct {
	Reason *string // v0+, tag 0, nil is null
}

// NewAbortTransactionRecord gives the message with Kafka's defaults.
func NewAbortTransactionRecord() AbortTransactionRecord {
	return AbortTransactionRecord{}
}

// APIKey is the record's type in the metadata log.
func (*AbortTransactionRecord) APIKey() int16 { return 25 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*AbortTransactionRecord) TypeName() string { return "ABORT_TRANSACTION_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*AbortTransactionRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *AbortTransactionRecord) AppendTo(dst []byte, version int16) []byte {
	var tags tagged
	if r.Reason != nil {
		var field []byte
		field = appendNullableString(field, r.Reason)
		tags.add(0, field)
	}
	return tags.appendTo(dst)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *AbortTransactionRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("AbortTransactionRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("AbortTransactionRecord")
}

func (r *AbortTransactionRecord) read(in *reader, version int16) {
	*r = NewAbortTransactionRecord()
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		switch tag, end := in.tag(); {
		case tag == 0:
			r.Reason = in.nullableString()
			in.endTag(end)
		default:
			in.skipTo(end)
		}
	}
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *AbortTransactionRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	if r.Reason != nil {
		dst = appendName(dst, "reason", &first)
		dst = appendNullableQuoted(dst, r.Reason)
	}
	_, _ = first, version
	return append(dst, '}')
}
