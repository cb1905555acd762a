package kafka

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// echo answers each request with an empty response of its kind.
type echo struct {
	refuse bool
	skip   bool
	closes bool
	seen   chan string
	closed chan struct{}
}

func newEcho() *echo { return &echo{seen: make(chan string, 100), closed: make(chan struct{}, 100)} }

func (e *echo) Opened(*Conn) bool { return !e.refuse }

func (e *echo) Request(c *Conn, _ engine.CorrelationID, clientID string, body kmsg.Request) {
	e.seen <- clientID
	switch {
	case e.skip:
		c.Skip()
	case e.closes:
		resp := body.ResponseKind()
		resp.SetVersion(body.GetVersion())
		c.Respond(resp)
		c.Close()
	default:
		resp := body.ResponseKind()
		resp.SetVersion(body.GetVersion())
		c.Respond(resp)
	}
}

func (e *echo) Closed(*Conn) { e.closed <- struct{}{} }

func serveEcho(t *testing.T, e *echo) net.Conn {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Serve(nl, 0, e)
	t.Cleanup(l.Close)
	nc, err := net.Dial("tcp", nl.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return nc
}

func frameOf(t *testing.T, correlation int32, req kmsg.Request) []byte {
	t.Helper()
	f := kmsg.NewRequestFormatter(kmsg.FormatterClientID("tester"))
	return f.AppendRequest(nil, req, correlation)
}

func readAnswer(t *testing.T, nc net.Conn) []byte {
	t.Helper()
	var length [4]byte
	if _, err := io.ReadFull(nc, length[:]); err != nil {
		t.Fatalf("read an answer: %v", err)
	}
	body := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(nc, body); err != nil {
		t.Fatalf("read an answer: %v", err)
	}
	return body
}

func expectEnd(t *testing.T, nc net.Conn) {
	t.Helper()
	if _, err := nc.Read(make([]byte, 1)); err == nil {
		t.Fatal("the connection answered; it should have ended")
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Fatal("the connection stayed open; it should have ended")
	}
}

func TestRequestsAreAnsweredInOrder(t *testing.T) {
	nc := serveEcho(t, newEcho())
	var all []byte
	for i := range int32(5) {
		all = append(all, frameOf(t, i, &kmsg.MetadataRequest{Version: 12})...)
	}
	if _, err := nc.Write(all); err != nil {
		t.Fatal(err)
	}
	for i := range uint32(5) {
		if got := binary.BigEndian.Uint32(readAnswer(t, nc)); got != i {
			t.Fatalf("answer %d came as number %d", got, i)
		}
	}
}

func TestBadFramesEndTheirConnectionOnly(t *testing.T) {
	tests := []struct {
		name  string
		bytes []byte
	}{
		{"a negative length", []byte{0xff, 0xff, 0xff, 0xff}},
		{"a length beyond the limit", []byte{0x7f, 0xff, 0xff, 0xff}},
		{"a frame too short for a header", []byte{0, 0, 0, 2, 0, 3}},
		{"an unknown API", []byte{0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff}},
		{"an unknown version", []byte{0, 0, 0, 10, 0, 3, 0x70, 0, 0, 0, 0, 1, 0xff, 0xff}},
		{"a client id longer than the frame", []byte{0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 1, 0x7f, 0xff}},
		{"a body that is cut short", []byte{0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 9}},
		{"an HTTP request", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			nc := serveEcho(t, newEcho())
			if _, err := nc.Write(test.bytes); err != nil {
				t.Fatal(err)
			}
			expectEnd(t, nc)
		})
	}
}

func TestARequestThatStopsHalfWayHoldsUpNobody(t *testing.T) {
	e := newEcho()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Serve(nl, 0, e)
	defer l.Close()
	half, err := net.Dial("tcp", nl.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	whole := frameOf(t, 1, &kmsg.MetadataRequest{Version: 12})
	if _, err := half.Write(whole[:len(whole)/2]); err != nil {
		t.Fatal(err)
	}
	other, err := net.Dial("tcp", nl.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Write(whole); err != nil {
		t.Fatal(err)
	}
	readAnswer(t, other)
	half.Close()
	<-e.closed
}

func TestAnUnknownApiVersionsVersionReachesTheSink(t *testing.T) {
	nc := serveEcho(t, newEcho())
	frame := []byte{0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff}
	if _, err := nc.Write(frame); err != nil {
		t.Fatal(err)
	}
	if got := binary.BigEndian.Uint32(readAnswer(t, nc)); got != 7 {
		t.Fatalf("correlation id %d, want 7", got)
	}
}

func TestARequestWithoutAnswerLetsTheNextOneIn(t *testing.T) {
	e := newEcho()
	e.skip = true
	nc := serveEcho(t, e)
	frame := frameOf(t, 1, &kmsg.MetadataRequest{Version: 12})
	if _, err := nc.Write(append(frame, frame...)); err != nil {
		t.Fatal(err)
	}
	<-e.seen
	if got := <-e.seen; got != "tester" {
		t.Fatalf("client id %q", got)
	}
}

func TestCloseComesAfterTheAnswer(t *testing.T) {
	e := newEcho()
	e.closes = true
	nc := serveEcho(t, e)
	if _, err := nc.Write(frameOf(t, 1, &kmsg.MetadataRequest{Version: 12})); err != nil {
		t.Fatal(err)
	}
	readAnswer(t, nc)
	expectEnd(t, nc)
}

// FuzzDecode: whatever passes the walk, the decoder can read to its end, so that no
// number in it sends it past the bytes.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0})
	f.Add([]byte{0, 18, 0, 3, 0, 0, 0, 1, 0, 1, 'c', 0, 2, 'a', 2, 'b', 0})
	for _, h := range hostileFrames() {
		f.Add(h.frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		req, err := Decode(frame)
		if err == nil && req.Body == nil {
			t.Fatal("neither a request nor an error")
		}
		h, headerErr := splitHeader(frame)
		if headerErr != nil {
			return
		}
		form, body := shapeOf(h.key), kmsg.RequestForKey(h.key)
		if form == nil || body == nil || !form.versions.has(h.version) || h.version > body.MaxVersion() {
			return
		}
		body.SetVersion(h.version)
		if body.IsFlexible() {
			if h.rest, headerErr = skipTags(h.rest); headerErr != nil {
				return
			}
		}
		if _, refused := checkShape(form, h.version, h.rest); refused == nil && err != nil {
			t.Fatalf("%s version %d: the walk found it sound, the decoder did not: %v", kmsg.NameForKey(h.key), h.version, err)
		}
	})
}

// slow takes requests and answers none by itself.
type slow struct {
	conns    chan *Conn
	requests chan kmsg.Request
}

func (s *slow) Opened(c *Conn) bool { s.conns <- c; return true }
func (s *slow) Request(_ *Conn, _ engine.CorrelationID, _ string, body kmsg.Request) {
	s.requests <- body
}
func (s *slow) Closed(*Conn) { close(s.requests) }

func TestReadAhead(t *testing.T) {
	produce := func(bytes int) kmsg.Request {
		req := &kmsg.ProduceRequest{Version: 9, Topics: []kmsg.ProduceRequestTopic{{
			Topic: "t", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: make([]byte, bytes)}},
		}}}
		return req
	}
	tests := []struct {
		name  string
		sizes []int
		ahead int // requests handed in before anything is answered
	}{
		{"one request is at hand while another is served, a third waits", []int{10, 10, 10}, 2},
		{"a large one waits until nothing is served", []int{10, aheadBytesMax}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &slow{conns: make(chan *Conn, 1), requests: make(chan kmsg.Request, 10)}
			server, nc := net.Pipe()
			defer nc.Close()
			c := newConn(0, server)
			ended := make(chan struct{})
			go func() { defer close(ended); c.loop(s); s.Closed(c) }()
			go func() {
				for i, size := range test.sizes {
					if _, err := nc.Write(frameOf(t, int32(i), produce(size))); err != nil {
						return
					}
				}
			}()
			var waiting []kmsg.Request
			for range test.ahead {
				waiting = append(waiting, <-s.requests)
			}
			for i := range test.sizes {
				if i >= test.ahead {
					// Nothing came before the answer to an earlier one was read.
					waiting = append(waiting, <-s.requests)
				}
				if more := len(s.requests); more > 0 && test.ahead == 1 {
					t.Fatalf("%d requests were handed in early", more)
				}
				resp := waiting[i].ResponseKind()
				resp.SetVersion(waiting[i].GetVersion())
				c.Respond(resp)
				if got := binary.BigEndian.Uint32(readAnswer(t, nc)); got != uint32(i) {
					t.Fatalf("answer %d came as number %d", got, i)
				}
			}
			nc.Close()
			<-ended
		})
	}
}

func TestWhatWasReadIsAnsweredBeforeABadFrameEndsTheConnection(t *testing.T) {
	s := &slow{conns: make(chan *Conn, 1), requests: make(chan kmsg.Request, 10)}
	server, nc := net.Pipe()
	defer nc.Close()
	c := newConn(0, server)
	go c.loop(s)
	if _, err := nc.Write(frameOf(t, 7, &kmsg.MetadataRequest{Version: 12})); err != nil {
		t.Fatal(err)
	}
	req := <-s.requests
	if _, err := nc.Write([]byte{0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	c.Respond(resp)
	if got := binary.BigEndian.Uint32(readAnswer(t, nc)); got != 7 {
		t.Fatalf("got the answer to %d", got)
	}
	expectEnd(t, nc)
}
