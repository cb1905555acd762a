package interop

import (
	"slices"
	"strings"
	"testing"

	"bitacora/server/interop/rig"
)

const javaConfigs = "kafka.admin.ConfigCommand"

// TestConfigs alters configs of a running cluster with Kafka's own tool and with
// ours, which stand for each other: what one alters, the other describes.
func TestConfigs(t *testing.T) {
	t.Parallel()
	c := start(t, rig.Options{})
	mustJava(t, c, "", javaTopics, "--create", "--topic", "pedidos", "--partitions", "1", "--replication-factor", "3")
	if !t.Run("kafka-configs", func(t *testing.T) { javaAlterConfigs(t, c) }) {
		return
	}
	if !againstApache() {
		t.Run("bitacora configs", func(t *testing.T) { ourAlterConfigs(t, c) })
	}
}

func javaAlterConfigs(t *testing.T, c rig.Cluster) {
	topic := []string{"--entity-type", "topics", "--entity-name", "pedidos"}
	broker := []string{"--entity-type", "brokers", "--entity-name", "1"}
	all := []string{"--entity-type", "brokers", "--entity-default"}
	alter := func(entity []string, more ...string) rig.Result {
		return java(t, c, "", javaConfigs, slices.Concat([]string{"--alter"}, entity, more)...)
	}
	describe := func(entity ...string) string {
		return mustJava(t, c, "", javaConfigs, append([]string{"--describe"}, entity...)...).Stdout
	}
	for _, step := range []struct {
		entity []string
		more   []string
		want   string // what describing shows then; or what the tool complains of
		fails  bool
	}{
		{topic, []string{"--add-config", "retention.ms=120000,cleanup.policy=[compact,delete]"},
			"cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}", false},
		{topic, []string{"--delete-config", "cleanup.policy"},
			"retention.ms=120000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=120000}", false},
		{topic, []string{"--add-config", "no.such=1"}, "InvalidConfigurationException: Unknown topic config name: no.such", true},
		{topic, []string{"--add-config", "retention.ms=abc"},
			"InvalidConfigurationException: Invalid value abc for configuration retention.ms: Not a number of type LONG", true},
		{broker, []string{"--add-config", "message.max.bytes=2000000"},
			"message.max.bytes=2000000 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:message.max.bytes=2000000, DEFAULT_CONFIG:message.max.bytes=1048588}", false},
		{broker, []string{"--add-config", "node.id=7"}, "InvalidRequestException: Cannot update these configs dynamically: [node.id]", true},
		{all, []string{"--add-config", "message.max.bytes=3000000"},
			"message.max.bytes=3000000 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:message.max.bytes=3000000}", false},
		{broker, []string{"--delete-config", "message.max.bytes"}, "Dynamic configs for broker 1 are:\n", false},
	} {
		r := alter(step.entity, step.more...)
		said := r.Stderr
		if !step.fails && r.Exit == 0 {
			said = describe(step.entity...)
		}
		if step.fails != (r.Exit != 0) || !strings.Contains(said, step.want) {
			t.Errorf("%q: exit code %d, %s\nstderr: %s", step.more, r.Exit, said, r.Stderr)
		}
	}
	if got := describe("--entity-type", "topics", "--entity-name", "no-hay"); !strings.Contains(got, "The topic 'no-hay' doesn't exist") {
		t.Errorf("a topic that is not there: %q", got)
	}
	// The topic's largest message is the cluster's, which counts at once.
	if got := describe(append(topic, "--all")...); !strings.Contains(got,
		"max.message.bytes=3000000 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:message.max.bytes=3000000, DEFAULT_CONFIG:message.max.bytes=1048588}") {
		t.Errorf("all of the topic's: %s", got)
	}
}

func ourAlterConfigs(t *testing.T, c rig.Cluster) {
	ours := func(args ...string) rig.Result {
		return rig.Run(t, rig.Command{Args: slices.Concat([]string{rig.Program(t), "configs"}, args, []string{"--bootstrap-server", rig.Servers(c)})})
	}
	for _, step := range []struct {
		args string
		exit int
		want string // on standard error, or of what describing shows
	}{
		{"alter topic pedidos --set retention.ms=9000 --append cleanup.policy=compact", 0, "cleanup.policy delete,compact DYNAMIC_TOPIC_CONFIG"},
		{"alter topic pedidos --subtract cleanup.policy=delete --delete retention.ms", 0, "cleanup.policy compact DYNAMIC_TOPIC_CONFIG"},
		{"alter topic pedidos --set retention.ms=abc", 1, "Not a number of type LONG"},
		{"alter topic pedidos --validate-only --set retention.ms=5", 0, "retention.ms 604800000 DEFAULT_CONFIG"},
		{"alter topic no-hay --set retention.ms=5", 1, "UNKNOWN_TOPIC_OR_PARTITION"},
		{"alter topic pedidos", 2, "nothing to change"},
		{"alter topic pedidos --set retention.ms", 2, "it takes KEY=VALUE"},
		{"alter broker 2 --set message.max.bytes=1500000", 0, "message.max.bytes 1500000 DYNAMIC_BROKER_CONFIG"},
		{"alter broker 2 --set node.id=4", 1, "Cannot update these configs dynamically: [node.id]"},
		{"alter brokers --set message.max.bytes=1600000", 0, "message.max.bytes 1600000 DYNAMIC_DEFAULT_BROKER_CONFIG"},
	} {
		args := strings.Fields(step.args)
		r := ours(args...)
		said := r.Stderr
		if step.exit == 0 && r.Exit == 0 {
			entity := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "--") })
			said = ours(append([]string{"describe"}, args[1:entity]...)...).Stdout
		}
		if r.Exit != step.exit || !strings.Contains(strings.Join(strings.Fields(said), " "), step.want) {
			t.Errorf("%s: exit code %d, %s", step.args, r.Exit, said)
		}
	}
}
