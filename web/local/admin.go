package local

import (
	"bitacora/engine"
	"bitacora/engine/log"
	"bitacora/engine/sim"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// createTopicsVersion is what Kafka 4's admin sends.
const createTopicsVersion = 7

// adminTimeoutMs is AdminClient's default.api.timeout.ms.
const adminTimeoutMs = 60000

// adminAsk is a command to the admin: create a topic.
type adminAsk struct {
	id         uint32 // of the viewer's command
	topic      string
	partitions int32
	factor     int16
}

type adminAnswer struct {
	id   uint32
	code engine.ErrorCode
	text string
}

// admin is a node that creates topics: a connection to some broker for each
// request, the next broker where one does not answer. It is plain data.
type admin struct {
	brokers []engine.Addr
	open    map[engine.ConnID]adminWork
	answers []adminAnswer
}

type adminWork struct {
	adminAsk
	tries int
}

func newAdmin(brokers []engine.Addr) *admin {
	return &admin{brokers: brokers, open: map[engine.ConnID]adminWork{}}
}

// Boot gives the one admin: it keeps nothing that a restart would lose.
func (a *admin) Boot(engine.NodeID, []log.Store) (engine.Node, error) { return a, nil }

func (a *admin) ask(s *sim.Sim, ask adminAsk) { s.Command(adminID, ask) }

// Handle takes commands and what becomes of them.
func (a *admin) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Command:
		if ask, ok := in.Body.(adminAsk); ok {
			a.dial(env, adminWork{adminAsk: ask})
		}
	case engine.Connected:
		work := a.open[in.Conn]
		req := kmsg.NewPtrCreateTopicsRequest()
		req.Version, req.TimeoutMillis = createTopicsVersion, adminTimeoutMs
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic, topic.NumPartitions, topic.ReplicationFactor = work.topic, work.partitions, work.factor
		req.Topics = append(req.Topics, topic)
		env.Send(in.Conn, "admin", req, engine.Durable{})
	case engine.Response:
		work := a.open[in.Conn]
		delete(a.open, in.Conn)
		if resp, ok := in.Body.(*kmsg.CreateTopicsResponse); ok && len(resp.Topics) == 1 {
			t := &resp.Topics[0]
			answer := adminAnswer{id: work.id, code: engine.ErrorCode(t.ErrorCode)}
			if t.ErrorMessage != nil {
				answer.text = *t.ErrorMessage
			}
			a.answers = append(a.answers, answer)
		}
		env.Close(in.Conn)
	case engine.Disconnected:
		work, waiting := a.open[in.Conn]
		delete(a.open, in.Conn)
		if !waiting {
			return
		}
		if work.tries++; work.tries < 2*len(a.brokers) {
			a.dial(env, work)
			return
		}
		a.answers = append(a.answers, adminAnswer{id: work.id, code: engine.ErrBrokerNotAvailable})
	}
}

func (a *admin) dial(env *engine.Env, work adminWork) {
	conn := env.Dial(engine.OwnerClient, a.brokers[work.tries%len(a.brokers)])
	a.open[conn] = work
}
