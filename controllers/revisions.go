package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/release"
	"github.com/waypost/waypost/controllers/trackers"
)

// resume takes up what was published before: the last good forms, the revision, and
// what trackers serve. While the API server does not answer it waits; it returns
// false when the context ends.
func (l *loop) resume(ctx context.Context) bool {
	retry := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Cap: 5 * time.Second, Steps: 64}
	previous, err := l.publisher.Load(ctx)
	for ; err != nil; previous, err = l.publisher.Load(ctx) {
		l.log.Error(err, "read what is published, will try again")
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retry.Step()):
		}
	}
	for _, problem := range previous.Problems {
		l.log.Error(problem, "part of what is published cannot be used; last good forms in it are those of an earlier revision, if any has it, and it will be published again")
	}
	if err := l.compiler.LoadPrevious(previous.Records); err != nil {
		l.log.Error(err, "a published record cannot be used")
	}
	l.release.Resume(previous, l.publisher.Data(), time.Now())
	l.announce()
	l.acknowledge(l.poller.Once(ctx), time.Now())
	return ctx.Err() == nil
}

// acknowledge takes what trackers serve. While a rollback is carried out it does not:
// a later revision may have an earlier content then, and the next sweep has the news.
func (l *loop) acknowledge(sweep trackers.Sweep, now time.Time) {
	if l.doing == release.RollBack {
		return
	}
	served, turned := l.progress.Acknowledge(sweep, now)
	m := l.release.Published()
	if m == nil {
		return
	}
	acked, total := sweep.Count(m.Revision, m.Digest)
	l.metrics.Trackers.Set(float64(total))
	l.metrics.TrackersBehind.Set(float64(total - acked))
	if turned {
		l.log.Info("the first tracker has come or the last one has gone, every object reports it", "trackers", total)
	}
	for _, f := range l.flights.land(served) {
		l.metrics.PropagationSeconds.Observe(now.Sub(f.since).Seconds())
		f.trace(l.tracer, now)
	}
	if l.doing != release.Nothing {
		return // what is being written may be served already
	}
	if highest := sweep.Highest(); highest > m.Revision {
		l.log.Info("a tracker serves a later revision than the published one, continuing behind it", "published", m.Revision, "served", highest)
	}
	if l.release.Heed(sweep, now) {
		l.metrics.Rejections.Inc()
		l.publisher.Doubt()
	}
}

// compile brings records and verdicts up to date, and passes them on: the records to
// release, with the time at which a tombstone expires by itself, and the verdicts to
// progress. It runs in the loop, which takes no event meanwhile: 100,000 offers take some
// nine seconds at a start (docs/decisions/0001), an edit only what depends on it.
func (l *loop) compile(now time.Time) {
	began := time.Now()
	delta := l.compiler.Compile(now)
	l.compiled = step{began, time.Now()}
	l.metrics.CompileSeconds.Observe(l.compiled.took().Seconds())
	expiry, _ := l.compiler.NextChange()
	l.release.Want(delta, expiry)
	l.progress.Judged(delta.Verdicts, now)
}

// carryOut does what a plan asks for, outside of the loop. It is the one place that calls
// the publisher, which plans that follow each other make safe.
func carryOut(ctx context.Context, p *publish.Publisher, plan release.Plan) (o release.Outcome) {
	switch plan.Action {
	case release.Publish:
		o.Result, o.Err = p.Publish(ctx, plan.Change)
	case release.RollBack:
		o.Result, o.Err = p.Rollback(ctx, plan.To, plan.Change)
	case release.Verify:
		o.Err = p.Verify(ctx)
	case release.NoteHolds:
		o.Err = p.Hold(ctx, plan.Held)
	case release.Collect:
		o.Collected, o.Err = p.Collect(ctx)
	}
	o.Data = p.Data()
	return o
}

// finish takes how a plan ended. It fails when another operator has taken over.
func (l *loop) finish(e ended, now time.Time) error {
	l.doing = release.Nothing
	l.measure(e)
	if errors.Is(e.Err, publish.ErrSuperseded) {
		return e.Err
	}
	if e.Err != nil {
		l.log.Error(e.Err, "could not "+string(e.Action))
	}
	if errors.Is(e.Err, publish.ErrNoCommonSchema) {
		l.poller.Now()
	}
	if l.release.Finish(e.Plan, e.Outcome, now) {
		l.progress.Failed("the snapshot cannot be published: "+e.Err.Error(), now)
	}
	if e.Err != nil || e.Action != release.Publish && e.Action != release.RollBack {
		return nil
	}
	for _, key := range e.Result.Refused {
		l.refuse(key)
	}
	if e.Result.Wrote {
		l.flights.add(e)
		l.announce()
	}
	if e.Action == release.RollBack {
		l.progress.Reopen(l.release.Differing(), true)
	}
	l.progress.Settle(l.release.Stage)
	return nil
}

// refuse takes an object back for which its shard has no room.
func (l *loop) refuse(key snapshot.Key) {
	r := l.release.Wanted(key)
	if r == nil {
		return
	}
	l.compiler.Refuse(r.Kind, r.Network, r.Name, r.Generation, compile.Problem{
		Reason:  v1alpha1.ReasonTooLarge,
		Message: fmt.Sprintf("its shard of the snapshot would exceed %d KiB; divide it into several objects", snapshot.MaxShardBytes>>10),
	})
}

// announce makes trackers be asked for what is published now, at the fast pace, and shows
// the revision in the metrics.
func (l *loop) announce() {
	m := l.release.Published()
	if m == nil {
		return
	}
	l.progress.Published(m)
	l.poller.Want(m.Revision, m.Digest)
	records := 0
	for _, ref := range m.Shards {
		records += ref.Records
	}
	l.metrics.Revision.Set(float64(m.Revision))
	l.metrics.PinnedRevision.Set(float64(m.Pinned))
	l.metrics.Shards.Set(float64(len(m.Shards)))
	l.metrics.Records.Set(float64(records))
}

// measure counts what a plan has done.
func (l *loop) measure(e ended) {
	publication := e.Action == release.Publish || e.Action == release.RollBack
	if e.Err != nil && (publication || errors.Is(e.Err, publish.ErrLost)) {
		l.metrics.PublishFailures.WithLabelValues(failureReason(e.Err)).Inc()
	}
	if e.Err == nil && e.Action == release.Publish {
		l.metrics.PublishSeconds.Observe(e.carried.took().Seconds())
	}
	l.metrics.ShardsWritten.Add(float64(e.Result.Shards))
	l.metrics.BytesWritten.Add(float64(e.Result.Bytes))
	l.metrics.ShardsCollected.Add(float64(e.Collected.Removed))
	if e.Result.Wrote {
		l.metrics.ManifestsWritten.Inc()
		l.log.V(1).Info("published", "revision", e.Result.Manifest.Revision, "shards", e.Result.Shards, "bytes", e.Result.Bytes)
	}
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
