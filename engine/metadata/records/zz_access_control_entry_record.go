// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// AccessControlEntryRecord is Kafka's message of that name, versions 0 to 0.
type AccessControlEntryRecord struct {
	ID             [16]byte // v0+
	ResourceType   int8     // v0+
	ResourceName   string   // v0+
	PatternType    int8     // v0+
	Principal      string   // v0+
	Host           string   // v0+
	Operation      int8     // v0+
	PermissionType int8     // v0+
}

// NewAccessControlEntryRecord gives the message with Kafka's defaults.
func NewAccessControlEntryRecord() AccessControlEntryRecord {
	return AccessControlEntryRecord{}
}

// APIKey is the record's type in the metadata log.
func (*AccessControlEntryRecord) APIKey() int16 { return 18 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*AccessControlEntryRecord) TypeName() string { return "ACCESS_CONTROL_ENTRY_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*AccessControlEntryRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *AccessControlEntryRecord) AppendTo(dst []byte, version int16) []byte {
	dst = append(dst, r.ID[:]...)
	dst = append(dst, byte(r.ResourceType))
	dst = appendString(dst, r.ResourceName)
	dst = append(dst, byte(r.PatternType))
	dst = appendString(dst, r.Principal)
	dst = appendString(dst, r.Host)
	dst = append(dst, byte(r.Operation))
	dst = append(dst, byte(r.PermissionType))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *AccessControlEntryRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("AccessControlEntryRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("AccessControlEntryRecord")
}

func (r *AccessControlEntryRecord) read(in *reader, version int16) {
	*r = NewAccessControlEntryRecord()
	r.ID = in.uuid()
	r.ResourceType = int8(in.uint8())
	r.ResourceName = in.string()
	r.PatternType = int8(in.uint8())
	r.Principal = in.string()
	r.Host = in.string()
	r.Operation = int8(in.uint8())
	r.PermissionType = int8(in.uint8())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *AccessControlEntryRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "id", &first)
	dst = appendQuoted(dst, engine.TopicID(r.ID).String())
	dst = appendName(dst, "resourceType", &first)
	dst = appendInt(dst, int64(r.ResourceType))
	dst = appendName(dst, "resourceName", &first)
	dst = appendQuoted(dst, r.ResourceName)
	dst = appendName(dst, "patternType", &first)
	dst = appendInt(dst, int64(r.PatternType))
	dst = appendName(dst, "principal", &first)
	dst = appendQuoted(dst, r.Principal)
	dst = appendName(dst, "host", &first)
	dst = appendQuoted(dst, r.Host)
	dst = appendName(dst, "operation", &first)
	dst = appendInt(dst, int64(r.Operation))
	dst = appendName(dst, "permissionType", &first)
	dst = appendInt(dst, int64(r.PermissionType))
	_, _ = first, version
	return append(dst, '}')
}
