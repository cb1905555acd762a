package view

import (
	"fmt"
	"strings"
	"time"

	"bitacora/engine"
)

// FaultAction is what can be done to break or mend a cluster. Lessons, the page, the
// HTTP interface and the command line share these and their names.
type FaultAction uint8

// The actions. The comment names the fields of Fault that count beside Node.
const (
	FaultKill      FaultAction = iota // as kill -9 does
	FaultPowerLoss                    // what was not synced is gone; peers hear nothing
	FaultTear                         // FaultPowerLoss, and an append was half written
	FaultShutdown                     // SIGTERM
	FaultRestart
	FaultPause    // SIGSTOP
	FaultResume   // SIGCONT
	FaultCut      // Peer: the link, both ways
	FaultCutFrom  // Peer: what Node sends to it
	FaultHeal     // Peer: the link, both ways; NoNode twice: every link
	FaultSlowDisk // By: each commit takes so much longer; 0 mends it
	FaultFillDisk // nothing more fits
	FaultFreeDisk // undoes FaultFillDisk
	FaultFailDisk // its next operation fails
	FaultFlipBit  // Topic, Partition, Offset (-1: any): a bit of that stored batch
	FaultSlowLink // Peer, By, Jitter, Rate: both ways; all 0 mends it
	FaultClock    // By: its wall clock jumps
	faultActionCount
)

// Fault is one action upon a cluster.
type Fault struct {
	Action    FaultAction
	Node      engine.NodeID
	Peer      engine.NodeID
	By        time.Duration
	Jitter    time.Duration // what is drawn on top of By
	Rate      int64         // bytes a second; 0: no limit
	Topic     string
	Partition int32
	Offset    engine.Offset
}

// FaultNames gives the actions' names, in their order.
func FaultNames() []string {
	return []string{
		"kill", "power-loss", "tear", "shutdown", "restart", "pause", "resume", "cut", "cut-from", "heal",
		"slow-disk", "fill-disk", "free-disk", "fail-disk", "flip-bit", "slow-link", "clock",
	}
}

// String is the action's name.
func (a FaultAction) String() string {
	if names := FaultNames(); int(a) < len(names) {
		return names[a]
	}
	return ""
}

// ParseFaultAction finds an action by its name. Its error says what there is.
func ParseFaultAction(name string) (FaultAction, error) {
	for i, n := range FaultNames() {
		if n == name {
			return FaultAction(i), nil
		}
	}
	return 0, fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(FaultNames(), ", "))
}

// NeedsPeer says that the action is about a link.
func (a FaultAction) NeedsPeer() bool {
	return a == FaultCut || a == FaultCutFrom || a == FaultHeal || a == FaultSlowLink
}

// TakesBy says that the action takes a span.
func (a FaultAction) TakesBy() bool {
	return a == FaultSlowDisk || a == FaultSlowLink || a == FaultClock
}

// NeedsPartition says that the action is about a partition's copy.
func (a FaultAction) NeedsPartition() bool { return a == FaultFlipBit }
