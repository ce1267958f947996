package live

import (
	"context"
	"slices"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/background"
)

// Loaded is what the manifests of a directory compile to.
type Loaded struct {
	// Records are everything that is served, in the order of their keys. Those that have
	// not changed may be the same pointers as last time, which spares encoding them.
	Records []*snapshot.Record
	// Problem is what in the directory is not served as it stands there (its last
	// good form is, if there was one), nil if all is. Status shows it.
	Problem error
	// Again is when the same manifests will compile to something else, because what
	// was deleted need not be remembered any longer; zero for never.
	Again time.Time
}

// Load compiles the manifests of a directory. An error means that nothing is known of
// them; what is served stays. It works in the background, and calls
// background.GiveWay between its steps.
type Load func(ctx context.Context) (Loaded, error)

// Directory is the source of a process without a cluster: it compiles a manifest
// directory whenever it changes, and when time changes what it compiles to. Records go
// through the same shards as in a cluster, so equal manifests have equal digests in
// both. It numbers revisions itself, from the served one on.
type Directory struct {
	dirs    []string
	load    Load
	log     logr.Logger
	encoder shardCache

	noEvents bool // tests: as on a filesystem without them
}

// NewDirectory returns a source that calls load at first and then whenever
// something below one of dirs changes.
func NewDirectory(load Load, log logr.Logger, dirs ...string) *Directory {
	return &Directory{dirs: dirs, load: load, log: log}
}

// Run implements Source. Its work gives way to visitors that are answered on the
// same core.
func (d *Directory) Run(ctx context.Context, sink Sink) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		background.Enter()
		d.follow(ctx, sink)
	}()
	<-done
	return nil
}

// follow serves the directory as it changes, until ctx ends.
func (d *Directory) follow(ctx context.Context, sink Sink) {
	w := newWatcher(d.dirs, d.log)
	if d.noEvents {
		w.close()
	}
	defer w.close()
	for {
		w.settle() // before reading, so that a change meanwhile is seen as one
		again := d.reload(ctx, sink)
		if !w.wait(ctx, again) {
			return
		}
	}
}

// reload serves what is there now, and returns when to do so again at the latest. A
// directory that cannot be read changes nothing. A problem of some objects is reported
// after the others are served, so that the refusal is not cleared by their success.
func (d *Directory) reload(ctx context.Context, sink Sink) (again time.Time) {
	loaded, err := d.load(ctx)
	if ctx.Err() != nil {
		return again
	}
	if err != nil {
		sink.Report(refuse(ReasonBadDirectory, 0, err))
		return again
	}
	background.GiveWay()
	u, err := d.update(sink.Current(), loaded.Records)
	if err != nil {
		sink.Report(refuse(ReasonBadDirectory, 0, err))
		return loaded.Again
	}
	background.GiveWay()
	if err := sink.Apply(ctx, u); err == nil && loaded.Problem != nil {
		sink.Report(refuse(ReasonBadDirectory, 0, loaded.Problem))
	}
	return loaded.Again
}

// update makes the next revision, or the current one again if nothing changed.
func (d *Directory) update(current *Index, records []*snapshot.Record) (Update, error) {
	refs, data, err := d.encoder.encode(records)
	if err != nil {
		return Update{}, err
	}
	m, err := snapshot.NewManifest(current.Revision+1, refs)
	if err != nil {
		return Update{}, err
	}
	if current.Revision > 0 && m.Digest == current.Digest {
		m.Revision = current.Revision
	}
	return Update{Manifest: m, Fetch: data.fetch, Origin: FromDirectory}, nil
}

// shardCache keeps records by shard, and encodes the shards that have changed.
type shardCache struct {
	// records are those of the last call.
	records []*snapshot.Record
	members [snapshot.Shards][]*snapshot.Record
	shards  [snapshot.Shards]snapshot.Shard
}

// encode returns the shards of records, of which only those that differ from the last
// call are encoded. records must be in the order of their keys.
func (c *shardCache) encode(records []*snapshot.Record) ([]snapshot.ShardRef, shardData, error) {
	c.follow(records)
	background.GiveWay()
	refs, data := make([]snapshot.ShardRef, 0, len(c.members)), make(shardData, len(c.members))
	for i, m := range c.members {
		if len(m) == 0 {
			continue
		}
		if c.shards[i].Digest == "" {
			shard, err := snapshot.EncodeShard(m)
			if err != nil {
				return nil, nil, err
			}
			c.shards[i] = shard
			background.GiveWay()
		}
		refs = append(refs, c.shards[i].Ref())
		data[c.shards[i].Digest] = c.shards[i].Data
	}
	return refs, data, nil
}

// follow moves what differs from the last records, and forgets the shards of that.
// Both lists are in the order of keys, so equal records stand beside each other and
// only their pointers are looked at; out of order they would only be found to differ.
func (c *shardCache) follow(records []*snapshot.Record) {
	was, now := c.records, records
	var gone, come []*snapshot.Record
	for len(was) > 0 && len(now) > 0 {
		if was[0] == now[0] {
			was, now = was[1:], now[1:]
			continue
		}
		order := was[0].Key().Compare(now[0].Key())
		if order <= 0 {
			gone, was = append(gone, was[0]), was[1:]
		}
		if order >= 0 {
			come, now = append(come, now[0]), now[1:]
		}
	}
	gone, come = append(gone, was...), append(come, now...)
	for _, r := range gone {
		m := c.changing(r)
		at := slices.Index(*m, r)
		*m = slices.Delete(*m, at, at+1)
	}
	for _, r := range come {
		m := c.changing(r)
		*m = append(*m, r)
	}
	clear(c.records) // what is gone may be garbage
	c.records = append(c.records[:0], records...)
}

// changing returns the members of a record's shard, which must be encoded again.
func (c *shardCache) changing(r *snapshot.Record) *[]*snapshot.Record {
	i := snapshot.ShardOf(r.Key())
	c.shards[i] = snapshot.Shard{}
	return &c.members[i]
}
