package publish

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

// parallel is how many shards are read or written at a time.
const parallel = 16

// Options configure a Publisher.
type Options struct {
	// Client reads and writes without a cache.
	Client client.Client
	// Namespace is the snapshots' own.
	Namespace string
	// Key signs manifests; nil leaves them unsigned.
	Key ed25519.PrivateKey
	// Trusted are further keys that a previous manifest may be signed with.
	Trusted []ed25519.PublicKey
	// Keep is how many revisions are retained: at least MinKeep, 0 means defaultKeep.
	Keep int
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Publisher writes snapshots. It is not safe for concurrent use: the event loop
// has at most one of its methods running.
type Publisher struct {
	shards    shards
	manifests manifests
	encode    encoder
	keep      int
	now       func() time.Time

	object    *corev1.ConfigMap  // the manifest as last read or written
	current   *snapshot.Manifest // nil before the first
	history   History            // the first is current
	known     map[string]version // shards that are there and were seen to be sound, by digest
	highest   int64              // highest revision ever seen
	attempted *snapshot.Manifest // of a write whose answer was lost
	lost      bool               // what is stored is not current
}

// New returns a publisher that holds nothing as published; call Load first.
func New(o Options) *Publisher {
	p := &Publisher{
		shards:    shards{client: o.Client, namespace: o.Namespace},
		manifests: manifests{client: o.Client, namespace: o.Namespace, key: o.Key, trusted: o.Trusted},
		encode:    snapshot.EncodeShard,
		keep:      max(MinKeep, o.Keep),
		now:       o.Now,
		known:     map[string]version{},
	}
	if o.Keep == 0 {
		p.keep = defaultKeep
	}
	if p.now == nil {
		p.now = time.Now
	}
	return p
}

// Change is what Publish makes of the snapshot.
type Change struct {
	// Contents are the shards that changed, whole.
	Contents []Content
	// Floor is a revision that the next one must be above, such as the highest
	// that a tracker serves.
	Floor int64
	// InUse is the lowest revision that a tracker serves; those from there on are
	// retained. 0 when no tracker is known.
	InUse int64
	// Schemas are the schema versions that each tracker reads.
	Schemas [][]int
	// Pinned is the earlier revision that the content is kept at, 0 for none.
	Pinned int64
}

// Result is what is published now.
type Result struct {
	// Manifest names it.
	Manifest *snapshot.Manifest
	// Refused are the records that had no room; their published form stays.
	Refused []snapshot.Key
	// Shards and Bytes are what was written, without the manifest.
	Shards, Bytes int
	// Wrote is false when everything was published already.
	Wrote bool
	// Replaced are the indexes of the shards that a rollback changed, Records the
	// records that are in them now.
	Replaced []int
	Records  []*snapshot.Record
}

// Current returns the published manifest, nil before the first.
func (p *Publisher) Current() *snapshot.Manifest { return p.current }

// Publish writes the changed shards and then the manifest. When it fails nothing
// has changed for trackers, and it may be called again. After ErrLost the change
// must hold every shard; ErrSuperseded is final.
func (p *Publisher) Publish(ctx context.Context, change Change) (Result, error) {
	version, err := negotiate(snapshot.SupportedSchemas(), change.Schemas)
	if err != nil {
		return Result{}, err
	}
	encoded, err := p.encodeAll(ctx, change.Contents)
	if err != nil {
		return Result{}, err
	}
	result, err := p.putAll(ctx, encoded)
	if err != nil {
		return Result{}, err
	}
	target := target{refs: p.merge(change.Contents, encoded), schema: version, pinned: change.Pinned}
	result.Manifest, result.Wrote, err = p.advance(ctx, target, change)
	return result, err
}

// Rollback publishes a retained revision again, as a new revision that names the one it
// is pinned to. Only shards that differ are read: their records are returned, because
// release plans against what is published. It fails with ErrNotRetained when the
// revision or one of these shards is gone, or when no trusted key has signed it.
func (p *Publisher) Rollback(ctx context.Context, to int64, change Change) (Result, error) {
	m, err := p.Retained(to)
	if err != nil {
		return Result{}, err
	}
	var result Result
	var differing []snapshot.ShardRef
	for _, ref := range difference(p.current.Shards, m.Shards) {
		result.Replaced = append(result.Replaced, ref.Index)
		if ref.Digest != "" {
			differing = append(differing, ref)
		}
	}
	records, problems, err := p.Records(ctx, differing)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %w", ErrNotRetained, problems[0])
	}
	if err != nil {
		return Result{}, err
	}
	result.Records = records
	result.Manifest, result.Wrote, err = p.advance(ctx, target{refs: m.Shards, schema: m.SchemaVersion, pinned: to}, change)
	return result, err
}

// encodeAll encodes contents on all cores.
func (p *Publisher) encodeAll(ctx context.Context, contents []Content) ([]fitted, error) {
	encoded := make([]fitted, len(contents))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, content := range contents {
		group.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			encoded[i], err = fit(p.encode, content)
			return err
		})
	}
	return encoded, group.Wait()
}

// putAll writes the shards that are not known to be there. Known are those that were
// written or read as sound. Versions are collected beside the requests and entered
// afterwards, so that goroutines share no map.
func (p *Publisher) putAll(ctx context.Context, encoded []fitted) (Result, error) {
	var result Result
	versions := make([]version, len(encoded))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, f := range encoded {
		result.Refused = append(result.Refused, f.refused...)
		if _, there := p.known[f.shard.Digest]; there || f.shard.Digest == "" {
			continue
		}
		result.Shards++
		result.Bytes += len(f.shard.Data)
		group.Go(func() (err error) {
			versions[i], err = p.shards.put(ctx, f.shard)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	for i, f := range encoded {
		if versions[i] != (version{}) {
			p.known[f.shard.Digest] = versions[i]
		}
	}
	return result, nil
}

// merge replaces the changed shards in the current ones. An empty shard has no digest
// and is left out of the manifest.
func (p *Publisher) merge(contents []Content, encoded []fitted) []snapshot.ShardRef {
	var all [snapshot.Shards]snapshot.ShardRef
	if p.current != nil {
		all = byIndex(p.current.Shards)
	}
	for i, content := range contents {
		all[content.Index] = encoded[i].shard.Ref()
	}
	return present(all)
}
