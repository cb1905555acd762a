package page

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"bitacora/server/interop/rig"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestLive watches a real server: what a real client writes shows, and what is
// killed on the page is dead for the client.
func TestLive(t *testing.T) {
	s := rig.Serve(t, rig.Options{})
	p := open(t, rig.OpenBrowser(t), "http://"+s.HTTP+"/?lang=es&source=live")
	openTables(p)
	rig.CreateTopic(t, s, "pedidos", 3, 3)
	p.Until(aliveLimit, cell("pedidos-0", partitionLeader)+` !== ""`)

	produce(t, s, 10)
	p.Until(aliveLimit, cell("pedidos-0", partitionCommitted)+` === "10"`)

	leader := rig.Leader(t, s, "pedidos", 0)
	if shown := read(p, "pedidos-0", partitionLeader); shown != fmt.Sprintf("broker %d", leader) {
		t.Errorf("the page shows %q as leader, clients see broker %d", shown, leader)
	}
	p.Click(action("kill", fmt.Sprint(leader)))
	addr := s.Kafka[leader-1]
	rig.Eventually(t, aliveLimit, func() (bool, string) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil, addr + " still accepts"
	})
	p.Until(failoverLimit, cell("pedidos-0", partitionLeader)+fmt.Sprintf(` !== "broker %d"`, leader)+` && `+
		cell("pedidos-0", partitionEpoch)+` > 0`)
	produce(t, s, 5)
	p.Until(aliveLimit, cell("pedidos-0", partitionCommitted)+` === "15"`)

	p.Click(action("restart", fmt.Sprint(leader)))
	rig.WaitInSync(t, s, "pedidos", failoverLimit)
	p.Until(aliveLimit, cell("pedidos-0", partitionISR)+fmt.Sprintf(`.includes("%d")`, leader))

	// A record by hand: the page says where it went.
	p.Eval(`document.querySelector("#produce").requestSubmit()`, nil)
	p.Until(aliveLimit, `/pedidos-[0-2] · offset [0-9]+/.test(document.querySelector(".notice")?.textContent)`)
	checkQuiet(t, p)
}

// produce writes n records to partition 0, with acks=all.
func produce(t *testing.T, c rig.Cluster, n int) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.Bootstrap()...), kgo.DefaultProduceTopic("pedidos"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), failoverLimit)
	defer cancel()
	for i := range n {
		if err := cl.ProduceSync(ctx, kgo.StringRecord(fmt.Sprintf("pedido %d", i))).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestServerGoesAndComesBack kills the whole server under an open page: the
// page says that it lost it, and finds it again by itself.
func TestServerGoesAndComesBack(t *testing.T) {
	options := rig.Options{Data: filepath.Join(t.TempDir(), "data"), Port: rig.FreeBase(t, 3), HTTP: rig.FreeAddr(t)}
	s := rig.Serve(t, options)
	p := open(t, rig.OpenBrowser(t), "http://"+s.HTTP+"/?lang=es&source=live")
	openTables(p)
	rig.CreateTopic(t, s, "pedidos", 3, 3)
	p.Until(aliveLimit, cell("pedidos-0", partitionLeader)+` !== ""`)
	p.Eval(`window.before = document.querySelector("#headline").innerText`, nil)

	s.Kill9()
	p.Until(aliveLimit, `document.querySelector(".trouble, [role=alert]") !== null`)
	s = rig.Serve(t, options)
	p.Until(failoverLimit, `document.querySelector(".trouble, [role=alert]") === null`)
	produce(t, s, 3)
	p.Until(aliveLimit, cell("pedidos-0", partitionCommitted)+` === "3"`)
}
