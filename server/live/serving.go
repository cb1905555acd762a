package live

import (
	"context"
	"fmt"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
)

// servingPoll is how often AwaitServing looks again.
const servingPoll = 5 * time.Millisecond

// Serving says whether every broker serves: it is registered, unfenced and not in a
// pause. If not, it says what is missing.
func (c *Cluster) Serving() (bool, string) {
	var missing []string
	for _, p := range c.Plan() {
		if !p.Config.Broker {
			continue
		}
		id := p.Config.NodeID
		fenced := true
		alive := c.Do(id, func(p *engine.Process) {
			fenced = p.Node.(*cluster.Server).Broker().Fenced()
		})
		state, why := c.Status(id)
		switch {
		case state == Dead:
			missing = append(missing, fmt.Sprintf("broker %d is dead (%s)", id, why))
		case state == Paused:
			missing = append(missing, fmt.Sprintf("broker %d is paused", id))
		case !alive || fenced:
			missing = append(missing, fmt.Sprintf("broker %d is not registered yet", id))
		}
	}
	return len(missing) == 0, strings.Join(missing, "; ")
}

// AwaitServing waits until every broker serves; false when the context ends first.
func (c *Cluster) AwaitServing(ctx context.Context) bool {
	tick := time.NewTicker(servingPoll)
	defer tick.Stop()
	for {
		if ok, _ := c.Serving(); ok {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
