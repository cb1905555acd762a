package oracle

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const failoverSetup = "topic with 1 partition, min.insync.replicas=2; broker.session.timeout.ms=9000, broker.heartbeat.interval.ms=2000 (defaults); producers send every 40 ms, ask for metadata again after an error and do not repeat a record"

var killLeader = Script{
	Name:   "01-kill9-leader",
	Title:  "kill -9 of a partition leader, then restart",
	Setup:  "topic b01, replicas [2,1,3]; " + failoverSetup,
	Breaks: true,
	Run: func(r *Run) error {
		return playFailover(r, failover{
			topic: "b01", replicas: []int32{2, 1, 3}, broker: 2, action: "kill -9 of broker 2",
			strike:  func() error { return r.cluster.Kill(r.ctx, 2) },
			restart: []int32{2},
			hold:    13 * time.Second,
			classes: []class{
				{"at once", 0, 2 * time.Second},
				{"within the session time-out of 9 s, counted from the last heartbeat", 6 * time.Second, 12 * time.Second},
			},
		})
	},
}

var cleanShutdown = Script{
	Name:   "02-clean-shutdown",
	Title:  "SIGTERM (controlled shutdown) of a partition leader, then restart",
	Setup:  "topic b02, replicas [2,1,3]; " + failoverSetup,
	Breaks: true,
	Run: func(r *Run) error {
		return playFailover(r, failover{
			topic: "b02", replicas: []int32{2, 1, 3}, broker: 2, action: "SIGTERM of broker 2",
			strike:  func() error { return r.cluster.Terminate(r.ctx, 2) },
			restart: []int32{2},
			hold:    12 * time.Second,
			classes: []class{
				{"at once", 0, 1500 * time.Millisecond},
				{"when the next heartbeat is answered with ShouldShutDown", 1500 * time.Millisecond, 6 * time.Second},
			},
		})
	},
}

var killControllerAndLeader = Script{
	Name:   "07-kill9-controller-and-leader",
	Title:  "kill -9 of the active controller and of a partition leader at the same instant, then restart",
	Setup:  "topic b07, replicas [1,2,3]; " + failoverSetup,
	Breaks: true,
	Run: func(r *Run) error {
		controller, err := r.noteActiveController("active controller before")
		if err != nil {
			return err
		}
		err = playFailover(r, failover{
			topic: "b07", replicas: []int32{1, 2, 3}, broker: 1, action: "kill -9 of the active controller and of broker 1",
			strike:  func() error { return r.cluster.Kill(r.ctx, controller.leader, 1) },
			restart: []int32{controller.leader, 1},
			hold:    20 * time.Second,
			classes: []class{
				{"at once", 0, 2 * time.Second},
				{"when the new controller has waited a whole session time-out", 9500 * time.Millisecond, 19 * time.Second},
			},
		})
		if err != nil {
			return err
		}
		return r.noteNewController(controller)
	},
}

// failover is one way to lose a leader and get it back.
type failover struct {
	topic    string
	replicas []int32
	broker   int32 // the one that is struck
	action   string
	strike   func() error
	restart  []int32
	hold     time.Duration // from the strike to the restart
	classes  []class       // of what follows the strike
}

func playFailover(r *Run, f failover) error {
	if err := r.createTopic(f.topic, assignment{f.replicas}, "min.insync.replicas", "2"); err != nil {
		return err
	}
	w := r.newWatchers()
	defer w.stop()
	w.watchTopic(r, f.topic)
	w.watchFenced(r, others(f.broker))
	w.watchProducer(r, f.topic, 1)
	acked := w.watchProducer(r, f.topic, -1)
	if err := await(r.ctx, 10*time.Second, "the first records", func() (bool, error) { return len(acked.list()) >= 10, nil }); err != nil {
		return err
	}
	w.noteNow(r, "before")

	struck := time.Now()
	r.note("DO: " + f.action)
	if err := f.strike(); err != nil {
		return err
	}
	if err := r.pause(time.Until(struck.Add(f.hold))); err != nil {
		return err
	}
	restarted := time.Now()
	w.noteAll(r, "after the "+f.action, struck, restarted, durableTime, f.classes)

	r.note("DO: restart")
	for _, node := range f.restart {
		if err := r.cluster.Restart(r.ctx, node); err != nil {
			return err
		}
	}
	if err := r.awaitWhole(f); err != nil {
		return err
	}
	// What follows the return must last to be told from what is on the way.
	if err := r.pause(2 * durableTime); err != nil {
		return err
	}
	w.noteAll(r, "after the restart", restarted, time.Now(), onlyLast, []class{{"in time", 0, 45 * time.Second}})
	w.stop()
	w.noteNow(r, "at the end")
	return r.noteKept(f.topic, acked.list())
}

// awaitWhole waits until every broker tells of a whole ISR and no broker fenced.
func (r *Run) awaitWhole(f failover) error {
	err := await(r.ctx, 60*time.Second, "the broker to be back", func() (bool, error) {
		for _, b := range brokerIDs {
			if err := r.allUnfenced(b); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return r.awaitTopic(f.topic, 1, brokerIDs...)
}

// noteKept reads the whole log and looks for every acknowledged record.
func (r *Run) noteKept(topic string, acked []string) error {
	leader := r.leaderToldByAny(topic)
	f := newFetching(leader, topic, 0)
	f.maxBytes = 16 << 20
	p, err := r.fetchPartition(f)
	if err != nil {
		return err
	}
	if p.ErrorCode != 0 {
		return fmt.Errorf("read %s back: %s", topic, codeName(p.ErrorCode))
	}
	kept := valuesOf(p.RecordBatches)
	missing, next := 0, 0
	for _, v := range acked {
		at := slices.Index(kept[next:], v)
		if at < 0 {
			missing++
			continue
		}
		next += at + 1
	}
	r.note("acks=all records that were acknowledged", "missingOrOutOfOrder", missing, "thereAreSome", len(acked) > 0)
	return nil
}

// valuesOf lists the values of all records of a Fetch, in order.
func valuesOf(batches []byte) []string {
	var out []string
	for _, b := range batchesOf(batches) {
		for _, f := range b {
			records, ok := f.Value.([]Object)
			if f.Name != "records" || !ok {
				continue
			}
			for _, rec := range records {
				out = append(out, fmt.Sprint(rec[len(rec)-1].Value))
			}
		}
	}
	return out
}

// noteActiveController writes down the quorum as a broker tells it.
func (r *Run) noteActiveController(what string) (quorum, error) {
	if !r.needs(kmsg.DescribeQuorum, what) {
		return quorum{leader: controllerIDs[0]}, nil
	}
	var q quorum
	err := await(r.ctx, 30*time.Second, "three voters", func() (ok bool, err error) {
		q, err = r.describeQuorum(2)
		return err == nil && len(q.voters) == len(controllerIDs), err
	})
	if err != nil {
		return q, err
	}
	r.note(what, "isAController", slices.Contains(controllerIDs, q.leader), "voters", q.voters)
	return q, nil
}

// noteNewController writes down that another controller leads a later epoch.
func (r *Run) noteNewController(before quorum) error {
	const what = "active controller at the end"
	if !r.needs(kmsg.DescribeQuorum, what) {
		return nil
	}
	q, err := r.describeQuorum(3)
	if err != nil {
		return err
	}
	r.note(what, "isAnother", slices.Contains(controllerIDs, q.leader) && q.leader != before.leader,
		"epochGrew", q.epoch > before.epoch, "voters", q.voters)
	return nil
}
