package broker

import (
	"encoding/binary"

	"bitacora/engine"
	"bitacora/engine/channel"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Requests on the forwarding link, as its tags have them; Key is the forwarded
// request's number for tagEnvelope.
const (
	tagEnvelope uint8 = iota
	tagProducerIDs
	tagAutoCreate
)

// forwarded is a client's request that a controller is to answer.
type forwarded struct {
	number int64
	from   engine.Request
	// sent is what the controller is asked: the request itself, or what is left of
	// it without the resources that this broker refused.
	sent    kmsg.Request
	refused []refusal // by resource of the request; nil when all of it was sent
}

// anonymous is User:ANONYMOUS as DefaultKafkaPrincipalBuilder writes it: version
// 0, type, name, no token, no tagged fields.
var anonymous = []byte("\x00\x00\x05User\x0aANONYMOUS\x00\x00")

// forward hands a client's request to the active controller in an Envelope
// (ForwardingManager; KIP-590). The answer is the controller's own; when none
// comes in time, REQUEST_TIMED_OUT.
func (b *Broker) forward(env *engine.Env, req engine.Request) {
	b.forwardPart(env, forwarded{from: req, sent: req.Body})
}

func (b *Broker) forwardPart(env *engine.Env, f forwarded) {
	b.nextForward++
	f.number = b.nextForward
	e := kmsg.NewPtrEnvelopeRequest()
	asked := f.from
	asked.Body = f.sent
	e.RequestData = appendRequest(nil, asked)
	e.RequestPrincipal = anonymous
	e.ClientHostAddress = hostBytes(f.from.ClientHost)
	sent := b.links[linkForwarding].send(env, channel.Tag{Kind: tagEnvelope, Key: f.number}, e,
		env.Now().Add(forwardingTimeout))
	if !sent {
		b.answerForwarded(env, f, nil)
		return
	}
	b.forwards = append(b.forwards, f)
}

func (b *Broker) onForwarded(env *engine.Env, number int64, resp kmsg.Response) {
	for i, f := range b.forwards {
		if f.number == number {
			b.forwards = append(b.forwards[:i], b.forwards[i+1:]...)
			e, _ := resp.(*kmsg.EnvelopeResponse)
			b.answerForwarded(env, f, e)
			return
		}
	}
}

func (b *Broker) answerForwarded(env *engine.Env, f forwarded, e *kmsg.EnvelopeResponse) {
	to := f.from
	reply := func(resp kmsg.Response) {
		if f.refused != nil {
			resp = reassembled(to.Body, resp, f.refused)
		}
		env.Reply(to, resp, engine.Durable{})
	}
	code := engine.ErrRequestTimedOut
	if e != nil {
		code = engine.ErrorCode(e.ErrorCode)
		if code == engine.ErrNone {
			if resp, ok := readResponse(f.sent, e.ResponseData); ok {
				reply(resp)
				return
			}
		}
		if code != engine.ErrUnsupportedVersion {
			// What the envelope itself met is no business of the client's.
			code = engine.ErrUnknownServerError
		}
	}
	resp := RefuseWith(f.sent, code)
	if resp == nil {
		env.Close(to.Conn)
		return
	}
	reply(resp)
}

// appendRequest writes a request as it would stand on the wire, header first,
// without the length.
func appendRequest(dst []byte, req engine.Request) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(req.Body.Key()))
	dst = binary.BigEndian.AppendUint16(dst, uint16(req.Body.GetVersion()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(req.Correlation))
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(req.ClientID)))
	dst = append(dst, req.ClientID...)
	if req.Body.IsFlexible() {
		dst = append(dst, 0) // no tagged fields
	}
	return req.Body.AppendTo(dst)
}

// readResponse reads an answer with its header, as an Envelope carries it.
func readResponse(to kmsg.Request, data []byte) (kmsg.Response, bool) {
	resp := to.ResponseKind()
	resp.SetVersion(to.GetVersion())
	header := 4
	if resp.IsFlexible() {
		header++ // an empty list of tagged fields
	}
	if len(data) < header || resp.ReadFrom(data[header:]) != nil {
		return nil, false
	}
	return resp, true
}

// hostBytes gives an IPv4 address as its four bytes, loopback's for anything else
// (a simulated client's name).
func hostBytes(host string) []byte {
	out := make([]byte, 0, 4)
	n, digits := 0, 0
	for i := range len(host) + 1 {
		if i == len(host) || host[i] == '.' {
			if digits == 0 || n > 255 {
				return []byte{127, 0, 0, 1}
			}
			out = append(out, byte(n))
			n, digits = 0, 0
			continue
		}
		if host[i] < '0' || host[i] > '9' || digits == 3 {
			return []byte{127, 0, 0, 1}
		}
		n, digits = n*10+int(host[i]-'0'), digits+1
	}
	if len(out) != 4 {
		return []byte{127, 0, 0, 1}
	}
	return out
}
