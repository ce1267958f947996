package controllers

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/release"
)

// step is a part of a revision's way.
type step struct{ began, ended time.Time }

func (s step) took() time.Duration { return s.ended.Sub(s.began) }

// flight is a revision that is under way to the trackers.
type flight struct {
	revision          int64
	since             time.Time // its first change
	compiled, written step      // zero for a rollback: nothing is compiled for it
}

// flights are those that not all trackers serve, in the order of revisions.
type flights []flight

// add sends a revision on its way.
func (f *flights) add(e ended) {
	next := flight{revision: e.Result.Manifest.Revision, since: e.Since}
	if e.Action == release.Publish {
		next.compiled, next.written = e.compiled, e.carried
	}
	*f = append(*f, next)
}

// land removes and returns the revisions that all trackers serve now.
func (f *flights) land(served int64) []flight {
	n := 0
	for n < len(*f) && (*f)[n].revision <= served {
		n++
	}
	landed := (*f)[:n]
	*f = (*f)[n:]
	return landed
}

// trace records the way of a revision that all trackers serve now. The spans are made
// afterwards, from the times that were noted: one loop has several revisions under
// way. They carry the revision, and never the name of an object.
func (f flight) trace(tracer trace.Tracer, served time.Time) {
	ctx, whole := tracer.Start(context.Background(), "edit to served",
		trace.WithTimestamp(f.since), trace.WithAttributes(attribute.Int64("waypost.revision", f.revision)))
	defer whole.End(trace.WithTimestamp(served))
	if f.written.ended.IsZero() {
		return
	}
	for _, part := range []struct {
		name string
		step
	}{
		{"compile", f.compiled},
		{"publish", f.written},
		{"acknowledge", step{f.written.ended, served}},
	} {
		_, span := tracer.Start(ctx, part.name, trace.WithTimestamp(part.began))
		span.End(trace.WithTimestamp(part.ended))
	}
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
