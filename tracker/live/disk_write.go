package live

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/background"
)

// save hands a snapshot to write. Of several that wait only the newest is written.
// Fetched shards of one that was skipped are kept for it: the newer manifest may name
// them, and need not fetch them again.
func (d *Disk) save(m *snapshot.Manifest, data shardData, fetch Fetch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	merged := shardData{}
	if d.next != nil {
		maps.Copy(merged, d.next.data)
	}
	maps.Copy(merged, data)
	d.next = &diskWrite{manifest: m, data: merged, fetch: fetch}
	select {
	case d.wakeUp <- struct{}{}:
	default:
	}
}

const (
	// writePause is between two copies: each takes several syncs, and of revisions that
	// come one after the other only the last is worth them.
	writePause = time.Second
	// writeRetry is when a copy that could not be written is tried again.
	writeRetry = 30 * time.Second
)

// write writes what save hands over until the context ends, and then what is
// left. A copy that cannot be written is logged and tried again.
func (d *Disk) write(ctx context.Context, log logr.Logger) {
	background.Enter()
	var retry <-chan time.Time
	for ended := false; !ended; {
		select {
		case <-d.wakeUp:
		case <-retry:
		case <-ctx.Done():
			ended = true
		}
		retry = nil
		if w := d.take(); w != nil {
			// The process may be ending; the copy is worth the moment that it takes.
			if err := d.put(context.WithoutCancel(ctx), w); err != nil {
				log.Error(err, "The copy of the snapshot on disk is behind", "directory", d.dir, "revision", w.manifest.Revision)
				d.putBack(w)
				retry = time.After(writeRetry)
			}
		}
		select {
		case <-time.After(writePause):
		case <-ctx.Done():
		}
	}
}

// take returns the snapshot to be written, nil for none, and leaves none behind.
func (d *Disk) take() *diskWrite {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.next
	d.next = nil
	return w
}

// putBack keeps w for another try, unless there is something newer.
func (d *Disk) putBack(w *diskWrite) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.next == nil {
		d.next = w
	}
}

// put makes the copy w. The order is what keeps it whole: shards, manifest, and
// only then the removal of shards that nothing names any more.
func (d *Disk) put(ctx context.Context, w *diskWrite) error {
	shards := filepath.Join(d.dir, diskShards)
	if err := os.MkdirAll(shards, 0o700); err != nil {
		return err
	}
	for _, ref := range w.manifest.Shards {
		if err := d.putShard(ctx, w, ref); err != nil {
			return fmt.Errorf("shard %d: %w", ref.Index, err)
		}
	}
	if err := syncDir(shards); err != nil {
		return err
	}
	data, err := w.manifest.Encode()
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(d.dir, diskManifest), data); err != nil {
		return err
	}
	if err := syncDir(d.dir); err != nil {
		return err
	}
	return d.sweep(w.manifest)
}

// putShard makes sure that a shard is on disk. One that was just fetched is written
// over whatever is there; else a file of its name is taken for it, because names are
// digests and read verifies them.
func (d *Disk) putShard(ctx context.Context, w *diskWrite, ref snapshot.ShardRef) error {
	path := d.shardPath(ref.Digest)
	data, ok := w.data[ref.Digest]
	if !ok {
		_, err := os.Stat(path)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if data, err = w.fetch(ctx, ref); err != nil {
			return err
		}
	}
	return writeFile(path, data)
}

// sweep removes shards that m does not name and what a crash left half written.
func (d *Disk) sweep(m *snapshot.Manifest) error {
	named := map[string]bool{}
	for _, ref := range m.Shards {
		named[filepath.Base(d.shardPath(ref.Digest))] = true
	}
	dir := filepath.Join(d.dir, diskShards)
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !named[f.Name()] {
			err = errors.Join(err, os.Remove(filepath.Join(dir, f.Name())))
		}
	}
	return err
}

// writeFile puts data under path in one step: after a crash the file has the whole
// old content or the whole new one.
func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), diskTemp+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// syncDir makes renames in dir durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
