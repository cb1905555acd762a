package scenarios

import (
	"time"

	"bitacora/engine"
)

// Scenario is a lesson as it was compiled. It is read only.
type Scenario struct {
	Name    string // its folder
	Seed    uint64
	Cluster Cluster
	Clients []Client
	Steps   []Step
	Prose   []Prose // Spanish first
}

// Cluster says which servers there are.
type Cluster struct {
	Brokers     int
	Controllers int
	Combined    bool       // the first brokers are the controllers, too
	Properties  []Property // server.properties keys, sorted
}

// Property is a configuration by Kafka's name.
type Property struct{ Key, Value string }

// ClientKind says what a client is.
type ClientKind uint8

// The kinds of client.
const (
	Producer ClientKind = iota
	Consumer
)

// Client is a simulated client with its application. It is there from the
// beginning, and idle until a step starts it.
type Client struct {
	Name       string
	Kind       ClientKind
	Topic      string
	Properties []Property // Kafka's names, sorted

	// A producer's application.
	Every      time.Duration // between two records
	Keys       int           // how many different keys; 0: none
	ValueBytes int           // values are filled up to this size
	Count      int64         // records in all; 0: until it is stopped

	// A consumer's.
	Group   string
	Process time.Duration // how long it takes for each record
}

// FirstClientID is the node id of the first client; the others follow in order.
const FirstClientID engine.NodeID = 101

// Step is one moment of a lesson: perhaps a question, then actions, then a wait,
// then what must hold.
type Step struct {
	Name   string
	Ask    *Question
	Do     []Action
	For    time.Duration // at least this long after the actions
	Until  []Condition   // and until all of these hold
	Within time.Duration // for at most this long
	Expect []Condition
	Look   []string // what to look at: partitions, servers, clients, "metadata"
}

// Question asks for a prediction before the step acts.
type Question struct {
	Name    string
	Options []string
	Answer  string
}

// Verb is what an action does.
type Verb uint8

// The verbs. The comment names the fields of Action that count.
const (
	Start     Verb = iota // Client
	Stop                  // Client: a producer makes no more, a consumer unsubscribes
	Close                 // Client: it ends as its close() does
	Remember              // Name, Value
	Kill                  // Node
	PowerLoss             // Node
	Restart               // Node
	Pause                 // Node
	Resume                // Node
	Shutdown              // Node
	Cut                   // Node, Peer
	Heal                  // Node, Peer
	SlowDisk              // Node, By
	Clock                 // Node, By
	Tear                  // Node: PowerLoss, and an append was half written
	CutFrom               // Node, Peer: what Node sends to Peer
	FillDisk              // Node: nothing more fits
	FreeDisk              // Node: undoes FillDisk
	FailDisk              // Node: the next operation fails
	FlipBit               // Node, Partition: a bit of one of the copy's batches, any
	SlowLink              // Node, Peer, By: both ways; 0s mends it
	verbCount
)

// String gives the verb as scenario.yaml spells it.
func (v Verb) String() string {
	if v < verbCount {
		return verbNames()[v]
	}
	return ""
}

// ParseVerb reads a verb.
func ParseVerb(s string) (Verb, bool) {
	for i, name := range verbNames() {
		if name == s {
			return Verb(i), true
		}
	}
	return 0, false
}

func verbNames() [verbCount]string {
	return [verbCount]string{
		"start", "stop", "close", "remember", "kill", "power-loss", "restart", "pause", "resume", "shutdown",
		"cut", "heal", "slow-disk", "clock",
		"tear", "cut-from", "fill-disk", "free-disk", "fail-disk", "flip-bit", "slow-link",
	}
}

// Action is one thing that a step does.
type Action struct {
	Verb   Verb
	Client string
	Name   string
	Node   Term
	Peer   Term
	Value  Term
	By     time.Duration

	Partition engine.TopicPartition // FlipBit
}

// Prose is a lesson's text in one language.
type Prose struct {
	Lang  string // "es", "en"
	Title string
	Intro string // Markdown
	Steps []StepProse
}

// StepProse is the text of one step.
type StepProse struct {
	Step     string
	Title    string
	Text     string // Markdown
	Question string
	Options  []OptionProse // in the order of Question.Options
}

// OptionProse is the text of one option.
type OptionProse struct{ Option, Text string }

// In gives the prose in a language; Spanish where there is none.
func (s *Scenario) In(lang string) *Prose {
	for i := range s.Prose {
		if s.Prose[i].Lang == lang {
			return &s.Prose[i]
		}
	}
	return &s.Prose[0]
}

// Client finds a client by its name; its id, and nil where there is none.
func (s *Scenario) Client(name string) (engine.NodeID, *Client) {
	for i := range s.Clients {
		if s.Clients[i].Name == name {
			return FirstClientID + engine.NodeID(i), &s.Clients[i]
		}
	}
	return engine.NoNode, nil
}

// All lists the lessons in the order in which they are best taken.
func All() []*Scenario { return []*Scenario{elLiderCae()} }

// Find gives a lesson by its name; nil where there is none.
func Find(name string) *Scenario {
	for _, s := range All() {
		if s.Name == name {
			return s
		}
	}
	return nil
}
