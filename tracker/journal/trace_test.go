package journal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestPostbackTellsItsSpan: when it was durable, and when the ledger had spoken.
func TestPostbackTellsItsSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		w := j.startWriter(WriterOptions{})
		j.answer = func(context.Context, int, *Batch) (bool, error) {
			time.AfterFunc(50*time.Millisecond, func() {
				w.waits.verdicts(Verdicts{BootID: w.boot, Sequence: 1, Items: []VerdictItem{{Verdict: Verdict{Verdict: "approved", Known: true}}}})
			})
			time.Sleep(20 * time.Millisecond)
			return true, nil
		}
		spans := tracetest.NewSpanRecorder()
		ctx, span := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test").Start(t.Context(), "postback")
		began := time.Now()
		if _, err := w.Postback(ctx, postbackNo(0)); err != nil {
			t.Fatal(err)
		}
		span.End()
		want := map[string]time.Duration{"durable in the journal": 20 * time.Millisecond, "verdict of the ledger": 50 * time.Millisecond}
		events := spans.Ended()[0].Events()
		for _, event := range events {
			if took := event.Time.Sub(began); took != want[event.Name] {
				t.Errorf("%q after %v, want %v", event.Name, took, want[event.Name])
			}
		}
		if len(events) != len(want) {
			t.Errorf("%d events, want %d", len(events), len(want))
		}
		closeWriter(t, w)
	})
}
