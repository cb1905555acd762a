package client

import (
	"cmp"
	"slices"
	"time"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Timer kinds of clients. 250 and up are the channels'.
const (
	timerMetadata  uint8 = iota
	timerProducer        // the Sender's poll time-out
	timerRecords         // the application makes its next record
	timerConsumer        // the consumer's poll time-out
	timerHeartbeat       // the heartbeat thread's next look
)

// Kinds of tags, which say what a request was for.
const (
	tagMetadata uint8 = iota
	tagProduce
	tagInitProducerID
	tagFetch
	tagListOffsets
	tagEpochs
	tagFindCoordinator
	tagJoin
	tagSync
	tagHeartbeat
	tagLeave
	tagCommit
	tagCommitted
	tagAdmin
)

// Network is what both kinds of client say of their connections, by Kafka's names;
// DefaultNetwork gives Kafka's values.
type Network struct {
	Bootstrap       []engine.Addr // bootstrap.servers
	ClientID        string        // client.id
	RequestTimeout  time.Duration // request.timeout.ms
	RetryBackoff    time.Duration // retry.backoff.ms
	RetryBackoffMax time.Duration // retry.backoff.max.ms
	MetadataMaxAge  time.Duration // metadata.max.age.ms
	// RebootstrapTrigger is how long metadata may be sought in vain before the
	// client begins again with Bootstrap (KIP-899, KIP-1102).
	RebootstrapTrigger time.Duration // metadata.recovery.rebootstrap.trigger.ms
}

// DefaultNetwork gives Kafka's defaults for a client that begins at these servers.
func DefaultNetwork(clientID string, bootstrap ...engine.Addr) Network {
	return Network{
		Bootstrap: bootstrap, ClientID: clientID,
		RequestTimeout: 30 * time.Second, RetryBackoff: 100 * time.Millisecond, RetryBackoffMax: time.Second,
		MetadataMaxAge: 5 * time.Minute, RebootstrapTrigger: 5 * time.Minute,
	}
}

// coordinatorKey keeps a consumer's connection to its coordinator apart from that
// to the same broker as a leader (AbstractCoordinator: Integer.MAX_VALUE - id).
func coordinatorKey(id engine.NodeID) int64 { return 1<<31 - 1 - int64(id) }

// bootstrapKey numbers the bootstrap servers below every broker id.
func bootstrapKey(i int) int64 { return -1 - int64(i) }

type peer struct {
	key int64
	ch  channel.Channel
}

// network is NetworkClient with its metadata updater: connections to brokers, and
// what is known of the cluster. It is plain data.
type network struct {
	cfg         Network
	inFlightMax int
	createTopic bool // allow.auto.create.topics
	peers       []*peer
	view        clusterView
	version     int      // grows with each metadata answer
	topics      []string // those that metadata is kept for, sorted
	added       int      // grows with each topic that comes to them
	askedFor    int      // added, when the request under way was made
	bootstraps  bool     // Bootstrap is all that is known
	wanted      bool     // an update is requested
	asking      bool
	attempts    int         // without an answer, in a row
	refreshed   engine.Time // the last attempt
	succeeded   engine.Time // the last answer
	seeking     engine.Time // when the present search for metadata began
	ended       []channel.Result
	alarm       alarm
}

func newNetwork(cfg Network, inFlightMax int, createTopic bool) network {
	return network{cfg: cfg, inFlightMax: inFlightMax, createTopic: createTopic, bootstraps: true, wanted: true,
		refreshed: -engine.Time(cfg.RetryBackoffMax), alarm: alarm{kind: timerMetadata}}
}

func (n *network) peer(key int64) *peer {
	for _, p := range n.peers {
		if p.key == key {
			return p
		}
	}
	p := &peer{key: key, ch: channel.New(channel.Config{
		Owner: engine.OwnerClient, Key: key, ClientID: n.cfg.ClientID,
		RequestTimeout: n.cfg.RequestTimeout, InFlightMax: n.inFlightMax,
	})}
	n.peers = append(n.peers, p)
	slices.SortFunc(n.peers, func(a, b *peer) int { return cmp.Compare(a.key, b.key) })
	return p
}

// addr gives where a key's broker is.
func (n *network) addr(key int64) (engine.Addr, bool) {
	switch {
	case key < 0:
		return n.cfg.Bootstrap[-1-key], true
	case key > 1<<30:
		key = 1<<31 - 1 - key
	}
	b := n.view.broker(engine.NodeID(key))
	if b == nil {
		return engine.Addr{}, false
	}
	return b.addr, true
}

// ready says whether a request may be sent to a broker now, and dials where that is
// what it lacks (NetworkClient.ready).
func (n *network) ready(env *engine.Env, key int64) bool {
	addr, known := n.addr(key)
	if !known {
		return false
	}
	p := n.peer(key)
	n.take(p.ch.SetAddr(env, addr))
	p.ch.Connect(env)
	return p.ch.Ready() && p.ch.Pending() < n.inFlightMax
}

// unavailable says that a broker is not worth asking now: not known, or its last
// connection attempt failed a moment ago.
func (n *network) unavailable(key int64) bool {
	if _, known := n.addr(key); !known {
		return true
	}
	return n.peer(key).ch.BackingOff()
}

// send sends a request; the broker must be ready, or the request waits for it.
func (n *network) send(env *engine.Env, key int64, tag channel.Tag, body kmsg.Request, timeout time.Duration) {
	p := n.peer(key)
	if addr, known := n.addr(key); known {
		n.take(p.ch.SetAddr(env, addr))
	}
	n.take(p.ch.SendWithin(env, tag, body, engine.Durable{}, timeout))
}

func (n *network) take(results []channel.Result) { n.ended = append(n.ended, results...) }

// disconnect closes a connection; what is pending on it fails.
func (n *network) disconnect(env *engine.Env, key int64) { n.take(n.peer(key).ch.Close(env)) }

// close ends all connections.
func (n *network) close(env *engine.Env) {
	for _, p := range n.peers {
		n.take(p.ch.Close(env))
	}
}

// pending counts the requests without an answer.
func (n *network) pending() int {
	sum := 0
	for _, p := range n.peers {
		sum += p.ch.Pending()
	}
	return sum
}

// leastLoaded gives the broker to ask what any of them can answer: from a random
// one on, a connected one without requests, else the one with the fewest, else one
// that may be connected to (NetworkClient.leastLoadedNode).
func (n *network) leastLoaded(env *engine.Env) (key int64, found bool) {
	var keys []int64
	if n.bootstraps {
		for i := range n.cfg.Bootstrap {
			keys = append(keys, bootstrapKey(i))
		}
	} else {
		for i := range n.view.brokers {
			keys = append(keys, int64(n.view.brokers[i].id))
		}
	}
	if len(keys) == 0 {
		return 0, false
	}
	first := env.Rand().IntN(len(keys))
	best := 0
	for i := range keys {
		k := keys[(first+i)%len(keys)]
		if n.unavailable(k) {
			continue
		}
		ch := &n.peer(k).ch
		// A ready one beats one that is connecting beats one that is not connected.
		load := 3 + 2*n.inFlightMax
		switch {
		case ch.Ready() && ch.Pending() < n.inFlightMax:
			load = 1 + ch.Pending()
		case ch.Connected() && ch.Pending() < n.inFlightMax:
			load = 2 + n.inFlightMax
		case ch.Connected():
			continue
		}
		if !found || load < best {
			key, best, found = k, load, true
		}
		if load == 1 {
			break
		}
	}
	return key, found
}

// follow adds a topic to those that metadata is kept for, and asks for it.
func (n *network) follow(topic string) {
	i, ok := slices.BinarySearch(n.topics, topic)
	if !ok {
		n.topics = slices.Insert(n.topics, i, topic)
		n.added++
		n.wanted = true
	}
}

// followOnly sets the topics that metadata is kept for.
func (n *network) followOnly(topics []string) {
	for _, t := range topics {
		if _, had := slices.BinarySearch(n.topics, t); !had {
			n.added++
			n.wanted = true
		}
	}
	n.topics = slices.Clone(topics)
	slices.Sort(n.topics)
}

// requestUpdate asks for fresh metadata, as soon as the backoff allows.
func (n *network) requestUpdate() { n.wanted = true }

// refresh asks for metadata when that is due, else sets the alarm to when it is.
func (n *network) refresh(env *engine.Env) {
	if n.asking {
		return
	}
	now := env.Now()
	due := n.succeeded.Add(n.cfg.MetadataMaxAge)
	if n.wanted {
		due = now
	}
	due = max(due, n.refreshed.Add(n.backoffSpan()))
	if due > now {
		n.alarm.set(env, due)
		return
	}
	if n.attempts == 0 {
		n.seeking = now
	}
	if !n.bootstraps && now.Sub(n.seeking) >= n.cfg.RebootstrapTrigger {
		n.rebootstrap(env)
	}
	key, found := n.leastLoaded(env)
	if !found {
		n.alarm.set(env, now.Add(channel.ReconnectBackoff))
		return
	}
	if !n.ready(env, key) {
		// Its connection is on its way, and its end or success brings us back here.
		return
	}
	n.asking, n.askedFor = true, n.added
	n.refreshed = now
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 13
	req.AllowAutoTopicCreation = n.createTopic
	req.Topics = []kmsg.MetadataRequestTopic{}
	for _, name := range n.topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	n.send(env, key, channel.Tag{Kind: tagMetadata, Key: key}, req, n.cfg.RequestTimeout)
}

// backoffSpan is how long to wait between two requests for metadata. It has no
// jitter of its own: the connections' has enough, and the value is asked often.
func (n *network) backoffSpan() time.Duration {
	return min(n.cfg.RetryBackoff<<min(max(n.attempts-1, 0), 20), n.cfg.RetryBackoffMax)
}

func (n *network) rebootstrap(env *engine.Env) {
	n.close(env)
	n.bootstraps = true
	n.view.brokers = nil
	n.attempts = 0
	n.seeking = env.Now()
}

// handle takes an input that may be a connection's or the metadata timer. The
// caller takes what ended from next, until there is nothing.
func (n *network) handle(env *engine.Env, in engine.Input) {
	n.alarm.rang(in)
	for _, p := range n.peers {
		results, mine := p.ch.Handle(env, in)
		if !mine {
			continue
		}
		n.take(results)
		if _, gone := in.(engine.Disconnected); gone {
			n.requestUpdate() // Metadata may know where its partitions went
			if n.bootstraps {
				n.attempts++
			}
		}
		return
	}
}

// next gives a request that ended, metadata's own left out.
func (n *network) next(env *engine.Env) (channel.Result, bool) {
	for len(n.ended) > 0 {
		r := n.ended[0]
		n.ended = slices.Delete(n.ended, 0, 1)
		if r.Tag.Kind != tagMetadata {
			return r, true
		}
		n.onMetadata(env, r)
	}
	return channel.Result{}, false
}

func (n *network) onMetadata(env *engine.Env, r channel.Result) {
	n.asking = false
	resp, ok := r.Response.(*kmsg.MetadataResponse)
	if !ok || len(resp.Brokers) == 0 {
		// A broker that knows no other yet is as good as no answer
		// (NetworkClient: "Ignoring empty metadata response").
		n.wanted = true
		n.attempts++
		return
	}
	n.bootstraps = false
	n.attempts = 0
	n.succeeded = env.Now()
	n.wanted = n.askedFor != n.added // what else was wanted meanwhile, this answers
	if n.view.update(resp) {
		n.wanted = true
	}
	for _, t := range n.topics {
		n.wanted = n.wanted || n.view.topic(t) == nil && !slices.Contains(n.view.invalid, t)
	}
	n.version++
	env.Trace(engine.Event{Kind: engine.EventClientMetadata, Peer: engine.NodeID(max(r.Tag.Key, -1))})
}
