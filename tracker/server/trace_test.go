package server_test

import (
	"errors"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/server"
)

// TestPostbacksAreTraced: one span a postback, with its verdict and nothing of the
// request; clicks are not traced.
func TestPostbacksAreTraced(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	w := newWorld(t, func(o *server.Options) {
		o.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	w.get(t, "/click?offer=1001&partner=2002")
	w.get(t, "/postback?api_key=geheim")
	ended := spans.Ended()
	if len(ended) != 1 || ended[0].Name() != "postback" {
		t.Fatalf("%d spans, want one of the postback", len(ended))
	}
	sent := w.journal.take()
	entry := sent[len(sent)-1].Postback
	if want := "00-" + ended[0].SpanContext().TraceID().String() + "-" + ended[0].SpanContext().SpanID().String() + "-01"; entry.Trace != want {
		t.Errorf("the ledger is told of trace %q, want %q", entry.Trace, want)
	}
	told := map[string]string{}
	for _, a := range ended[0].Attributes() {
		told[string(a.Key)] = a.Value.AsString()
	}
	if len(told) != 2 || told["waypost.verdict"] != "refused" || told["waypost.reason"] != "missing_click_id" {
		t.Errorf("the span says %v", told)
	}

	w.journal.answer(journal.Verdict{}, errors.New("the disk is full"))
	w.get(t, "/postback")
	if last := spans.Ended()[1]; last.Status().Code != codes.Error || slices.ContainsFunc(last.Events(), func(sdktrace.Event) bool { return true }) {
		t.Errorf("a postback that was not taken ended as %v", last.Status())
	}
}
