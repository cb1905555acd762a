package live

import (
	"context"
	"strings"
	"testing"
	"time"

	"bitacora/engine/cluster"
)

func TestDataKeepsItsPorts(t *testing.T) {
	dir := t.TempDir()
	spec := cluster.Spec{Brokers: 1, Controllers: 1}
	c, err := Open(Config{Spec: spec, DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if !c.AwaitServing(ctx) {
		t.Fatal("it never served")
	}
	before := c.Brokers()[0]
	c.Close(10 * time.Second)

	if _, err := Open(Config{Spec: spec, DataDir: dir, KafkaPort: 1025}); err == nil || !strings.Contains(err.Error(), "use --kafka-port") {
		t.Errorf("other ports for the same controllers: %v", err)
	}
	c, err = Open(Config{Spec: spec, DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(10 * time.Second)
	if got := c.Brokers()[0]; got != before {
		t.Errorf("the broker moved from %v to %v", before, got)
	}
	if !c.AwaitServing(ctx) {
		_, missing := c.Serving()
		t.Errorf("it does not serve again: %s", missing)
	}
}

// The voters' addresses stand in the metadata log; data that was made when clients
// were told of one host must serve when they are told of another.
func TestDataServesUnderAnotherHost(t *testing.T) {
	dir := t.TempDir()
	spec := cluster.Spec{Brokers: 1, Controllers: 3}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, host := range []string{"", "kafka.example"} {
		c, err := Open(Config{Spec: spec, DataDir: dir, Advertise: host})
		if err != nil {
			t.Fatal(err)
		}
		if !c.AwaitServing(ctx) {
			_, missing := c.Serving()
			t.Errorf("as %q it does not serve: %s", host, missing)
		}
		c.Close(10 * time.Second)
	}
}
