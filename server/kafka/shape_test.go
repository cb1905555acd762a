package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

type hostile struct {
	name  string
	frame []byte
}

// hostileFrames are requests whose numbers promise far more than their bytes hold.
func hostileFrames() []hostile {
	frame := func(key, version int16, body ...byte) []byte {
		h := binary.BigEndian.AppendUint16(nil, uint16(key))
		h = binary.BigEndian.AppendUint16(h, uint16(version))
		return append(h, append([]byte{0, 0, 0, 1, 0xff, 0xff}, body...)...)
	}
	endless := binary.AppendUvarint(nil, math.MaxUint32)
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	// Metadata v12: header's tags, topics, two booleans, tags.
	all := []hostile{
		{"more tags behind the fields than there are bytes", frame(3, 12, join([]byte{0, 0, 1, 1}, endless)...)},
		{"more tags in a header than there are bytes", frame(3, 12, endless...)},
		{"a compact array longer than its frame", frame(3, 12, join([]byte{0}, endless)...)},
		{"an array longer than its frame", frame(3, 1, 0x7f, 0xff, 0xff, 0xff)},
		{"more tags behind an element than there are bytes", frame(3, 12, join([]byte{0, 2}, make([]byte, 16), []byte{1}, endless)...)},
		{"more elements than there are bytes in a known tag", frame(63, 2, join([]byte{0}, make([]byte, 4+8+8+2), []byte{1, 1, 5}, endless)...)},
		{"a tag longer than its frame", frame(3, 12, join([]byte{0, 0, 1, 1, 1, 9}, endless)...)},
	}
	inside := all[0].frame
	size := binary.AppendUvarint(nil, uint64(len(inside)+1))
	all = append(all, hostile{"the same inside an Envelope", frame(58, 0, join([]byte{0}, size, inside, []byte{0, 1, 0})...)})
	return all
}

func TestAFrameIsNotBelievedBeyondItsBytes(t *testing.T) {
	for _, h := range hostileFrames() {
		t.Run(h.name, func(t *testing.T) {
			req, err := Decode(h.frame)
			if err == nil && req.Body.Key() == int16(kmsg.Envelope) {
				if data := req.Body.(*kmsg.EnvelopeRequest).RequestData; data != nil {
					t.Fatalf("%d bytes reach the controller", len(data))
				}
				return
			}
			// The decoder refuses it too, but only once it has looked for all of it.
			if inHeader := h.name == "more tags in a header than there are bytes"; err == nil || !inHeader && !errors.Is(err, errFrameShort) {
				t.Fatalf("decoded as %T, %v; the walk should have stopped it", req.Body, err)
			}
		})
	}
}

// TestTheWalkTakesNoMoreStepsThanItMay: frames that are sound and as large as they
// may be, of the smallest elements there are.
func TestTheWalkTakesNoMoreStepsThanItMay(t *testing.T) {
	const bytesMax = 64 << 20
	body := binary.AppendUvarint(nil, bytesMax/2)
	body = append(body, make([]byte, bytesMax)...)
	tags := binary.AppendUvarint([]byte{0, 0, 0}, bytesMax/2)
	tags = append(tags, make([]byte, bytesMax)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := checkShape(shapeOf(19), 7, body) // CreateTopics
	if !errors.Is(err, errTooMany) {
		t.Errorf("thirty-two million topics: %v", err)
	}
	if _, err = checkShape(shapeOf(3), 12, tags); !errors.Is(err, errTooMany) {
		t.Errorf("thirty-two million tagged fields: %v", err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("the walk allocated %d bytes", got)
	}
	frame := append([]byte{0, 19, 0, 7, 0, 0, 0, 1, 0xff, 0xff, 0}, body...)
	runtime.ReadMemStats(&before)
	if _, err := Decode(frame); !errors.Is(err, errTooMany) {
		t.Errorf("decoded: %v", err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("refusing a frame of %d bytes allocated %d", len(frame), got)
	}
}

// TestShapesAreWhatTheDecoderReads: requests of every API and version, filled at
// random, walk to their last byte, and no proper prefix of them does.
func TestShapesAreWhatTheDecoderReads(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := 0
	for key := range int16(128) {
		form := shapeOf(key)
		if form == nil || kmsg.RequestForKey(key) == nil {
			continue
		}
		for version := form.versions.low; version <= min(form.versions.high, kmsg.RequestForKey(key).MaxVersion()); version++ {
			for range 20 {
				req := kmsg.RequestForKey(key)
				fill(r, reflect.ValueOf(req).Elem(), 0)
				req.SetVersion(version)
				body := req.AppendTo(nil)
				rest, err := checkShape(form, version, body)
				if err != nil || len(rest) != 0 {
					t.Fatalf("%s version %d: %d of %d bytes left, %v\n%x", kmsg.NameForKey(key), version, len(rest), len(body), err, body)
				}
				if len(body) == 0 {
					continue
				}
				cut := r.IntN(len(body))
				if _, err := checkShape(form, version, body[:cut]); err == nil {
					t.Fatalf("%s version %d: sound when cut to %d of %d bytes\n%x", kmsg.NameForKey(key), version, cut, len(body), body)
				}
			}
			seen++
		}
	}
	if seen < 200 {
		t.Errorf("only %d versions were tried", seen)
	}
}

// fill gives a request's fields something of every kind.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(r, f, depth+1)
			}
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.SetZero()
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), depth+1)
		}
	case reflect.String:
		v.SetString(string(bytes.Repeat([]byte("x"), r.IntN(200))))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64() >> (64 - v.Type().Bits()))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Float64:
		v.SetFloat(r.Float64())
	}
}

// TestASoundEnvelopeKeepsWhatItHolds guards the check above against refusing all.
func TestASoundEnvelopeKeepsWhatItHolds(t *testing.T) {
	inner := kmsg.NewPtrCreateTopicsRequest()
	inner.Version = 7
	e := kmsg.NewPtrEnvelopeRequest()
	e.RequestData = frameOf(t, 5, inner)[4:]
	req, err := Decode(frameOf(t, 7, e)[4:])
	if err != nil {
		t.Fatal(err)
	}
	if got := req.Body.(*kmsg.EnvelopeRequest).RequestData; !bytes.Equal(got, e.RequestData) {
		t.Errorf("%d bytes of %d were kept", len(got), len(e.RequestData))
	}
	if req.Correlation != engine.CorrelationID(7) {
		t.Errorf("correlation %d", req.Correlation)
	}
}
