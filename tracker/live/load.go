package live

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/background"
)

// parallelFetches is how many shards are under way at once; each is a request to
// an API server or a file.
const parallelFetches = 16

// errFetch begins the errors of a shard that could not be got.
var errFetch = errors.New("get")

// Fetch returns a shard's data (snapshot.Shard.Data) as it was published.
// It is called concurrently.
type Fetch func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error)

// load returns the index of m. It fetches and decodes the shards that x lacks,
// several at once; x stays as it is. The first failure ends it.
func (x *Index) load(ctx context.Context, m *snapshot.Manifest, fetch Fetch, now func() time.Time) (*Index, error) {
	changes, lacking := x.compare(m)
	l := loader{index: x, fetch: fetch, strings: newInterner(), cores: make(chan struct{}, runtime.GOMAXPROCS(0))}
	if err := l.shards(ctx, lacking); err != nil {
		return nil, fmt.Errorf("load revision %d: %w", m.Revision, err)
	}
	background.GiveWay()
	return x.advance(m, append(changes, l.changes...), now()), nil
}

// compare returns the changes to shards that m does not name, and the shards
// that m has in another form.
func (x *Index) compare(m *snapshot.Manifest) (gone []change, lacking []snapshot.ShardRef) {
	var named [snapshot.Shards]bool
	for _, ref := range m.Shards {
		named[ref.Index] = true
		if x.shards[ref.Index].digest != ref.Digest {
			lacking = append(lacking, ref)
		}
	}
	for i, s := range x.shards {
		if !named[i] && s.digest != "" {
			gone = append(gone, emptied(i, s))
		}
	}
	return gone, lacking
}

// loader is one run of load.
type loader struct {
	index   *Index
	fetch   Fetch
	strings *interner
	cores   chan struct{} // a place for each core: decoding is all CPU

	mu      sync.Mutex
	changes []change
}

// shards fetches and decodes shards. One alone is what most edits make: it is left to
// the thread that is there, which may be one that gives way to visitors.
func (l *loader) shards(ctx context.Context, refs []snapshot.ShardRef) error {
	if len(refs) == 1 {
		return l.shard(ctx, refs[0])
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelFetches)
	for _, ref := range refs {
		group.Go(func() error { return l.shard(ctx, ref) })
	}
	return group.Wait()
}

// shard fetches and decodes one shard. A panic in it would be a defect, but must
// not end a tracker that serves: it refuses the revision.
func (l *loader) shard(ctx context.Context, ref snapshot.ShardRef) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("shard %d: panic: %v", ref.Index, p)
		}
	}()
	data, err := l.fetch(ctx, ref)
	if err != nil {
		return fmt.Errorf("%w %s of shard %d: %w", errFetch, snapshot.ShardName(ref.Digest), ref.Index, err)
	}
	l.cores <- struct{}{}
	defer func() { <-l.cores }()
	background.GiveWay()
	c, err := l.decode(ref, data)
	if err != nil {
		return fmt.Errorf("decode %s of shard %d: %w", snapshot.ShardName(ref.Digest), ref.Index, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, c)
	return nil
}

// decode opens a shard, which verifies its digest, and compares it with the shard that
// the index has under the same number.
func (l *loader) decode(ref snapshot.ShardRef, data []byte) (change, error) {
	content, err := snapshot.OpenShard(data, ref.Digest)
	if err != nil {
		return change{}, err
	}
	return changeOf(l.index.shards[ref.Index], ref, content, l.index.seed, l.strings)
}
