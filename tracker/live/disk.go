package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/waypost/waypost/api/snapshot"
)

// Names inside the directory of a disk copy.
const (
	diskManifest = "manifest.json"
	diskShards   = "shards"
	diskTemp     = ".tmp-"
)

// Disk is a copy of the served snapshot in a directory, so that a process that
// restarts can serve while the API server is away. It is written beside serving:
// shards first, then the manifest, each complete before it gets its name, so
// that whatever is there after a crash is one whole snapshot.
type Disk struct {
	dir   string
	trust Trust

	mu     sync.Mutex
	next   *diskWrite    // the newest not yet written
	wakeUp chan struct{} // holds one token while next is set
}

// diskWrite is a snapshot to be written.
type diskWrite struct {
	manifest *snapshot.Manifest
	data     shardData // shards that may lack on disk
	fetch    Fetch     // for those that lack in data too
}

// NewDisk returns the copy in dir, which is made when first written. What is
// read from it must pass trust, as what comes from a cluster.
func NewDisk(dir string, trust Trust) *Disk {
	return &Disk{dir: dir, trust: trust, wakeUp: make(chan struct{}, 1)}
}

// Records returns the records of the copy, for a compiler that continues from
// the last good ones; none if there is no copy.
func (d *Disk) Records(ctx context.Context) ([]*snapshot.Record, error) {
	u, err := d.read()
	if err != nil || u.Manifest == nil {
		return nil, err
	}
	var records []*snapshot.Record
	for _, ref := range u.Manifest.Shards {
		data, err := u.Fetch(ctx, ref)
		if err != nil {
			return nil, fmt.Errorf("copy on disk: %w", err)
		}
		shard, err := snapshot.DecodeShard(data, ref.Digest)
		if err != nil {
			return nil, fmt.Errorf("copy on disk: shard %d: %w", ref.Index, err)
		}
		records = append(records, shard...)
	}
	return records, nil
}

// read returns the update that the copy is; without a manifest if there is none.
func (d *Disk) read() (Update, error) {
	data, err := readBounded(filepath.Join(d.dir, diskManifest), snapshot.MaxManifestBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return Update{}, nil
	}
	if err != nil {
		return Update{}, err
	}
	m, err := snapshot.DecodeManifest(data)
	if err != nil {
		return Update{}, err
	}
	if err := d.trust(m); err != nil {
		return Update{}, err
	}
	return Update{Manifest: m, Fetch: d.fetch, Origin: FromDisk}, nil
}

// fetch reads one shard of the copy. It implements Fetch; the digest is verified when the
// shard is opened, so a damaged file refuses the copy.
func (d *Disk) fetch(_ context.Context, ref snapshot.ShardRef) ([]byte, error) {
	return readBounded(d.shardPath(ref.Digest), snapshot.MaxShardBytes)
}

// shardPath is the file of a shard. Its name is the digest, so an unchanged shard is not
// written again.
func (d *Disk) shardPath(digest string) string {
	return filepath.Join(d.dir, diskShards, strings.TrimPrefix(digest, "sha256:"))
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, errors.Join(err, f.Close())
}
