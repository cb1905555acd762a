// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// UnfenceBrokerRecord is Kafka's message of that name, versions 0 to 0.
type UnfenceBrokerRecord struct {
	ID    engine.NodeID      // v0+
	Epoch engine.BrokerEpoch // v0+
}

// NewUnfenceBrokerRecord gives the message with Kafka's defaults.
func NewUnfenceBrokerRecord() UnfenceBrokerRecord {
	return UnfenceBrokerRecord{}
}

// APIKey is the record's type in the metadata log.
func (*UnfenceBrokerRecord) APIKey() int16 { return 8 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*UnfenceBrokerRecord) TypeName() string { return "UNFENCE_BROKER_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*UnfenceBrokerRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *UnfenceBrokerRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.ID))
	dst = appendUint64(dst, uint64(r.Epoch))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *UnfenceBrokerRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("UnfenceBrokerRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("UnfenceBrokerRecord")
}

func (r *UnfenceBrokerRecord) read(in *reader, version int16) {
	*r = NewUnfenceBrokerRecord()
	r.ID = engine.NodeID(in.uint32())
	r.Epoch = engine.BrokerEpoch(in.uint64())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *UnfenceBrokerRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "id", &first)
	dst = appendInt(dst, int64(r.ID))
	dst = appendName(dst, "epoch", &first)
	dst = appendInt(dst, int64(r.Epoch))
	_, _ = first, version
	return append(dst, '}')
}
