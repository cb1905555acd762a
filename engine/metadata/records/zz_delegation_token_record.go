// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// DelegationTokenRecord is Kafka's message of that name, versions 0 to 0.
type DelegationTokenRecord struct {
	Owner               string   // v0+
	Requester           string   // v0+
	Renewers            []string // v0+
	IssueTimestamp      int64    // v0+
	MaxTimestamp        int64    // v0+
	ExpirationTimestamp int64    // v0+
	TokenID             string   // v0+
}

// NewDelegationTokenRecord gives the message with Kafka's defaults.
func NewDelegationTokenRecord() DelegationTokenRecord {
	return DelegationTokenRecord{}
}

// APIKey is the record's type in the metadata log.
func (*DelegationTokenRecord) APIKey() int16 { return 10 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*DelegationTokenRecord) TypeName() string { return "DELEGATION_TOKEN_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*DelegationTokenRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *DelegationTokenRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Owner)
	dst = appendString(dst, r.Requester)
	dst = appendCount(dst, len(r.Renewers), false)
	for i := range r.Renewers {
		dst = appendString(dst, r.Renewers[i])
	}
	dst = appendUint64(dst, uint64(r.IssueTimestamp))
	dst = appendUint64(dst, uint64(r.MaxTimestamp))
	dst = appendUint64(dst, uint64(r.ExpirationTimestamp))
	dst = appendString(dst, r.TokenID)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *DelegationTokenRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("DelegationTokenRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("DelegationTokenRecord")
}

func (r *DelegationTokenRecord) read(in *reader, version int16) {
	*r = NewDelegationTokenRecord()
	r.Owner = in.string()
	r.Requester = in.string()
	if n := in.count(false); n >= 0 {
		r.Renewers = make([]string, n)
		for i := range r.Renewers {
			r.Renewers[i] = in.string()
		}
	}
	r.IssueTimestamp = int64(in.uint64())
	r.MaxTimestamp = int64(in.uint64())
	r.ExpirationTimestamp = int64(in.uint64())
	r.TokenID = in.string()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *DelegationTokenRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "owner", &first)
	dst = appendQuoted(dst, r.Owner)
	dst = appendName(dst, "requester", &first)
	dst = appendQuoted(dst, r.Requester)
	dst = appendName(dst, "renewers", &first)
	dst = append(dst, '[')
	for i := range r.Renewers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, r.Renewers[i])
	}
	dst = append(dst, ']')
	dst = appendName(dst, "issueTimestamp", &first)
	dst = appendInt(dst, int64(r.IssueTimestamp))
	dst = appendName(dst, "maxTimestamp", &first)
	dst = appendInt(dst, int64(r.MaxTimestamp))
	dst = appendName(dst, "expirationTimestamp", &first)
	dst = appendInt(dst, int64(r.ExpirationTimestamp))
	dst = appendName(dst, "tokenId", &first)
	dst = appendQuoted(dst, r.TokenID)
	_, _ = first, version
	return append(dst, '}')
}
