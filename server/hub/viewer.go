package hub

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"bitacora/engine/view"

	"github.com/gorilla/websocket"
)

// viewer is one WebSocket.
type viewer struct {
	conn    *websocket.Conn
	out     chan []byte // frames; guarded by the hub's lock on the sending side
	answers chan []byte // to this viewer's commands
	behind  bool        // it needs a key frame; the hub's lock
	allowed bool
	done    chan struct{}
	once    sync.Once
}

func (v *viewer) close() { v.once.Do(func() { close(v.done) }) }

// serveWatch turns a request into a viewer.
func (h *Hub) serveWatch(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{
		CheckOrigin:       sameOrigin,
		EnableCompression: false, // frames are compact; compressing them for each viewer is what would cost
		HandshakeTimeout:  writeTimeout,
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	v := &viewer{conn: conn, out: make(chan []byte, queueMax), answers: make(chan []byte, commandsWaiting), behind: true,
		allowed: h.cfg.Authorized == nil || h.cfg.Authorized(r), done: make(chan struct{})}
	hello := h.cfg.Source.Hello()
	hello.NeedToken = !v.allowed
	v.answers <- view.Encode(nil, &hello)
	if !h.join(v) {
		conn.Close()
		return
	}
	h.loops.Add(1)
	go func() {
		defer h.loops.Done()
		v.write()
	}()
	h.read(r.Context(), v)
	h.leave(v)
	v.close()
}

// sameOrigin lets the page itself in, and programs, which send no origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// write sends what there is, and ends the connection when the viewer is done.
func (v *viewer) write() {
	defer v.conn.Close()
	for {
		var packet []byte
		select { // answers first: the hello goes before the first frame
		case packet = <-v.answers:
		default:
			select {
			case packet = <-v.answers:
			case packet = <-v.out:
			case <-v.done:
				deadline := time.Now().Add(time.Second)
				// A polite end; the other side may be gone already.
				_ = v.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), deadline)
				return
			}
		}
		if v.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil ||
			v.conn.WriteMessage(websocket.BinaryMessage, packet) != nil {
			v.close()
			return
		}
	}
}

// read takes commands until the connection ends. One at a time is carried out;
// a few may wait.
func (h *Hub) read(ctx context.Context, v *viewer) {
	ctx, cancel := context.WithCancel(ctx)
	waiting := make(chan *view.Command, commandsWaiting)
	var worker sync.WaitGroup
	worker.Go(func() {
		for c := range waiting {
			v.answer(h.carryOut(ctx, v, c))
		}
	})
	v.conn.SetReadLimit(commandBytesMax)
	for {
		kind, data, err := v.conn.ReadMessage()
		if err != nil || kind != websocket.BinaryMessage {
			break
		}
		p, err := view.Decode(data)
		c, ok := p.(*view.Command)
		if err != nil || !ok {
			break // not our page: nothing it says can be trusted
		}
		select {
		case waiting <- c:
		default:
			v.answer(&view.Result{ID: c.ID, Reason: view.ReasonBusy})
		}
	}
	cancel()
	v.close()
	close(waiting)
	worker.Wait()
}

func (v *viewer) answer(p view.Packet) {
	select {
	case v.answers <- view.Encode(nil, p):
	case <-v.done:
	}
}

// carryOut does a command, where it may be done.
func (h *Hub) carryOut(ctx context.Context, v *viewer, c *view.Command) view.Packet {
	switch {
	case c.Kind.Changes() && !v.allowed:
		return &view.Result{ID: c.ID, Reason: view.ReasonToken}
	case !h.cfg.Source.Hello().Can.Has(c.Kind.Needs()):
		return &view.Result{ID: c.ID, Reason: view.ReasonCannot}
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	p := h.cfg.Source.Do(ctx, c)
	switch p := p.(type) {
	case *view.Result:
		p.ID = c.ID
	case *view.Detail:
		p.ID = c.ID
	}
	return p
}
