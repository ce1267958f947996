package engine

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// step is a part of a revision's way.
type step struct{ began, ended time.Time }

func (s step) took() time.Duration { return s.ended.Sub(s.began) }

// trace tells the way of a revision that all trackers serve now. The spans are made
// afterwards, from the times that were noted: one loop has several revisions under
// way. They carry the revision, and never the name of an object.
func (e *Engine) trace(f flight, served time.Time) {
	ctx, whole := e.Tracer.Start(context.Background(), "edit to served",
		trace.WithTimestamp(f.since), trace.WithAttributes(attribute.Int64("waypost.revision", f.revision)))
	defer whole.End(trace.WithTimestamp(served))
	if f.written.ended.IsZero() { // a rollback: nothing was compiled for it
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
		_, span := e.Tracer.Start(ctx, part.name, trace.WithTimestamp(part.began))
		span.End(trace.WithTimestamp(part.ended))
	}
}
