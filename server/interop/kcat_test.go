package interop

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

// kcat runs kcat against the cluster; it must end with exit code 0.
func kcat(t *testing.T, c rig.Cluster, stdin string, args ...string) rig.Result {
	t.Helper()
	return rig.MustRun(t, rig.Command{Args: append([]string{rig.Kcat(t), "-b", rig.Servers(c)}, args...), Stdin: stdin})
}

// TestKcat runs librdkafka's command: what it writes it reads back, alone and
// in a group, with every codec.
func TestKcat(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	rig.CreateTopic(t, c, "pedidos", 3, 3)
	t.Run("it lists brokers, topics and partitions", func(t *testing.T) { kcatMetadata(t, c) })
	t.Run("keys, headers and values come back", func(t *testing.T) { kcatRoundTrip(t, c) })
	t.Run("each codec's records come back", func(t *testing.T) { kcatCodecs(t, c) })
	t.Run("offsets are found by time", func(t *testing.T) { kcatOffsets(t, c) })
	t.Run("a group reads everything once", func(t *testing.T) { kcatGroup(t, c) })
}

func kcatMetadata(t *testing.T, c rig.Cluster) {
	var metadata struct {
		Brokers []struct{ ID int }
		Topics  []struct {
			Topic      string
			Partitions []struct {
				Partition, Leader int
				Replicas, ISRs    []struct{ ID int }
			}
		}
	}
	if err := json.Unmarshal([]byte(kcat(t, c, "", "-L", "-J").Stdout), &metadata); err != nil {
		t.Fatal(err)
	}
	if len(metadata.Brokers) != 3 {
		t.Errorf("brokers: %v", metadata.Brokers)
	}
	for _, topic := range metadata.Topics {
		if topic.Topic != "pedidos" {
			continue
		}
		if len(topic.Partitions) != 3 {
			t.Errorf("partitions: %v", topic.Partitions)
		}
		for _, p := range topic.Partitions {
			if p.Leader < 1 || len(p.Replicas) != 3 || len(p.ISRs) != 3 {
				t.Errorf("partition: %v", p)
			}
		}
		return
	}
	t.Errorf("pedidos is not there: %v", metadata.Topics)
}

func kcatRoundTrip(t *testing.T, c rig.Cluster) {
	kcat(t, c, "ana|sopa\nluis|pan\nana|queso\n", "-P", "-t", "pedidos", "-K", "|", "-H", "mesa=4")
	r := kcat(t, c, "", "-C", "-t", "pedidos", "-e", "-q", "-f", "%k %s %h\n")
	got := slices.Sorted(slices.Values(r.Lines()))
	if want := []string{"ana queso mesa=4", "ana sopa mesa=4", "luis pan mesa=4"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// An empty value with -Z is a tombstone.
	kcat(t, c, "ana|\n", "-P", "-t", "pedidos", "-K", "|", "-Z")
	r = kcat(t, c, "", "-C", "-t", "pedidos", "-e", "-q", "-f", "%k %S\n")
	if !slices.Contains(r.Lines(), "ana -1") {
		t.Errorf("no tombstone in %q", r.Lines())
	}
}

func kcatCodecs(t *testing.T, c rig.Cluster) {
	text := strings.Repeat("una línea que se repite y por tanto se comprime\n", 200)
	for _, codec := range []string{"gzip", "snappy", "lz4", "zstd"} {
		topic := "comprimidos-" + codec
		rig.CreateTopic(t, c, topic, 1, 3)
		kcat(t, c, text, "-P", "-t", topic, "-p", "0", "-z", codec, "-X", "acks=all", "-X", "linger.ms=100")
		if got := kcat(t, c, "", "-C", "-t", topic, "-p", "0", "-e", "-q").Stdout; got != text {
			t.Errorf("%s: %d bytes came back of %d", codec, len(got), len(text))
		}
	}
}

func kcatOffsets(t *testing.T, c rig.Cluster) {
	// -Q asks ListOffsets: -1 is the end, -2 the beginning.
	r := kcat(t, c, "", "-Q", "-t", "comprimidos-gzip:0:-1", "-t", "comprimidos-zstd:0:-2")
	got := slices.Sorted(slices.Values(r.Lines()))
	want := []string{"comprimidos-gzip [0] offset 200", "comprimidos-zstd [0] offset 0"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func kcatGroup(t *testing.T, c rig.Cluster) {
	read := func() int {
		r := kcat(t, c, "", "-G", "cocina", "-q", "-e", "-X", "auto.offset.reset=earliest", "comprimidos-lz4", "comprimidos-snappy")
		return len(r.Lines())
	}
	if n := read(); n != 400 {
		t.Errorf("the group read %d lines, want 400", n)
	}
	if n := read(); n != 0 {
		t.Errorf("the group read %d lines again", n)
	}
}
