package engine

import "time"

// Time is an instant of a process's monotonic clock: nanoseconds since the run
// began (since the process's driver started, on a server). It never goes back.
type Time int64

// Add gives the instant d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub gives the span from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// WallTime is an instant of a process's wall clock, in milliseconds since the
// Unix epoch, as record timestamps are. It may jump, either way.
type WallTime int64
