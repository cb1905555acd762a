package live

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/engine/log"
	"bitacora/engine/quorum"
	"bitacora/server/store"
)

// disks are the two disks of a server: in a data directory, or in memory.
type disks struct {
	directory  *store.Directory // nil in memory
	meta, data log.Store        // data is nil without the broker role
}

func (d *disks) stores() (meta, data log.Store) { return d.meta, d.data }

// crash undoes what was not committed. A disk that does not come back says so when
// it is started again.
func (d *disks) crash() {
	for _, s := range []log.Store{d.meta, d.data} {
		if s == nil {
			continue
		}
		if err := s.Crash(); err != nil {
			slog.Warn("a disk did not come back after a crash", "error", err)
		}
	}
}

// reopen makes the disks ready for another life.
func (d *disks) reopen() error {
	for _, s := range []log.Store{d.meta, d.data} {
		if s != nil && s.Err() != nil {
			if err := s.Crash(); err != nil {
				return fmt.Errorf("the log directory still fails: %w", err)
			}
		}
	}
	return nil
}

func (d *disks) close() error {
	var errs []error
	for _, s := range []log.Store{d.meta, d.data} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if d.directory != nil {
		errs = append(errs, d.directory.Close())
	}
	return errors.Join(errs...)
}

func (cfg Config) dirOf(id engine.NodeID) string {
	if dir, ok := cfg.DataDirOf[id]; ok {
		return dir
	}
	return filepath.Join(cfg.DataDir, fmt.Sprintf("node-%d", id))
}

// findClusterID reads whose data there is, "" when there is none. It looks at every
// node's directory, so that one that cannot be used keeps all of them as they are.
func findClusterID(cfg Config) (string, error) {
	if cfg.DataDir == "" {
		return "", nil
	}
	clusterID := ""
	for _, id := range append(cfg.Spec.ControllerIDs(), cfg.Spec.BrokerIDs()...) {
		found, formatted, err := store.ReadIdentity(cfg.dirOf(id))
		if err != nil {
			return "", err
		}
		if !formatted {
			continue
		}
		if clusterID == "" {
			clusterID = found.ClusterID
		}
		if err := (store.Identity{ClusterID: clusterID, NodeID: id}).Matches(cfg.dirOf(id), found); err != nil {
			return "", err
		}
	}
	return clusterID, nil
}

// openAllDisks opens every server's disks at the same time: most of what it takes
// is waiting for files to be synced. The first error in the servers' order counts.
func (c *Cluster) openAllDisks() error {
	errs := make([]error, len(c.plan))
	var opening sync.WaitGroup
	for i, p := range c.plan {
		s := c.processes[p.Config.NodeID]
		opening.Go(func() { errs[i] = c.openDisks(s) })
	}
	opening.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// heldByAnother says that another process uses the data, if one does.
func (c *Cluster) heldByAnother(clusterID string) error {
	if clusterID == "" {
		return nil
	}
	id := c.cfg.Spec.ControllerIDs()[0]
	d, err := store.OpenDirectory(c.cfg.dirOf(id), store.Identity{ClusterID: clusterID, NodeID: id})
	if err != nil {
		return err
	}
	return d.Close()
}

// openDisks opens a server's disks, formatting what is new.
func (c *Cluster) openDisks(s *slot) error {
	cfg := &s.planned.Config
	d := &disks{}
	s.disks = d
	if c.cfg.DataDir == "" {
		d.meta = log.NewMemory(memoryBytesMax)
		if cfg.Broker {
			d.data = log.NewMemory(memoryBytesMax)
		}
	} else if err := c.openDirectory(cfg, d); err != nil {
		return err
	}
	if _, err := quorum.Bootstrap(d.meta); err == nil {
		return nil
	} else if !errors.Is(err, log.ErrNoLog) {
		return fmt.Errorf("node %d: read the metadata disk: %w", cfg.NodeID, err)
	}
	now := engine.WallTime(time.Now().UnixMilli())
	if err := cluster.Format(*cfg, d.meta, s.planned.Standalone && c.fresh, now); err != nil {
		return err
	}
	return commitNow(d.meta)
}

func (c *Cluster) openDirectory(cfg *cluster.ServerConfig, d *disks) error {
	if dir, err := filepath.Abs(c.cfg.dirOf(cfg.NodeID)); err == nil {
		cfg.LogDir = dir
	}
	// What is on disk has its own directory id; a fresh one gets the plan's.
	identity := store.Identity{ClusterID: cfg.ClusterID, NodeID: cfg.NodeID}
	found, formatted, err := store.ReadIdentity(c.cfg.dirOf(cfg.NodeID))
	if err != nil {
		return err
	}
	if formatted {
		cfg.DirectoryID = found.DirectoryID
	} else {
		identity.DirectoryID = cfg.DirectoryID
	}
	if d.directory, err = store.OpenDirectory(c.cfg.dirOf(cfg.NodeID), identity); err != nil {
		return err
	}
	options := store.Options{Sync: c.cfg.Sync, ReserveBytes: c.cfg.ReserveBytes, Log: slog.Default()}
	meta, err := d.directory.OpenMeta(store.Options{Log: slog.Default()})
	if err != nil {
		return fmt.Errorf("node %d: %w", cfg.NodeID, err)
	}
	d.meta = meta
	if !cfg.Broker {
		return nil
	}
	data, err := d.directory.OpenData(options)
	if err != nil {
		return fmt.Errorf("node %d: %w", cfg.NodeID, err)
	}
	d.data = data
	return nil
}

// commitNow commits what was done to a store, before any process uses it.
func commitNow(s log.Store) error {
	c, some := s.Seal()
	if !some {
		return nil
	}
	if err := c.Run(); err != nil {
		s.Fail(err)
		return fmt.Errorf("commit the format: %w", err)
	}
	s.Committed(c.Seq())
	return nil
}
