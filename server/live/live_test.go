package live

import (
	"context"
	"fmt"
	"testing"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func startCluster(t *testing.T, dir string) *Cluster {
	t.Helper()
	c, err := Open(Config{Spec: cluster.Spec{Brokers: 3, Controllers: 3}, DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		at := time.Now()
		c.Close(10 * time.Second)
		t.Logf("closed in %v", time.Since(at))
	})
	return c
}

func bootstrap(c *Cluster) []string {
	var out []string
	for _, a := range c.Brokers() {
		out = append(out, fmt.Sprintf("%s:%d", a.Host, a.Port))
	}
	return out
}

func newClient(t *testing.T, c *Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap(c)...)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produceN(ctx context.Context, t *testing.T, cl *kgo.Client, topic string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		r := &kgo.Record{Topic: topic, Key: []byte(fmt.Sprint("k", i%5)), Value: []byte(fmt.Sprint("v", i))}
		if err := cl.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatalf("produce %d: %v", i, err)
		}
	}
}

func consumeN(ctx context.Context, t *testing.T, cl *kgo.Client, n int) {
	t.Helper()
	for got := 0; got < n; {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("after %d of %d records: %v", got, n, err)
		}
		got += fetches.NumRecords()
	}
}

func TestARealClientWritesAndReads(t *testing.T) {
	for _, store := range []string{"memory", "badger"} {
		t.Run(store, func(t *testing.T) {
			dir := ""
			if store == "badger" {
				dir = t.TempDir()
			}
			c := startCluster(t, dir)
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			cl := newClient(t, c)
			resp, err := kadm.NewClient(cl).CreateTopic(ctx, 3, 3, nil, "pedidos")
			if err != nil || resp.Err != nil {
				t.Fatalf("create: %v %v", err, resp.Err)
			}
			produceN(ctx, t, cl, "pedidos", 0, 50)
			consumeN(ctx, t, newClient(t, c, kgo.ConsumeTopics("pedidos"), kgo.ConsumerGroup("g")), 50)
		})
	}
}

func TestALeaderDiesAndWhatWasAcknowledgedStays(t *testing.T) {
	c := startCluster(t, t.TempDir())
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cl := newClient(t, c)
	if _, err := kadm.NewClient(cl).CreateTopic(ctx, 1, 3, nil, "pedidos"); err != nil {
		t.Fatal(err)
	}
	produceN(ctx, t, cl, "pedidos", 0, 20)
	meta, err := kadm.NewClient(cl).Metadata(ctx, "pedidos")
	if err != nil {
		t.Fatal(err)
	}
	leader := engine.NodeID(meta.Topics["pedidos"].Partitions[0].Leader)
	if err := c.Kill(leader); err != nil {
		t.Fatal(err)
	}
	produceN(ctx, t, cl, "pedidos", 20, 40)
	if err := c.Restart(leader); err != nil {
		t.Fatal(err)
	}
	consumeN(ctx, t, newClient(t, c, kgo.ConsumeTopics("pedidos"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), 40)
}
