package live

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/view"
)

// clientFirst is where the ids of simulated clients begin.
const clientFirst engine.NodeID = 10_000

// clientsMax bounds the simulated clients: a page draws no more, and real load is
// for real clients.
const clientsMax = 24

// ErrInvalid and ErrTooMany say why a client cannot be started.
var (
	ErrInvalid = errors.New("that makes no client")
	ErrTooMany = errors.New("there are as many clients as there can be")
)

// simulatedClient is a producer or consumer of the engine's own, run beside the
// servers.
type simulatedClient struct {
	kind, name string
	begin      any // the command that it is given at each start
	node       func() engine.Node
}

// doClient starts and stops simulated clients.
func (c *Cluster) doClient(cmd *view.Command) error {
	switch cmd.Kind {
	case view.CommandStartProducer:
		if cmd.Node != engine.NoNode {
			return c.restartClient(cmd.Node)
		}
		return c.startProducer(cmd.Topic, cmd.Every, cmd.Acks)
	case view.CommandStopProducer:
		return c.command(cmd.Node, client.StopProducing{})
	case view.CommandStartConsumer:
		if cmd.Node != engine.NoNode {
			return c.restartClient(cmd.Node)
		}
		return c.startConsumer(cmd.Topic, cmd.Group)
	}
	return c.command(cmd.Node, client.CloseClient{})
}

func (c *Cluster) startProducer(topic string, every time.Duration, acks int16) error {
	if every < client.MakeIntervalMin || topic == "" {
		return fmt.Errorf("a record each %v to topic %q: %w", every, topic, ErrInvalid)
	}
	brokers := c.Brokers() // addClient holds the cluster's lock
	return c.addClient("producer", func(name string) (func() engine.Node, any, error) {
		cfg := client.DefaultProducer(name, brokers...)
		if err := cfg.Set(map[string]string{"acks": strconv.Itoa(int(acks))}); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		begin := client.StartProducing{Topic: topic, Partition: -1, Interval: every, KeySpace: 8}
		return func() engine.Node { return client.NewProducer(cfg) }, begin, nil
	})
}

// addClient makes a client process of a kind and starts it.
func (c *Cluster) addClient(kind string, build func(name string) (func() engine.Node, any, error)) error {
	c.mu.Lock()
	n, all := 1, 0
	id := clientFirst
	for _, s := range c.processes {
		if s.client == nil {
			continue
		}
		all++
		id = max(id, s.id+1)
		if s.client.kind == kind {
			n++
		}
	}
	if all >= clientsMax {
		c.mu.Unlock()
		return ErrTooMany
	}
	name := kind + "-" + strconv.Itoa(n)
	node, begin, err := build(name)
	if err != nil {
		c.mu.Unlock()
		return err
	}
	s := &slot{
		id: id, state: Dead, disks: &disks{},
		client: &simulatedClient{kind: kind, name: name, begin: begin, node: node},
	}
	c.processes[id] = s
	c.mu.Unlock()
	if err := c.boot(s); err != nil {
		return err
	}
	return c.command(id, begin)
}

// restartClient starts a client again that was stopped.
func (c *Cluster) restartClient(id engine.NodeID) error {
	c.mu.Lock()
	s := c.processes[id]
	c.mu.Unlock()
	if s == nil || s.client == nil {
		return fmt.Errorf("client %d: %w", id, ErrNoNode)
	}
	c.awaitLeaving(id)
	if _, err := c.alive(id); err != nil {
		if err := c.Restart(id); err != nil {
			return err
		}
	}
	return c.command(id, s.client.begin)
}

// awaitLeaving waits for a consumer that is about to end: it has left its group, and
// a Fetch of its is still on its way. What it were told now it would take with it.
func (c *Cluster) awaitLeaving(id engine.NodeID) {
	p, err := c.alive(id)
	if err != nil {
		return
	}
	leaving := false
	c.Do(id, func(run *engine.Process) {
		if consumer, ok := run.Node.(*client.Consumer); ok {
			leaving = !consumer.State().Running
		}
	})
	if !leaving {
		return
	}
	select {
	case <-p.ended:
	case <-time.After(doWithin):
	}
}

func (c *Cluster) command(id engine.NodeID, body any) error {
	p, err := c.alive(id)
	if err != nil {
		return err
	}
	p.in.post(func() { p.step(engine.Command{Body: body}) })
	return nil
}

// startConsumer begins at the first record, as a person who looks at a page
// expects: with Kafka's default (latest) it would show nothing.
func (c *Cluster) startConsumer(topic, group string) error {
	if topic == "" || group == "" {
		return fmt.Errorf("topic %q in group %q: %w", topic, group, ErrInvalid)
	}
	brokers := c.Brokers() // addClient holds the cluster's lock
	return c.addClient("consumer", func(name string) (func() engine.Node, any, error) {
		cfg := client.DefaultConsumer(name, group, brokers...)
		cfg.Reset = client.ResetEarliest
		begin := client.Subscribe{Topics: []string{topic}}
		return func() engine.Node { return client.NewConsumer(cfg) }, begin, nil
	})
}
