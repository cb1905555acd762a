package local

import (
	"strconv"

	"bitacora/engine"
	"bitacora/engine/client"
)

// subscribed is what a consumer reads, to be told again when it is restarted.
type subscribed struct{ topic string }

// startConsumer adds a consumer to a group. It reads from the beginning: a reader
// of this page wants to see what is there.
func (w *World) startConsumer(topic, group string) (engine.NodeID, error) {
	if len(w.producers)+len(w.consumers) >= clientsMax {
		return 0, errFull{}
	}
	id := w.nextID
	name := "consumer-" + strconv.Itoa(len(w.consumers)+1)
	cfg := client.DefaultConsumer(name, group, w.bootstrap()...)
	cfg.Reset = client.ResetEarliest
	w.names[id] = name
	w.reads[id] = subscribed{topic}
	if err := w.sim.AddConsumer(id, cfg); err != nil {
		return 0, err
	}
	w.nextID++
	w.consumers = append(w.consumers, id)
	w.sim.Command(id, w.subscription(id))
	return id, nil
}

// subscription is the command that has a consumer read.
func (w *World) subscription(id engine.NodeID) any {
	return client.Subscribe{Topics: []string{w.reads[id].topic}}
}
