// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "encoding/base64"

// UserScramCredentialRecord is Kafka's message of that name, versions 0 to 0.
type UserScramCredentialRecord struct {
	Name       string // v0+
	Mechanism  int8   // v0+
	Salt       []byte // v0+
	StoredKey  []byte // v0+
	ServerKey  []byte // v0+
	Iterations int32  // v0+
}

// NewUserScramCredentialRecord gives the message with Kafka's defaults.
func NewUserScramCredentialRecord() UserScramCredentialRecord {
	return UserScramCredentialRecord{}
}

// APIKey is the record's type in the metadata log.
func (*UserScramCredentialRecord) APIKey() int16 { return 11 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*UserScramCredentialRecord) TypeName() string { return "USER_SCRAM_CREDENTIAL_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*UserScramCredentialRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *UserScramCredentialRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = append(dst, byte(r.Mechanism))
	dst = appendBytes(dst, r.Salt)
	dst = appendBytes(dst, r.StoredKey)
	dst = appendBytes(dst, r.ServerKey)
	dst = appendUint32(dst, uint32(r.Iterations))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *UserScramCredentialRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("UserScramCredentialRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("UserScramCredentialRecord")
}

func (r *UserScramCredentialRecord) read(in *reader, version int16) {
	*r = NewUserScramCredentialRecord()
	r.Name = in.string()
	r.Mechanism = int8(in.uint8())
	r.Salt = in.bytes()
	r.StoredKey = in.bytes()
	r.ServerKey = in.bytes()
	r.Iterations = int32(in.uint32())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *UserScramCredentialRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "mechanism", &first)
	dst = appendInt(dst, int64(r.Mechanism))
	dst = appendName(dst, "salt", &first)
	dst = appendQuoted(dst, base64.StdEncoding.EncodeToString(r.Salt))
	dst = appendName(dst, "storedKey", &first)
	dst = appendQuoted(dst, base64.StdEncoding.EncodeToString(r.StoredKey))
	dst = appendName(dst, "serverKey", &first)
	dst = appendQuoted(dst, base64.StdEncoding.EncodeToString(r.ServerKey))
	dst = appendName(dst, "iterations", &first)
	dst = appendInt(dst, int64(r.Iterations))
	_, _ = first, version
	return append(dst, '}')
}
