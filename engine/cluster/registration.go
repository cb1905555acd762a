package cluster

import (
	"time"

	"bitacora/engine"
	"bitacora/engine/broker"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// registrationRetry is the wait after a registration that failed
// (ControllerRegistrationManager backs off from 100 ms).
const registrationRetry = 100 * time.Millisecond

// timerRegistration is the registration's own timer (Owner OwnerNode).
const timerRegistration uint8 = 1

// registration tells the active controller of this controller: its listeners and
// features (ControllerRegistrationManager, KIP-919). A broker has none.
type registration struct {
	ch          channel.Channel
	incarnation [16]byte
	known       bool // an active controller is known
	asking      bool
}

func newRegistration(id engine.NodeID) registration {
	return registration{ch: channel.New(channel.Config{Owner: engine.OwnerNode, ClientID: nodeName(id)})}
}

func (r *registration) begin(env *engine.Env, s *Server) {
	r.incarnation = env.Rand().UUID()
	r.maybeAsk(env, s)
}

func (r *registration) setController(env *engine.Env, s *Server, addr engine.Addr, known bool) {
	r.known = known
	if known && len(r.ch.SetAddr(env, addr)) > 0 {
		r.asking = false
	}
	r.maybeAsk(env, s)
}

func (r *registration) onMetadata(env *engine.Env, s *Server) { r.maybeAsk(env, s) }

func (r *registration) maybeAsk(env *engine.Env, s *Server) {
	if s.controller == nil || !r.known || r.asking {
		return
	}
	if c := s.image.Controller(s.cfg.NodeID); c != nil && c.IncarnationID == r.incarnation {
		return
	}
	if s.image.FeatureLevel("metadata.version") == 0 {
		return // the log holds nothing yet: wait for the bootstrap records
	}
	r.asking = true
	req := kmsg.NewPtrControllerRegistrationRequest()
	req.ControllerID, req.IncarnationID = int32(s.cfg.NodeID), r.incarnation
	for _, l := range s.cfg.ControllerListeners {
		kl := kmsg.NewControllerRegistrationRequestListener()
		kl.Name, kl.Host, kl.Port = l.Name, l.Host, l.Port
		req.Listeners = append(req.Listeners, kl)
	}
	for _, f := range broker.SupportedFeatures() {
		kf := kmsg.NewControllerRegistrationRequestFeature()
		kf.Name, kf.MinSupportedVersion, kf.MaxSupportedVersion = f.Name, f.Min, f.Max
		req.Features = append(req.Features, kf)
	}
	r.ch.Send(env, channel.Tag{}, req, engine.Durable{})
}

func (r *registration) handle(env *engine.Env, s *Server, in engine.Input) {
	if fired, ok := in.(engine.TimerFired); ok && fired.Timer.Kind == timerRegistration {
		r.asking = false
		r.maybeAsk(env, s)
		return
	}
	results, _ := r.ch.Handle(env, in)
	for _, result := range results {
		resp, ok := result.Response.(*kmsg.ControllerRegistrationResponse)
		if ok && resp.ErrorCode == 0 {
			r.asking = false // the image will show it
			continue
		}
		env.SetTimer(engine.Timer{Owner: engine.OwnerNode, Kind: timerRegistration}, registrationRetry)
	}
}
