package sim

import (
	"fmt"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/config"
	"bitacora/engine/log"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// asker is a client that asks one server one thing, again until it is answered.
type asker struct {
	to     engine.Addr
	req    kmsg.Request
	conn   engine.ConnID
	answer kmsg.Response
}

func (a *asker) Handle(env *engine.Env, in engine.Input) {
	switch in := in.(type) {
	case engine.Command:
		*a = in.Body.(asker)
		a.conn = env.Dial(engine.OwnerClient, a.to)
	case engine.Connected:
		if in.Conn != a.conn {
			env.Close(in.Conn) // of an earlier question
			return
		}
		env.Send(in.Conn, "asker", a.req, engine.Durable{})
	case engine.Response:
		if in.Conn == a.conn {
			a.answer = in.Body
		}
	case engine.Disconnected:
		if in.Conn != a.conn {
			return
		}
		env.SetTimer(engine.Timer{Owner: engine.OwnerClient}, time.Second)
	case engine.TimerFired:
		a.conn = env.Dial(engine.OwnerClient, a.to)
	}
}

// newServers makes a cluster with somebody who asks, and waits until it serves.
func newServers(t *testing.T, spec cluster.Spec) *Sim {
	t.Helper()
	s, err := NewCluster(Config{Seed: 1}, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if v := s.Violation(); v != nil {
			t.Errorf("at %v: %v", time.Duration(s.Now()), v)
		}
	})
	if err := s.Add(ProcessConfig{ID: 900, Host: "asker", Booter: &askers{}}); err != nil {
		t.Fatal(err)
	}
	await(t, s, "all serve and vote", 30*time.Second, func() bool {
		for _, id := range spec.ControllerIDs() { // whom they all know: one who dies now is missed by nobody
			if len(s.server(id).Quorum().State().Voters) != spec.Controllers {
				return false
			}
		}
		return serving(s, spec.BrokerIDs()...)
	})
	return s
}

func await(t *testing.T, s *Sim, what string, limit time.Duration, cond func() bool) {
	t.Helper()
	if !s.RunUntil(cond, limit) {
		t.Fatalf("%s: not within %v", what, limit)
	}
}

func serving(s *Sim, ids ...engine.NodeID) bool {
	for _, id := range ids {
		if sv := s.server(id); sv == nil || sv.Broker().Fenced() {
			return false
		}
	}
	return true
}

// active gives the controller that leads the metadata quorum.
func active(s *Sim, ids ...engine.NodeID) engine.NodeID {
	for _, id := range ids {
		if sv := s.server(id); sv != nil && sv.Controller() != nil && sv.Controller().Active() {
			return id
		}
	}
	return engine.NoNode
}

func ask(t *testing.T, s *Sim, broker engine.NodeID, req kmsg.Request) kmsg.Response {
	t.Helper()
	s.Command(900, asker{to: BrokerAddr(broker), req: req})
	s.RunFor(0)
	node, _ := s.Node(900)
	await(t, s, kmsg.NameForKey(req.Key()), 90*time.Second, func() bool { return node.(*asker).answer != nil })
	return node.(*asker).answer
}

// TestControllersDescribeThemselves: a controller tells a client of the controllers,
// which of them is active, and that it is no broker.
func TestControllersDescribeThemselves(t *testing.T) {
	s := newServers(t, cluster.Spec{Brokers: 1, Controllers: 3})
	for name, c := range map[string]struct {
		version int16
		kind    int8
		code    engine.ErrorCode
		message string
	}{
		"controllers":           {2, 2, engine.ErrNone, ""},
		"brokers":               {1, 1, engine.ErrMismatchedEndpointType, "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER"},
		"version 0":             {0, 1, engine.ErrInvalidRequest, "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER"},
		"what nobody knows":     {1, 7, engine.ErrUnsupportedEndpointType, "Unsupported endpoint type 7"},
		"controllers, they may": {1, 2, engine.ErrNone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := kmsg.NewPtrDescribeClusterRequest()
			req.Version, req.EndpointType = c.version, c.kind
			s.Command(900, asker{to: hosts{}.Controller(3001), req: req})
			s.RunFor(0)
			node, _ := s.Node(900)
			await(t, s, "the answer", 10*time.Second, func() bool { return node.(*asker).answer != nil })
			resp := node.(*asker).answer.(*kmsg.DescribeClusterResponse)
			if got := engine.ErrorCode(resp.ErrorCode); got != c.code {
				t.Errorf("%v, want %v", got, c.code)
			}
			if c.code != engine.ErrNone {
				if resp.ErrorMessage == nil || *resp.ErrorMessage != c.message || resp.ControllerID != -1 {
					t.Errorf("%+v", resp)
				}
				return
			}
			if resp.EndpointType != 2 || len(resp.Brokers) != 3 || resp.Brokers[1].NodeID != 3001 ||
				resp.Brokers[1].Host != "controller-3001" || engine.NodeID(resp.ControllerID) != active(s, 3000, 3001, 3002) {
				t.Errorf("%+v", resp)
			}
		})
	}
}

func createTopic(t *testing.T, s *Sim, broker engine.NodeID, name string) engine.ErrorCode {
	t.Helper()
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version, req.TimeoutMillis = 7, 30_000
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, 3, -1
	req.Topics = append(req.Topics, topic)
	return engine.ErrorCode(ask(t, s, broker, req).(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
}

func TestServers(t *testing.T) {
	for _, combined := range []bool{false, true} {
		spec := cluster.Spec{Brokers: 3, Controllers: 3, Combined: combined}
		controllers := spec.ControllerIDs()
		t.Run(fmt.Sprintf("combined %t/a dead controller's place is taken, and topics are made again", combined), func(t *testing.T) {
			s := newServers(t, spec)
			dead := active(s, controllers...)
			s.Kill(dead)
			await(t, s, "another controller", 15*time.Second, func() bool {
				next := active(s, controllers...)
				return next != engine.NoNode && next != dead
			})
			asked := engine.NodeID(1)
			if asked == dead {
				asked = 2
			}
			if code := createTopic(t, s, asked, "orders"); code != engine.ErrNone {
				t.Errorf("create: %v", code)
			}
			s.Restart(dead)
			await(t, s, "it follows", 30*time.Second, func() bool { return s.server(dead).Image().Topic("orders") != nil })
		})
		t.Run(fmt.Sprintf("combined %t/without a majority nothing is decided, and with it again it is", combined), func(t *testing.T) {
			s := newServers(t, spec)
			s.Kill(controllers[1])
			s.Kill(controllers[2])
			s.Command(900, asker{to: BrokerAddr(1), req: func() kmsg.Request {
				req := kmsg.NewPtrCreateTopicsRequest()
				req.Version, req.TimeoutMillis = 7, 1000
				req.Topics = []kmsg.CreateTopicsRequestTopic{{Topic: "orders", NumPartitions: 1, ReplicationFactor: 1}}
				return req
			}()})
			s.RunFor(8 * time.Second)
			if s.server(controllers[0]).Image().Topic("orders") != nil {
				t.Error("one of three decided")
			}
			s.Restart(controllers[1])
			s.Restart(controllers[2])
			await(t, s, "a controller", 30*time.Second, func() bool { return active(s, controllers...) != engine.NoNode })
			if code := createTopic(t, s, 1, "payments"); code != engine.ErrNone {
				t.Errorf("create: %v", code)
			}
		})
		t.Run(fmt.Sprintf("combined %t/a clean stop of all loses nothing, and all come back", combined), func(t *testing.T) {
			s := newServers(t, spec)
			if code := createTopic(t, s, 2, "orders"); code != engine.ErrNone {
				t.Fatalf("create: %v", code)
			}
			for _, id := range spec.BrokerIDs() {
				s.Do(Action{Kind: ActShutdown, Node: id})
				if !combined {
					await(t, s, fmt.Sprintf("broker %d stops", id), 10*time.Second, func() bool { return s.server(id) == nil })
				}
			}
			if !combined {
				for _, id := range controllers {
					s.Do(Action{Kind: ActShutdown, Node: id})
				}
			}
			await(t, s, "all stop", 6*time.Minute, func() bool {
				for _, id := range append(spec.BrokerIDs(), controllers...) {
					if s.server(id) != nil {
						return false
					}
				}
				return true
			})
			for _, id := range s.Nodes() {
				if id != 900 {
					s.Restart(id)
				}
			}
			await(t, s, "all serve again", 30*time.Second, func() bool { return serving(s, spec.BrokerIDs()...) })
			if s.server(1).Image().Topic("orders") == nil {
				t.Error("the topic is gone")
			}
		})
	}
}

// A controller that no broker is beside answers ApiVersions with its own table, and
// ends connections that ask for what is a broker's.
func TestControllerListener(t *testing.T) {
	s := newServers(t, cluster.Spec{Brokers: 1, Controllers: 1})
	node, _ := s.Node(900)
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = 4, "test", "1"
	s.Command(900, asker{to: hosts{}.Controller(3000), req: req})
	s.RunFor(time.Second)
	resp, ok := node.(*asker).answer.(*kmsg.ApiVersionsResponse)
	if !ok || resp.ErrorCode != 0 {
		t.Fatalf("answer %+v", resp)
	}
	keys := map[int16]bool{}
	for i, k := range resp.ApiKeys {
		keys[k.ApiKey] = true
		if i > 0 && resp.ApiKeys[i-1].ApiKey >= k.ApiKey {
			t.Errorf("%d after %d", k.ApiKey, resp.ApiKeys[i-1].ApiKey)
		}
	}
	if !keys[52] || !keys[58] || !keys[62] || keys[3] || keys[0] {
		t.Errorf("it offers %v", keys)
	}
	s.Command(900, asker{to: hosts{}.Controller(3000), req: kmsg.NewPtrMetadataRequest()})
	s.RunFor(3 * time.Second)
	if node.(*asker).answer != nil {
		t.Error("a controller answered Metadata")
	}
}

// askers boots the one who asks.
type askers struct{}

func (askers) Boot(engine.NodeID, []log.Store) (engine.Node, error) { return &asker{}, nil }

// TestServersBeginWithSnapshots: with separate and with combined controllers, every
// server makes snapshots and forgets what is below; one that was away, and all of
// them after a stop of everything, know what the others know.
func TestServersBeginWithSnapshots(t *testing.T) {
	for name, spec := range map[string]cluster.Spec{
		"separate": {Brokers: 3, Controllers: 3}, "combined": {Brokers: 3, Controllers: 3, Combined: true},
	} {
		t.Run(name, func(t *testing.T) {
			spec.Properties = map[string]string{
				config.MetadataSnapshotBytes: "3000", config.MetadataSegmentBytesTest: "1000", config.MetadataRetentionBytes: "0",
			}
			s := newServers(t, spec)
			for i := range 3 {
				createTopic(t, s, 1, fmt.Sprintf("before-%d", i))
			}
			s.Kill(2)
			end := s.server(1).Quorum().LogEnd()
			for i := range 10 {
				createTopic(t, s, 1, fmt.Sprintf("meanwhile-%d", i))
				s.RunFor(10 * time.Second)
			}
			await(t, s, "the log begins later", 5*time.Minute, func() bool {
				for _, id := range s.Nodes() {
					if sv, ok := s.nodeOf(id); ok && sv.Quorum().LogStart() <= end {
						return false
					}
				}
				return true
			})
			if got := s.server(1).Quorum().State().Snapshots; len(got) == 0 || got[0].EndOffset() != s.server(1).Quorum().LogStart() {
				t.Errorf("the log begins at %d with snapshots %v", s.server(1).Quorum().LogStart(), got)
			}
			s.Restart(2)
			await(t, s, "2 knows what 1 knows", time.Minute, func() bool { return serving(s, 1, 2, 3) && sameImage(s, 1, 2) })
			if start := s.server(2).Quorum().LogStart(); start <= end {
				t.Errorf("2 went on with its log from %d, where it ended at %d", start, end)
			}
			for _, id := range s.Nodes() {
				if _, ok := s.nodeOf(id); ok {
					s.Kill(id)
				}
			}
			s.RunFor(time.Second)
			for _, id := range append(spec.BrokerIDs(), spec.ControllerIDs()...) {
				s.Restart(id)
			}
			await(t, s, "all serve again", time.Minute, func() bool { return serving(s, 1, 2, 3) && sameImage(s, 1, 2, 3) })
			if names := s.server(3).Image().TopicNames(); len(names) != 13 {
				t.Errorf("topics after all: %v", names)
			}
			createTopic(t, s, 3, "after")
		})
	}
}

// nodeOf gives a server that is up.
func (s *Sim) nodeOf(id engine.NodeID) (*cluster.Server, bool) {
	n, state := s.Node(id)
	sv, ok := n.(*cluster.Server)
	return sv, ok && state != Dead
}

// sameImage says whether servers know the same of everything but how far the log is.
func sameImage(s *Sim, ids ...engine.NodeID) bool {
	first := fmt.Sprint(s.server(ids[0]).Image().Encode())
	for _, id := range ids[1:] {
		if fmt.Sprint(s.server(id).Image().Encode()) != first {
			return false
		}
	}
	return true
}
