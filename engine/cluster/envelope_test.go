package cluster

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestOpenEnvelope(t *testing.T) {
	whole := kmsg.NewRequestFormatter(kmsg.FormatterClientID("ana")).AppendRequest(nil, &kmsg.CreateTopicsRequest{
		Version: 7, Topics: []kmsg.CreateTopicsRequestTopic{{Topic: "orders", NumPartitions: 3, ReplicationFactor: 1}},
	}, 9)[4:] // an Envelope carries no length
	with := func(at int, bytes ...byte) []byte {
		changed := append([]byte(nil), whole...)
		copy(changed[at:], bytes)
		return changed
	}
	tests := []struct {
		name string
		data []byte
		want engine.ErrorCode
	}{
		{"a whole request is read", whole, engine.ErrNone},
		{"nothing", nil, engine.ErrUnknownServerError},
		{"half a header", whole[:9], engine.ErrUnknownServerError},
		{"a client id longer than the rest", with(8, 0x7f, 0xff), engine.ErrUnknownServerError},
		{"a body that is cut short", whole[:len(whole)-3], engine.ErrUnknownServerError},
		{"a header without its tags", whole[:13], engine.ErrUnknownServerError},
		{"an API that nobody forwards", with(0, 0, 0), engine.ErrInvalidRequest},
		{"an API that nobody knows", with(0, 0x7f, 0), engine.ErrInvalidRequest},
		{"a version that is not offered", with(2, 0, 8), engine.ErrUnsupportedVersion},
		{"a version below the first", with(2, 0, 1), engine.ErrUnsupportedVersion},
		{"a negative version", with(2, 0xff, 0xff), engine.ErrUnsupportedVersion},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			call, code := openEnvelope(engine.Request{}, tt.data)
			if code != tt.want {
				t.Fatalf("got %v, want %v", code, tt.want)
			}
			if code != engine.ErrNone {
				return
			}
			req, ok := call.Body.(*kmsg.CreateTopicsRequest)
			if !ok || len(req.Topics) != 1 || req.Topics[0].Topic != "orders" || call.Correlation != 9 || !call.Forwarded {
				t.Errorf("read %+v of %+v", call, req)
			}
		})
	}
}

// TestControllerNotesTellTheTruth holds the notes of what controllers answer
// against the table that their ApiVersions answers from, and against what is to
// show them.
func TestControllerNotesTellTheTruth(t *testing.T) {
	note := regexp.MustCompile(`// handle(\w+): key (\d+), v(\d+)(?:-v(\d+))?`)
	shown := regexp.MustCompile(`testdata/\w+\.txt|\bTest\w+`)
	told := map[int16][2]int16{}
	_, ofServers := read(t, "../sim") // what a whole server does is shown there
	for _, dir := range []string{".", "../quorum", "../controller"} {
		sources, tests := read(t, dir)
		tests += ofServers
		for _, at := range note.FindAllStringSubmatchIndex(sources, -1) {
			m := note.FindStringSubmatch(sources[at[0]:])
			if m[4] == "" {
				m[4] = m[3]
			}
			told[number(t, m[2])] = [2]int16{number(t, m[3]), number(t, m[4])}
			comment, _, _ := strings.Cut(sources[at[0]:], "\nfunc ")
			_, where, _ := strings.Cut(comment, "Shown in:")
			names := shown.FindAllString(where, -1)
			if len(names) == 0 {
				t.Errorf("%s in %s: the note does not say where it is shown", m[1], dir)
			}
			for _, name := range names {
				if _, err := os.Stat(filepath.Join(dir, name)); err != nil && !strings.Contains(tests, "func "+name+"(") {
					t.Errorf("%s: no %s in %s", m[1], name, dir)
				}
			}
		}
	}
	for _, api := range controllerAPIs() {
		if api.Key == keyApiVersions {
			continue // the broker's note tells of both
		}
		want := [2]int16{api.Min, api.Max}
		if got, ok := told[api.Key]; !ok || got != want {
			t.Errorf("%s: the table has v%d-v%d, the note %v", kmsg.NameForKey(api.Key), want[0], want[1], got)
		}
		delete(told, api.Key)
	}
	for key := range told {
		t.Errorf("%s has a note and is not offered", kmsg.NameForKey(key))
	}
}

// read gives a folder's sources and its tests, each as one text.
func read(t *testing.T, dir string) (sources, tests string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			tests += string(b)
		} else {
			sources += string(b)
		}
	}
	return sources, tests
}

func number(t *testing.T, s string) int16 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return int16(n)
}
