package logtest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
)

// script is a list of operations that touches everything a store does. Operation i
// is one mutating call.
func script() []func(s log.Store) error {
	a, b := logID(1), logID(2)
	add := func(id log.ID, base engine.Offset, n, bytes int) func(log.Store) error {
		return func(s log.Store) error { return s.Append(id, base, 3, Batch(n, engine.WallTime(base), bytes)) }
	}
	key := log.RecordKey{Kind: log.RecordOwner}
	return []func(s log.Store) error{
		func(s log.Store) error { return s.Create(a, 0, 1) },
		add(a, 0, 4, 100),
		func(s log.Store) error { return s.SetRecord(a, key, []byte("one")) },
		add(a, 4, 4, 5000),
		func(s log.Store) error { return s.Create(b, 10, 2) },
		add(b, 10, 1, 10),
		func(s log.Store) error { return s.Roll(a, 8, 3) },
		add(a, 8, 4, 70000),
		func(s log.Store) error { return s.SetRecord(log.StoreID, key, []byte("of the store")) },
		func(s log.Store) error { return s.TruncateEnd(a, 5) },
		add(a, 4, 2, 33),
		func(s log.Store) error { return s.SetRecord(a, key, []byte("two")) },
		func(s log.Store) error { return s.Roll(a, 6, 4) },
		add(a, 6, 1, 10),
		func(s log.Store) error {
			kept := Batch(1, 9, 9)
			kept.SetBaseOffset(2)
			return s.Replace(a, 0, 6, []log.Replacement{{Base: 0, Batches: kept}})
		},
		func(s log.Store) error { return s.Delete(b) },
		func(s log.Store) error { return s.TruncateStart(a, 6) },
		func(s log.Store) error { return s.Create(b, 0, 5) },
		add(b, 0, 3, 200),
		func(s log.Store) error { return s.SetRecord(a, key, nil) },
		func(s log.Store) error { return s.Reset(a, 90, 6) },
		add(a, 90, 1, 1),
	}
}

// picture is everything that can be seen of a store, as text.
func picture(s log.Store) (string, error) {
	var out bytes.Buffer
	show := func(id log.ID) error {
		for _, kind := range []log.RecordKind{log.RecordHighWatermark, log.RecordOwner} {
			offsets, err := s.RecordOffsets(id, kind)
			if err != nil {
				return err
			}
			for _, o := range offsets {
				value, err := s.Record(id, log.RecordKey{Kind: kind, Offset: o})
				if err != nil {
					return err
				}
				fmt.Fprintf(&out, "  record %d@%d %q\n", kind, o, value)
			}
		}
		return nil
	}
	if err := show(log.StoreID); err != nil {
		return "", err
	}
	for _, id := range s.Logs() {
		segments, err := s.Segments(id)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%v\n", id)
		for _, g := range segments {
			fmt.Fprintf(&out, "  %+v\n", g)
		}
		batches, err := readAll(s, id, 300)
		if err != nil {
			return "", err
		}
		// In large pieces it must be the same.
		large, err := readAll(s, id, 20000)
		if err != nil {
			return "", err
		}
		if !slices.EqualFunc(batches, large, func(a, b batch.Batch) bool { return bytes.Equal(a, b) }) {
			fmt.Fprintf(&out, "  reads of 300 and 20000 bytes differ: %d and %d batches\n", len(batches), len(large))
		}
		for _, b := range batches {
			fmt.Fprintf(&out, "  %v crc=%x %v\n", b, b.CRC(), b.EnsureValid())
		}
		if err := show(id); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

// Picture is everything that can be seen of a store, as text, to compare it.
func Picture(s log.Store) string {
	p, err := picture(s)
	if err != nil {
		return err.Error()
	}
	return p
}

func (d *driver) picture() string {
	d.t.Helper()
	p, err := picture(d.store)
	d.must(err)
	return p
}

// crashAnywhere runs the script with a commit after every call, once for each
// place to crash, and with commits run or not run behind that place.
func (s Suite) crashAnywhere(t *testing.T) {
	ops := script()
	for crashAt := 0; crashAt <= len(ops); crashAt++ {
		for _, ahead := range []int{0, 1, 5} {
			d := s.open(t)
			for _, op := range ops[:crashAt] {
				d.must(op(d.store))
				if crashAt%2 == 0 { // else all in one commit
					d.commit()
				}
			}
			d.commit()
			want, seq := d.picture(), d.store.LastSeq()
			for _, op := range ops[crashAt:min(crashAt+ahead, len(ops))] {
				d.must(op(d.store))
				d.store.Seal() // sealed, but never run
			}
			d.must(d.store.Crash())
			if got := d.picture(); got != want {
				t.Fatalf("crash %d operations after %d left\n%s\nwant\n%s", ahead, crashAt, got, want)
			}
			if d.store.LastSeq() != seq || d.store.DurableSeq() != seq {
				t.Fatalf("after a crash: last %d, durable %d, want %d", d.store.LastSeq(), d.store.DurableSeq(), seq)
			}
			// What comes after a crash is as if the lost operations had never been.
			for _, op := range ops[crashAt:] {
				d.must(op(d.store))
			}
			d.commit()
			want = d.picture()
			d.reopen()
			if got := d.picture(); got != want {
				t.Fatalf("reopened after a crash at %d:\n%s\nwant\n%s", crashAt, got, want)
			}
			d.must(d.store.Close())
		}
	}
}

var errInjected = errors.New("injected")

// failingCommits fails the first commit, the second, ... as the medium would.
func (s Suite) failingCommits(t *testing.T) {
	ops := script()
	for failing := range ops {
		d := s.open(t)
		for _, op := range ops[:failing] {
			d.must(op(d.store))
		}
		d.commit()
		want := d.picture()
		d.must(ops[failing](d.store))
		if _, ok := d.store.Seal(); !ok {
			t.Fatalf("nothing to seal after operation %d", failing)
		}
		d.store.Fail(errInjected) // instead of running it
		d.refuses(ops)
		if !errors.Is(d.store.Err(), errInjected) {
			t.Fatalf("Err does not say why: %v", d.store.Err())
		}
		d.must(d.store.Crash())
		if got := d.picture(); got != want {
			t.Fatalf("after commit %d failed\n%s\nwant\n%s", failing, got, want)
		}
		for _, op := range ops[failing:] {
			d.must(op(d.store))
		}
		d.commit()
		d.must(d.store.Close())
	}
}

// refuses checks that a failed store takes nothing and seals nothing.
func (d *driver) refuses(ops []func(log.Store) error) {
	d.t.Helper()
	before := d.store.LastSeq()
	for i, op := range ops {
		if err := op(d.store); !errors.Is(err, log.ErrFailed) && !errors.Is(err, log.ErrFull) {
			d.t.Fatalf("failed store, operation %d: %v", i, err)
		}
	}
	if _, ok := d.store.Seal(); ok {
		d.t.Fatal("a failed store seals")
	}
	if d.store.LastSeq() != before {
		d.t.Fatal("a failed store counts operations")
	}
}

// failingCalls fails call 1, 2, 3, ... of a whole run until a run has none to fail.
func (s Suite) failingCalls(t *testing.T) {
	if s.FailAt == nil {
		return // only its medium can fail: failingCommits
	}
	ops := script()
	for n := uint64(1); ; n++ {
		d := s.open(t)
		s.FailAt(d.store, n)
		var acknowledged, seen []string // pictures; of reads that worked
		err := func() error {
			for _, op := range ops {
				if err := op(d.store); err != nil {
					return err
				}
				p, err := picture(d.store)
				if err != nil {
					return err
				}
				seen = append(seen, p)
				if err := commitAll(d.store); err != nil {
					return err
				}
				acknowledged = append(acknowledged, p)
			}
			return nil
		}()
		s.FailAt(d.store, 0)
		if err == nil {
			return
		}
		if !errors.Is(err, log.ErrFailed) || d.store.Err() == nil {
			t.Fatalf("call %d: error %v, store %v", n, err, d.store.Err())
		}
		d.refuses(ops[:1])
		d.must(d.store.Crash())
		got := d.picture()
		last := len(acknowledged) - 1
		if last >= 0 && got != acknowledged[last] && !slices.Contains(seen, got) {
			t.Fatalf("call %d failed; what was acknowledged is\n%s\nbut there is\n%s", n, acknowledged[last], got)
		}
		if last < 0 && got != "" && !slices.Contains(seen, got) {
			t.Fatalf("call %d failed before anything was acknowledged, but there is\n%s", n, got)
		}
		d.must(d.store.Close())
	}
}
