package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// compile brings the records and verdicts up to date.
func (e *Engine) compile(now time.Time) {
	start := time.Now()
	delta := e.World.Compile(now)
	e.compiled = step{start, time.Now()}
	e.Metrics.CompileSeconds.Observe(e.compiled.took().Seconds())
	e.book.apply(delta)
	for _, v := range delta.Verdicts {
		e.judged(v)
	}
	e.expiry, _ = e.World.NextChange()
}

// publish begins to write what is to be published, if anything is.
func (e *Engine) publish(ctx context.Context, now time.Time) {
	since := e.window.Fire(now)
	if since.IsZero() {
		since = now
	}
	removals := e.judgeRemovals(now)
	if to := e.rollback(); to != 0 {
		e.settle()
		e.pin(ctx, to, since)
		return
	}
	e.settle()
	p := publication{since: since, compiled: e.compiled, removals: removals, change: e.change()}
	held := e.isHeld
	if p.change.Pinned = e.pinned(); p.change.Pinned != 0 {
		// The number may move on and shards may be repaired, the content stays.
		held, p.removals = func(string) bool { return true }, nil
	}
	p.change.Contents = e.book.contents(held)
	if len(p.change.Contents) == 0 && !e.force && e.published != nil && e.published.Pinned == p.change.Pinned {
		e.failure = nil
		return
	}
	e.write(ctx, p)
}

// publication is one revision being written.
type publication struct {
	since    time.Time
	compiled step
	written  step
	removals map[string]*removal
	change   publish.Change
}

// change begins a change with what the trackers say.
func (e *Engine) change() publish.Change {
	c := publish.Change{Schemas: e.sweep.Schemas()}
	if highest := e.sweep.Highest(); highest < maxRevision {
		c.Floor = highest
	}
	c.InUse, _ = e.sweep.Lowest()
	return c
}

// write publishes beside the loop.
func (e *Engine) write(ctx context.Context, p publication) {
	e.force = false
	start := time.Now()
	e.background(ctx, func(ctx context.Context) func() error {
		result, err := e.Publisher.Publish(ctx, p.change)
		return func() error {
			if err != nil {
				return e.failed(err)
			}
			p.written = step{start, time.Now()}
			e.Metrics.PublishSeconds.Observe(p.written.took().Seconds())
			e.wrote(p, result)
			return nil
		}
	})
}

// wrote takes note of what is published now.
func (e *Engine) wrote(p publication, result publish.Result) {
	now := e.Now()
	e.succeeded()
	e.book.commit(p.change.Contents, result.Refused)
	for network, r := range p.removals {
		e.guard.Published(network, r.gone, r.came, r.confirmed, now)
	}
	for _, key := range result.Refused {
		e.refuse(key)
	}
	e.Metrics.ShardsWritten.Add(float64(result.Shards))
	e.Metrics.BytesWritten.Add(float64(result.Bytes))
	e.arrive(result, flight{since: p.since, compiled: p.compiled, written: p.written})
	e.settle()
}

// arrive sends a revision on its way to the trackers.
func (e *Engine) arrive(result publish.Result, f flight) {
	if result.Wrote {
		e.Metrics.ManifestsWritten.Inc()
		f.revision = result.Manifest.Revision
		e.flights = append(e.flights, f)
		e.Log.V(1).Info("published", "revision", result.Manifest.Revision, "shards", result.Shards, "bytes", result.Bytes)
	}
	if e.published == nil || result.Wrote {
		e.publishedIs(result.Manifest)
	}
	if e.collect.IsZero() {
		e.collect = e.Now().Add(collectFirst)
	}
}

// succeeded ends the series of failures.
func (e *Engine) succeeded() {
	e.failure, e.retry = nil, backoff{}
}

// refuse takes an object back for which its shard has no room.
func (e *Engine) refuse(key snapshot.Key) {
	r := e.book.shards[snapshot.ShardOf(key)].wanted[key]
	if r == nil {
		return
	}
	e.World.Refuse(r.Kind, r.Network, r.Name, r.Generation, compile.Problem{
		Reason:  v1alpha1.ReasonTooLarge,
		Message: fmt.Sprintf("its shard of the snapshot would exceed %d KiB; divide it into several objects", snapshot.MaxShardBytes>>10),
	})
	e.window.Note(e.Now())
}

// failed says what a publication failed with. Trackers keep what they have, and
// it is tried again, unless somebody else publishes now.
func (e *Engine) failed(err error) error {
	e.Metrics.PublishFailures.WithLabelValues(failureReason(err)).Inc()
	switch {
	case errors.Is(err, publish.ErrSuperseded):
		return err
	case errors.Is(err, publish.ErrLost):
		e.lost(err)
		return nil
	}
	e.failure = err
	e.retry.failed(e.Now())
	e.Log.Error(err, "publish, will try again", "in", e.retry.next)
	if errors.Is(err, publish.ErrNoCommonSchema) {
		e.Poller.Now()
	}
	for key := range e.fresh {
		if o := e.objects[key]; o.stage == status.Waiting {
			o.stage, o.detail = status.Failed, "the snapshot cannot be published: "+err.Error()
			e.late.expect(key, o, e.Now())
		}
	}
	return nil
}

// lost writes everything again.
func (e *Engine) lost(err error) {
	e.failure = err
	e.retry.failed(e.Now())
	e.warn(e.manifestRef(), "ManifestLost", "%v; everything is published again", err)
	e.book.repairAll()
	e.force = true
}

// failureReason returns the label under which a failure is counted.
func failureReason(err error) string {
	switch {
	case errors.Is(err, publish.ErrSuperseded):
		return "superseded"
	case errors.Is(err, publish.ErrLost):
		return "lost"
	case errors.Is(err, publish.ErrNoCommonSchema):
		return "schema"
	case errors.Is(err, publish.ErrNotRetained):
		return "not_retained"
	case apierrors.IsForbidden(err):
		return "forbidden"
	}
	return "api"
}

// verify finds out whether a manifest that looks different was lost.
func (e *Engine) verify(ctx context.Context) {
	e.background(ctx, func(ctx context.Context) func() error {
		err := e.Publisher.Verify(ctx)
		return func() error {
			e.shown.since = time.Time{}
			switch {
			case err == nil:
				return nil
			case errors.Is(err, publish.ErrSuperseded):
				return err
			case errors.Is(err, publish.ErrLost):
				e.Metrics.PublishFailures.WithLabelValues(failureReason(err)).Inc()
				e.lost(err)
				return nil
			}
			e.Log.Error(err, "verify the manifest") // the next publication will tell
			return nil
		}
	})
}

// collectUnused removes shards that nobody uses, and notices missing ones.
func (e *Engine) collectUnused(ctx context.Context) {
	e.collect = e.Now().Add(collectEvery)
	e.background(ctx, func(ctx context.Context) func() error {
		collected, err := e.Publisher.Collect(ctx)
		return func() error {
			e.collected(collected, err)
			return nil
		}
	})
}

// collected takes note of what was removed, and mends what is missing.
func (e *Engine) collected(c publish.Collected, err error) {
	e.Metrics.ShardsCollected.Add(float64(c.Removed))
	if err != nil {
		e.Log.Error(err, "collect unused shards")
		return
	}
	if len(c.Missing) > 0 {
		e.warn(e.manifestRef(), "ShardsMissing", "%d shards are gone; they are written again", len(c.Missing))
		e.book.repair(c.Missing...)
		e.window.Note(e.Now())
	}
}
