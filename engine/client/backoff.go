package client

import (
	"time"

	"bitacora/engine"
)

// The jitter of every backoff: 20% to either side (CommonClientConfigs'
// RETRY_BACKOFF_JITTER).
const backoffJitterPercent = 20

// backoff gives the wait after attempts failures in a row, doubling from initial to
// largest (ExponentialBackoff.backoff).
func backoff(rand *engine.Rand, initial, largest time.Duration, attempts int) time.Duration {
	d := min(initial<<min(attempts, 20), largest)
	if spread := int64(d) * backoffJitterPercent / 100; spread > 0 {
		d += time.Duration(rand.Int64N(2*spread+1) - spread)
	}
	return min(d, largest)
}
