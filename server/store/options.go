package store

import (
	"log/slog"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Kind says what a store is for, which decides how Badger is tuned.
type Kind uint8

// Meta is the metadata log and the quorum's state: small, always synced, and all
// of it in the tables, because a failed sync of the value log would go unnoticed.
// Data is the partitions.
const (
	Meta Kind = iota
	Data
)

// Options of a store. The zero value is what the server uses by default.
type Options struct {
	// Sync makes every commit of a Data store outlive a loss of power (--sync).
	Sync bool
	// ReserveBytes is the free space below which the store fails instead of
	// writing; 0 is ReserveBytesDefault or MetaReserveBytesDefault.
	ReserveBytes int64
	// TailBytes bounds the ends of logs kept in memory; 0 is the default of the
	// kind. What is not committed is kept beyond it.
	TailBytes int64
	// Log gets Badger's warnings and errors; nil drops them.
	Log *slog.Logger
}

const (
	// ReserveBytesDefault is room for what Badger writes on its own between two
	// looks at the free space: a memtable's table, its successor's log and the
	// rewriting of one value-log file.
	ReserveBytesDefault = 128 << 20
	// MetaReserveBytesDefault is less, so that of a disk shared by both the
	// partitions' store stops first and the quorum goes on.
	MetaReserveBytesDefault = 32 << 20

	// TailBytesDefault is the share of one broker, of three, in the 32 MB that the
	// server spends on the ends of logs.
	TailBytesDefault     = 10 << 20
	metaTailBytesDefault = 512 << 10
)

// tuning is how Badger is set up for one kind.
type tuning struct {
	memTableBytes   int64
	valueFileBytes  int64
	threshold       int64 // larger values go to the value log
	batchPartBytes  int   // larger batches are stored in parts; 0: never
	deadBytesMin    int64 // reclaim begins above it
	graveBytesLarge int64 // a dead file of this size is dropped, not deleted key by key
}

// tuningOf gives the measured settings. With Badger's defaults three stores take
// gigabytes of anonymous memory and appends are five times slower.
func tuningOf(kind Kind) tuning {
	if kind == Meta {
		return tuning{
			memTableBytes:  1 << 20,
			valueFileBytes: 1 << 20, // the least there is; nothing is ever in it
			// Badger bounds the threshold by 15% of a memtable, 157,286 bytes.
			threshold:       100 << 10,
			batchPartBytes:  64 << 10,
			deadBytesMin:    8 << 20,
			graveBytesLarge: 1 << 20,
		}
	}
	return tuning{
		// Keys and pointers only: some 50,000 batches. 8 MiB took 35 MB more of
		// anonymous memory in three stores and was no faster.
		memTableBytes:  4 << 20,
		valueFileBytes: 64 << 20,
		// Above it are all batches but those of a record or two; below it, what
		// describes segments. With 1 KiB, batches of a few records went into tables
		// that are written, synced and compacted again: 20-40 MB/s in place of
		// 75-180, for the same 1 KiB batches, sixteen a commit.
		threshold:       128,
		deadBytesMin:    64 << 20,
		graveBytesLarge: 4 << 20,
	}
}

func (t tuning) badger(path string, kind Kind, logger *slog.Logger) badger.Options {
	opt := badger.DefaultOptions(path).
		WithMemTableSize(t.memTableBytes).
		WithNumMemtables(2).
		WithBaseTableSize(t.memTableBytes / 4).
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithCompression(options.None).
		WithNumLevelZeroTables(2).
		WithNumLevelZeroTablesStall(6).
		WithNumCompactors(2).
		WithDetectConflicts(false).
		WithMetricsEnabled(false).
		WithValueLogFileSize(t.valueFileBytes).
		WithValueThreshold(t.threshold).
		WithSyncWrites(kind == Meta)
	if logger == nil {
		return opt.WithLogger(nil)
	}
	return opt.WithLogger(badgerLogger{logger})
}

// badgerLogger passes on what a person may have to act on.
type badgerLogger struct{ to *slog.Logger }

func (l badgerLogger) Errorf(format string, args ...any)   { l.to.Error(text(format, args)) }
func (l badgerLogger) Warningf(format string, args ...any) { l.to.Warn(text(format, args)) }
func (l badgerLogger) Infof(string, ...any)                {}
func (l badgerLogger) Debugf(string, ...any)               {}
