package logtest

import (
	"embed"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

//go:embed testdata
var testdata embed.FS

// stories runs all of testdata, each story over a new disk.
func (s Suite) stories(t *testing.T) {
	files, err := testdata.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		t.Run(f.Name(), func(t *testing.T) {
			text, err := testdata.ReadFile("testdata/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			datadriven.RunTestFromString(t, string(text), s.NewStory(t))
		})
	}
}

// NewStory gives what runs the commands of one story, for datadriven.
func (s Suite) NewStory(t testing.TB) func(*testing.T, *datadriven.TestData) string {
	st := &story{driver: s.open(t)}
	return func(t *testing.T, d *datadriven.TestData) string {
		st.t = t
		return st.run(d)
	}
}

// story keeps what lies between the commands of a story.
type story struct {
	*driver
	sealed []log.Commit
	out    strings.Builder
}

func (st *story) run(d *datadriven.TestData) string {
	st.out.Reset()
	lines := []string{d.Input}
	if d.Cmd == "do" { // several commands, one a line
		lines = strings.Split(d.Input, "\n")
	} else {
		lines[0] = d.FullCmd()
	}
	for _, line := range lines {
		cmd, args, err := datadriven.ParseLine(line)
		if err != nil {
			d.Fatalf(st.t, "%v", err)
		}
		c := command{TestData: &datadriven.TestData{Pos: d.Pos, Cmd: cmd, CmdArgs: args}, t: st.t}
		before := st.store.LastSeq()
		if err := st.do(c); err != nil {
			fmt.Fprintf(&st.out, "%s: %s\n", cmd, errorName(err))
			if isRefusal(err) && st.store.LastSeq() != before {
				st.t.Errorf("%s: a refused call took a Seq", line)
			}
		}
	}
	return st.out.String()
}

// refusals are what leaves a store as it was.
var refusals = []error{log.ErrNoLog, log.ErrLogExists, log.ErrOffset, log.ErrSegment, log.ErrTooLarge}

func isRefusal(err error) bool {
	for _, e := range refusals {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// errorName gives the promised error, not the words around it.
func errorName(err error) string {
	for _, e := range append(refusals[:len(refusals):len(refusals)], log.ErrFull, log.ErrFailed, log.ErrCorrupt) {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return "unexpected: " + err.Error()
}

// command is one line of a story.
type command struct {
	*datadriven.TestData
	t testing.TB
}

func (c command) number(key string, otherwise int64) int64 {
	c.MaybeScanArgs(c.t, key, &otherwise)
	return otherwise
}

func (c command) text(key string) string {
	var out string
	c.MaybeScanArgs(c.t, key, &out)
	return out
}

func (c command) id() log.ID { return logID(int(c.number("log", 1))) }

func (c command) offset(key string, otherwise engine.Offset) engine.Offset {
	return engine.Offset(c.number(key, int64(otherwise)))
}

func (st *story) do(c command) error {
	id, to := c.id(), c.offset("to", 1<<62)
	created := engine.WallTime(c.number("created", 0))
	switch c.Cmd {
	case "create":
		return st.store.Create(id, c.offset("base", 0), created)
	case "delete":
		return st.store.Delete(id)
	case "append":
		return st.append(c)
	case "roll":
		return st.store.Roll(id, c.offset("base", st.end(id)), created)
	case "truncate-end":
		return st.store.TruncateEnd(id, to)
	case "truncate-start":
		return st.store.TruncateStart(id, c.offset("before", 0))
	case "reset":
		return st.store.Reset(id, c.offset("base", 0), created)
	case "replace":
		return st.replace(c)
	case "set-record":
		var value []byte
		if c.HasArg("value") {
			value = []byte(c.text("value"))
		}
		if n := c.number("bytes", 0); n > 0 {
			value = make([]byte, n)
		}
		return st.store.SetRecord(st.recordID(c), recordKey(c), value)
	case "read", "find-time", "segments", "logs", "record", "record-offsets":
		return st.look(c)
	default:
		return st.drive(c)
	}
}

func (st *story) end(id log.ID) engine.Offset {
	segments, err := st.store.Segments(id)
	if err != nil {
		return 0
	}
	return segments[len(segments)-1].Next
}

func (st *story) append(c command) error {
	for range c.number("times", 1) {
		b := Batch(int(c.number("records", 1)), engine.WallTime(c.number("at", 0)), int(c.number("bytes", 10)))
		base := c.offset("base", st.end(c.id()))
		if err := st.store.Append(c.id(), base, engine.LeaderEpoch(c.number("epoch", 0)), b); err != nil {
			return err
		}
	}
	return nil
}

// replace takes by=(segment:first-last, ...): one batch a segment.
func (st *story) replace(c command) error {
	var by []log.Replacement
	if arg, ok := c.Arg("by"); ok {
		for _, v := range arg.Vals {
			var base, first, last engine.Offset
			if _, err := fmt.Sscanf(v, "%d:%d-%d", &base, &first, &last); err != nil {
				return err
			}
			b := Batch(int(last-first+1), 7, 10)
			b.SetBaseOffset(first)
			by = append(by, log.Replacement{Base: base, Batches: b})
		}
	}
	return st.store.Replace(c.id(), c.offset("from", 0), c.offset("to", 0), by)
}

func recordKey(c command) log.RecordKey {
	return log.RecordKey{Kind: log.RecordKind(c.number("kind", 64)), Offset: c.offset("offset", 0), Part: int32(c.number("part", 0))}
}

func (st *story) recordID(c command) log.ID {
	if c.HasArg("store") {
		return log.StoreID
	}
	return c.id()
}

// look runs the commands that change nothing.
func (st *story) look(c command) error {
	switch c.Cmd {
	case "logs":
		for _, id := range st.store.Logs() {
			fmt.Fprintf(&st.out, "log %d\n", int(id.Topic[15])|int(id.Partition)<<8)
		}
		return nil
	case "segments":
		segments, err := st.store.Segments(c.id())
		for _, s := range segments {
			fmt.Fprintf(&st.out, "[%d, %d) %d bytes, largest %d@%d, first %d, created %d\n",
				s.Base, s.Next, s.Bytes, s.LargestTimestamp, s.LargestTimestampOffset, s.FirstTimestamp, s.Created)
		}
		return err
	case "read":
		run, err := st.store.Read(c.id(), c.offset("from", 0), c.offset("to", 1<<62), int(c.number("bytes", 1<<20)), c.HasArg("one"))
		it := batch.Iterate(run)
		for it.Next() {
			st.print(it.Batch())
		}
		if len(it.Rest()) > 0 || it.Err() != nil {
			st.t.Errorf("read ends in no whole batch: %d bytes, %v", len(it.Rest()), it.Err())
		}
		return err
	case "find-time":
		b, ok, err := st.store.FindTime(c.id(), c.offset("from", 0), engine.WallTime(c.number("at", 0)))
		if ok {
			st.print(b)
		}
		return err
	case "record":
		value, err := st.store.Record(st.recordID(c), recordKey(c))
		if err == nil {
			fmt.Fprintf(&st.out, "%q present=%v\n", value, value != nil)
		}
		return err
	}
	offsets, err := st.store.RecordOffsets(st.recordID(c), recordKey(c).Kind)
	if err == nil {
		fmt.Fprintln(&st.out, offsets)
	}
	return err
}

func (st *story) print(b batch.Batch) {
	fmt.Fprintf(&st.out, "%d-%d epoch=%d at=%d %d bytes\n", b.BaseOffset(), b.LastOffset(), b.PartitionLeaderEpoch(), b.MaxTimestamp(), len(b))
	if err := b.EnsureValid(); err != nil {
		st.t.Errorf("batch %d: %v", b.BaseOffset(), err)
	}
}

// drive runs the commands of a driver.
func (st *story) drive(c command) error {
	switch c.Cmd {
	case "commit":
		return commitAll(st.store)
	case "seal":
		commit, ok := st.store.Seal()
		if !ok {
			fmt.Fprintln(&st.out, "nothing to seal")
			return nil
		}
		st.sealed = append(st.sealed, commit)
	case "run": // the oldest sealed commit, without telling the store
		return st.sealed[0].Run()
	case "committed":
		st.store.Committed(st.sealed[0].Seq())
		st.sealed = st.sealed[1:]
	case "flush":
		st.store.Flush()
	case "crash":
		st.sealed = nil
		return st.store.Crash()
	case "fail":
		st.store.Fail(errors.New("the medium is gone"))
	case "reopen":
		st.reopen()
	case "waiting":
		fmt.Fprintf(&st.out, "%d operations wait\n", st.store.LastSeq()-st.store.DurableSeq())
	case "err":
		fmt.Fprintln(&st.out, st.store.Err() != nil)
	default:
		st.t.Fatalf("%s: unknown command %q", c.Pos, c.Cmd)
	}
	return nil
}
