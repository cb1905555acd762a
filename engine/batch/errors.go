package batch

import "fmt"

// Defect says what is wrong with bytes or records that came from outside. The
// broker makes an error code of it; the names in brackets are Kafka's.
type Defect uint8

const (
	// Corrupt: length, magic or CRC are not those of a batch [CORRUPT_MESSAGE].
	Corrupt Defect = iota + 1
	// OldMagic: a message set of magic 0 or 1, which Produce refuses [INVALID_RECORD].
	OldMagic
	// NoBatch: not one whole batch is there [INVALID_RECORD].
	NoBatch
	// SeveralBatches: more than one batch for a partition [INVALID_RECORD].
	SeveralBatches
	// InvalidRecord: whole and with a right CRC, but the records inside break the
	// format or the topic's rules [INVALID_RECORD].
	InvalidRecord
	// InvalidTimestamp: a record's time is outside message.timestamp.before.max.ms
	// and message.timestamp.after.max.ms [INVALID_TIMESTAMP].
	InvalidTimestamp
	// TooLarge: larger than max.message.bytes [MESSAGE_TOO_LARGE].
	TooLarge
	// UnsupportedCodec: zstd in a Produce request below v7
	// [UNSUPPORTED_COMPRESSION_TYPE].
	UnsupportedCodec
	// UnknownCodec: codec 5, 6 or 7 [UNKNOWN_SERVER_ERROR].
	UnknownCodec
	// Undecompressable: the codec cannot read the records, or they would grow
	// beyond DecompressedBytesMax [UNKNOWN_SERVER_ERROR].
	Undecompressable
)

// String names the defect in code, for traces and tests.
func (d Defect) String() string {
	switch d {
	case Corrupt:
		return "Corrupt"
	case OldMagic:
		return "OldMagic"
	case NoBatch:
		return "NoBatch"
	case SeveralBatches:
		return "SeveralBatches"
	case InvalidRecord:
		return "InvalidRecord"
	case InvalidTimestamp:
		return "InvalidTimestamp"
	case TooLarge:
		return "TooLarge"
	case UnsupportedCodec:
		return "UnsupportedCodec"
	case UnknownCodec:
		return "UnknownCodec"
	case Undecompressable:
		return "Undecompressable"
	}
	return fmt.Sprintf("Defect(%d)", uint8(d))
}

// Error is what every function of this package returns for bad bytes.
type Error struct {
	Defect  Defect
	Message string        // in Kafka's words where Kafka sends it to the client
	Records []RecordError // the records at fault, where Kafka names them
}

// RecordError is one record at fault, as Produce answers carry it.
type RecordError struct {
	BatchIndex int32 // the record's place in its batch, from 0
	Message    string
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Is makes errors.Is(err, &Error{Defect: Corrupt}) ask for the defect alone.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Defect == e.Defect
}

// DefectOf is the defect of an error of this package, or 0 of any other.
func DefectOf(err error) Defect {
	for err != nil {
		if e, ok := err.(*Error); ok {
			return e.Defect
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return 0
		}
		err = u.Unwrap()
	}
	return 0
}

func defect(d Defect, format string, args ...any) *Error {
	return &Error{Defect: d, Message: fmt.Sprintf(format, args...)}
}
