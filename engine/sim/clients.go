package sim

import (
	"fmt"

	"bitacora/engine"
	"bitacora/engine/client"
	"bitacora/engine/log"
)

// producerBooter makes a producer anew at each start: a client keeps nothing on disk.
type producerBooter struct{ cfg client.ProducerConfig }

// Boot makes the producer.
func (b producerBooter) Boot(engine.NodeID, []log.Store) (engine.Node, error) {
	return client.NewProducer(b.cfg), nil
}

// clientHost names a client's machine after its id.
func clientHost(id engine.NodeID) string { return fmt.Sprintf("client-%d", id) }

// AddProducer adds a producer and starts it. Its id is a number of its own, apart
// from the servers'.
func (s *Sim) AddProducer(id engine.NodeID, cfg client.ProducerConfig) error {
	return s.Add(ProcessConfig{ID: id, Host: clientHost(id), Booter: producerBooter{cfg}})
}

// consumerBooter makes a consumer anew at each start.
type consumerBooter struct{ cfg client.ConsumerConfig }

// Boot makes the consumer.
func (b consumerBooter) Boot(engine.NodeID, []log.Store) (engine.Node, error) {
	return client.NewConsumer(b.cfg), nil
}

// AddConsumer adds a consumer and starts it. It does nothing until it is told what to
// read.
func (s *Sim) AddConsumer(id engine.NodeID, cfg client.ConsumerConfig) error {
	return s.Add(ProcessConfig{ID: id, Host: clientHost(id), Booter: consumerBooter{cfg}})
}

// adminBooter makes an admin client anew at each start.
type adminBooter struct{ cfg client.AdminConfig }

// Boot makes the admin client.
func (b adminBooter) Boot(engine.NodeID, []log.Store) (engine.Node, error) {
	return client.NewAdmin(b.cfg), nil
}

// AddAdmin adds an admin client and starts it.
func (s *Sim) AddAdmin(id engine.NodeID, cfg client.AdminConfig) error {
	return s.Add(ProcessConfig{ID: id, Host: clientHost(id), Booter: adminBooter{cfg}})
}
