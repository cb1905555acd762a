// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// UnregisterBrokerRecord is Kafka's message of that name, versions 0 to 0.
type UnregisterBrokerRecord struct {
	BrokerID    engine.NodeID      // v0+
	BrokerEpoch engine.BrokerEpoch // v0+
}

// NewUnregisterBrokerRecord gives the message with Kafka's defaults.
func NewUnregisterBrokerRecord() UnregisterBrokerRecord {
	return UnregisterBrokerRecord{}
}

// APIKey is the record's type in the metadata log.
func (*UnregisterBrokerRecord) APIKey() int16 { return 1 }

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*UnregisterBrokerRecord) TypeName() string { return "UNREGISTER_BROKER_RECORD" }

// HighestVersion is the newest version of the message that is known here.
func (*UnregisterBrokerRecord) HighestVersion() int16 { return 0 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *UnregisterBrokerRecord) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.BrokerID))
	dst = appendUint64(dst, uint64(r.BrokerEpoch))
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *UnregisterBrokerRecord) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 0 {
		return unknownVersion("UnregisterBrokerRecord", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("UnregisterBrokerRecord")
}

func (r *UnregisterBrokerRecord) read(in *reader, version int16) {
	*r = NewUnregisterBrokerRecord()
	r.BrokerID = engine.NodeID(in.uint32())
	r.BrokerEpoch = engine.BrokerEpoch(in.uint64())
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *UnregisterBrokerRecord) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "brokerId", &first)
	dst = appendInt(dst, int64(r.BrokerID))
	dst = appendName(dst, "brokerEpoch", &first)
	dst = appendInt(dst, int64(r.BrokerEpoch))
	_, _ = first, version
	return append(dst, '}')
}
