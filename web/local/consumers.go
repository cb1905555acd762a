package local

import (
	"bitacora/engine"
	"bitacora/engine/view"
)

func (w *World) startConsumer(topic, group string) (engine.NodeID, error) {
	_, _ = topic, group
	return 0, nil
}

func (w *World) subscription(engine.NodeID) any { return nil }

func consumerOf(engine.NodeID, engine.Node) (view.Consumer, bool) { return view.Consumer{}, false }
