package controllers

import (
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/release"
)

// TestTrace: the way of a revision is one trace with its parts, at the times at
// which they happened.
func TestTrace(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
	edited := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	after := func(ms int) time.Time { return edited.Add(time.Duration(ms) * time.Millisecond) }
	flight{revision: 7, since: edited, compiled: step{after(50), after(52)}, written: step{after(52), after(60)}}.trace(tracer, after(90))

	want := map[string][2]time.Time{
		"edit to served": {edited, after(90)}, "compile": {after(50), after(52)},
		"publish": {after(52), after(60)}, "acknowledge": {after(60), after(90)},
	}
	spans := recorder.Ended()
	if len(spans) != len(want) {
		t.Fatalf("%d spans, want %d", len(spans), len(want))
	}
	for _, span := range spans {
		times, known := want[span.Name()]
		if !known || !span.StartTime().Equal(times[0]) || !span.EndTime().Equal(times[1]) {
			t.Errorf("%s from %v to %v, want %v", span.Name(), span.StartTime(), span.EndTime(), times)
		}
		if span.SpanContext().TraceID() != spans[0].SpanContext().TraceID() {
			t.Errorf("%s is in another trace", span.Name())
		}
	}
}

// TestTraceOfARollback: nothing is compiled for it.
func TestTraceOfARollback(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
	flight{revision: 8, since: time.Unix(0, 0)}.trace(tracer, time.Unix(1, 0))
	if spans := recorder.Ended(); len(spans) != 1 || spans[0].Name() != "edit to served" {
		t.Errorf("%d spans, want the whole alone", len(spans))
	}
}

// Revisions land in their order, once all trackers serve them.
func TestFlights(t *testing.T) {
	var f flights
	for revision := range int64(4) {
		f.add(ended{Outcome: release.Outcome{Result: publish.Result{Manifest: &snapshot.Manifest{Revision: revision + 1}}}})
	}
	for _, tt := range []struct {
		served int64
		landed int
	}{{0, 0}, {2, 2}, {2, 0}, {9, 2}, {9, 0}} {
		if got := f.land(tt.served); len(got) != tt.landed {
			t.Errorf("%d revisions land at %d, want %d", len(got), tt.served, tt.landed)
		}
	}
}
