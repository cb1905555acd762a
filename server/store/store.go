package store

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// Store is a log.Store over a Badger database. See the package's comment and
// log.Store: all but Commit.Run is for one goroutine.
type Store struct {
	path    string
	kind    Kind
	options Options
	tuning  tuning

	logs   map[log.ID]*logState
	nextID uint64 // of files, segment lists and sets of records
	err    error
	fault  func() error // tests: asked at every call and transaction

	// What is not sealed yet.
	pending      []op
	pendingBytes int64
	descriptions []byte // of segments, for pending
	flush        bool

	seq, sealed, durable log.Seq

	tail      []*chunk // in the order they were made
	tailBytes int64

	// write is held by whoever writes to the database: Badger refuses commits
	// while prefixes are dropped.
	write   sync.Mutex
	db      *badger.DB
	version uint64        // of the last transaction; whoever writes to the database has it
	space   space         // likewise
	stored  atomic.Uint64 // the last Seq that a transaction holds
	live    atomic.Int64  // bytes of batches
	reclaim *reclaimer
	ahead   writeback
}

// logState is one log.
type logState struct {
	id       log.ID
	value    logValue
	segments []log.Segment
	files    [][]*file // of each segment
	records  []record  // ordered by key
}

// A lock may be held for a moment by nobody's fault: a child of this process has a
// copy of its files from its birth until it runs a program of its own.
const (
	lockWithin = 2 * time.Second
	lockRetry  = 20 * time.Millisecond
)

// openBadger opens the database, waiting a little for its lock. It gives versions
// itself no more (managed mode): with one writer at a time there is nothing to
// order, and each commit would wait for three goroutines of Badger's that do.
func openBadger(options badger.Options) (*badger.DB, error) {
	for deadline := time.Now().Add(lockWithin); ; time.Sleep(lockRetry) {
		db, err := badger.OpenManaged(options)
		locked := err != nil && strings.Contains(err.Error(), "Cannot acquire directory lock")
		switch {
		case err == nil:
			return db, nil
		case !locked:
			return nil, fmt.Errorf("%w: %w", log.ErrFailed, err)
		case time.Now().After(deadline):
			return nil, ErrLocked
		}
	}
}

// Open opens the store at path, making it if it is not there. What a former
// process left half-written is removed. log.ErrFull, log.ErrFailed, ErrLocked.
func Open(path string, kind Kind, options Options) (*Store, error) {
	return open(path, kind, options, tuningOf(kind))
}

// open is Open with Badger tuned otherwise, for tests.
func open(path string, kind Kind, options Options, t tuning) (*Store, error) {
	s := &Store{path: path, kind: kind, options: options, tuning: t}
	if s.options.ReserveBytes == 0 {
		s.options.ReserveBytes = ReserveBytesDefault
		if kind == Meta {
			s.options.ReserveBytes = MetaReserveBytesDefault
		}
	}
	if s.options.TailBytes == 0 {
		s.options.TailBytes = TailBytesDefault
		if kind == Meta {
			s.options.TailBytes = metaTailBytesDefault
		}
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("store %s: %w: %w", path, ErrUnwritable, err)
	}
	if err := s.checkSpace(s.options.ReserveBytes / restartShare); err != nil {
		return nil, err
	}
	db, err := openBadger(s.tuning.badger(path, kind, options.Log))
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	s.db, s.version = db, db.MaxVersion()
	s.reclaim = newReclaimer(s)
	if err := s.load(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go s.reclaim.loop()
	return s, nil
}

// restartShare of the reserve must be free beyond it before a store is opened:
// opening writes, and one that could not take a commit would fail again at once.
const restartShare = 8

// latest is the version that a read gives in order to see all there is.
const latest = math.MaxUint64

// commitTxn ends a transaction. The caller holds write. What the database has of
// the same keys from before may then be discarded: no read asks for it.
func (s *Store) commitTxn(txn *badger.Txn) error {
	s.version++
	if err := txn.CommitAt(s.version, nil); err != nil {
		return err
	}
	s.db.SetDiscardTs(s.version)
	return nil
}

// checkSpace fails if more bytes would go below the reserve.
func (s *Store) checkSpace(more int64) error {
	free, err := freeBytes(s.path)
	if err != nil {
		return fmt.Errorf("store %s: %w: %w", s.path, log.ErrFailed, err)
	}
	if free-more < s.options.ReserveBytes {
		return fmt.Errorf("store %s: %w: %d bytes free, %d kept in reserve, %d to write", s.path, log.ErrFull, free, s.options.ReserveBytes, more)
	}
	return nil
}

// Logs lists the logs there are. See log.Store.
func (s *Store) Logs() []log.ID {
	ids := make([]log.ID, 0, len(s.logs))
	for id := range s.logs {
		if id != log.StoreID {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, log.ID.Compare)
	return ids
}

// begin lets a test make any call fail, and the store with it.
func (s *Store) begin() error {
	if s.fault == nil {
		return nil
	}
	if err := s.fault(); err != nil {
		s.Fail(err)
		return s.err
	}
	return nil
}

// find gives a log for reading.
func (s *Store) find(id log.ID) (*logState, error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	l, ok := s.logs[id]
	if !ok {
		return nil, fmt.Errorf("%v: %w", id, log.ErrNoLog)
	}
	return l, nil
}

// findBatches is find for what StoreID does not have.
func (s *Store) findBatches(id log.ID) (*logState, error) {
	l, err := s.find(id)
	if err == nil && id == log.StoreID {
		return nil, fmt.Errorf("%v: %w", id, log.ErrNoLog)
	}
	return l, err
}

// change gives a log of batches for changing.
func (s *Store) change(id log.ID) (*logState, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.findBatches(id)
}

func (s *Store) newID() uint64 {
	s.nextID++
	return s.nextID
}

// Segments describes a log's segments. See log.Store.
func (s *Store) Segments(id log.ID) ([]log.Segment, error) {
	l, err := s.findBatches(id)
	if err != nil {
		return nil, err
	}
	return slices.Clip(l.segments), nil
}

// Create makes an empty log. See log.Store.
func (s *Store) Create(id log.ID, base engine.Offset, created engine.WallTime) error {
	if s.err != nil {
		return s.err
	}
	if err := s.begin(); err != nil {
		return err
	}
	if _, ok := s.logs[id]; ok {
		return fmt.Errorf("%v: %w", id, log.ErrLogExists)
	}
	l := &logState{id: id, value: logValue{segmentList: s.newID(), records: s.newID()}}
	l.segments = []log.Segment{log.EmptySegment(base, created)}
	l.files = [][]*file{nil}
	s.logs[id] = l
	c := new(change)
	c.set(logKey(id), l.value.encode())
	s.describe(c, l, 0)
	s.push(op{change: c})
	return nil
}

// Delete removes a log. See log.Store.
func (s *Store) Delete(id log.ID) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	c := new(change)
	c.set(logKey(id), nil)
	s.dropAllSegments(c, l)
	if len(l.records) > keysPerOpMax {
		c.graves = append(c.graves, grave{kind: graveRecords, id: l.value.records})
	} else {
		for _, r := range l.records {
			c.set(recordKey(l.value.records, r.key), nil)
		}
	}
	delete(s.logs, id)
	s.push(op{change: c})
	return nil
}

// keysPerOpMax bounds the keys that one operation deletes one by one, so that it
// fits into a transaction of the smallest memtable.
const keysPerOpMax = 500

// dropAllSegments takes every segment off a log whose list is not used any more.
func (s *Store) dropAllSegments(c *change, l *logState) {
	for i := range l.segments {
		s.bury(c, l, i)
	}
	if len(l.segments) > keysPerOpMax {
		c.graves = append(c.graves, grave{kind: graveSegments, id: l.value.segmentList})
		return
	}
	for i := range l.segments {
		c.segments = append(c.segments, segmentWrite{list: l.value.segmentList, base: l.segments[i].Base})
	}
}

// bury notes that a segment's files are dead.
func (s *Store) bury(c *change, l *logState, i int) {
	for _, f := range l.files[i] {
		s.buryFile(c, f)
	}
}

func (s *Store) buryFile(c *change, f *file) {
	c.graves = append(c.graves, grave{kind: graveFile, id: f.id, bytes: f.bytes})
	s.live.Add(-f.bytes)
	f.cut(-1 << 63)
}

// describe adds the description of a segment, as it is now, to a change.
func (s *Store) describe(c *change, l *logState, i int) {
	c.segments = append(c.segments, segmentWrite{
		list: l.value.segmentList, base: l.segments[i].Base, description: s.description(l, i),
	})
}

func (s *Store) description(l *logState, i int) []byte {
	from := len(s.descriptions)
	s.descriptions = appendSegment(s.descriptions, &l.segments[i], l.files[i])
	return s.descriptions[from:len(s.descriptions):len(s.descriptions)]
}

// Append writes one batch at the end. See log.Store.
func (s *Store) Append(id log.ID, base engine.Offset, epoch engine.LeaderEpoch, b batch.Batch) error {
	l, err := s.change(id)
	if err != nil {
		return err
	}
	if len(b) < batch.HeaderBytes || len(b) != b.SizeInBytes() || b.LastOffsetDelta() < 0 {
		engine.Violated("AppendIsOneWholeBatch", "%v: %d bytes", id, len(b))
	}
	active := len(l.segments) - 1
	segment := &l.segments[active]
	if base < segment.Next {
		return fmt.Errorf("%v: append at %d, end is %d: %w", id, base, segment.Next, log.ErrOffset)
	}
	if int64(len(b)) > BatchBytesMax() {
		return fmt.Errorf("%v: batch of %d bytes: %w", id, len(b), log.ErrTooLarge)
	}
	f := s.openFile(l, active)
	stored, made := f.add(s.seq+1, base, epoch, b)
	segment.Add(base, stored)
	s.live.Add(int64(len(b)))
	s.push(op{
		file: f.id, last: stored.LastOffset(), batch: stored,
		list: l.value.segmentList, base: segment.Base, description: s.description(l, active),
	})
	if made != nil {
		s.keep(made)
	}
	return nil
}

// BatchBytesMax is the largest batch that a store keeps, in bytes: Badger
// takes no value larger than a value-log file.
func BatchBytesMax() int64 {
	return tuningOf(Data).valueFileBytes - valueOverheadBytes
}

// valueOverheadBytes is more than what Badger adds to a value in its log.
const valueOverheadBytes = 1 << 10

// openFile gives the file that a segment grows in.
func (s *Store) openFile(l *logState, i int) *file {
	if n := len(l.files[i]); n > 0 && l.files[i][n-1].limit == limitOpen {
		return l.files[i][n-1]
	}
	f := &file{id: s.newID(), limit: limitOpen}
	l.files[i] = append(l.files[i], f)
	return f
}

// keep takes a new chunk into the tail. The oldest that are committed go while
// there are too many.
func (s *Store) keep(c *chunk) {
	s.tail = append(s.tail, c)
	s.tailBytes += int64(cap(c.data))
	s.trimTail()
}

func (s *Store) trimTail() {
	for s.tailBytes > s.options.TailBytes && s.tail[0].seq <= s.durable {
		oldest := s.tail[0]
		s.tail = s.tail[1:]
		s.tailBytes -= int64(cap(oldest.data))
		oldest.file.evict(oldest)
	}
}

// Err says why the store is failed. See log.Store.
func (s *Store) Err() error { return s.err }

// Fail makes the store failed. See log.Store.
func (s *Store) Fail(err error) { s.err = fmt.Errorf("%w: %w", log.ErrFailed, err) }

// LastSeq numbers the last mutating call. See log.Store.
func (s *Store) LastSeq() log.Seq { return s.seq }

// DurableSeq is how far commits were reported. See log.Store.
func (s *Store) DurableSeq() log.Seq { return s.durable }

// Space says how full the disk is. See log.Store.
func (s *Store) Space() log.Space {
	free, err := freeBytes(s.path)
	if err != nil {
		free = 0 // nothing can be promised of a disk that does not answer
	}
	return log.Space{Used: usedBytes(s.path), Free: free, Reserve: s.options.ReserveBytes}
}

// Crash forgets what no transaction holds, over the same database. See log.Store.
func (s *Store) Crash() error {
	if err := s.checkSpace(s.options.ReserveBytes / restartShare); err != nil {
		s.Fail(err) // what is in memory has not been undone
		return s.err
	}
	if err := s.load(); err != nil {
		s.Fail(err)
		return err
	}
	return nil
}

// Close ends the use of the store. See log.Store.
func (s *Store) Close() error {
	s.reclaim.close()
	s.ahead.done.Wait()
	s.write.Lock()
	defer s.write.Unlock()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("store %s: %w: %w", s.path, log.ErrFailed, err)
	}
	return nil
}

func text(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}
