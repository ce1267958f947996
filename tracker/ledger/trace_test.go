package ledger

import (
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestTracedPostbackGetsASpan: the ledger's span is in the trace of the tracker's and
// tells the verdict; a postback that is not traced has none.
func TestTracedPostbackGetsASpan(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	spans := tracetest.NewSpanRecorder()
	tp := newTape()
	tp.write(clickEntry(1, 0), postEntry(1, 0, 5, func(p *journal.Postback) { p.Trace = parent }), postEntry(1, 0, 6))
	o := newOffice(t, storetest.SQLite(t), tp, func(o *Options) {
		o.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test")
	})
	o.catchUp()
	ended := spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("%d spans, want one of the traced postback", len(ended))
	}
	span := ended[0]
	if got := span.SpanContext().TraceID().String(); got != parent[3:35] {
		t.Errorf("trace %s, want the tracker's", got)
	}
	if got := span.Parent().SpanID().String(); got != parent[36:52] {
		t.Errorf("below span %s, want the tracker's", got)
	}
	told := map[string]string{}
	for _, a := range span.Attributes() {
		told[string(a.Key)] = a.Value.AsString()
	}
	if len(told) != 2 || told["waypost.verdict"] != "approved" || told["waypost.reason"] != "" {
		t.Errorf("the span says %v", told)
	}
	if span.EndTime().Before(span.StartTime()) {
		t.Error("the span ends before it starts")
	}
}
