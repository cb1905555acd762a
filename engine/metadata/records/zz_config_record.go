// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// ConfigRecord is Kafka's message of that name, versions 0 to 0.
type ConfigRecord struct {
	ResourceType int8    // v0+
	ResourceName string  // v0+
	Name         string  // v0+
	Value        *string // v0+, nil is null
}

// NewConfigRecord gives the message with Kafka's defaults.
func NewConfigRecord() ConfigRecord {
	return ConfigRecord{}
}

// APIKey is the record's type in the metadata log.
func (*ConfigRecord) APIKey() int16 { return 4 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*ConfigRecord) TypeName() string { return "CONFIG_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*ConfigRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *ConfigRecord) AppendTo(dst []byte, version int16) []byte {
	dst = append(dst, byte(r.ResourceType))
	dst = appendString(dst, r.ResourceName)
	dst = appendString(dst, r.Name)
	dst = appendNullableString(dst, r.Value)
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *ConfigRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("ConfigRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("ConfigRecord")
}

func (r *ConfigRecord) read(in *reader, version int16) {
	*r = NewConfigRecord()
	r.ResourceType = int8(in.uint8())
	r.ResourceName = in.string()
	r.Name = in.string()
	r.Value = in.nullableString()
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *ConfigRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "resourceType", &first)
	dst = appendInt(dst, int64(r.ResourceType))
	dst = appendName(dst, "resourceName", &first)
	dst = appendQuoted(dst, r.ResourceName)
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "value", &first)
	dst = appendNullableQuoted(dst, r.Value)
	_, _ = first, version
	return append(dst, '}')
}
