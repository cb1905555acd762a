package logtest

import (
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// Disk is a medium that outlives the stores opened on it.
type Disk interface {
	// Open opens the store that lies there, an empty one at first. The one opened
	// before was closed.
	Open() (log.Store, error)
}

// Suite says how to test one kind of store.
type Suite struct {
	// NewDisk makes an empty disk, which ends with the test.
	NewDisk func(t testing.TB) Disk
	// FreedBytes is how much the test of deletion writes; 0 leaves it out.
	FreedBytes int64
	// Held is how much the medium holds for the store.
	Held func(d Disk, s log.Store) int64
	// Await waits, at most 10 seconds, until a condition holds.
	Await func(t testing.TB, what string, condition func() bool)
	// FailAt, if not nil, makes the nth call of the store from now on fail (1 is the
	// next; commits count); 0 takes it back.
	FailAt func(s log.Store, n uint64)
	// Logs is how many the test of many logs makes.
	Logs int
}

// Run tests the store.
func (s Suite) Run(t *testing.T) {
	t.Run("stories", s.stories)
	t.Run("random operations agree with a model", s.model)
	t.Run("compaction keeps the last record of each key", s.compaction)
	t.Run("bytes that were read stay as they are", s.readBytesStay)
	t.Run("bytes that were lent may be used again", s.lentBytes)
	t.Run("a crash at any operation leaves a prefix", s.crashAnywhere)
	t.Run("a commit that fails takes the disk away", s.failingCommits)
	t.Run("any call may fail", s.failingCalls)
	t.Run("many logs survive a reopen", s.manyLogs)
	t.Run("a long log is found again at every offset", s.longLog)
	if s.FreedBytes > 0 {
		t.Run("deletion gives space back", s.deletionFrees)
	}
}

// driver does for a store what a driver does.
type driver struct {
	t     testing.TB
	disk  Disk
	store log.Store
}

func (s Suite) open(t testing.TB) *driver {
	t.Helper()
	d := &driver{t: t, disk: s.NewDisk(t)}
	d.reopen()
	t.Cleanup(func() { d.store.Close() })
	return d
}

// reopen closes the store, if it is open, and opens it again.
func (d *driver) reopen() {
	d.t.Helper()
	if d.store != nil {
		d.must(d.store.Close())
	}
	store, err := d.disk.Open()
	d.must(err)
	d.store = store
}

func (d *driver) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// commit makes durable what was done so far.
func (d *driver) commit() {
	d.t.Helper()
	d.must(commitAll(d.store))
}

func commitAll(s log.Store) error {
	c, ok := s.Seal()
	if !ok {
		return s.Err()
	}
	if err := c.Run(); err != nil {
		s.Fail(err)
		return err
	}
	s.Committed(c.Seq())
	return nil
}

// Topic makes a topic id for tests.
func Topic(n byte) engine.TopicID { return engine.TopicID{0: 0xb1, 15: n} }

// logID makes the id of a log.
func logID(n int) log.ID {
	return log.ID{Topic: Topic(byte(n)), Partition: int32(n >> 8)}
}

// Batch makes a batch of so many records with one timestamp and a value of so many
// bytes each, base offset 0, as a producer sends it.
func Batch(records int, at engine.WallTime, valueBytes int) batch.Batch {
	builder := batch.NewBuilder(batch.Options{})
	value := make([]byte, valueBytes)
	for i := range value {
		value[i] = byte(int(at) + i)
	}
	for range records {
		builder.Append(at, nil, value)
	}
	b, err := builder.Build(nil)
	if err != nil {
		panic(err) // no codec, so nothing can fail
	}
	return b
}

// readAll reads the whole log, piece by piece.
func readAll(s log.Store, id log.ID, bytesMax int) ([]batch.Batch, error) {
	var out []batch.Batch
	next := engine.Offset(0)
	for {
		run, err := s.Read(id, next, 1<<62, bytesMax, true)
		if err != nil || len(run) == 0 {
			return out, err
		}
		it := batch.Iterate(run)
		for it.Next() {
			out = append(out, it.Batch())
			next = it.Batch().NextOffset()
		}
		if err := it.Err(); err != nil {
			return out, err
		}
	}
}
