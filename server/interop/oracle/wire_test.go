package oracle

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// peer is a cluster whose broker 1 does what a test wants with a connection
// once it has read a request; the other brokers are not there.
type peer struct{ address string }

func (p peer) Name() string                         { return "peer" }
func (p peer) Brokers() map[int32]string            { return map[int32]string{1: p.address, 2: "127.0.0.1:1"} }
func (peer) Kill(context.Context, ...int32) error   { return nil }
func (peer) Terminate(context.Context, int32) error { return nil }
func (peer) Restart(context.Context, int32) error   { return nil }
func (p peer) probe(t *testing.T) *Probe            { return &Probe{ctx: t.Context(), cluster: p} }
func newPeer(t *testing.T, serve func(net.Conn)) peer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if readFrame(c) == nil {
				serve(c)
			}
			c.Close()
		}
	}()
	return peer{address: l.Addr().String()}
}

func readFrame(c net.Conn) error {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(head[:])))
	return err
}

// answer frames an answer with its correlation id.
func answer(correlation uint32, body ...byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))
	frame = binary.BigEndian.AppendUint32(frame, correlation)
	return append(frame, body...)
}

func TestProbe(t *testing.T) {
	const limit = 200 * time.Millisecond
	write := func(b []byte) func(net.Conn) { return func(c net.Conn) { _, _ = c.Write(b) } }
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		want  error // nil: some other error
	}{
		{"a peer that closes", func(net.Conn) {}, errClosed},
		{"a peer that closes within an answer", write([]byte{0, 0, 0, 9, 0}), errClosed},
		{"a peer that is silent", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, errNoAnswer},
		{"an answer to another request", write(answer(7, 0, 0)), nil},
		{"an answer of too many bytes", write([]byte{0xff, 0xff, 0xff, 0xff}), nil},
		{"an answer that is cut", write(answer(1, 0)), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPeer(t, c.serve)
			_, err := p.probe(t).askWithin(1, kmsg.NewPtrHeartbeatRequest(), 0, limit)
			switch {
			case err == nil:
				t.Fatal("there was an answer")
			case c.want == nil && isSilence(err):
				t.Fatalf("%v counts as a silence", err)
			case c.want != nil && !errors.Is(err, c.want):
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("a broker that is not there", func(t *testing.T) {
		_, err := peer{}.probe(t).askWithin(2, kmsg.NewPtrHeartbeatRequest(), 0, limit)
		if !errors.Is(err, errNoListener) {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("an answer", func(t *testing.T) {
		p := newPeer(t, write(answer(1, 0, 27)))
		resp, err := send[*kmsg.HeartbeatResponse](p.probe(t), 1, kmsg.NewPtrHeartbeatRequest(), 0)
		if err != nil || resp.ErrorCode != 27 {
			t.Fatal(resp, err)
		}
	})
}

func TestCodeName(t *testing.T) {
	for code, want := range map[int16]string{
		0: "0 NONE", -1: "-1 UNKNOWN_SERVER_ERROR", 6: "6 NOT_LEADER_OR_FOLLOWER", 87: "87 INVALID_RECORD", 999: "999",
	} {
		if got := codeName(code); got != want {
			t.Errorf("codeName(%d) = %q, want %q", code, got, want)
		}
	}
}

func TestBatchesReadBackWhatWasMade(t *testing.T) {
	raw := newBatch(batchOptions{idempotent: true, producerID: 5, producerEpoch: 1, baseSequence: 3},
		valueAt("a", 1000), keyed([]byte("k"), nil))
	got := show(batchesOf(append(raw, raw[:70]...)))
	want := fmt.Sprintf(`[{"baseOffset":0,"lastOffsetDelta":1,"leaderEpoch":-1,"attributes":0,"bytes":%d,"crcIsRight":true,`+
		`"producerEpoch":1,"baseSequence":3,"count":2,"records":[{"offset":0,"key":null,"value":"a"},{"offset":1,"key":"k","value":null}]},`+
		`{"truncated":true}]`, len(raw))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	raw[len(raw)-1] ^= 1
	if got := batchesOf(raw); show(got[0]) == "" || fmt.Sprint(got[0][5].Value) != "false" {
		t.Errorf("a changed byte was not noticed: %s", show(got))
	}
}

func TestBatchOfBytes(t *testing.T) {
	for _, n := range []int{500, 1_048_588} {
		if got := len(batchOfBytes(n)); got != n {
			t.Errorf("batchOfBytes(%d) has %d", n, got)
		}
	}
}
