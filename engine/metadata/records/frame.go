package records

import "fmt"

// Message is one generated message.
type Message interface {
	// TypeName is Kafka's spelling, PARTITION_RECORD.
	TypeName() string
	// HighestVersion is the newest version known.
	HighestVersion() int16
	// AppendTo appends the message's bytes in the version.
	AppendTo(dst []byte, version int16) []byte
	// ReadFrom replaces the message by what src holds, all of it.
	ReadFrom(src []byte, version int16) error
	// AppendJSON appends the fields as kafka-dump-log prints them.
	AppendJSON(dst []byte, version int16) []byte
}

// Record is a message that may stand in the metadata log.
type Record interface {
	Message
	// APIKey is the record's type.
	APIKey() int16
}

// Versioned is a record and the version it is, or was, written in
// (ApiMessageAndVersion).
type Versioned struct {
	Record  Record
	Version int16
}

// String is the record as kafka-dump-log prints it:
// {"type":"NO_OP_RECORD","version":0,"data":{}}.
func (v Versioned) String() string {
	dst := append([]byte(`{"type":"`), v.Record.TypeName()...)
	dst = append(dst, `","version":`...)
	dst = appendInt(dst, int64(v.Version))
	dst = append(dst, `,"data":`...)
	dst = v.Record.AppendJSON(dst, v.Version)
	return string(append(dst, '}'))
}

// frameVersion is the only version of the frame there is
// (AbstractApiMessageSerde.DEFAULT_FRAME_VERSION).
const frameVersion = 1

// AppendFrame appends the value of the log record that carries the metadata
// record.
func AppendFrame(dst []byte, v Versioned) []byte {
	dst = appendUvarint(dst, frameVersion)
	dst = appendUvarint(dst, uint32(v.Record.APIKey()))
	dst = appendUvarint(dst, uint32(v.Version))
	return v.Record.AppendTo(dst, v.Version)
}

// DecodeFrame reads the value of one log record. It keeps nothing of src.
// It refuses what MetadataRecordSerde refuses: another frame version, a type or
// version not known, bytes missing or left over.
func DecodeFrame(src []byte) (Versioned, error) {
	in := reader{src: src}
	frame, key, version := in.uvarint(), in.uvarint(), in.uvarint()
	switch {
	case in.err != nil:
		return Versioned{}, fmt.Errorf("metadata record frame: %w", in.err)
	case frame != frameVersion:
		return Versioned{}, fmt.Errorf("metadata record frame version %d: only %d is known", frame, frameVersion)
	case key > shortMax || version > shortMax:
		return Versioned{}, fmt.Errorf("metadata record type %d version %d: %w", key, version, errTooLarge)
	}
	record := newRecord(int16(key))
	if record == nil {
		return Versioned{}, fmt.Errorf("metadata record type %d is not known", key)
	}
	if err := record.ReadFrom(in.src, int16(version)); err != nil {
		return Versioned{}, err
	}
	return Versioned{record, int16(version)}, nil
}
