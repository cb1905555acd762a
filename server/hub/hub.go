package hub

import (
	"bytes"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"time"

	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/page"

	"github.com/andybalholm/brotli"
)

// Limits of a hub.
const (
	framesPerSecond = 12      // panels need no more, and the page moves messages by itself
	viewersMax      = 200     // thirty laptops several times over
	queueMax        = 8       // packets that wait for one viewer; past it a key frame takes their place
	commandBytesMax = 1 << 20 // a record written by hand
	eventsPerFrame  = 500     // and sampled messages; what is past it is counted
	commandsWaiting = 16      // of one viewer
	quietFrame      = time.Second
	writeTimeout    = 10 * time.Second
	commandTimeout  = 20 * time.Second
)

// Config says what a hub serves.
type Config struct {
	Source  Source
	Files   fs.FS // the built page
	Version string
	// Authorized says whether a request may change the cluster; nil lets every one.
	Authorized func(*http.Request) bool
}

// Hub serves the page and the frames.
type Hub struct {
	cfg    Config
	assets map[string]*asset
	pages  [2]document

	mu      sync.Mutex
	viewers map[*viewer]bool
	stop    chan struct{} // of the loop that makes frames; nil while nobody watches
	ended   chan struct{} // closed when the latest loop has ended
	closed  bool
	loops   sync.WaitGroup
}

// document is a rendered page. It is compressed when a browser first asks for it,
// so that starting does not wait for that.
type document struct {
	plain  []byte
	brotli func() []byte // once; nil where it cannot be
}

func compress(plain []byte) []byte {
	var small bytes.Buffer
	w := brotli.NewWriterLevel(&small, brotli.DefaultCompression)
	if _, err := w.Write(plain); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return small.Bytes()
}

// New makes a hub: the page is rendered once for each language.
func New(cfg Config) (*Hub, error) {
	h := &Hub{cfg: cfg, viewers: map[*viewer]bool{}}
	var err error
	if h.assets, err = findAssets(cfg.Files); err != nil {
		return nil, err
	}
	for _, l := range []lang.Lang{lang.Spanish, lang.English} {
		var plain bytes.Buffer
		if err := page.Write(&plain, l, true, cfg.Version, "static/"); err != nil {
			return nil, err
		}
		h.pages[l] = document{plain.Bytes(), sync.OnceValue(func() []byte { return compress(plain.Bytes()) })}
	}
	return h, nil
}

// Register adds the page, its files and the WebSocket.
func (h *Hub) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", h.servePage)
	mux.HandleFunc("GET /static/{name}", h.serveAsset)
	mux.HandleFunc("GET /api/v1/watch", h.serveWatch)
}

// Guard keeps other sites' pages from a browser that can reach this one: requests
// that change something must come from the page itself, and where only loopback
// is listened on, the address bar must say so (a name that was pointed at
// 127.0.0.1 is somebody else's).
func Guard(loopback bool, next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Content-Security-Policy", policy)
		if loopback && !isLoopback(r.Host) {
			http.Error(w, "this server listens on this machine only: use localhost or 127.0.0.1", http.StatusMisdirectedRequest)
			return
		}
		same.ServeHTTP(w, r)
	})
}

// policy lets the page load its own files only; wasm-unsafe-eval is what
// WebAssembly needs.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; font-src 'self'; img-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(trimBrackets(host))
	return ip != nil && ip.IsLoopback()
}

func trimBrackets(host string) string {
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}

func (h *Hub) servePage(w http.ResponseWriter, r *http.Request) {
	tag := r.URL.Query().Get("lang")
	if tag == "" {
		tag = r.Header.Get("Accept-Language")
	}
	p := &h.pages[lang.Parse(tag)]
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Language, Accept-Encoding")
	body := p.plain
	if accepts(r, "br") {
		if small := p.brotli(); small != nil {
			header.Set("Content-Encoding", "br")
			body = small
		}
	}
	// The other end may be gone; there is nobody to tell.
	_, _ = w.Write(body)
}

// Close ends all viewers. The hub takes no more.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for v := range h.viewers {
		v.close()
	}
	h.mu.Unlock()
	h.loops.Wait()
}

// join adds a viewer; the first one starts the loop. It reports false where
// there are too many.
func (h *Hub) join(v *viewer) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.viewers) >= viewersMax {
		return false
	}
	h.viewers[v] = true
	if h.stop == nil {
		h.stop = make(chan struct{})
		h.cfg.Source.Watch(true)
		h.loops.Add(1)
		before := h.ended
		h.ended = make(chan struct{})
		go h.loop(h.stop, before, h.ended)
	}
	return true
}

// leave takes a viewer out; the last one ends the loop.
func (h *Hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.viewers[v] {
		return
	}
	delete(h.viewers, v)
	if len(h.viewers) == 0 {
		close(h.stop)
		h.stop = nil
		h.cfg.Source.Watch(false)
	}
}

// loop makes frames while somebody watches: each is taken and encoded once. It
// waits for the loop before it, so that a source is never looked at twice at once.
func (h *Hub) loop(stop, before, ended chan struct{}) {
	defer h.loops.Done()
	defer close(ended)
	if before != nil {
		<-before
	}
	tick := time.NewTicker(time.Second / framesPerSecond)
	defer tick.Stop()
	var last view.State
	var seq uint64
	var sent time.Time
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		now := h.cfg.Source.State()
		happened := h.cfg.Source.Take(eventsPerFrame)
		f := &view.Frame{Key: seq == 0, Seq: seq, Events: happened.Events, EventsCut: happened.EventsCut,
			Messages: happened.Messages, Rest: happened.Rest}
		if f.Key {
			f.Changed = now
		} else {
			f.Changed, f.Removed = view.Delta(&last, &now)
			if quiet(f) && time.Since(sent) < quietFrame {
				h.greet(&now, seq)
				continue
			}
		}
		last, sent = now, time.Now()
		h.spread(view.Encode(nil, f), &now, seq)
		seq++
	}
}

// quiet says that a frame tells nothing but the time.
func quiet(f *view.Frame) bool {
	c := &f.Changed
	return len(f.Events) == 0 && len(f.Messages) == 0 && len(f.Removed) == 0 && len(c.Processes) == 0 && len(c.Quorum) == 0 &&
		len(c.Cuts) == 0 && len(c.Topics) == 0 && len(c.Partitions) == 0 && len(c.Replicas) == 0 && len(c.Groups) == 0 &&
		len(c.Producers) == 0 && len(c.Consumers) == 0
}

// greet gives a key frame to those who wait for one.
func (h *Hub) greet(now *view.State, seq uint64) { h.spread(nil, now, seq) }

// spread hands an encoded frame to every viewer; who is new or has fallen behind
// gets a key frame, encoded once for all of them.
func (h *Hub) spread(packet []byte, now *view.State, seq uint64) {
	var key []byte
	h.mu.Lock()
	defer h.mu.Unlock()
	for v := range h.viewers {
		switch {
		case v.behind:
			if len(v.out) > 0 {
				continue // it still reads what it has
			}
			if key == nil {
				key = view.Encode(nil, &view.Frame{Key: true, Seq: seq, Changed: *now})
			}
			v.behind = false
			v.out <- key // it was empty, and only this loop fills it with frames
		case packet != nil:
			select {
			case v.out <- packet:
			default:
				v.behind = true
			}
		}
	}
}
