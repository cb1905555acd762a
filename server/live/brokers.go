package live

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
)

// ErrNotLast is given for a broker that cannot leave the server's data: the next
// start would count brokers from 1 on.
var ErrNotLast = errors.New("only the broker with the highest id can be removed")

// removeWithin bounds the clean stop of a broker that is removed.
const removeWithin = 20 * time.Second

// AddBroker starts one more broker, with the next id, the same properties and a
// disk of its own, and gives the id. It holds nothing until topics are made or
// partitions reassigned, as a broker that joins an Apache Kafka cluster.
func (c *Cluster) AddBroker() (engine.NodeID, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	old := c.Plan()
	spec := c.cfg.Spec
	spec.Seed, spec.ClusterID, spec.Brokers = c.seed, old[0].Config.ClusterID, 1
	at := &ports{advertise: c.cfg.Advertise, broker: map[engine.NodeID]int{}, control: map[engine.NodeID]int{}}
	for _, p := range old {
		id := p.Config.NodeID
		if p.Config.Broker {
			spec.Brokers++
			at.broker[id] = int(p.Config.BrokerListeners[0].Addr.Port)
		}
		if p.Config.Controller {
			at.control[id] = int(p.Config.ControllerListeners[0].Port)
		}
	}
	id := engine.NodeID(spec.Brokers)
	nl, err := net.Listen("tcp", net.JoinHostPort(c.cfg.Bind, strconv.Itoa(offsetPort(c.cfg.KafkaPort, spec.Brokers-1))))
	if err != nil {
		return 0, fmt.Errorf("add broker %d: %w", id, err)
	}
	at.broker[id] = nl.Addr().(*net.TCPAddr).Port
	plan, err := spec.Plan(at)
	if err != nil {
		nl.Close()
		return 0, fmt.Errorf("add broker %d: %w", id, err)
	}
	i := slices.IndexFunc(plan, func(p cluster.Planned) bool { return p.Config.NodeID == id })
	s := &slot{id: id, planned: plan[i], nets: []net.Listener{nl}, state: Dead}
	err = c.openDisks(s)
	if err == nil && c.cfg.DataDir != "" {
		err = at.keep(c.cfg.DataDir)
	}
	if err != nil {
		nl.Close()
		return 0, fmt.Errorf("add broker %d: %w", id, errors.Join(err, s.disks.close()))
	}
	c.mu.Lock()
	c.processes[id] = s
	c.plan = append(slices.Clone(c.plan), plan[i])
	for index, addr := range plan[i].Listeners {
		c.listeners[addr] = place{id, uint8(index)}
	}
	c.mu.Unlock()
	return id, c.boot(s)
}

// RemoveBroker stops the last broker cleanly and forgets it. Its partitions must
// have been moved elsewhere before, and its registration is the caller's to end
// (UnregisterBroker). Its data stays on disk.
func (c *Cluster) RemoveBroker(id engine.NodeID) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	plan := c.Plan()
	last := plan[len(plan)-1].Config
	if len(plan) < 2 || last.NodeID != id || last.Controller {
		return fmt.Errorf("remove broker %d: %w", id, ErrNotLast)
	}
	if late := c.stop([]engine.NodeID{id}, removeWithin); len(late) > 0 {
		return fmt.Errorf("remove broker %d: it did not stop within %v and was killed", id, removeWithin)
	}
	c.mu.Lock()
	s := c.processes[id]
	delete(c.processes, id)
	for _, addr := range s.planned.Listeners {
		delete(c.listeners, addr)
	}
	c.plan = slices.Clone(plan[:len(plan)-1])
	c.mu.Unlock()
	c.notify()
	err := s.disks.close()
	if c.cfg.DataDir != "" {
		at := &ports{broker: map[engine.NodeID]int{}, control: map[engine.NodeID]int{}}
		for _, p := range plan[:len(plan)-1] {
			if p.Config.Broker {
				at.broker[p.Config.NodeID] = int(p.Config.BrokerListeners[0].Addr.Port)
			}
			if p.Config.Controller {
				at.control[p.Config.NodeID] = int(p.Config.ControllerListeners[0].Port)
			}
		}
		err = errors.Join(err, at.keep(c.cfg.DataDir))
	}
	return err
}
