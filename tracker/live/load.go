package live

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waypost/waypost/api/snapshot"
)

// parallelFetches is how many shards are under way at once; each is a request to
// an API server or a file.
const parallelFetches = 16

// Fetch returns a shard's data (snapshot.Shard.Data) as it was published.
// It is called concurrently.
type Fetch func(ctx context.Context, ref snapshot.ShardRef) ([]byte, error)

// load returns the index of m. It fetches and decodes the shards that x lacks,
// several at once; x stays as it is. The first failure ends it.
func (x *Index) load(ctx context.Context, m *snapshot.Manifest, fetch Fetch, now func() time.Time) (*Index, error) {
	changes, lacking := x.compare(m)
	l := loader{index: x, fetch: fetch, strings: newInterner(), cores: make(chan struct{}, runtime.GOMAXPROCS(0))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelFetches)
	for _, ref := range lacking {
		group.Go(func() error { return l.shard(ctx, ref) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("load revision %d: %w", m.Revision, err)
	}
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
		return fmt.Errorf("shard %d (%s): %w", ref.Index, snapshot.ShardName(ref.Digest), err)
	}
	l.cores <- struct{}{}
	defer func() { <-l.cores }()
	content, err := snapshot.OpenShard(data, ref.Digest)
	if err != nil {
		return fmt.Errorf("shard %d (%s): %w", ref.Index, snapshot.ShardName(ref.Digest), err)
	}
	c, err := changeOf(l.index.shards[ref.Index], ref, content, l.index.seed, l.strings)
	if err != nil {
		return fmt.Errorf("shard %d (%s): %w", ref.Index, snapshot.ShardName(ref.Digest), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, c)
	return nil
}

// Build returns an index of the records, for tests and commands without a
// source. The records go through their encoded form, so they are not shared.
func Build(revision int64, records []*snapshot.Record) (*Index, error) {
	m, shards, err := encode(revision, records)
	if err != nil {
		return nil, err
	}
	return Empty().load(context.Background(), m, shards.fetch, time.Now)
}

// encode makes the shards and the manifest of records.
func encode(revision int64, records []*snapshot.Record) (*snapshot.Manifest, shardData, error) {
	var byShard [snapshot.Shards][]*snapshot.Record
	for _, r := range records {
		i := snapshot.ShardOf(r.Key())
		byShard[i] = append(byShard[i], r)
	}
	data := shardData{}
	var refs []snapshot.ShardRef
	for _, members := range slices.DeleteFunc(byShard[:], func(m []*snapshot.Record) bool { return len(m) == 0 }) {
		s, err := snapshot.EncodeShard(members)
		if err != nil {
			return nil, nil, err
		}
		data[s.Digest] = s.Data
		refs = append(refs, s.Ref())
	}
	m, err := snapshot.NewManifest(revision, refs)
	return m, data, err
}

// shardData holds shards by digest.
type shardData map[string][]byte

func (s shardData) fetch(_ context.Context, ref snapshot.ShardRef) ([]byte, error) {
	data, ok := s[ref.Digest]
	if !ok {
		return nil, fmt.Errorf("no data for digest %s", ref.Digest)
	}
	return data, nil
}
