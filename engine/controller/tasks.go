package controller

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/config"
	"bitacora/engine/metadata/records"
)

// What the active controller does from time to time, as Timer.Kind
// (QuorumController.registerPeriodicTasks).
const (
	taskNoOp       uint8 = iota // a NoOpRecord, so that brokers see how far the log is
	taskFenceStale              // end the sessions of silent brokers
	taskPreferred               // bring preferred leaders back
	taskUnclean                 // elect where nobody in sync is left, when allowed
	taskCount
)

// taskAgain is the wait before a task that has more to do runs again
// (PeriodicTask.DEFAULT_IMMEDIATE_PERIOD_NS).
const taskAgain = 10 * time.Millisecond

// electionsPerTask bounds the leaders one run of a task may elect
// (QuorumController.MAX_ELECTIONS_PER_IMBALANCE). The rest waits for taskAgain.
const electionsPerTask = 1000

func task(kind uint8) engine.Timer { return engine.Timer{Owner: engine.OwnerController, Kind: kind} }

// taskPeriods gives each task's period, 0 for a task that is turned off.
func taskPeriods(static config.Static) [taskCount]time.Duration {
	periods := [taskCount]time.Duration{
		taskNoOp:       static.Duration(config.MetadataMaxIdleInterval),
		taskFenceStale: max(time.Millisecond, static.Duration(config.BrokerSessionTimeout)/8),
		taskUnclean:    static.Duration(config.UncleanElectionInterval),
	}
	if static.Bool(config.AutoLeaderRebalance) {
		periods[taskPreferred] = static.Duration(config.LeaderImbalanceCheck)
	}
	return periods
}

func (c *Controller) startTasks(env *engine.Env) {
	for kind, d := range c.periods {
		if d > 0 {
			env.SetTimer(task(uint8(kind)), d)
		}
	}
}

func (c *Controller) stopTasks(env *engine.Env) {
	for kind := range taskCount {
		env.CancelTimer(task(kind))
	}
}

// OnTimer takes a timer whose owner is OwnerController.
func (c *Controller) OnTimer(env *engine.Env, host Host, timer engine.Timer) {
	if !c.active || timer.Kind >= taskCount {
		return
	}
	var all []records.Versioned
	again := false
	switch timer.Kind {
	case taskNoOp:
		all = []records.Versioned{{Record: &records.NoOpRecord{}}}
	case taskFenceStale:
		all, again = c.fenceOneStale(env)
	case taskPreferred:
		all = c.balanceLeaders()
		again = len(all) >= electionsPerTask
	case taskUnclean:
		all = c.electUncleanLeaders()
		again = len(all) >= electionsPerTask
	}
	if !c.write(env, host, all) {
		return
	}
	if again {
		env.SetTimer(timer, taskAgain)
	} else {
		env.SetTimer(timer, c.periods[timer.Kind])
	}
}
