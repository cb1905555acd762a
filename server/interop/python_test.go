package interop

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

// releases of kafka-python: the article's, and today's.
var releases = []string{"2.0.2", "3.0.12"}

// python is the command that runs one of the programs in python/.
func python(t testing.TB, release, program string, args ...string) rig.Command {
	t.Helper()
	return rig.Command{Args: slices.Concat([]string{rig.Python(t, release), filepath.Join("python", program)}, args)}
}

// TestKafkaPython runs the article's programs as a reader would.
func TestKafkaPython(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			t.Parallel() // most of it is waiting for groups to form
			prefix := "pedidos-" + strings.ReplaceAll(release, ".", "-")
			t.Run("an order is sent and its place comes back", func(t *testing.T) { sendAndWait(t, c, release, prefix) })
			t.Run("with keys, msgpack, JSON, and without waiting", func(t *testing.T) { sendForms(t, c, release, prefix) })
			t.Run("a group goes on where it stopped", func(t *testing.T) { groupGoesOn(t, c, release, prefix) })
			t.Run("without commits each reading begins at the beginning", func(t *testing.T) { readTwice(t, c, release, prefix) })
			t.Run("what was serialized is deserialized", func(t *testing.T) { readObjects(t, c, release, prefix) })
			t.Run("topics are subscribed to by a regular expression", func(t *testing.T) { readPattern(t, c, release, prefix) })
			t.Run("two consumers share a group's partitions", func(t *testing.T) { shareGroup(t, c, release, prefix) })
		})
	}
}

// sendAndWait relies on auto-creation, as the article's first program does.
func sendAndWait(t *testing.T, c rig.Cluster, release, prefix string) {
	r := rig.MustRun(t, python(t, release, "send_and_wait.py", rig.Servers(c), prefix+"-uno"))
	got := r.Lines()
	if len(got) != 3 || got[0] != "topic "+prefix+"-uno" || !strings.HasPrefix(got[1], "partition ") || got[2] != "offset 0" {
		t.Errorf("got %q", got)
	}
}

func sendForms(t *testing.T, c rig.Cluster, release, prefix string) {
	for _, topic := range []string{"-claves", "-msgpack", "-json", "-muchos"} {
		rig.CreateTopic(t, c, prefix+topic, 3, 3)
	}
	r := rig.MustRun(t, python(t, release, "send_forms.py", rig.Servers(c),
		prefix+"-claves", prefix+"-msgpack", prefix+"-json", prefix+"-muchos"))

	// A key keeps its partition, and murmur2 says which: as Java's partitioner.
	partitionOf := map[string]string{}
	keyed := 0
	for _, line := range r.Lines() {
		words := strings.Fields(line)
		if words[0] != "key" {
			continue
		}
		keyed++
		if was, ok := partitionOf[words[1]]; ok && was != words[2] {
			t.Errorf("key %s went to partitions %s and %s", words[1], was, words[2])
		}
		partitionOf[words[1]] = words[2]
	}
	if keyed != 9 || len(partitionOf) != 3 {
		t.Errorf("%d records of %d keys, want 9 of 3", keyed, len(partitionOf))
	}
	if !slices.Contains(r.Lines(), "stored 100 100") || !slices.Contains(r.Lines(), "failed 0") {
		t.Errorf("of 100 sends: %q", r.Lines())
	}
}

func groupGoesOn(t *testing.T, c rig.Cluster, release, prefix string) {
	topic, group := prefix+"-claves", prefix+"-lectores"
	read := func() []string {
		return rig.MustRun(t, python(t, release, "consume_group.py", rig.Servers(c), topic, group)).Lines()
	}
	first := read()
	if len(first) != 9 {
		t.Errorf("read %d records, want the 9 that were sent: %q", len(first), first)
	}
	want := fmt.Sprintf("%s:", topic)
	for _, line := range first {
		if !strings.HasPrefix(line, want) || !strings.Contains(line, "value=pedido ") {
			t.Errorf("got %q", line)
		}
	}
	for _, customer := range []string{"ana", "luis", "eva"} {
		if got := valuesOf(first, customer); !slices.Equal(got, []string{"pedido 0", "pedido 1", "pedido 2"}) {
			t.Errorf("%s's orders came as %q", customer, got)
		}
	}
	if again := read(); len(again) != 0 {
		t.Errorf("the group read again: %q", again)
	}
}

// valuesOf gives the values of one key, in the order read.
func valuesOf(lines []string, key string) []string {
	var values []string
	for _, line := range lines {
		if _, rest, ok := strings.Cut(line, "key="+key+" value="); ok {
			values = append(values, rest)
		}
	}
	return values
}

func readTwice(t *testing.T, c rig.Cluster, release, prefix string) {
	read := func() []string {
		lines := rig.MustRun(t, python(t, release, "consume_earliest.py", rig.Servers(c), prefix+"-muchos")).Lines()
		slices.Sort(lines)
		return lines
	}
	first := read()
	if len(first) != 100 {
		t.Errorf("read %d records, want 100", len(first))
	}
	if second := read(); !slices.Equal(first, second) {
		t.Errorf("the second reading differs: %d records", len(second))
	}
}

func readObjects(t *testing.T, c rig.Cluster, release, prefix string) {
	for form, want := range map[string]string{
		"json":    `{"cliente": "\u00cd\u00f1igo", "pedido": 8}`,
		"msgpack": `{"pedido": 7, "platos": ["sopa", "pan"]}`,
	} {
		r := rig.MustRun(t, python(t, release, "consume_objects.py", rig.Servers(c), prefix+"-"+form, form))
		if got := r.Lines(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
}

func readPattern(t *testing.T, c rig.Cluster, release, prefix string) {
	r := rig.MustRun(t, python(t, release, "consume_pattern.py", rig.Servers(c), "^"+prefix+"-(json|uno)$", prefix+"-patron"))
	got := r.Lines()
	slices.Sort(got)
	want := []string{prefix + `-json {"pedido": 8, "cliente": "\u00cd\u00f1igo"}`, prefix + "-uno pedido 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// groupLimit is more than a rebalance takes: three seconds for the first
// member, a heartbeat for the second to be noticed, and a JVM or two beside.
const groupLimit = 40 * time.Second

func shareGroup(t *testing.T, c rig.Cluster, release, prefix string) {
	topic, group := prefix+"-compartido", prefix+"-grupo"
	rig.CreateTopic(t, c, topic, 4, 3)
	first := rig.Start(t, "first consumer", python(t, release, "consume_shared.py", rig.Servers(c), topic, group))
	waitAssigned(t, first, 4)
	second := rig.Start(t, "second consumer", python(t, release, "consume_shared.py", rig.Servers(c), topic, group))
	a, b := waitAssigned(t, first, 2), waitAssigned(t, second, 2)
	all := slices.Sorted(slices.Values(slices.Concat(a, b)))
	if !slices.Equal(all, []string{"0", "1", "2", "3"}) {
		t.Errorf("one has partitions %q, the other %q", a, b)
	}
	// One leaves; what it had falls to the other.
	second.CloseInput()
	if code := second.Wait(groupLimit); code != 0 {
		t.Errorf("the second consumer ended with exit code %d", code)
	}
	waitAssigned(t, first, 4)
	first.CloseInput()
	if code := first.Wait(groupLimit); code != 0 {
		t.Errorf("the first consumer ended with exit code %d", code)
	}
}

// waitAssigned reads a consumer's lines until it has n partitions.
func waitAssigned(t *testing.T, p *rig.Process, n int) []string {
	t.Helper()
	for {
		line, ok := p.Line(groupLimit)
		if !ok {
			t.Fatalf("a consumer ended while %d partitions were awaited", n)
		}
		if parts, ok := strings.CutPrefix(line, "assigned"); ok && len(strings.Fields(parts)) == n {
			return strings.Fields(parts)
		}
	}
}

// TestUnknownTopic sends where nobody may create the topic.
func TestUnknownTopic(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{Set: map[string]string{"auto.create.topics.enable": "false"}})
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			r := rig.MustRun(t, python(t, release, "send_nowhere.py", rig.Servers(c), "no-hay"))
			if len(r.Lines()) != 1 || !strings.HasPrefix(r.Lines()[0], "KafkaError ") {
				t.Errorf("got %q", r.Lines())
			}
		})
	}
}
