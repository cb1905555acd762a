// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// BeginTransactionRecord is Kafka's message of that name, versions 0 to 0.
type BeginTransactionRecord struct {
	Name *string // v0+, tag 0, nil is null
}

// NewBeginTransactionRecord gives the message with Kafka's defaults.
func NewBeginTransactionRecord() BeginTransactionRecord {
	return BeginTransactionRecord{}
}

// APIKey is the record's type in the metadata log.
func (*BeginTransactionRecord) APIKey() int16 { return 23 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*BeginTransactionRecord) TypeName() string { return "BEGIN_TRANSACTION_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*BeginTransactionRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *BeginTransactionRecord) AppendTo(dst []byte, version int16) []byte {
	var tags tagged
	if r.Name != nil {
		var field []byte
		field = appendNullableString(field, r.Name)
		tags.add(0, field)
	}
	return tags.appendTo(dst)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *BeginTransactionRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("BeginTransactionRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("BeginTransactionRecord")
}

func (r *BeginTransactionRecord) read(in *reader, version int16) {
	*r = NewBeginTransactionRecord()
	for n := in.tagCount(); n > 0 && in.err == nil; n-- {
		switch tag, end := in.tag(); {
		case tag == 0:
			r.Name = in.nullableString()
			in.endTag(end)
		default:
			in.skipTo(end)
		}
	}
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *BeginTransactionRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	if r.Name != nil {
		dst = appendName(dst, "name", &first)
		dst = appendNullableQuoted(dst, r.Name)
	}
	_, _ = first, version
	return append(dst, '}')
}
