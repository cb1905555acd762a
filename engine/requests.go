package engine

import (
	"maps"
	"slices"
	"time"
)

// RequestStat counts the requests of one API that a process has answered
// (RequestChannel's RequestMetrics: RequestsPerSec and TotalTimeMs).
type RequestStat struct {
	Key   int16 // of the API
	Count int64
	// Total is the time from a request's turn to its answer leaving the node, waits
	// in purgatory included, summed up.
	Total time.Duration
}

// requestStats is what a process keeps of the requests it serves. It never
// decides anything.
type requestStats struct {
	served   map[ConnID]servedRequest // a connection serves one at a time
	answered map[int16]*RequestStat
}

type servedRequest struct {
	key int16
	at  Time
}

func newRequestStats() requestStats {
	return requestStats{served: map[ConnID]servedRequest{}, answered: map[int16]*RequestStat{}}
}

func (s *requestStats) begin(r Request, now Time) {
	if r.Body != nil {
		s.served[r.Conn] = servedRequest{r.Body.Key(), now}
	}
}

func (s *requestStats) end(conn ConnID, now Time) {
	r, ok := s.served[conn]
	if !ok {
		return
	}
	delete(s.served, conn)
	stat := s.answered[r.key]
	if stat == nil {
		stat = &RequestStat{Key: r.key}
		s.answered[r.key] = stat
	}
	stat.Count++
	stat.Total += now.Sub(r.at)
}

// Requests lists what was answered in this life of the process, by API key.
func (p *Process) Requests() []RequestStat {
	all := make([]RequestStat, 0, len(p.env.requests.answered))
	for _, key := range slices.Sorted(maps.Keys(p.env.requests.answered)) {
		all = append(all, *p.env.requests.answered[key])
	}
	return all
}
