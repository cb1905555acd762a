package interop

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

// configsOf reads what `configs describe --json` says of a broker: key to value and
// source.
func configsOf(t *testing.T, b *rig.Bitacora, broker string) map[string][2]string {
	t.Helper()
	r := rig.MustRun(t, rig.Command{Args: b.Command("configs", "describe", "broker", broker, "--json")})
	var described []struct {
		Configs []struct {
			Key    string
			Value  *string
			Source any
		}
	}
	if err := json.Unmarshal([]byte(r.Stdout), &described); err != nil || len(described) != 1 {
		t.Fatalf("%v in %s", err, r.Stdout)
	}
	all := map[string][2]string{}
	for _, c := range described[0].Configs {
		if c.Value != nil {
			all[c.Key] = [2]string{*c.Value, fmt.Sprint(c.Source)}
		}
	}
	return all
}

// TestServeSettings holds what `serve` sets by itself, and that the person's word
// counts for more: as static broker configs, which show as such.
func TestServeSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "server.properties")
	if err := os.WriteFile(file, []byte("message.max.bytes=123456\nlog.retention.ms=1000\nbitacora.controllers=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		brokers int
		flags   []string
		want    map[string]string
		created string // partitions and copies of a topic that names neither
	}{
		{"one broker keeps one copy", 1, []string{"--controllers", "1"}, map[string]string{
			"num.partitions": "3", "default.replication.factor": "1", "offsets.topic.replication.factor": "1",
			"transaction.state.log.replication.factor": "1",
		}, "3 partitions of 1"},
		{"four brokers keep three, and share their processes with the controllers", 4, []string{"--combined", "--controllers", "3"},
			map[string]string{"num.partitions": "3", "default.replication.factor": "3", "offsets.topic.replication.factor": "3"}, "3 partitions of 3"},
		{"a file and --set count for more", 2, []string{"--config", file, "--set", "num.partitions=5", "--set", "log.retention.ms=2000", "--memory"},
			map[string]string{"num.partitions": "5", "default.replication.factor": "2", "message.max.bytes": "123456", "log.retention.ms": "2000"},
			"5 partitions of 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := rig.Serve(t, rig.Options{Brokers: test.brokers}, test.flags...)
			got := configsOf(t, b, "1")
			for key, want := range test.want {
				if c := got[key]; c[0] != want || !strings.Contains(c[1], "STATIC_BROKER_CONFIG") {
					t.Errorf("%s is %s (%s), want %s as a static broker config", key, c[0], c[1], want)
				}
			}
			r := rig.MustRun(t, rig.Command{Args: b.Command("topics", "create", "pedidos", "--json")})
			var created struct{ Partitions, ReplicationFactor int }
			if err := json.Unmarshal([]byte(r.Stdout), &created); err != nil {
				t.Fatalf("%v in %s", err, r.Stdout)
			}
			if got := fmt.Sprintf("%d partitions of %d", created.Partitions, created.ReplicationFactor); got != test.created {
				t.Errorf("a topic has %s, want %s", got, test.created)
			}
			b.Stop(t)
		})
	}
}

// TestPorts: brokers on consecutive ports, controllers on the ten above, all on
// loopback, unless other machines are meant.
func TestPorts(t *testing.T) {
	t.Parallel()
	base := rig.FreeBase(t, 3)
	b := rig.Serve(t, rig.Options{Port: base}, "--memory")
	for i, addr := range b.Kafka {
		if want := fmt.Sprintf("127.0.0.1:%d", base+i); addr != want {
			t.Errorf("broker %d is at %s, want %s", i+1, addr, want)
		}
	}
	for _, port := range []int{base, base + 2, base + 10, base + 12} {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
			t.Errorf("nobody listens on %d: %v", port, err)
		} else {
			conn.Close()
		}
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.2:%d", port)); err == nil {
			conn.Close()
			t.Errorf("port %d is listened to beyond 127.0.0.1", port)
		}
	}
	wide := rig.Serve(t, rig.Options{Brokers: 1}, "--memory", "--controllers", "1", "--advertised-host", "kafka.example")
	host, port, err := net.SplitHostPort(wide.Kafka[0])
	if err != nil || host != "kafka.example" {
		t.Fatalf("clients are told of %v (%v)", wide.Kafka, err)
	}
	conn, err := net.Dial("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Fatalf("other addresses of this machine are not listened to: %v", err)
	}
	conn.Close()
}

// TestJSON: whatever a program may read, it can read as JSON.
func TestJSON(t *testing.T) {
	t.Parallel()
	b := rig.Serve(t, rig.Options{Brokers: 1}, "--memory", "--controllers", "1")
	read := func(into any, stdin string, args ...string) {
		t.Helper()
		r := rig.MustRun(t, rig.Command{Args: args, Stdin: stdin})
		if err := json.Unmarshal([]byte(r.Stdout), into); err != nil {
			t.Errorf("%v: %v in %q", args[1:], err, r.Stdout)
		}
	}
	var object map[string]any
	var list []any
	var names []string
	read(&object, "", rig.Program(t), "version", "--json")
	if object["kafka"] != "4.3.1" || object["version"] == "" {
		t.Errorf("version: %v", object)
	}
	read(&object, "", b.Command("topics", "create", "pedidos", "--json")...)
	if object["topic"] != "pedidos" || object["partitions"] != 3.0 {
		t.Errorf("create: %v", object)
	}
	read(&names, "", b.Command("topics", "list", "--json")...)
	if !slices.Contains(names, "pedidos") {
		t.Errorf("list: %v", names)
	}
	read(&list, "", b.Command("topics", "describe", "pedidos", "--json")...)
	if len(list) != 1 {
		t.Errorf("describe: %v", list)
	}
	read(&object, "uno\ndos\n", b.Command("produce", "pedidos", "--json")...)
	if object["sent"] != 2.0 || object["acknowledged"] != 2.0 {
		t.Errorf("produce: %v", object)
	}
	read(&object, "", b.Command("consume", "pedidos", "--from-beginning", "--max-messages", "1", "--group", "cocina", "--json")...)
	if object["topic"] != "pedidos" || object["key"] != nil || object["value"] == "" {
		t.Errorf("consume: %v", object)
	}
	read(&list, "", b.Command("groups", "list", "--json")...)
	if len(list) != 1 {
		t.Errorf("groups: %v", list)
	}
	read(&list, "", b.Command("groups", "describe", "cocina", "--json")...)
	if len(list) == 0 {
		t.Errorf("group: %v", list)
	}
	read(&list, "", b.Command("configs", "describe", "topic", "pedidos", "--json")...)
	if len(list) != 1 {
		t.Errorf("configs: %v", list)
	}
	read(&object, "", rig.Program(t), "fault", "slow-disk", "1", "--by", "20ms", "--json", "--http", b.HTTP)
	if object["action"] != "slow-disk" || object["byMs"] != 20.0 {
		t.Errorf("fault: %v", object)
	}
	read(&object, "", b.Command("topics", "delete", "pedidos", "--json")...)
	if fmt.Sprint(object["deleted"]) != "[pedidos]" {
		t.Errorf("delete: %v", object)
	}
	if r := rig.Run(t, rig.Command{Args: []string{rig.Program(t), "fault", "kill", "9", "--http", b.HTTP}}); r.Exit != 1 || !strings.Contains(r.Stderr, "no such node") {
		t.Errorf("a node that there is not: exit code %d, %q", r.Exit, r.Stderr)
	}
}
