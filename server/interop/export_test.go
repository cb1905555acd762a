package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bitacora/engine/batch"
	"bitacora/server/interop/rig"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const javaDumpLog = "org.apache.kafka.tools.DumpLogSegments"

// TestExportedSegments writes the logs of a live cluster into files, one of them
// compacted, and has Kafka's own tool look at every batch and record. Its snapshots
// are early, so that the metadata log no longer begins at 0.
func TestExportedSegments(t *testing.T) {
	t.Parallel()
	base := rig.FreeBase(t, 3)
	c := rig.Serve(t, rig.Options{Port: base, Set: map[string]string{
		"log.cleaner.backoff.ms":                          "100",
		"metadata.log.max.record.bytes.between.snapshots": "500",
		"internal.metadata.log.segment.bytes":             "1000",
		"metadata.max.retention.bytes":                    "1000",
	}})
	e := exported{t: t, c: c, controllers: fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", base+11, base+10)}
	t.Run("batches of every codec are as Kafka's", e.codecs)
	t.Run("a compacted log keeps its offsets", e.compacted)
	t.Run("committed offsets are compacted and kept", e.offsets)
	t.Run("the metadata log and its snapshot", e.metadata)
	t.Run("what is there is not overwritten", e.refusals)
}

type exported struct {
	t           *testing.T
	c           *rig.Bitacora
	controllers string
}

// exportedFile is what --json tells of a file.
type exportedFile struct {
	File    string `json:"file"`
	From    int64  `json:"from"`
	Until   int64  `json:"until"`
	Batches int    `json:"batches"`
	Bytes   int64  `json:"bytes"`
}

func (e *exported) export(t *testing.T, topic string, flags ...string) []exportedFile {
	t.Helper()
	args := append([]string{"records", "export", topic, "--json", "--out", t.TempDir()}, flags...)
	r := rig.MustRun(t, rig.Command{Args: e.c.Command(args...)})
	var files []exportedFile
	if err := json.Unmarshal([]byte(r.Stdout), &files); err != nil {
		t.Fatalf("%v: %s", err, r.Stdout)
	}
	return files
}

// dumped is what Kafka's tool says of a file; it must have found every batch valid.
func (e *exported) dumped(t *testing.T, f exportedFile, flags ...string) []string {
	t.Helper()
	args := append([]string{"--files", f.File, "--print-data-log"}, flags...)
	r := rig.MustRun(t, rig.Command{Args: rig.Java(t, javaDumpLog, args...)})
	batches := 0
	for _, line := range r.Lines() {
		if strings.HasPrefix(line, "baseOffset: ") {
			batches++
			if !strings.HasSuffix(line, " isvalid: true") {
				t.Errorf("%s: %s", f.File, line)
			}
		}
	}
	if f.Batches > 0 && batches != f.Batches {
		t.Errorf("%s: the tool found %d batches, %d were written:\n%s", f.File, batches, f.Batches, r.Stdout)
	}
	if strings.Contains(r.Stdout, "invalid") || strings.Contains(r.Stderr, "Exception") {
		t.Errorf("%s: the tool complains:\n%s%s", f.File, r.Stdout, r.Stderr)
	}
	return r.Lines()
}

func (e *exported) produce(t *testing.T, topic string, codec kgo.CompressionCodec, records ...*kgo.Record) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(e.c.Bootstrap()...), kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(codec), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func (e *exported) codecs(t *testing.T) {
	rig.MustRun(t, rig.Command{Args: e.c.Command("topics", "create", "codecs", "--partitions", "2", "--config", "internal.segment.bytes=1000")})
	names := []string{"none", "gzip", "snappy", "lz4", "zstd"}
	for i, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		var records []*kgo.Record
		for range 5 {
			records = append(records, &kgo.Record{Key: []byte(names[i]), Value: []byte(strings.Repeat("sopa ", 20))})
		}
		e.produce(t, "codecs", codec, records...)
	}
	files := e.export(t, "codecs", "--segment-bytes", "400")
	var all []string
	empty := 0
	for i, f := range files {
		if f.Batches == 0 {
			empty++
			continue
		}
		if name := fmt.Sprintf("%020d.log", f.From); filepath.Base(f.File) != name || filepath.Base(filepath.Dir(f.File)) != "codecs-0" {
			t.Errorf("file %s begins at %d", f.File, f.From)
		}
		if i > 0 && files[i-1].Batches > 0 && files[i-1].Until != f.From {
			t.Errorf("%s ends at %d, %s begins at %d", files[i-1].File, files[i-1].Until, f.File, f.From)
		}
		all = append(all, e.dumped(t, f)...)
	}
	if len(files) < 4 || empty != 1 {
		t.Errorf("files: %+v", files)
	}
	text := strings.Join(all, "\n")
	for i, name := range names {
		if !strings.Contains(text, "compresscodec: "+name+" ") || strings.Count(text, "key: "+name+" payload: sopa ") != 5 {
			t.Errorf("codec %s is not there with its records:\n%s", name, text)
		}
		if !strings.Contains(text, fmt.Sprintf("| offset: %d ", 5*i+4)) {
			t.Errorf("offset %d is missing", 5*i+4)
		}
	}
}

// compacted waits until the cleaner of the live server was there.
func (e *exported) compacted(t *testing.T) {
	rig.MustRun(t, rig.Command{Args: e.c.Command("topics", "create", "compacto", "--partitions", "1", "--config", "cleanup.policy=compact",
		"--config", "internal.segment.bytes=200", "--config", "min.cleanable.dirty.ratio=0.01")})
	record := func(key, value string) *kgo.Record { return &kgo.Record{Key: []byte(key), Value: []byte(value)} }
	e.produce(t, "compacto", kgo.NoCompression(), record("ana", "sopa"), record("luis", "pan"))
	e.produce(t, "compacto", kgo.NoCompression(), record("ana", "queso"), &kgo.Record{Key: []byte("luis")})
	e.produce(t, "compacto", kgo.NoCompression(), record("eva", "higos"))
	e.produce(t, "compacto", kgo.NoCompression(), record("ana", "arroz"))
	e.produce(t, "compacto", kgo.NoCompression(), record("eva", "uvas"))
	offsets := regexp.MustCompile(`\| offset: (\d+) .* key: (\w+)`)
	want := "[3 luis] [4 eva] [5 ana] [6 eva]" // the last is in the active segment
	got, text := "", ""
	for end := time.Now().Add(20 * time.Second); got != want && time.Now().Before(end); {
		var found []string
		text = ""
		for _, f := range e.export(t, "compacto") {
			run, err := os.ReadFile(f.File)
			if err != nil {
				t.Fatal(err)
			}
			for it := batch.Iterate(run); it.Next(); {
				records := it.Batch().Iterate(nil)
				for records.Next() {
					found = append(found, fmt.Sprintf("[%d %s]", records.Record().Offset, records.Record().Key))
				}
			}
			if got = strings.Join(found, " "); got == want {
				lines := e.dumped(t, f)
				text = strings.Join(lines, "\n")
				found = nil
				for _, line := range lines {
					if m := offsets.FindStringSubmatch(line); m != nil {
						found = append(found, fmt.Sprintf("[%s %s]", m[1], m[2]))
					}
				}
				got = strings.Join(found, " ")
			}
		}
	}
	if got != want {
		t.Fatalf("what is left is %s, want %s\n%s", got, want, text)
	}
	if !regexp.MustCompile(`lastOffset: 3 count: 1 .* deleteHorizonMs: OptionalLong\[\d{13}\] `).MatchString(text) {
		t.Errorf("the tombstone has no time to go:\n%s", text)
	}
}

// offsets commits so often that the cleaner has work in __consumer_offsets, moves the
// coordinator, and asks for what was committed last.
func (e *exported) offsets(t *testing.T) {
	admin := rig.Admin(t, e.c)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	commit := func(at int64) {
		t.Helper()
		offsets := kadm.Offsets{}
		offsets.AddOffset("codecs", 0, at, -1)
		if err := admin.CommitAllOffsets(ctx, "cocina", offsets); err != nil {
			t.Fatalf("commit %d: %v", at, err)
		}
	}
	commit(0)
	_, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
		{Name: "internal.segment.bytes", Value: kadm.StringPtr("1000")},
		{Name: "min.cleanable.dirty.ratio", Value: kadm.StringPtr("0.01")},
	}, "__consumer_offsets")
	if err != nil {
		t.Fatal(err)
	}
	const last = 60
	for at := int64(1); at <= last; at++ {
		commit(at)
	}
	held := func() (commits int, text string) {
		for _, f := range e.export(t, "__consumer_offsets") {
			if f.Batches > 0 {
				text += strings.Join(e.dumped(t, f, "--offsets-decoder"), "\n")
			}
		}
		return strings.Count(text, `"group":"cocina"`), text
	}
	commits, text := held()
	for end := time.Now().Add(20 * time.Second); commits > last/3 && time.Now().Before(end); {
		commits, text = held()
	}
	if commits == 0 || commits > last/3 || !strings.Contains(text, fmt.Sprintf(`"offset":%d`, last)) {
		t.Fatalf("%d of %d commits are left:\n%s", commits, last+1, text)
	}
	coordinators := admin.FindGroupCoordinators(ctx, "cocina")
	e.c.Kill(t, coordinators["cocina"].NodeID)
	want := fmt.Sprintf(`"committed":%d,`, last)
	var r rig.Result
	for end := time.Now().Add(40 * time.Second); !strings.Contains(r.Stdout, want); {
		if time.Now().After(end) {
			t.Fatalf("the new coordinator does not have what was committed, %d: %s%s", last, r.Stdout, r.Stderr)
		}
		r = rig.Run(t, rig.Command{Args: e.c.Command("groups", "describe", "cocina", "--json")})
	}
	e.c.Restart(t, coordinators["cocina"].NodeID)
}

func (e *exported) metadata(t *testing.T) {
	var files []exportedFile
	for end := time.Now().Add(30 * time.Second); len(files) < 2 && time.Now().Before(end); {
		files = e.export(t, "__cluster_metadata", "--bootstrap-controller", e.controllers)
	}
	if len(files) < 2 || !strings.HasSuffix(files[0].File, ".checkpoint") || files[0].Until != files[1].From {
		t.Fatalf("files: %+v", files)
	}
	text := strings.Join(e.dumped(t, files[0], "--cluster-metadata-decoder"), "\n")
	for _, want := range []string{"SnapshotHeader", "SnapshotFooter", `"type":"TOPIC_RECORD"`, `"name":"compacto"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the snapshot:\n%s", want, text)
		}
	}
	for _, f := range files[1:] {
		e.dumped(t, f, "--cluster-metadata-decoder")
	}
}

func (e *exported) refusals(t *testing.T) {
	out := t.TempDir()
	args := e.c.Command("records", "export", "codecs", "--out", out)
	rig.MustRun(t, rig.Command{Args: args})
	if r := rig.Run(t, rig.Command{Args: args}); r.Exit != 1 || !strings.Contains(r.Stderr, "is there already") {
		t.Errorf("the second time: exit code %d, %s", r.Exit, r.Stderr)
	}
	if r := rig.Run(t, rig.Command{Args: e.c.Command("records", "export", "no-hay", "--out", out)}); r.Exit != 1 || !strings.Contains(r.Stderr, "UNKNOWN_TOPIC_OR_PARTITION") {
		t.Errorf("a topic that is not there: exit code %d, %s", r.Exit, r.Stderr)
	}
	if r := rig.Run(t, rig.Command{Args: e.c.Command("records", "export", "__cluster_metadata", "--out", out)}); r.Exit != 2 || !strings.Contains(r.Stderr, "--bootstrap-controller") {
		t.Errorf("the metadata log of brokers: exit code %d, %s", r.Exit, r.Stderr)
	}
}
