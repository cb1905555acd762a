package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bitacora/engine"
)

func testIdentity() Identity {
	return Identity{ClusterID: "c1", NodeID: 2, DirectoryID: engine.TopicID{1, 2, 3}}
}

func TestDirectory(t *testing.T) {
	t.Run("a new directory becomes the node's and is found again", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a", "b")
		if _, formatted, err := ReadIdentity(path); formatted || err != nil {
			t.Fatal(formatted, err)
		}
		d, err := OpenDirectory(path, testIdentity())
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		anyDirectory := testIdentity()
		anyDirectory.DirectoryID = engine.TopicID{}
		if d, err = OpenDirectory(path, anyDirectory); err != nil || d.Identity() != testIdentity() {
			t.Fatalf("%+v, %v", d, err)
		}
		meta, err := d.OpenMeta(testOptions())
		if err != nil {
			t.Fatal(err)
		}
		data, err := d.OpenData(testOptions())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(meta.Close(), data.Close(), d.Close()); err != nil {
			t.Fatal(err)
		}
		if found, formatted, err := ReadIdentity(path); !formatted || err != nil || found != testIdentity() {
			t.Errorf("%+v %v %v", found, formatted, err)
		}
	})
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, path string) Identity // gives who asks
		want    error
		says    string
	}{
		{"another cluster's", formatted(func(i *Identity) { i.ClusterID = "c2" }), ErrForeign, "cluster.id is c1, not c2"},
		{"another node's", formatted(func(i *Identity) { i.NodeID = 3 }), ErrForeign, "node.id is 2, not 3"},
		{"another directory id", formatted(func(i *Identity) { i.DirectoryID[0] = 9 }), ErrForeign, "directory.id is"},
		{"somebody's files", with("notes.txt", "dear diary"), ErrForeign, `holds "notes.txt"`},
		{"a directory of Apache Kafka", with(propertiesName, "version=1\ncluster.id=c1\nnode.id=2\ndirectory.id=AQIDAAAAAAAAAAAAAAAAAA\n"), ErrForeign, "no format"},
		{"no node id", with(propertiesName, "format=1\ncluster.id=c1\n"), ErrForeign, "no node.id"},
		{"a directory id that is none", with(propertiesName, "format=1\ncluster.id=c1\nnode.id=2\ndirectory.id=x\n"), ErrForeign, "no UUID"},
		{"a newer format", with(propertiesName, "format=2\nnode.id=two\n"), ErrNewerFormat, "format 2, this is 1"},
		{"a second server", func(t *testing.T, path string) Identity {
			d, err := OpenDirectory(path, testIdentity())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			return testIdentity()
		}, ErrLocked, "in use by another process"},
	} {
		t.Run(c.name+" is refused and left alone", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data")
			asker := c.prepare(t, path)
			before := listing(t, path)
			_, err := OpenDirectory(path, asker)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, want %v saying %q and where", err, c.want, c.says)
			}
			if after := listing(t, path); after != before {
				t.Errorf("changed from\n%s\nto\n%s", before, after)
			}
		})
	}
	t.Run("where nothing can be written", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, filepath.Join(path, "below")} {
			if _, err := OpenDirectory(p, testIdentity()); !errors.Is(err, ErrUnwritable) {
				t.Errorf("%s: %v", p, err)
			}
		}
	})
}

func formatted(change func(*Identity)) func(*testing.T, string) Identity {
	return func(t *testing.T, path string) Identity {
		d, err := OpenDirectory(path, testIdentity())
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		asker := testIdentity()
		change(&asker)
		return asker
	}
}

func with(name, content string) func(*testing.T, string) Identity {
	return func(t *testing.T, path string) Identity {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return testIdentity()
	}
}

// listing is every file with its size and time.
func listing(t *testing.T, path string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out.WriteString(p + " " + info.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSecondStoreOnOneDatabaseIsRefused(t *testing.T) {
	path := t.TempDir()
	s, err := Open(path, Meta, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Open(path, Meta, testOptions()); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}
