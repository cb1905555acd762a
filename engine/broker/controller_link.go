package broker

import (
	"strconv"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// linkRetryBackoff is the wait before a request that found no controller is tried
// again (retry.backoff.ms of NodeToControllerRequestThread).
const linkRetryBackoff = 50 * time.Millisecond

// forwardingTimeout is how long what a client wants of a controller may wait for one
// (retryTimeoutMs of BrokerServer's forwarding channel).
const forwardingTimeout = time.Minute

// linkQueueMax bounds what waits for a controller. Kafka has no bound; here one
// broker has at most this many clients' requests to forward, and refuses more.
const linkQueueMax = 10_000

// timerLinkRetry is the link's own timer, beside its channel's; Key is the link's.
const timerLinkRetry uint8 = 1

// Each link is a connection of its own, as Kafka has a channel manager for each
// purpose, so that a heartbeat never waits behind a topic's creation.
const (
	linkHeartbeat int64 = iota
	linkAlterPartition
	linkForwarding
	linkCount
)

type linkRequest struct {
	tag      channel.Tag
	body     kmsg.Request
	deadline engine.Time // 0: none
}

// linkResult is the end of one request. Response is nil when no controller
// answered in time.
type linkResult struct {
	tag      channel.Tag
	request  kmsg.Request
	response kmsg.Response
}

// controllerLink sends requests to the active controller, whoever that is by
// then, one at a time, until one answers (NodeToControllerChannelManager).
type controllerLink struct {
	key      int64
	ch       channel.Channel
	known    bool // an active controller is known
	waiting  []linkRequest
	inFlight bool
	results  []linkResult
}

func newControllerLink(key int64, clientID string, timeout time.Duration) controllerLink {
	return controllerLink{key: key, ch: channel.New(channel.Config{
		Owner: engine.OwnerChannel, Key: key, ClientID: clientID, RequestTimeout: timeout, InFlightMax: 1,
	})}
}

// setController says where the active controller listens; known is false while
// there is none. What was in flight to another one is sent again.
func (l *controllerLink) setController(env *engine.Env, addr engine.Addr, known bool) {
	l.known = known
	if !known {
		return
	}
	for _, r := range l.ch.SetAddr(env, addr) {
		l.requeue(env, r)
	}
	l.pump(env)
}

// send queues a request. It says false when the queue is full.
func (l *controllerLink) send(env *engine.Env, tag channel.Tag, body kmsg.Request, deadline engine.Time) bool {
	if len(l.waiting) >= linkQueueMax {
		return false
	}
	l.waiting = append(l.waiting, linkRequest{tag, body, deadline})
	if deadline != 0 {
		env.SetTimer(l.retryTimer(), min(deadline.Sub(env.Now()), linkRetryBackoff))
	}
	l.pump(env)
	return true
}

func (l *controllerLink) pump(env *engine.Env) {
	if l.inFlight || !l.known || len(l.waiting) == 0 {
		return
	}
	l.inFlight = true
	l.ch.Send(env, l.waiting[0].tag, l.waiting[0].body, engine.Durable{})
}

// handle takes an input that may be this link's and gives the requests that
// ended with it; they are valid until the next call.
func (l *controllerLink) handle(env *engine.Env, in engine.Input) (results []linkResult, mine bool) {
	l.results = l.results[:0]
	if fired, ok := in.(engine.TimerFired); ok && fired.Timer == l.retryTimer() {
		l.expire(env)
		l.pump(env)
		return l.results, true
	}
	ended, mine := l.ch.Handle(env, in)
	if !mine {
		return nil, false
	}
	for _, r := range ended {
		if r.Failure == channel.None && !refusedByStandby(r.Response) {
			l.finish(r.Response)
			l.expire(env)
			l.pump(env)
			continue
		}
		l.requeue(env, r) // and not at once: a standby would be asked without end
	}
	return l.results, true
}

func (l *controllerLink) finish(resp kmsg.Response) {
	r := l.waiting[0]
	l.waiting = append(l.waiting[:0], l.waiting[1:]...)
	l.inFlight = false
	l.results = append(l.results, linkResult{r.tag, r.body, resp})
}

// requeue leaves the request at the head, to be sent again after a pause: the
// controller may have moved, and the metadata log tells us where soon.
func (l *controllerLink) requeue(env *engine.Env, _ channel.Result) {
	l.inFlight = false
	env.SetTimer(l.retryTimer(), linkRetryBackoff)
}

// expire ends what has waited too long, and comes again while anything waits.
func (l *controllerLink) expire(env *engine.Env) {
	kept := l.waiting[:0]
	for i, r := range l.waiting {
		if r.deadline == 0 || env.Now() < r.deadline || i == 0 && l.inFlight {
			kept = append(kept, r)
			continue
		}
		l.results = append(l.results, linkResult{r.tag, r.body, nil})
	}
	clear(l.waiting[len(kept):])
	l.waiting = kept
	if len(kept) == 0 {
		return
	}
	env.SetTimer(l.retryTimer(), linkRetryBackoff)
}

func (l *controllerLink) retryTimer() engine.Timer {
	return engine.Timer{Owner: engine.OwnerChannel, Kind: timerLinkRetry, Key: l.key}
}

// tagOfAlterPartition: the link has one kind of request, one at a time.
var tagOfAlterPartition = channel.Tag{}

// decimal writes n as node ids are written.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// refusedByStandby says whether the answer only says that the peer is not, or no
// longer, the active controller.
func refusedByStandby(resp kmsg.Response) bool {
	switch r := resp.(type) {
	case *kmsg.EnvelopeResponse:
		return r.ErrorCode == int16(engine.ErrNotController)
	case *kmsg.BrokerRegistrationResponse:
		return r.ErrorCode == int16(engine.ErrNotController)
	case *kmsg.BrokerHeartbeatResponse:
		return r.ErrorCode == int16(engine.ErrNotController)
	case *kmsg.AlterPartitionResponse:
		return r.ErrorCode == int16(engine.ErrNotController)
	case *kmsg.AllocateProducerIDsResponse:
		return r.ErrorCode == int16(engine.ErrNotController)
	}
	return false
}
