package client

import "bitacora/engine"

// alarm is a timer that is only moved forward: asked for a later instant it may
// ring early, which costs a look, where moving it at every input would leave the
// driver's queue full of timers that were taken back.
type alarm struct {
	kind uint8
	at   engine.Time // 0: not set
}

func (a *alarm) set(env *engine.Env, at engine.Time) {
	if at == never || a.at != 0 && a.at <= at {
		return
	}
	a.at = max(at, env.Now()+1) // an alarm for now would ring for ever in one instant
	env.SetTimer(engine.Timer{Owner: engine.OwnerClient, Kind: a.kind}, a.at.Sub(env.Now()))
}

// rang takes note of an input that may be this alarm's.
func (a *alarm) rang(in engine.Input) {
	if t, ok := in.(engine.TimerFired); ok && t.Timer == (engine.Timer{Owner: engine.OwnerClient, Kind: a.kind}) {
		a.at = 0
	}
}
