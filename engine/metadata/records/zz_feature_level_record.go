// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// FeatureLevelRecord is Kafka's message of that name, versions 0 to 0.
type FeatureLevelRecord struct {
	Name         string // v0+
	FeatureLevel int16  // v0+
}

// NewFeatureLevelRecord gives the message with Kafka's defaults.
func NewFeatureLevelRecord() FeatureLevelRecord {
	return FeatureLevelRecord{}
}

// APIKey is the record's type in the metadata log.
func (*FeatureLevelRecord) APIKey() int16 { return 12 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*FeatureLevelRecord) TypeName() string { return "FEATURE_LEVEL_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*FeatureLevelRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *FeatureLevelRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendString(dst, r.Name)
	dst = appendUint16(dst, uint16(r.FeatureLevel))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *FeatureLevelRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("FeatureLevelRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("FeatureLevelRecord")
}

func (r *FeatureLevelRecord) read(in *reader, version int16) {
	*r = NewFeatureLevelRecord()
	r.Name = in.string()
	r.FeatureLevel = int16(in.uint16())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *FeatureLevelRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "name", &first)
	dst = appendQuoted(dst, r.Name)
	dst = appendName(dst, "featureLevel", &first)
	dst = appendInt(dst, int64(r.FeatureLevel))
	_, _ = first, version
	return append(dst, '}')
}
