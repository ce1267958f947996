package controllers

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/waypost/waypost/controllers/release"
)

// step is a part of a revision's way; the zero value is one that was not taken.
type step struct{ began, ended time.Time }

// took is how long it was.
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
