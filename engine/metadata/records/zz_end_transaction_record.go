// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// EndTransactionRecord is Kafka's message of that name, versions 0 to 0.
type EndTransactionRecord struct {
}

// NewEndTransactionRecord gives the message with Kafka's defaults.
func NewEndTransactionRecord() EndTransactionRecord {
	return EndTransactionRecord{}
}

// APIKey is the record's type in the metadata log.
func (*EndTransactionRecord) APIKey() int16 { return 24 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*EndTransactionRecord) TypeName() string { return "END_TRANSACTION_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*EndTransactionRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *EndTransactionRecord) AppendTo(dst []byte, version int16) []byte {
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *EndTransactionRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("EndTransactionRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("EndTransactionRecord")
}

func (r *EndTransactionRecord) read(in *reader, version int16) {
	*r = NewEndTransactionRecord()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *EndTransactionRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	_, _ = first, version
	return append(dst, '}')
}
