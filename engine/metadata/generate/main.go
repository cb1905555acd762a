// Command generate writes the Go types of engine/metadata/records from the
// message definitions that Apache Kafka's jars carry.
//
// It is a development tool, run by `go generate ./engine/metadata/records`, and
// no part of the engine: it reads files and writes to standard error, so the
// engine's import rules do not hold for this one folder. Nothing imports it.
//
// In: kafka-metadata, kafka-raft and kafka-clients jars of one version, taken
// from Maven's local repository (`mvn dependency:get
// -Dartifact=org.apache.kafka:kafka-metadata:4.3.1` puts one there).
// Out: one Go file a message. The definitions themselves are not kept.
//
// With -shapes it writes server/kafka's zz_shapes.go instead: what each request
// looks like on the wire, without names, for bytes that nobody trusts yet.
package main

import (
	"archive/zip"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// source names the definitions to take from one jar.
type source struct {
	artifact string
	pattern  *regexp.Regexp
}

func sources() []source {
	return []source{
		{"kafka-metadata", regexp.MustCompile(`^common/metadata/\w+\.json$`)},
		{"kafka-raft", regexp.MustCompile(`^common/message/QuorumStateData\.json$`)},
		{"kafka-clients", regexp.MustCompile(`^common/message/(LeaderChangeMessage|VotersRecord|KRaftVersionRecord|SnapshotHeaderRecord|SnapshotFooterRecord)\.json$`)},
	}
}

func main() {
	home, _ := os.UserHomeDir()
	repository := flag.String("repository", filepath.Join(home, ".m2", "repository"), "Maven's local repository")
	version := flag.String("version", "4.3.1", "version of Kafka whose definitions to read")
	out := flag.String("out", ".", "folder to write the Go files to")
	shapes := flag.Bool("shapes", false, "write the shapes of requests, not the types of metadata records")
	flag.Parse()
	generate := run
	if *shapes {
		generate = runShapes
	}
	if err := generate(*repository, *version, *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(repository, version, out string) error {
	var messages []*message
	for _, s := range sources() {
		found, err := s.read(repository, version)
		if err != nil {
			return err
		}
		for _, m := range found {
			if err := m.resolve(); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
		}
		messages = append(messages, found...)
	}
	slices.SortFunc(messages, func(a, b *message) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range messages {
		if err := writeGo(filepath.Join(out, fileName(m.Name)), emitMessage(m, version)); err != nil {
			return err
		}
	}
	return writeGo(filepath.Join(out, "zz_table.go"), emitTable(messages, version))
}

// read gives the definitions that the source names.
func (s source) read(repository, version string) ([]*message, error) {
	jar := filepath.Join(repository, "org", "apache", "kafka", s.artifact, version, s.artifact+"-"+version+".jar")
	found, err := readJar(jar, s.pattern)
	if err != nil {
		return nil, fmt.Errorf("%w (get it with: mvn dependency:get -Dartifact=org.apache.kafka:%s:%s)", err, s.artifact, version)
	}
	return found, nil
}

// comment matches a whole-line comment: the definitions are JSON with comments,
// which stand on lines of their own.
var comment = regexp.MustCompile(`(?m)^\s*//.*$`)

func readJar(path string, pattern *regexp.Regexp) ([]*message, error) {
	jar, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer jar.Close()
	var messages []*message
	for _, f := range jar.File {
		if !pattern.MatchString(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return nil, err
		}
		m := &message{}
		if err := json.Unmarshal(comment.ReplaceAll(raw, nil), m); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return nil, fmt.Errorf("%s holds no definition that matches %v", path, pattern)
	}
	return messages, nil
}

func writeGo(path, text string) error {
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", path, err, text)
	}
	return os.WriteFile(path, formatted, 0o644)
}

// fileName is zz_partition_change_record.go for PartitionChangeRecord: "zz_"
// keeps what is generated apart from what is written.
func fileName(name string) string { return "zz_" + snake(name) + ".go" }

// snake turns PartitionChangeRecord into partition_change_record, and KRaft
// (one word) into kraft.
func snake(name string) string {
	name = strings.ReplaceAll(name, "KRaft", "Kraft")
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
