package ledger

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/waypost/waypost/tracker/journal"
)

// traced is a postback whose tracker traces it.
type traced struct {
	parent  string // W3C traceparent
	verdict journal.Verdict
}

// traceVerdicts records, in the trace of each postback, when its group was folded and
// committed, and with which verdict. Nothing else of the postback goes into the trace.
func traceVerdicts(ctx context.Context, o *Options, list []traced, began time.Time) {
	committed := o.Now()
	for _, x := range list {
		parent := propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": x.parent})
		_, span := o.Tracer.Start(parent, "judge and commit",
			trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
				attribute.String("waypost.verdict", x.verdict.Verdict), attribute.String("waypost.reason", x.verdict.Reason)))
		span.End(trace.WithTimestamp(committed))
	}
}
