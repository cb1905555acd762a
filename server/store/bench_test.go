package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// BenchmarkOpenAndClose is what starting and stopping one store costs.
func BenchmarkOpenAndClose(b *testing.B) {
	for _, kind := range []Kind{Meta, Data} {
		b.Run([]string{"meta", "data"}[kind], func(b *testing.B) {
			path := b.TempDir()
			var opening, closing time.Duration
			for b.Loop() {
				start := time.Now()
				s, err := Open(path, kind, testOptions())
				must(b, err)
				opening += time.Since(start)
				start = time.Now()
				must(b, s.Close())
				closing += time.Since(start)
			}
			b.ReportMetric(float64(opening.Microseconds())/float64(b.N), "open-us/op")
			b.ReportMetric(float64(closing.Microseconds())/float64(b.N), "close-us/op")
		})
	}
}

// benchmarkLogs is how many partitions share the appends.
const benchmarkLogs = 3

// BenchmarkAppend commits so many batches of so many bytes at a time, beside a
// plain file that is written as much.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10} {
		for _, perCommit := range []int{1, 16} {
			b.Run(fmt.Sprintf("batch=%d/commit=%d", size, perCommit), func(b *testing.B) {
				s := openData(b, testOptions())
				for i := range benchmarkLogs {
					must(b, s.Create(log.ID{Partition: int32(i)}, 0, 0))
				}
				one := logtest.Batch(1, 1, size-80)
				b.SetBytes(int64(len(one) * perCommit))
				next, at := [benchmarkLogs]engine.Offset{}, 0
				for b.Loop() {
					for range perCommit {
						must(b, s.Append(log.ID{Partition: int32(at)}, next[at], 0, one))
						next[at]++
						at = (at + 1) % benchmarkLogs
					}
					commitAll(b, s)
				}
			})
		}
	}
	b.Run("plain file, batch=16384", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "log"))
		must(b, err)
		one := logtest.Batch(1, 1, 16<<10)
		b.SetBytes(int64(len(one)))
		for b.Loop() {
			_, err := f.Write(one)
			must(b, err)
		}
		must(b, f.Close())
	})
}

// BenchmarkRead reads a log of 256 MB a megabyte at a time, from the database and
// from the tail in memory.
func BenchmarkRead(b *testing.B) {
	const batches = 16 << 10
	for _, from := range []string{"database", "tail"} {
		b.Run(from, func(b *testing.B) {
			options := testOptions()
			options.TailBytes = 1
			if from == "tail" {
				options.TailBytes = 512 << 20
			}
			s := openData(b, options)
			must(b, s.Create(testLog, 0, 0))
			one := logtest.Batch(1, 1, 16<<10)
			for o := range engine.Offset(batches) {
				must(b, s.Append(testLog, o, 0, one))
				if o%64 == 63 {
					commitAll(b, s)
				}
			}
			next := engine.Offset(0)
			b.SetBytes(1 << 20)
			for b.Loop() {
				run, err := s.Read(testLog, next, 1<<62, 1<<20, true)
				must(b, err)
				next += engine.Offset(len(run) / len(one))
				if next >= batches {
					next = 0
				}
			}
		})
	}
	b.Run("last batch", func(b *testing.B) {
		s := openData(b, testOptions())
		must(b, s.Create(testLog, 0, 0))
		one := logtest.Batch(100, 1, 100)
		for o := range engine.Offset(100) {
			must(b, s.Append(testLog, o*100, 0, one))
		}
		commitAll(b, s)
		b.ReportAllocs()
		for b.Loop() {
			run, err := s.Read(testLog, 9900, 10000, 1<<20, true)
			if err != nil || batch.Batch(run).BaseOffset() != 9900 {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMemory writes 1 GB into three stores and reports the process's memory:
// anonymous is what it takes, mapped is the system's to take back.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var stores []*Store
		for range 3 {
			s := openData(b, testOptions())
			must(b, s.Create(testLog, 0, 0))
			stores = append(stores, s)
		}
		idle := status(b, "RssAnon")
		one := logtest.Batch(1, 1, 16<<10)
		for o := range engine.Offset(1 << 30 / 3 / (16 << 10)) {
			for _, s := range stores {
				must(b, s.Append(testLog, o, 0, one))
				if o%8 == 7 {
					commitAll(b, s)
				}
			}
		}
		b.ReportMetric(idle, "idle-anon-MB")
		b.ReportMetric(status(b, "RssAnon"), "anon-MB")
		b.ReportMetric(status(b, "RssFile"), "file-MB")
		for _, s := range stores {
			must(b, s.Close())
		}
	}
}

// status reads a line of /proc/self/status in MB; 0 where there is none.
func status(b *testing.B, name string) float64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			var kb float64
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	return 0
}

// BenchmarkReopen opens a store that holds 1 GB in 100 partitions, after a clean
// stop and as after a kill (the files as they are while it is open).
func BenchmarkReopen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "store")
	s, err := Open(path, Data, testOptions())
	must(b, err)
	one := logtest.Batch(1, 1, 16<<10)
	const partitions = 100
	for i := range int32(partitions) {
		must(b, s.Create(log.ID{Partition: i}, 0, 0))
	}
	for o := range engine.Offset(1 << 30 / len(one) / partitions) {
		for i := range int32(partitions) {
			must(b, s.Append(log.ID{Partition: i}, o, 0, one))
		}
		commitAll(b, s)
	}
	killed := filepath.Join(b.TempDir(), "killed")
	must(b, os.CopyFS(killed, os.DirFS(path)))
	must(b, s.Close())
	for _, c := range []struct{ name, path string }{{"clean", path}, {"killed", killed}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				start := time.Now()
				s, err := Open(c.path, Data, testOptions())
				must(b, err)
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "open-ms")
				b.StopTimer()
				must(b, s.Close())
				b.StartTimer()
			}
		})
	}
}
