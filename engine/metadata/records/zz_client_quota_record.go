// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// ClientQuotaRecord is Kafka's message of that name, versions 0 to 0.
type ClientQuotaRecord struct {
	Entity []ClientQuotaEntityData // v0+
	Key    string                  // v0+
	Value  uint64                  // v0+, the bits of an IEEE 754 double: the engine computes with none
	Remove bool                    // v0+
}

// NewClientQuotaRecord gives the message with Kafka's defaults.
func NewClientQuotaRecord() ClientQuotaRecord {
	return ClientQuotaRecord{}
}

// APIKey is the record's type in the metadata log.
func (*ClientQuotaRecord) APIKey() int16 { return 14 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*ClientQuotaRecord) TypeName() string { return "CLIENT_QUOTA_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*ClientQuotaRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *ClientQuotaRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendCount(dst, len(r.Entity), false)
	for i := range r.Entity {
		dst = r.Entity[i].appendTo(dst, version)
	}
	dst = appendString(dst, r.Key)
	dst = appendUint64(dst, uint64(r.Value))
	dst = appendBool(dst, r.Remove)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *ClientQuotaRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("ClientQuotaRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("ClientQuotaRecord")
}

func (r *ClientQuotaRecord) read(in *reader, version int16) {
	*r = NewClientQuotaRecord()
	if n := in.count(false); n >= 0 {
		r.Entity = make([]ClientQuotaEntityData, n)
		for i := range r.Entity {
			r.Entity[i].read(in, version)
		}
	}
	r.Key = in.string()
	r.Value = uint64(in.uint64())
	r.Remove = in.uint8() != 0
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *ClientQuotaRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "entity", &first)
	dst = append(dst, '[')
	for i := range r.Entity {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Entity[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	dst = appendName(dst, "key", &first)
	dst = appendQuoted(dst, r.Key)
	dst = appendName(dst, "value", &first)
	dst = appendHexBits(dst, r.Value)
	dst = appendName(dst, "remove", &first)
	dst = appendBoolText(dst, r.Remove)
	_, _ = first, version
	return append(dst, '}')
}

// ClientQuotaEntityData is a part of ClientQuotaRecord.
type ClientQuotaEntityData struct {
	EntityType string  // v0+
	EntityName *string // v0+, nil is null
}

// NewClientQuotaEntityData gives the part with Kafka's defaults.
func NewClientQuotaEntityData() ClientQuotaEntityData {
	return ClientQuotaEntityData{}
}

func (r *ClientQuotaEntityData) appendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.EntityType)
	dst = appendNullableString(dst, r.EntityName)
	_ = version
	return appendUvarint(dst, 0)
}

func (r *ClientQuotaEntityData) read(in *reader, version int16) {
	*r = NewClientQuotaEntityData()
	r.EntityType = in.string()
	r.EntityName = in.nullableString()
	_ = version
	in.skipTags()
}

func (r *ClientQuotaEntityData) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "entityType", &first)
	dst = appendQuoted(dst, r.EntityType)
	dst = appendName(dst, "entityName", &first)
	dst = appendNullableQuoted(dst, r.EntityName)
	_, _ = first, version
	return append(dst, '}')
}
