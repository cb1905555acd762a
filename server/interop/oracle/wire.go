package oracle

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// clientID is what the probe calls itself in every request.
	clientID = "oracle"
	// answerLimit is how long the probe waits for an answer. Kafka's own
	// waits in the scripts end well before it.
	answerLimit = 10 * time.Second
	// frameBytesMax bounds an answer; the largest one of the scripts is a
	// Fetch of a few megabytes.
	frameBytesMax = 64 << 20
)

// Kinds of silence. What a peer does instead of answering is part of its
// behaviour, so a script may write it down.
var (
	errNoAnswer   = errors.New("no answer within the probe's time limit")
	errClosed     = errors.New("connection closed by the broker, no answer")
	errNoListener = errors.New("no connection")
)

// conn is one connection, which the probe uses for one request at a time.
type conn struct {
	net.Conn
	correlation int32
}

func dial(ctx context.Context, address string) (*conn, error) {
	d := net.Dialer{Timeout: 2 * time.Second}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errNoListener, err)
	}
	return &conn{Conn: c}, nil
}

// ask sends one request and waits for its answer, whose version it is given.
func (c *conn) ask(req kmsg.Request, limit time.Duration) (kmsg.Response, error) {
	c.correlation++
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID)).AppendRequest(nil, req, c.correlation)
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	if _, err := c.Write(frame); err != nil {
		return nil, silence(err)
	}
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, silence(err)
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > frameBytesMax {
		return nil, fmt.Errorf("an answer of %d bytes to %T", size, req)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(c, body); err != nil {
		return nil, silence(err)
	}
	return decodeAnswer(req, body, c.correlation)
}

// decodeAnswer takes the response header off and reads the rest.
func decodeAnswer(req kmsg.Request, body []byte, correlation int32) (kmsg.Response, error) {
	if len(body) < 4 {
		return nil, fmt.Errorf("an answer of %d bytes to %T", len(body), req)
	}
	if got := int32(binary.BigEndian.Uint32(body)); got != correlation {
		return nil, fmt.Errorf("correlation id %d in the answer to %T, sent %d", got, req, correlation)
	}
	body = body[4:]
	// ApiVersions always has the response header of version 0 (KIP-511).
	if req.IsFlexible() && req.Key() != kmsg.ApiVersions.Int16() {
		if len(body) == 0 || body[0] != 0 {
			return nil, fmt.Errorf("tagged fields in the response header of %T", req)
		}
		body = body[1:]
	}
	resp := req.ResponseKind()
	if err := resp.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("decode the answer to %T v%d: %w", req, req.GetVersion(), err)
	}
	return resp, nil
}

// silence turns what the socket said into one of the kinds of silence.
func silence(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errNoAnswer
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errClosed
	}
	return err
}

// Probe sends single requests to the brokers of a cluster.
type Probe struct {
	ctx     context.Context
	cluster Cluster
}

// askWithin opens a connection to a broker, sends one request in the given
// version, and closes the connection again.
func (p *Probe) askWithin(broker int32, req kmsg.Request, version int16, limit time.Duration) (kmsg.Response, error) {
	address, ok := p.cluster.Brokers()[broker]
	if !ok {
		return nil, fmt.Errorf("broker %d is not in the cluster", broker)
	}
	req.SetVersion(version)
	c, err := dial(p.ctx, address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.ask(req, limit)
}

// send asks and gives the answer its own type. A silence comes back as an error.
func send[R kmsg.Response](p *Probe, broker int32, req kmsg.Request, version int16) (R, error) {
	return sendWithin[R](p, broker, req, version, answerLimit)
}

func sendWithin[R kmsg.Response](p *Probe, broker int32, req kmsg.Request, version int16, limit time.Duration) (R, error) {
	var none R
	resp, err := p.askWithin(broker, req, version, limit)
	if err != nil {
		return none, err
	}
	typed, ok := resp.(R)
	if !ok {
		return none, fmt.Errorf("%T answered with %T", req, resp)
	}
	return typed, nil
}

// isSilence says whether err is an answer of sorts: the peer kept quiet, closed
// the connection, or refused it.
func isSilence(err error) bool {
	return errors.Is(err, errNoAnswer) || errors.Is(err, errClosed) || errors.Is(err, errNoListener)
}

// silenceName is how a silence is written down; which kind of refusal it was
// depends on the instant and is left out.
func silenceName(err error) string {
	for _, kind := range []error{errNoAnswer, errClosed, errNoListener} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return err.Error()
}

// codeName writes an error code as "number NAME", the name being Kafka's.
func codeName(code int16) string {
	const notLeaderOrFollower = 6 // kerr has it under the name it had before Kafka 2.7
	switch code {
	case 0:
		return "0 NONE"
	case notLeaderOrFollower:
		return "6 NOT_LEADER_OR_FOLLOWER"
	}
	err := kerr.ErrorForCode(code)
	var known *kerr.Error
	if errors.As(err, &known) && known.Code == code {
		return fmt.Sprintf("%d %s", code, known.Message)
	}
	return fmt.Sprintf("%d", code)
}
