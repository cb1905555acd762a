package client

import (
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// CreateTopic is a command of an Admin: create a topic. Partitions and
// ReplicationFactor of -1 leave them to the brokers' defaults.
type CreateTopic struct {
	Topic             string
	Partitions        int32
	ReplicationFactor int16
	Configs           []TopicConfig
}

// TopicConfig is one configuration of a topic to create.
type TopicConfig struct{ Name, Value string }

// DeleteTopic is a command of an Admin: delete a topic.
type DeleteTopic struct{ Topic string }

// GrowTopic is a command of an Admin: give a topic so many partitions.
type GrowTopic struct {
	Topic      string
	Partitions int32
}

// AdminConfig is an admin client's configuration; the comments give Kafka's names.
type AdminConfig struct {
	Network
	CallTimeout time.Duration // default.api.timeout.ms
}

// DefaultAdmin gives Kafka's defaults for an admin client that begins at these servers.
func DefaultAdmin(clientID string, bootstrap ...engine.Addr) AdminConfig {
	return AdminConfig{Network: DefaultNetwork(clientID, bootstrap...), CallTimeout: time.Minute}
}

// AdminResult is how a command ended.
type AdminResult struct {
	Number  int64 // of the command, from 1
	API     string
	Topic   string
	Code    engine.ErrorCode
	Message string // the broker's; "" without
}

// adminResultsMax bounds what is kept of former commands: what a panel can show.
const adminResultsMax = 32

type adminCall struct {
	number  int64
	topic   string
	body    kmsg.Request
	until   engine.Time // fails with REQUEST_TIMED_OUT then
	retryAt engine.Time
	tries   int
	asking  bool
}

// Admin is a simulated admin client (KafkaAdminClient). Brokers forward what only
// the controller may do; an answer that allows it is asked for again.
type Admin struct {
	cfg     AdminConfig
	net     network
	calls   []*adminCall
	number  int64
	results []AdminResult
	wake    alarm
}

// NewAdmin makes an admin client that has not started.
func NewAdmin(cfg AdminConfig) *Admin {
	return &Admin{cfg: cfg, net: newNetwork(cfg.Network, 1, false), wake: alarm{kind: timerConsumer}}
}

// Results gives how the last commands ended, the oldest first.
func (a *Admin) Results() []AdminResult { return slices.Clone(a.results) }

// Pending counts the commands that have not ended.
func (a *Admin) Pending() int { return len(a.calls) }

// Handle takes one input.
func (a *Admin) Handle(env *engine.Env, in engine.Input) {
	a.wake.rang(in)
	switch in := in.(type) {
	case engine.Command:
		a.onCommand(env, in.Body)
	case engine.Shutdown:
		a.net.close(env)
		env.Halt(engine.HaltCleanShutdown)
		return
	default:
		a.net.handle(env, in)
	}
	for {
		r, some := a.net.next(env)
		if !some {
			break
		}
		a.onResult(env, r)
	}
	a.run(env)
	a.net.refresh(env)
}

func (a *Admin) onCommand(env *engine.Env, body any) {
	switch c := body.(type) {
	case CreateTopic:
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = c.Topic, c.Partitions, c.ReplicationFactor
		for _, conf := range c.Configs {
			kc := kmsg.NewCreateTopicsRequestTopicConfig()
			kc.Name, kc.Value = conf.Name, kmsg.StringPtr(conf.Value)
			t.Configs = append(t.Configs, kc)
		}
		req := kmsg.NewPtrCreateTopicsRequest()
		req.Version, req.TimeoutMillis = 7, a.millis()
		req.Topics = append(req.Topics, t)
		a.call(env, c.Topic, req)
	case DeleteTopic:
		t := kmsg.NewDeleteTopicsRequestTopic()
		t.Topic = kmsg.StringPtr(c.Topic)
		req := kmsg.NewPtrDeleteTopicsRequest()
		req.Version, req.TimeoutMillis = 6, a.millis()
		req.Topics, req.TopicNames = append(req.Topics, t), []string{c.Topic}
		a.call(env, c.Topic, req)
	case GrowTopic:
		t := kmsg.NewCreatePartitionsRequestTopic()
		t.Topic, t.Count = c.Topic, c.Partitions
		req := kmsg.NewPtrCreatePartitionsRequest()
		req.Version, req.TimeoutMillis = 3, a.millis()
		req.Topics = append(req.Topics, t)
		a.call(env, c.Topic, req)
	case CloseClient:
		a.net.close(env)
		env.Halt(engine.HaltCleanShutdown)
	}
}

func (a *Admin) millis() int32 { return int32(a.cfg.RequestTimeout.Milliseconds()) }

func (a *Admin) call(env *engine.Env, topic string, body kmsg.Request) {
	a.number++
	a.calls = append(a.calls, &adminCall{
		number: a.number, topic: topic, body: body, until: env.Now().Add(a.cfg.CallTimeout), retryAt: env.Now(),
	})
}

// run sends what is due and fails what took too long.
func (a *Admin) run(env *engine.Env) {
	for _, c := range slices.Clone(a.calls) {
		if env.Now() >= c.until {
			a.end(env, c, engine.ErrRequestTimedOut, "")
			continue
		}
		a.wake.set(env, c.until)
		if c.asking {
			continue
		}
		if env.Now() < c.retryAt {
			a.wake.set(env, c.retryAt)
			continue
		}
		key, found := a.net.leastLoaded(env)
		if !found {
			a.wake.set(env, env.Now().Add(channel.ReconnectBackoff))
			continue
		}
		if a.net.ready(env, key) {
			c.asking = true
			a.net.send(env, key, channel.Tag{Key: c.number, Kind: tagAdmin}, c.body, a.cfg.RequestTimeout)
		}
	}
}

func (a *Admin) onResult(env *engine.Env, r channel.Result) {
	i := slices.IndexFunc(a.calls, func(c *adminCall) bool { return c.number == r.Tag.Key })
	if i < 0 {
		return
	}
	c := a.calls[i]
	c.asking = false
	code, message := engine.ErrNetworkException, ""
	if r.Response != nil {
		code, message = adminAnswer(r.Response)
	}
	if code.Retriable() {
		c.retryAt = env.Now().Add(backoff(env.Rand(), a.cfg.RetryBackoff, a.cfg.RetryBackoffMax, c.tries))
		c.tries++
		return
	}
	a.end(env, c, code, message)
}

// adminAnswer gives the code of an answer about one topic.
func adminAnswer(resp kmsg.Response) (engine.ErrorCode, string) {
	code, message := int16(engine.ErrUnknownServerError), (*string)(nil)
	switch m := resp.(type) {
	case *kmsg.CreateTopicsResponse:
		if len(m.Topics) == 1 {
			code, message = m.Topics[0].ErrorCode, m.Topics[0].ErrorMessage
		}
	case *kmsg.DeleteTopicsResponse:
		if len(m.Topics) == 1 {
			code, message = m.Topics[0].ErrorCode, m.Topics[0].ErrorMessage
		}
	case *kmsg.CreatePartitionsResponse:
		if len(m.Topics) == 1 {
			code, message = m.Topics[0].ErrorCode, m.Topics[0].ErrorMessage
		}
	}
	if message == nil {
		return engine.ErrorCode(code), ""
	}
	return engine.ErrorCode(code), *message
}

func (a *Admin) end(env *engine.Env, c *adminCall, code engine.ErrorCode, message string) {
	a.calls = slices.DeleteFunc(a.calls, func(x *adminCall) bool { return x == c })
	api := kmsg.NameForKey(c.body.Key())
	a.results = append(a.results, AdminResult{c.number, api, c.topic, code, message})
	if len(a.results) > adminResultsMax {
		a.results = slices.Delete(a.results, 0, 1)
	}
	if code != engine.ErrNone {
		env.Trace(engine.Event{Kind: engine.EventClientFailed, Topic: c.topic, Code: int16(code), Name: api, Count: c.number})
	}
}
