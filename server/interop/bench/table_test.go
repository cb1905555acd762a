package bench

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	tests := []struct {
		name string
		row  row
		want string
	}{
		{"a limit that is reached by the median is met", row{target: atMost(10, ""), ours: sample{9, 10, 99}}, "yes"},
		{"one above it is not", row{target: atMost(10, ""), ours: sample{9, 11, 11}}, "no"},
		{"three times the peer", row{target: timesPeer(3, ""), ours: sample{30}, peer: sample{10}, needsPeer: true}, "yes"},
		{"less than three times the peer", row{target: timesPeer(3, ""), ours: sample{29}, peer: sample{10}, needsPeer: true}, "no"},
		{"no peer, no verdict", row{target: noSlower(""), ours: sample{1}, needsPeer: true}, ""},
		{"nothing was measured", row{target: atLeast(1, "")}, ""},
		{"nothing is asked for", row{ours: sample{1}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.verdict(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReport(t *testing.T) {
	var r report
	r.add("start: ms", atMost(500, "500"), sample{250, 240, 900}, nil)
	r.note("%d cores", 2)
	var table, object bytes.Buffer
	r.print(&table)
	if want := "| start: ms             | 500    | 250 (240 - 900) | -                  | yes |"; !strings.Contains(table.String(), want) {
		t.Errorf("got\n%s\nwithout\n%s", &table, want)
	}
	if err := r.json(&object); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Rows []struct {
			What, Met string
			Ours      []float64
		}
	}
	if err := json.Unmarshal(object.Bytes(), &back); err != nil || len(back.Rows) != 1 || back.Rows[0].Met != "yes" || len(back.Rows[0].Ours) != 3 {
		t.Errorf("got %+v, %v of %s", back, err, &object)
	}
}
