package client

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestAssignAsJavaDid compares with what the Java assignors of kafka-clients 4.3.1
// gave for 240 random groups: members whose ids hash into any order, some static,
// subscribed alike or not, with what a former generation left them. See
// testdata/java-assignments/Gen.java for how they were made.
func TestAssignAsJavaDid(t *testing.T) {
	text, err := os.ReadFile("testdata/java-assignments/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	if len(cases) < 600 {
		t.Fatalf("only %d cases", len(cases))
	}
	for i, text := range cases {
		lines := strings.Split(text, "\n")
		assignor := Assignor(strings.TrimPrefix(lines[0], "assign "))
		var topics []TopicSize
		for s := range strings.FieldsSeq(strings.TrimPrefix(lines[1], "topics")) {
			name, size, _ := strings.Cut(s, ":")
			topic := TopicSize{Topic: name}
			fmt.Sscan(size, &topic.Partitions)
			topics = append(topics, topic)
		}
		var members []GroupMember
		var want []string
		for _, line := range lines[2:] {
			f := strings.Split(strings.TrimPrefix(line, "member "), "|")
			for j := range f {
				f[j] = strings.TrimSpace(f[j])
			}
			m := GroupMember{ID: f[0], InstanceID: f[1], Topics: strings.Fields(f[2]), Owned: tps(f[4])}
			fmt.Sscan(f[3], &m.Generation)
			members = append(members, m)
			want = append(want, f[5])
		}
		if got := show(Assign(assignor, topics, members)); got != strings.Join(want, "; ") {
			t.Errorf("case %d:\n%s\ngot\n%s", i, text, strings.ReplaceAll(got, "; ", "\n"))
		}
	}
}
