package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bitacora/engine"
)

// Why a directory cannot be used. Nothing in it was changed then.
var (
	ErrForeign     = errors.New("not a data directory of this node")
	ErrNewerFormat = errors.New("written by a newer version")
	ErrLocked      = errors.New("in use by another process")
	ErrUnwritable  = errors.New("cannot be written")
)

// Format is the version of the layout that this package writes. It grows whenever
// an older version could not read what a newer one wrote.
const Format = 1

const (
	propertiesName = "meta.properties" // as Kafka's log directories have it
	lockName       = ".lock"           // as Kafka's, too
	metaName       = "metadata"
	dataName       = "logs"
)

// Identity says whose a directory is (MetaProperties).
type Identity struct {
	ClusterID   string
	NodeID      engine.NodeID
	DirectoryID engine.TopicID // a UUID; zero on opening means any
}

// Directory is the locked data directory of one process.
type Directory struct {
	path     string
	identity Identity
	lock     *os.File
}

// OpenDirectory locks the directory of a process and checks that it is the one
// meant; an empty or missing one is made and becomes identity's. ErrForeign,
// ErrNewerFormat, ErrLocked and ErrUnwritable say what is wrong, and then nothing
// was changed.
func OpenDirectory(path string, identity Identity) (*Directory, error) {
	found, formatted, err := readIdentity(path)
	if err != nil {
		return nil, err
	}
	if formatted {
		if err := identity.Matches(path, found); err != nil {
			return nil, err
		}
		identity = found
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("data directory %s: %w: %w", path, ErrUnwritable, err)
	}
	d := &Directory{path: path, identity: identity}
	if d.lock, err = lockFile(filepath.Join(path, lockName)); err != nil {
		return nil, fmt.Errorf("data directory %s: %w", path, err)
	}
	if !formatted {
		if err := d.writeIdentity(); err != nil {
			_ = d.Close() // the first error says more
			return nil, err
		}
	}
	return d, nil
}

// ReadIdentity says whose a directory is, without locking or changing anything;
// false: it is missing or empty. ErrForeign, ErrNewerFormat, ErrUnwritable.
func ReadIdentity(path string) (Identity, bool, error) { return readIdentity(path) }

func readIdentity(path string) (identity Identity, formatted bool, err error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return identity, false, nil
	}
	if err != nil {
		return identity, false, fmt.Errorf("data directory %s: %w: %w", path, ErrUnwritable, err)
	}
	raw, err := os.ReadFile(filepath.Join(path, propertiesName))
	if errors.Is(err, os.ErrNotExist) {
		for _, e := range entries {
			// What mkfs leaves, and what a start that failed half-way leaves.
			if name := e.Name(); name != "lost+found" && name != lockName && name != propertiesName+".tmp" {
				return identity, false, fmt.Errorf("data directory %s: %w: it holds %q but no %s", path, ErrForeign, name, propertiesName)
			}
		}
		return identity, false, nil
	}
	if err != nil {
		return identity, false, fmt.Errorf("data directory %s: %w: %w", path, ErrUnwritable, err)
	}
	identity, err = parseIdentity(raw)
	if err != nil {
		return identity, false, fmt.Errorf("data directory %s: %s: %w", path, propertiesName, err)
	}
	return identity, true, nil
}

// Matches says ErrForeign where what was found at path is not i's.
func (i Identity) Matches(path string, found Identity) error {
	switch {
	case i.ClusterID != found.ClusterID:
		return fmt.Errorf("data directory %s: %w: cluster.id is %s, not %s", path, ErrForeign, found.ClusterID, i.ClusterID)
	case i.NodeID != found.NodeID:
		return fmt.Errorf("data directory %s: %w: node.id is %d, not %d", path, ErrForeign, found.NodeID, i.NodeID)
	case i.DirectoryID != engine.TopicID{} && i.DirectoryID != found.DirectoryID:
		return fmt.Errorf("data directory %s: %w: directory.id is %v, not %v", path, ErrForeign, found.DirectoryID, i.DirectoryID)
	}
	return nil
}

// Identity says whose the directory is.
func (d *Directory) Identity() Identity { return d.identity }

// Path is where it is.
func (d *Directory) Path() string { return d.path }

// OpenMeta opens the store of the metadata log and the quorum's state.
func (d *Directory) OpenMeta(options Options) (*Store, error) {
	return Open(filepath.Join(d.path, metaName), Meta, options)
}

// OpenData opens the store of the partitions.
func (d *Directory) OpenData(options Options) (*Store, error) {
	return Open(filepath.Join(d.path, dataName), Data, options)
}

// Close unlocks the directory. Its stores must be closed before.
func (d *Directory) Close() error { return d.lock.Close() }

func (d *Directory) writeIdentity() error {
	i := d.identity
	text := fmt.Sprintf("version=1\nformat=%d\ncluster.id=%s\nnode.id=%d\ndirectory.id=%v\n", Format, i.ClusterID, i.NodeID, i.DirectoryID)
	path := filepath.Join(d.path, propertiesName)
	err := writeSynced(path+".tmp", []byte(text))
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err == nil {
		err = syncDirectory(d.path)
	}
	if err != nil {
		return fmt.Errorf("data directory %s: %w: %w", d.path, ErrUnwritable, err)
	}
	return nil
}

func writeSynced(path string, content []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDirectory(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// parseIdentity reads lines of key=value; others than ours are passed over.
func parseIdentity(raw []byte) (Identity, error) {
	values := map[string]string{}
	for line := range bytes.Lines(raw) {
		key, value, ok := strings.Cut(strings.TrimSpace(string(line)), "=")
		if ok {
			values[key] = value
		}
	}
	format, err := strconv.Atoi(values["format"])
	if err != nil {
		return Identity{}, fmt.Errorf("%w: no format in it (a directory of Apache Kafka?)", ErrForeign)
	}
	if format > Format {
		return Identity{}, fmt.Errorf("%w: format %d, this is %d", ErrNewerFormat, format, Format)
	}
	node, err := strconv.ParseInt(values["node.id"], 10, 32)
	if err != nil || values["cluster.id"] == "" {
		return Identity{}, fmt.Errorf("%w: no node.id or cluster.id in it", ErrForeign)
	}
	directory, ok := parseUUID(values["directory.id"])
	if !ok {
		return Identity{}, fmt.Errorf("%w: directory.id %q is no UUID", ErrForeign, values["directory.id"])
	}
	return Identity{ClusterID: values["cluster.id"], NodeID: engine.NodeID(node), DirectoryID: directory}, nil
}
