package engine

import (
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestTrace: the way of a revision is one trace with its parts, at the times at
// which they happened.
func TestTrace(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	e := New(Options{Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")})
	edited := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	after := func(ms int) time.Time { return edited.Add(time.Duration(ms) * time.Millisecond) }
	e.trace(flight{revision: 7, since: edited, compiled: step{after(50), after(52)}, written: step{after(52), after(60)}}, after(90))

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
	e := New(Options{Tracer: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")})
	e.trace(flight{revision: 8, since: time.Unix(0, 0)}, time.Unix(1, 0))
	if spans := recorder.Ended(); len(spans) != 1 || spans[0].Name() != "edit to served" {
		t.Errorf("%d spans, want the whole alone", len(spans))
	}
}

// TestNoTracer: tracing is off unless somebody asks for it.
func TestNoTracer(t *testing.T) {
	New(Options{}).trace(flight{since: time.Unix(0, 0)}, time.Unix(1, 0))
}
