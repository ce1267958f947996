package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/waypost/waypost/api/snapshot"
	"golang.org/x/sync/errgroup"
)

// maxRevision is the highest revision that is believed from a manifest that
// no signature vouches for: what a JSON number holds exactly.
const maxRevision = 1 << 53

// Previous is what was published before this operator started.
type Previous struct {
	// Manifest is nil when nothing was published, or nothing to be trusted.
	Manifest *snapshot.Manifest
	// Records are those of all its shards; of one that cannot be read those that an
	// earlier revision has, if one can be read.
	Records []*snapshot.Record
	// Problems are what could not be read or trusted; it is published again.
	Problems []error
}

// Load reads what is published. It fails only when the API server does; damaged
// content is a problem of the result.
func (p *Publisher) Load(ctx context.Context) (Previous, error) {
	found, err := p.manifests.read(ctx)
	if err != nil || found == nil {
		return Previous{}, err
	}
	p.object = found.object
	if found.manifest == nil {
		if m, err := snapshot.DecodeManifest([]byte(found.object.Data[snapshot.ManifestKey])); err == nil && m.Revision < maxRevision {
			p.highest = m.Revision
		}
		return Previous{Problems: []error{fmt.Errorf("the published manifest is not used: %w", found.problem)}}, nil
	}
	p.current, p.highest = found.manifest, found.manifest.Revision
	p.history = decodeHistory(found.object.Data[HistoryKey], p.current)
	records, problems, err := p.Records(ctx, p.current.Shards)
	if err != nil {
		return Previous{}, err
	}
	for _, ref := range p.current.Shards {
		if _, sound := p.known[ref.Digest]; sound {
			continue
		}
		earlier, err := p.earlier(ctx, ref)
		if err != nil {
			return Previous{}, err
		}
		records = append(records, earlier...)
	}
	return Previous{Manifest: p.current, Records: records, Problems: problems}, nil
}

// earlier returns the records of a damaged shard as the newest retained revision
// has them that can be trusted and read, nothing when none has: an older form of
// an object that is invalid now, and an older tombstone, are better than none.
func (p *Publisher) earlier(ctx context.Context, damaged snapshot.ShardRef) ([]*snapshot.Record, error) {
	tried := map[string]bool{damaged.Digest: true}
	for _, revision := range p.history.Revisions() {
		m, err := p.Retained(revision)
		if err != nil {
			continue // not signed with a trusted key
		}
		digest := byIndex(m.Shards)[damaged.Index].Digest
		if digest == "" || tried[digest] {
			continue
		}
		tried[digest] = true
		records, version, err := p.shards.get(ctx, digest)
		switch {
		case err == nil:
			p.known[digest] = version
			return records, nil
		case !errors.Is(err, errShardMissing):
			return nil, err
		}
	}
	return nil, nil
}

// Records reads shards; those that are missing or damaged are problems. Those
// that are there are known not to need writing.
func (p *Publisher) Records(ctx context.Context, refs []snapshot.ShardRef) (records []*snapshot.Record, problems []error, err error) {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, ref := range refs {
		group.Go(func() error {
			got, version, err := p.shards.get(ctx, ref.Digest)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, errShardMissing):
				problems = append(problems, err)
				return nil
			case err == nil:
				records = append(records, got...)
				p.known[ref.Digest] = version
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return records, problems, nil
}

// ErrNotRetained is returned where a revision cannot be rolled back to.
var ErrNotRetained = errors.New("revision is not retained")

// Retained returns the manifest of a retained revision, and ErrNotRetained for
// one that is gone or was not made by an operator with a trusted key.
func (p *Publisher) Retained(revision int64) (*snapshot.Manifest, error) {
	if p.current == nil {
		return nil, fmt.Errorf("%w: nothing is published", ErrNotRetained)
	}
	m, ok := p.history.Manifest(p.current.Shards, revision)
	if !ok {
		return nil, fmt.Errorf("%w: %d; there are %v", ErrNotRetained, revision, p.history.Revisions())
	}
	if err := p.manifests.verify(m); err != nil {
		return nil, fmt.Errorf("%w: %d: %w", ErrNotRetained, revision, err)
	}
	return m, nil
}

// Data is what the published manifest's ConfigMap holds, nil while nothing is
// published or what was published is lost. It must not be changed.
func (p *Publisher) Data() map[string]string {
	if p.object == nil || p.current == nil || p.lost {
		return nil
	}
	return p.object.Data
}

// Doubt makes the next Publish compare every shard that it is given with what is
// stored, because a tracker could not load one.
func (p *Publisher) Doubt() { p.known = map[string]version{} }

// Verify compares the stored manifest with what was published last; it fails
// with ErrLost or ErrSuperseded as Publish would.
func (p *Publisher) Verify(ctx context.Context) error {
	_, err := p.reread(ctx)
	return err
}
