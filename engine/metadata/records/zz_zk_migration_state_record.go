// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

// ZkMigrationStateRecord is Kafka's message of that name, versions 0 to 0.
type ZkMigrationStateRecord struct {
	ZkMigrationState int8 // v0+
}

// NewZkMigrationStateRecord gives the message with Kafka's defaults.
func NewZkMigrationStateRecord() ZkMigrationStateRecord {
	return ZkMigrationStateRecord{}
}

// APIKey is the record's type in the metadata log.
func (*ZkMigrationStateRecord) APIKey() int16 { return 21 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*ZkMigrationStateRecord) TypeName() string { return "ZK_MIGRATION_STATE_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*ZkMigrationStateRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *ZkMigrationStateRecord) AppendTo(dst []byte, version int16) []byte {
	dst = append(dst, byte(r.ZkMigrationState))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *ZkMigrationStateRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("ZkMigrationStateRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("ZkMigrationStateRecord")
}

func (r *ZkMigrationStateRecord) read(in *reader, version int16) {
	*r = NewZkMigrationStateRecord()
	r.ZkMigrationState = int8(in.uint8())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *ZkMigrationStateRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "zkMigrationState", &first)
	dst = appendInt(dst, int64(r.ZkMigrationState))
	_, _ = first, version
	return append(dst, '}')
}
