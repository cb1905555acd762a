// Package kafka speaks Kafka's protocol on TCP: framing and request headers, as
// SocketServer, RequestContext and RequestHeader do. In come bytes, which are never
// trusted; out go decoded requests to a Sink, of a connection the one to be served
// and at most one that waits behind it, and encoded answers to the peer.
//
// A frame that is too large, cut short, of an unknown API or version, or not
// decodable ends its connection, as Kafka's does; others go on. No frame takes more
// work than its bytes: they are walked over (checkShape) before they are decoded.
//
// Not modelled: TLS and SASL.
package kafka

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// FrameBytesMax is socket.request.max.bytes' default; a longer frame is refused
	// before anything of it is read.
	FrameBytesMax = 100 << 20
	// ConnectionsMax bounds the connections of one listener, so that a loop of
	// connects cannot take the process's file descriptors. Kafka has no bound by
	// default.
	ConnectionsMax = 10_000
	// firstRead is what is set aside for a frame before its bytes arrive: a length
	// that lies costs no more than this.
	firstRead = 64 << 10
	// readAheadBytes lets a small request come with one system call in place of two.
	// Of a large one the rest is read into its own buffer directly.
	readAheadBytes = 4 << 10
	// headerBytesMin is API key, version, correlation id and the client id's length.
	headerBytesMin = 10
	// requestsMax is the request that is served and the one that waits.
	requestsMax = 2
	// aheadBytesMax bounds a request that is read while another is served: above a
	// producer's usual max.request.size. Larger ones wait in the socket.
	aheadBytesMax = 1<<20 + 4<<10
	// answersMax is an answer for each request and the Close that may follow.
	answersMax = requestsMax + 1
	// answerBytesKept is the largest buffer for answers that a connection keeps.
	answerBytesKept = 4 << 20
	// writeTimeout ends a connection whose peer takes nothing any more.
	writeTimeout = 30 * time.Second
)

// Sink takes what connections bring. Its methods may be called from any goroutine.
type Sink interface {
	// Opened says that a peer connected; false refuses it.
	Opened(c *Conn) bool
	// Request hands a decoded request in. The sink calls Respond, Skip or Close
	// once for it, in the order of a connection's requests; it may be handed the
	// next one before.
	Request(c *Conn, correlation engine.CorrelationID, clientID string, body kmsg.Request)
	// Closed says that the connection is gone, for whatever reason.
	Closed(c *Conn)
}

// answer is what the sink decided for the request that is served.
type answer struct {
	resp  kmsg.Response // nil: none
	close bool
}

// Conn is one peer's connection.
type Conn struct {
	// Listener is the index of the listener that accepted it.
	Listener uint8
	// ID is the sink's.
	ID engine.ConnID

	nc         net.Conn
	slots      chan struct{} // one taken for each request without an answer
	unanswered chan engine.CorrelationID
	answers    chan answer
	ended      chan struct{}
	once       sync.Once
}

func newConn(listener uint8, nc net.Conn) *Conn {
	return &Conn{
		Listener: listener, nc: nc, ended: make(chan struct{}), slots: make(chan struct{}, requestsMax),
		unanswered: make(chan engine.CorrelationID, requestsMax), answers: make(chan answer, answersMax),
	}
}

// Host is the peer's address without its port.
func (c *Conn) Host() string {
	host, _, err := net.SplitHostPort(c.nc.RemoteAddr().String())
	if err != nil {
		return c.nc.RemoteAddr().String()
	}
	return host
}

// RemoteAddr is the peer's address and port.
func (c *Conn) RemoteAddr() string { return c.nc.RemoteAddr().String() }

// Respond answers the request that is served.
func (c *Conn) Respond(resp kmsg.Response) { c.put(answer{resp: resp}) }

// Skip says that the request that is served has no answer.
func (c *Conn) Skip() { c.put(answer{}) }

// Close ends the connection after what was answered before.
func (c *Conn) Close() {
	c.put(answer{close: true})
	// Where the connection waits for its next request, that wait ends. An error
	// means that it has ended already.
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
}

func (c *Conn) put(a answer) {
	select {
	case c.answers <- a:
	default:
		c.Abort() // the sink answered twice: nothing after that can be right
	}
}

// Abort ends the connection now, as a killed process's does.
func (c *Conn) Abort() {
	c.once.Do(func() {
		close(c.ended)
		c.nc.Close()
	})
}

// Listener accepts connections until it is closed.
type Listener struct {
	nl    net.Listener
	index uint8
	sink  Sink
	mu    sync.Mutex
	conns map[*Conn]struct{}
	shut  bool
	wg    sync.WaitGroup
}

// Serve begins to accept on nl.
func Serve(nl net.Listener, index uint8, sink Sink) *Listener {
	l := &Listener{nl: nl, index: index, sink: sink, conns: map[*Conn]struct{}{}}
	l.wg.Add(1)
	go l.accept()
	return l
}

// Close stops accepting and ends every connection. It returns when all are gone.
func (l *Listener) Close() {
	l.nl.Close()
	l.mu.Lock()
	l.shut = true
	for c := range l.conns {
		c.Abort()
	}
	l.mu.Unlock()
	l.wg.Wait()
}

func (l *Listener) accept() {
	defer l.wg.Done()
	for {
		nc, err := l.nl.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, or a peer that left again: others may come.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		c := newConn(l.index, nc)
		l.mu.Lock()
		if l.shut || len(l.conns) >= ConnectionsMax {
			l.mu.Unlock()
			nc.Close()
			continue
		}
		l.conns[c] = struct{}{}
		l.wg.Add(1)
		l.mu.Unlock()
		go l.serve(c)
	}
}

func (l *Listener) serve(c *Conn) {
	defer l.wg.Done()
	if l.sink.Opened(c) {
		c.loop(l.sink)
		l.sink.Closed(c)
	}
	c.Abort()
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
}

// loop serves one request after the other, as a muted channel has it: the sink is
// busy with one at a time. The next one is read and decoded meanwhile, so that it
// is at hand when the one before it is done; that changes neither order nor
// backpressure, and spares a busy producer two changes of thread a request.
func (c *Conn) loop(sink Sink) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		// What ended the connection is the peer's business: it sees it end.
		_ = c.writeAnswers()
		c.Abort()
	}()
	_ = c.readRequests(sink) // likewise
	// What was read before is still answered: readRequests has kept a slot.
	for range requestsMax - 1 {
		c.take()
	}
	c.Abort()
	<-written
}

// take waits for a slot: fewer than requestsMax requests are without an answer.
func (c *Conn) take() bool {
	select {
	case c.slots <- struct{}{}:
		return true
	case <-c.ended:
		return false
	}
}

func (c *Conn) readRequests(sink Sink) error {
	in := bufio.NewReaderSize(c.nc, readAheadBytes)
	for c.take() {
		length, err := readLength(in)
		if err != nil {
			return err
		}
		if length > aheadBytesMax {
			// It is not worth the memory to have it early.
			for range requestsMax - 1 {
				c.take()
			}
			for range requestsMax - 1 {
				<-c.slots
			}
		}
		frame, err := readFrame(in, length)
		if err != nil {
			return err
		}
		req, err := Decode(frame)
		if err != nil {
			return err
		}
		c.unanswered <- req.Correlation
		sink.Request(c, req.Correlation, req.ClientID, req.Body)
	}
	return net.ErrClosed
}

func (c *Conn) writeAnswers() error {
	var out []byte
	for {
		var a answer
		select {
		case a = <-c.answers:
		case <-c.ended:
			return net.ErrClosed
		}
		if a.close {
			return nil
		}
		correlation := <-c.unanswered
		if a.resp != nil {
			out = Encode(out[:0], correlation, a.resp)
			if err := c.nc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
				return err
			}
			if _, err := c.nc.Write(out); err != nil {
				return err
			}
			if cap(out) > answerBytesKept {
				out = nil // one large answer should not stay for the connection's life
			}
		}
		<-c.slots
	}
}

// readLength reads the length that stands before a frame.
func readLength(r io.Reader) (int, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, err
	}
	n := int32(binary.BigEndian.Uint32(length[:]))
	if n < headerBytesMin || n > FrameBytesMax {
		return 0, fmt.Errorf("a frame of %d bytes: %d to %d are allowed", n, headerBytesMin, FrameBytesMax)
	}
	return int(n), nil
}

// readFrame reads a frame of n bytes. The buffer belongs to the request that is
// decoded from it.
func readFrame(r io.Reader, n int) ([]byte, error) {
	frame := make([]byte, min(n, firstRead))
	read := 0
	for {
		m, err := io.ReadFull(r, frame[read:])
		read += m
		if err != nil {
			return nil, err
		}
		if read == n {
			return frame, nil
		}
		grown := make([]byte, min(n, 4*len(frame)))
		copy(grown, frame)
		frame = grown
	}
}

// Request is a decoded frame.
type Request struct {
	Correlation engine.CorrelationID
	ClientID    string
	Body        kmsg.Request
}

// Decode reads a frame: header, then body. An ApiVersions request of a version
// that nobody knows comes without its fields, so that it can be answered.
func Decode(frame []byte) (Request, error) {
	h, err := splitHeader(frame)
	if err != nil {
		return Request{}, err
	}
	body := kmsg.RequestForKey(h.key)
	if body == nil {
		return Request{}, fmt.Errorf("API key %d is not known", h.key)
	}
	body.SetVersion(h.version)
	req := Request{Correlation: engine.CorrelationID(h.correlation), ClientID: string(h.clientID), Body: body}
	form := shapeOf(h.key)
	if form == nil || !form.versions.has(h.version) || h.version > body.MaxVersion() {
		if h.key == int16(kmsg.ApiVersions) {
			return req, nil
		}
		return Request{}, fmt.Errorf("%s version %d is not known", kmsg.NameForKey(h.key), h.version)
	}
	fields := h.rest
	if body.IsFlexible() {
		if fields, err = skipTags(fields); err != nil {
			return Request{}, err
		}
	}
	if _, err = checkShape(form, h.version, fields); err == nil {
		err = body.ReadFrom(fields)
	}
	if err != nil {
		return Request{}, fmt.Errorf("%s version %d: %w", kmsg.NameForKey(h.key), h.version, err)
	}
	if e, ok := body.(*kmsg.EnvelopeRequest); ok && !envelopeIsSound(e.RequestData) {
		e.RequestData = nil // which the controller answers as it does all that it cannot read
	}
	return req, nil
}

// envelopeIsSound says whether the request inside an Envelope may be decoded. One
// that is not known will not be.
func envelopeIsSound(data []byte) bool {
	h, err := splitHeader(data)
	if err != nil {
		return false
	}
	form := shapeOf(h.key)
	if form == nil || !form.versions.has(h.version) {
		return true
	}
	fields := h.rest
	if form.flexible.has(h.version) {
		if fields, err = skipTags(fields); err != nil {
			return false
		}
	}
	_, err = checkShape(form, h.version, fields)
	return err == nil
}

// header is a request header, and what is behind its client id.
type header struct {
	key, version int16
	correlation  int32
	clientID     []byte
	rest         []byte
}

func splitHeader(frame []byte) (header, error) {
	if len(frame) < headerBytesMin {
		return header{}, errors.New("a frame too short for a request header")
	}
	h := header{
		key:         int16(binary.BigEndian.Uint16(frame)),
		version:     int16(binary.BigEndian.Uint16(frame[2:])),
		correlation: int32(binary.BigEndian.Uint32(frame[4:])),
		rest:        frame[headerBytesMin:],
	}
	idBytes := int(int16(binary.BigEndian.Uint16(frame[8:])))
	if idBytes > len(h.rest) || idBytes < -1 {
		return header{}, fmt.Errorf("a client id of %d bytes in a frame of %d", idBytes, len(frame))
	}
	if idBytes > 0 {
		h.clientID, h.rest = h.rest[:idBytes], h.rest[idBytes:]
	}
	return h, nil
}

// skipTags passes over the tagged fields of a header.
func skipTags(b []byte) ([]byte, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, errors.New("a request header without its tagged fields")
	}
	b = b[n:]
	for ; count > 0; count-- {
		_, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("a request header with a broken tagged field")
		}
		b = b[n:]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, errors.New("a request header with a broken tagged field")
		}
		b = b[n+int(size):]
	}
	return b, nil
}

// Encode appends an answer's frame. ApiVersions' header has never tagged fields,
// so that a client of any age can read it.
func Encode(dst []byte, correlation engine.CorrelationID, resp kmsg.Response) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(correlation))
	if resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions) {
		dst = append(dst, 0)
	}
	dst = resp.AppendTo(dst)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}
