package bench

import (
	"fmt"
	"testing"

	"bitacora/server/interop/rig"

	"github.com/gorilla/websocket"
)

// measureWatching produces with and without one viewer, in alternating rounds.
func measureWatching(b *testing.B, r *report, z size) {
	s := rig.Serve(b, rig.Options{})
	var unseen, seen, ratio, bytes sample
	for round := range z.warm + z.rounds {
		var rates [2]float64
		for watched := range rates {
			topic := fmt.Sprintf("watched-%d-%d", round, watched)
			rig.CreateTopic(b, s, topic, 3, 3)
			var v *viewer
			if watched == 1 {
				v = watch(b, s)
			}
			p, err := perfProduce(b, s, topic, z.records)
			if err != nil {
				b.Fatal(err)
			}
			rates[watched] = p.recordsPerSecond
			if v != nil {
				bytes = append(bytes, float64(v.close(b))/(1<<20))
			}
		}
		fmt.Printf("round %d: %s records/s unwatched, %s watched\n", round, number(rates[0]), number(rates[1]))
		if round >= z.warm {
			unseen, seen = append(unseen, rates[0]), append(seen, rates[1])
			ratio = append(ratio, 100*rates[1]/rates[0])
		}
	}
	r.add("produce without a viewer: records/s", target{}, unseen, nil)
	r.add("produce with one viewer: records/s", target{}, seen, nil)
	r.add("... of what it is without: %", atLeast(90, "90"), ratio, nil)
	r.add("... what the viewer was sent in a round: MB", target{}, bytes[z.warm:], nil)
}

// viewer is a headless reader of the page's frames.
type viewer struct {
	conn  *websocket.Conn
	ended chan int64
}

func watch(b *testing.B, s *rig.Bitacora) *viewer {
	b.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(b.Context(), "ws://"+s.HTTP+"/api/v1/watch", nil)
	if err != nil {
		b.Fatal(err)
	}
	v := &viewer{conn: conn, ended: make(chan int64, 1)}
	go func() {
		total := int64(0)
		for {
			_, message, err := conn.ReadMessage()
			if err != nil {
				v.ended <- total
				return
			}
			total += int64(len(message))
		}
	}()
	return v
}

// close ends the viewer and says how many bytes it was sent.
func (v *viewer) close(b *testing.B) int64 {
	b.Helper()
	v.conn.Close()
	total := <-v.ended
	if total == 0 {
		b.Fatal("the viewer was sent nothing")
	}
	return total
}
