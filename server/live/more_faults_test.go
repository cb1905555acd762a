package live

import (
	"errors"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"

	"github.com/twmb/franz-go/pkg/kadm"
)

func TestAFailedDiskHaltsItsBroker(t *testing.T) {
	c := startCluster(t, "")
	ctx := within(t, 60*time.Second)
	c.AwaitServing(ctx)
	cl := newClient(t, c)
	createTopic(ctx, t, cl, "pedidos", 3)
	produceN(ctx, t, cl, "pedidos", 0, 5)
	if err := c.Fault(view.Fault{Action: view.FaultFailDisk, Node: 2}); err != nil {
		t.Fatal(err)
	}
	for n := 5; ; n++ { // its next commit is at most a record away
		produceN(ctx, t, cl, "pedidos", n, n+1)
		if ok, _ := c.Serving(); !ok {
			break
		}
	}
	if err := c.Fault(view.Fault{Action: view.FaultKill, Node: 2}); !errors.Is(err, ErrDead) {
		t.Errorf("it should have halted by itself: %v", err)
	}
	if err := c.Restart(2); err != nil {
		t.Fatal(err)
	}
	c.AwaitServing(ctx)
}

func TestAClockThatJumpsIsInTheTimestamps(t *testing.T) {
	c := startCluster(t, "")
	ctx := within(t, 60*time.Second)
	c.AwaitServing(ctx)
	cl := newClient(t, c)
	byBroker := "LogAppendTime"
	resp, err := kadm.NewClient(cl).CreateTopic(ctx, 1, 1, map[string]*string{"message.timestamp.type": &byBroker}, "pedidos")
	if err != nil || resp.Err != nil {
		t.Fatal(err, resp.Err)
	}
	for _, id := range []engine.NodeID{1, 2, 3} {
		if err := c.Fault(view.Fault{Action: view.FaultClock, Node: id, By: time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	produceN(ctx, t, cl, "pedidos", 0, 1)
	ends, err := kadm.NewClient(cl).ListOffsetsAfterMilli(ctx, time.Now().Add(30*time.Minute).UnixMilli(), "pedidos")
	if err != nil {
		t.Fatal(err)
	}
	if at, _ := ends.Lookup("pedidos", 0); at.Offset != 0 || at.Timestamp < time.Now().Add(50*time.Minute).UnixMilli() {
		t.Errorf("the record is at %d with timestamp %d", at.Offset, at.Timestamp)
	}
}

func TestWhatOnlyASimulationCanIsSaid(t *testing.T) {
	c := startCluster(t, "")
	for _, name := range view.FaultNames() {
		action, err := view.ParseFaultAction(name)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Fault(view.Fault{Action: action, Node: 77, Peer: 78, By: time.Second})
		switch action {
		case view.FaultPowerLoss, view.FaultTear, view.FaultFillDisk, view.FaultFreeDisk, view.FaultFlipBit, view.FaultSlowLink:
			if !errors.Is(err, ErrSimulated) {
				t.Errorf("%v: %v", action, err)
			}
		case view.FaultHeal:
		default:
			if !errors.Is(err, ErrNoNode) {
				t.Errorf("%v of a node that is not there: %v", action, err)
			}
		}
	}
	if err := c.Fault(view.Fault{Action: view.FaultCutFrom, Node: 1, Peer: 2}); err != nil {
		t.Fatal(err)
	}
	if !c.isCut(1, 2) || c.isCut(2, 1) {
		t.Error("one direction is to be cut, and the other not")
	}
}
