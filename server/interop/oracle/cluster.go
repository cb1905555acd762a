package oracle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Cluster is three brokers and three controllers that a script may talk to and
// break. Nodes are named by their Kafka node id. Its processes end with the test
// that started it, whatever becomes of that.
type Cluster interface {
	// Name says whose cluster it is, for messages.
	Name() string
	// Brokers gives the address (host:port) of each broker.
	Brokers() map[int32]string
	// Kill ends nodes as kill -9 does, as nearly at one instant as can be; it
	// returns when they are gone.
	Kill(ctx context.Context, nodes ...int32) error
	// Terminate asks a node to stop as SIGTERM does: a broker hands over its
	// partitions first. It returns at once, before the node has stopped.
	Terminate(ctx context.Context, node int32) error
	// Restart starts a node again that was killed or has stopped; of one that
	// is still stopping it waits for the end.
	Restart(ctx context.Context, node int32) error
}

// brokerIDs and controllerIDs are the nodes of the one topology.
var (
	brokerIDs     = []int32{1, 2, 3}
	controllerIDs = []int32{3000, 3001, 3002}
)

// others lists the broker ids that are not id.
func others(id int32) []int32 {
	return slices.DeleteFunc(slices.Clone(brokerIDs), func(b int32) bool { return b == id })
}

// addressName replaces an address by the broker it belongs to, or says that it
// belongs to none.
func addressName(c Cluster, host string, port int32) string {
	address := fmt.Sprintf("%s:%d", host, port)
	brokers := c.Brokers()
	for _, id := range slices.Sorted(maps.Keys(brokers)) {
		if brokers[id] == address {
			return fmt.Sprintf("broker %d", id)
		}
	}
	return "none of the brokers: " + address
}

// await asks until ok says yes, every pause, and gives up when ctx or the limit
// ends. what is for the error.
func await(ctx context.Context, limit time.Duration, what string, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	const pause = 30 * time.Millisecond
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	var last error
	for {
		done, err := ok()
		if done {
			return nil
		}
		last = err
		select {
		case <-ctx.Done():
			if last != nil {
				return fmt.Errorf("waited %v for %s; last: %w", limit, what, last)
			}
			return fmt.Errorf("waited %v for %s", limit, what)
		case <-ticker.C:
		}
	}
}
