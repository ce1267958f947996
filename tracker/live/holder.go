package live

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/api/snapshot"
)

// coldStartRecords is the growth from which on memory is given back at once.
const coldStartRecords = 50_000

// Options are the parts of a Holder; the zero value works.
type Options struct {
	// Disk is the copy that a restarted process begins with; nil for none.
	Disk *Disk
	// Loaded is called after each swap with what is served now, if it is set. It
	// holds up the next revision, not requests.
	Loaded func(*Index)
	Log    logr.Logger
}

// Holder has the index that is served from. One source feeds it; any number of
// requests read it.
type Holder struct {
	current atomic.Pointer[Index]
	disk    *Disk
	loaded  func(*Index)
	log     logr.Logger
	metrics *metrics

	applying sync.Mutex // held through Apply: one revision at a time

	mu    sync.Mutex
	state state
}

// NewHolder returns a holder of the empty index, which is not ready.
func NewHolder(o Options) *Holder {
	h := &Holder{disk: o.Disk, loaded: o.Loaded, log: o.Log, metrics: newMetrics()}
	h.current.Store(Empty())
	h.state.started = time.Now()
	return h
}

// Current returns the index that is served, never nil. Take it once a request.
func (h *Holder) Current() *Index { return h.current.Load() }

// Run loads the copy on disk and then follows the source until the context
// ends. Requests are served from whatever is current all the while.
func (h *Holder) Run(ctx context.Context, source Source) error {
	h.mu.Lock()
	h.state.started = time.Now()
	h.mu.Unlock()
	if h.disk == nil {
		return source.Run(ctx, h)
	}
	h.restore(ctx)
	// The writer ends after the source, so that it gets the last revision too.
	writing, end := context.WithCancel(context.WithoutCancel(ctx))
	var writer sync.WaitGroup
	writer.Go(func() { h.disk.write(writing, h.log) })
	err := source.Run(ctx, h)
	end()
	writer.Wait()
	return err
}

// restore serves from the copy on disk if there is a good one. It does not make
// the holder ready: there may be a newer revision.
func (h *Holder) restore(ctx context.Context) {
	u, err := h.disk.read()
	if err == nil && u.Manifest == nil {
		return
	}
	if err == nil {
		err = h.Apply(ctx, u)
	}
	if err != nil {
		h.Report(refuse(ReasonBadDisk, 0, fmt.Errorf("copy on disk: %w", err)))
	}
}

// Apply implements Sink. It fails with a Refusal, which Status shows from then on,
// until a revision is served that is not older. When ctx ends while shards are fetched
// it returns the context's error, and the revision is not refused. It is safe for
// concurrent use; calls wait for each other.
func (h *Holder) Apply(ctx context.Context, u Update) error {
	h.applying.Lock()
	defer h.applying.Unlock()
	current, m := h.Current(), u.Manifest
	if m.Revision == current.Revision && m.Digest == current.Digest {
		h.confirm(nil, u.Origin)
		return nil
	}
	if m.Revision <= current.Revision {
		return h.refused(refuse(ReasonRevisionBack, m.Revision, fmt.Errorf(
			"the manifest has revision %d, %s; revision %d, %s is served already and does not go back",
			m.Revision, m.Digest, current.Revision, current.Digest)))
	}
	h.loading(m.Revision)
	kept := keeper{fetch: u.Fetch, fetched: func() { h.loading(m.Revision) }}
	start := time.Now()
	next, err := current.load(ctx, m, kept.get, time.Now)
	if ctx.Err() != nil {
		return ctx.Err() // the process ends; nothing is wrong with the revision
	}
	if err != nil {
		return h.refused(refuseShards(m.Revision, err))
	}
	h.swap(next, u.Origin, time.Since(start))
	if h.disk != nil && u.Origin != FromDisk {
		h.disk.save(m, kept.data, u.Fetch)
	}
	return nil
}

// swap makes next what requests get. Options.Loaded is called afterwards, so that it
// finds the new index served. After a large growth memory is given back at once,
// because a cold start needs several times as much while it decodes.
func (h *Holder) swap(next *Index, origin Origin, took time.Duration) {
	was := h.Current()
	h.confirm(next, origin)
	h.metrics.swapped(took)
	h.log.Info("Serving a new snapshot", "revision", next.Revision, "digest", next.Digest,
		"records", next.counts.total(), "from", origin, "took", took)
	if h.loaded != nil {
		h.loaded(next)
	}
	if next.counts.total()-was.counts.total() > coldStartRecords {
		debug.FreeOSMemory() // decoding left several times as much garbage as it kept
	}
}

// refused keeps the error for Status.
func (h *Holder) refused(r *Refusal) error {
	h.Report(r)
	return r
}

// keeper remembers what was fetched, for the copy on disk.
type keeper struct {
	fetch   Fetch
	fetched func() // called for each

	mu   sync.Mutex
	data shardData
}

// get implements Fetch. It is called concurrently.
func (k *keeper) get(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
	data, err := k.fetch(ctx, ref)
	if err != nil {
		return nil, err
	}
	k.fetched()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.data == nil {
		k.data = shardData{}
	}
	k.data[ref.Digest] = data
	return data, nil
}
