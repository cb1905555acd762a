package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/engine/view"
)

// Faults is what can be done to a running cluster. Errors are sentences for people.
type Faults interface {
	Kill(node engine.NodeID) error
	Shutdown(node engine.NodeID) error
	Restart(node engine.NodeID) error
	Pause(node engine.NodeID) error
	Resume(node engine.NodeID) error
	Cut(a, b engine.NodeID) error
	Heal(a, b engine.NodeID) error
	// SlowDisk makes each commit of a node's data take by longer; 0 heals it.
	SlowDisk(node engine.NodeID, by time.Duration) error
	// Fault does what the others do not: what a live cluster cannot, it says.
	Fault(f view.Fault) error
	// AddBroker starts one more broker and gives its id; RemoveBroker stops the last
	// one and forgets it.
	AddBroker() (engine.NodeID, error)
	RemoveBroker(node engine.NodeID) error
	// Serving says whether every broker serves, and if not, what is missing.
	Serving() (bool, string)
}

// faultBytesMax bounds the body of a fault request, which names an action and at
// most two nodes.
const faultBytesMax = 4 << 10

// Fault is the body of POST /api/v1/faults.
type Fault struct {
	Action string        `json:"action"` // one of view.FaultNames: kill, cut, slow-disk, ...
	Node   engine.NodeID `json:"node"`
	Peer   engine.NodeID `json:"peer,omitempty"` // cut, cut-from, heal, slow-link
	ByMs   int64         `json:"byMs,omitempty"` // slow-disk, slow-link: how much longer; 0 heals it. clock: the jump
	// Of slow-link alone.
	JitterMs       int64 `json:"jitterMs,omitempty"`
	BytesPerSecond int64 `json:"bytesPerSecond,omitempty"`
	// Of flip-bit alone. Offset -1 is any batch.
	Topic     string        `json:"topic,omitempty"`
	Partition int32         `json:"partition,omitempty"`
	Offset    engine.Offset `json:"offset,omitempty"`
}

// ErrAction is given for an action that there is not, ErrSlow for a disk slower
// than slowMsMax.
var (
	ErrAction = errors.New("no such action: " + strings.Join(view.FaultNames(), ", ") + " are")
	ErrSlow   = errors.New("a disk's commits take 0 to 60000 ms longer")
)

// slowMsMax bounds a slow disk: past Kafka's time-outs nothing more is to be seen.
const slowMsMax = 60_000

// Do carries a fault out.
func (f Fault) Do(on Faults) error {
	switch f.Action {
	case "kill":
		return on.Kill(f.Node)
	case "shutdown":
		return on.Shutdown(f.Node)
	case "restart":
		return on.Restart(f.Node)
	case "pause":
		return on.Pause(f.Node)
	case "resume":
		return on.Resume(f.Node)
	case "cut":
		return on.Cut(f.Node, f.Peer)
	case "heal":
		return on.Heal(f.Node, f.Peer)
	case "slow-disk":
		if f.ByMs < 0 || f.ByMs > slowMsMax {
			return fmt.Errorf("byMs %d: %w", f.ByMs, ErrSlow)
		}
		return on.SlowDisk(f.Node, time.Duration(f.ByMs)*time.Millisecond)
	}
	action, err := view.ParseFaultAction(f.Action)
	if err != nil {
		return fmt.Errorf("%q: %w", f.Action, ErrAction)
	}
	return on.Fault(view.Fault{
		Action: action, Node: f.Node, Peer: f.Peer, By: time.Duration(f.ByMs) * time.Millisecond,
		Jitter: time.Duration(f.JitterMs) * time.Millisecond, Rate: f.BytesPerSecond,
		Topic: f.Topic, Partition: f.Partition, Offset: f.Offset,
	})
}

// RegisterAPI adds /healthz and /api/v1/faults. allowed says whether a request may
// change the cluster; nil lets every one.
func RegisterAPI(mux *http.ServeMux, on Faults, allowed func(*http.Request) bool) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		ok, missing := on.Serving()
		if !ok {
			http.Error(w, missing, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("POST /api/v1/brokers", func(w http.ResponseWriter, r *http.Request) { changeBrokers(w, r, on, allowed) })
	mux.HandleFunc("POST /api/v1/faults", func(w http.ResponseWriter, r *http.Request) {
		if allowed != nil && !allowed(r) {
			http.Error(w, "changing the cluster needs the token that the server printed at its start", http.StatusForbidden)
			return
		}
		var f Fault
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, faultBytesMax))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			http.Error(w, "the body must be like {\"action\":\"kill\",\"node\":2}: "+err.Error(), http.StatusBadRequest)
			return
		}
		if err := f.Do(on); err != nil {
			status := http.StatusConflict
			if errors.Is(err, ErrAction) || errors.Is(err, ErrSlow) {
				status = http.StatusBadRequest
			}
			http.Error(w, err.Error(), status)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// BrokerChange is the body of POST /api/v1/brokers: "add", or "remove" with the
// broker's id. Both are answered with the broker's id.
type BrokerChange struct {
	Action string        `json:"action"`
	Node   engine.NodeID `json:"node,omitempty"`
}

func changeBrokers(w http.ResponseWriter, r *http.Request, on Faults, allowed func(*http.Request) bool) {
	if allowed != nil && !allowed(r) {
		http.Error(w, "changing the cluster needs the token that the server printed at its start", http.StatusForbidden)
		return
	}
	var b BrokerChange
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, faultBytesMax))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		http.Error(w, "the body must be like {\"action\":\"add\"}: "+err.Error(), http.StatusBadRequest)
		return
	}
	id, err := b.Node, error(nil)
	switch b.Action {
	case "add":
		id, err = on.AddBroker()
	case "remove":
		err = on.RemoveBroker(b.Node)
	default:
		http.Error(w, fmt.Sprintf("%q: no such action: add, remove are", b.Action), http.StatusBadRequest)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(BrokerChange{b.Action, id}); err != nil {
		return // whoever asked is gone
	}
}
