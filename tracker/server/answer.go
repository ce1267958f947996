package server

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
)

// answer is the JSON form of a postback's answer.
type answer struct {
	// Status is 1 for approved, pending, hold and queued, else 2.
	Status     int    `json:"status"`
	Verdict    string `json:"verdict"`
	Reason     string `json:"reason"`
	Conversion string `json:"conversion"`
	Goal       string `json:"goal"`
	// Payout and Revenue are for callers that proved a key.
	Payout   *money.Amount `json:"payout,omitempty"`
	Revenue  *money.Amount `json:"revenue,omitempty"`
	Currency string        `json:"currency"`
	Config   string        `json:"config"`
}

// badRequests are the refusals that are the caller's mistake in form: 400.
var badRequests = map[string]bool{
	reasonBadRequest: true, reasonMissingClickID: true, reasonBadClickID: true,
	reasonBadAmount: true, reasonBadStatus: true, reasonUnexpandedMacro: true,
}

// httpStatus is the status of a verdict (docs/rules.md, "Verdicts"). TUNE's callers and browsers
// always get 200.
func (v *visit) httpStatus(verdict, reason string) int {
	switch {
	case v.route.action == actPixel || v.route.dialect == dialectTUNE:
		return fasthttp.StatusOK
	case verdict == verdictQueued:
		return fasthttp.StatusAccepted
	case verdict != verdictRefused:
		return fasthttp.StatusOK
	case reason == reasonBadKey || reason == reasonSourceDenied:
		return fasthttp.StatusForbidden
	case badRequests[reason]:
		return fasthttp.StatusBadRequest
	}
	return fasthttp.StatusOK
}

// answer makes the postback durable and says what became of it.
func (v *visit) answer(r *report) {
	verdict := ownVerdict(r)
	if r.entry.Reason != "" {
		r.entry.HTTPStatus = v.httpStatus(verdict.Verdict, verdict.Reason)
	}
	ctx, span := v.s.o.Tracer.Start(v.s.work, "postback", trace.WithTimestamp(v.now), trace.WithSpanKind(trace.SpanKindServer))
	r.entry.Trace = traceparent(ctx)
	known, err := v.s.o.Journal.Postback(ctx, r.entry)
	if known.Known {
		verdict = known
	}
	endSpan(span, verdict, err, v.s.o.Now())
	v.s.metrics.answer.Observe(v.s.o.Now().Sub(v.now).Seconds())
	if err != nil {
		v.notDurable(err)
		return
	}
	v.s.metrics.postbacks.WithLabelValues(verdict.Verdict, verdict.Reason).Inc()
	v.write(r, verdict)
}

// traceparent names the span of ctx to the ledger; "" when it is not recorded.
func traceparent(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// endSpan says what became of a postback; nothing of the request itself.
func endSpan(span trace.Span, verdict journal.Verdict, err error, now time.Time) {
	if err != nil {
		span.SetStatus(codes.Error, reasonNotDurable)
	} else if span.IsRecording() {
		span.SetAttributes(attribute.String("waypost.verdict", verdict.Verdict), attribute.String("waypost.reason", verdict.Reason))
	}
	span.End(trace.WithTimestamp(now))
}

// ownVerdict is what the tracker can say: refused with its reason (an unknown
// goal is recorded, as rejected), or queued.
func ownVerdict(r *report) journal.Verdict {
	verdict := journal.Verdict{Verdict: verdictQueued, Reason: r.entry.Reason}
	switch r.entry.Reason {
	case "":
	case reasonUnknownGoal:
		verdict.Verdict = verdictRejected
	default:
		verdict.Verdict = verdictRefused
	}
	if r.goal != nil {
		verdict.Goal = r.goal.Value()
	}
	if r.offer != nil {
		verdict.Currency = r.offer.Body.Currency
	}
	return verdict
}

func (v *visit) write(r *report, verdict journal.Verdict) {
	if v.route.action == actPixel {
		v.writePixel(verdict.Reason, failure(verdict))
		return
	}
	v.ctx.Response.SetStatusCode(v.httpStatus(verdict.Verdict, verdict.Reason))
	if v.route.dialect == dialectTUNE {
		writeTUNE(v.ctx, failure(verdict))
		return
	}
	a := answer{
		Status: 1, Verdict: verdict.Verdict, Reason: verdict.Reason, Conversion: verdict.Conversion,
		Goal: verdict.Goal, Currency: verdict.Currency, Config: verdict.Config,
	}
	if failure(verdict) != "" {
		a.Status = 2
	}
	if a.Config == "" {
		a.Config = r.entry.Config
	}
	if r.entry.KeyProven && verdict.Known {
		a.Payout, a.Revenue = &verdict.Payout, &verdict.Revenue
	}
	writeJSON(v.ctx, a)
}

// failure is why a postback did not count, "" if it did or may still.
func failure(verdict journal.Verdict) string {
	switch verdict.Verdict {
	case verdictApproved, verdictPending, verdictHold, verdictQueued:
		return ""
	}
	if verdict.Reason == "" {
		return verdict.Verdict
	}
	return verdict.Reason
}

// notDurable asks the caller to send the postback again.
func (v *visit) notDurable(err error) {
	if errors.Is(err, journal.ErrTooLarge) {
		v.s.turnAway(v.ctx, &largeBody, "entry")
		return
	}
	v.s.metrics.postbacks.WithLabelValues("", reasonNotDurable).Inc()
	switch {
	case v.route.action == actPixel:
		v.writePixel(reasonNotDurable, reasonNotDurable)
	case v.route.dialect == dialectTUNE:
		writeTUNE(v.ctx, reasonNotDurable)
	default:
		writeJSON(v.ctx, answer{Status: 2, Reason: reasonNotDurable})
	}
	v.ctx.Response.SetStatusCode(fasthttp.StatusServiceUnavailable)
	v.ctx.Response.Header.Set(retry[0], retry[1])
}

func writeJSON(ctx *fasthttp.RequestCtx, a answer) {
	body, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings, integers and amounts always encode
	}
	writeAnswer(ctx, typeJSON, append(body, '\n'))
}

// writeTUNE answers as TUNE does; failed is "" for success.
func writeTUNE(ctx *fasthttp.RequestCtx, failed string) {
	body := "success=true;"
	if failed != "" {
		body = "success=false; err_msg=" + failed + ";"
	}
	writeAnswer(ctx, typeText, []byte(body))
}

func writeAnswer(ctx *fasthttp.RequestCtx, contentType string, body []byte) {
	h := &ctx.Response.Header
	h.SetContentType(contentType)
	h.SetCanonical(headerCache, valueNoStore)
	h.Set("X-Content-Type-Options", "nosniff")
	ctx.Response.SetBodyRaw(body)
}
