package server

import (
	"bytes"
	"cmp"
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

// answer is the JSON form of a postback's answer. Its fields and their order are part of
// the contract (docs/integrate.md).
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

// badRequests are the refusals that are the caller's mistake in form: 400. Nearly all
// others are 200: the same postback would be refused again.
var badRequests = map[string]bool{
	reasonBadRequest: true, reasonMissingClickID: true, reasonBadClickID: true,
	reasonBadAmount: true, reasonBadStatus: true, reasonUnexpandedMacro: true,
}

// httpStatus is the status of a verdict (docs/rules.md, "Verdicts"). TUNE's callers and
// browsers always get 200.
func (r *route) httpStatus(verdict, reason string) int {
	switch {
	case r.action == actPixel || r.dialect == dialectTUNE:
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

// answer makes the postback durable and answers with what became of it. The entry is in
// the journal's hands from then on and must not change. A verdict of the ledger, if it
// comes in time, takes the place of the tracker's own. The span and the histogram end
// with the wait, so they hold the time that the caller waits.
func (r *request) answer(c *postbackCheck) {
	s, verdict := r.server, ownVerdict(c)
	if c.entry.Reason != "" {
		c.entry.HTTPStatus = r.route.httpStatus(verdict.Verdict, verdict.Reason)
	}
	ctx, span := s.options.Tracer.Start(s.work, "postback", trace.WithTimestamp(r.now), trace.WithSpanKind(trace.SpanKindServer))
	c.entry.Trace = traceparent(ctx)
	known, err := s.options.Journal.Postback(ctx, c.entry)
	if known.Known {
		verdict = known
	}
	endSpan(span, verdict, err, s.options.Now())
	s.metrics.answer.Observe(s.options.Now().Sub(r.now).Seconds())
	if err != nil {
		r.notDurable(err)
		return
	}
	s.metrics.postbacks.WithLabelValues(verdict.Verdict, verdict.Reason).Inc()
	r.write(c.entry, verdict)
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

// endSpan notes what became of a postback; nothing of the request itself.
func endSpan(span trace.Span, verdict journal.Verdict, err error, now time.Time) {
	if err != nil {
		span.SetStatus(codes.Error, reasonNotDurable)
	} else if span.IsRecording() {
		span.SetAttributes(attribute.String("waypost.verdict", verdict.Verdict), attribute.String("waypost.reason", verdict.Reason))
	}
	span.End(trace.WithTimestamp(now))
}

// ownVerdict is the verdict that the tracker can give: refused with its reason (an unknown
// goal is recorded, as rejected), or queued.
func ownVerdict(c *postbackCheck) journal.Verdict {
	verdict := journal.Verdict{Verdict: verdictQueued, Reason: c.entry.Reason}
	switch c.entry.Reason {
	case "":
	case reasonUnknownGoal:
		verdict.Verdict = verdictRejected
	default:
		verdict.Verdict = verdictRefused
	}
	if c.goal != nil {
		verdict.Goal = c.goal.Value()
	}
	if c.offer != nil {
		verdict.Currency = c.offer.Body.Currency
	}
	return verdict
}

// write answers in the route's dialect. Money is shown only to callers that proved a key:
// a click id alone is known to every visitor.
func (r *request) write(entry *journal.Postback, verdict journal.Verdict) {
	failed := failure(verdict)
	if r.route.action == actPixel {
		r.writePixel(verdict.Reason, failed)
		return
	}
	r.ctx.Response.SetStatusCode(r.route.httpStatus(verdict.Verdict, verdict.Reason))
	if r.route.dialect == dialectTUNE {
		writeTUNE(r.ctx, failed)
		return
	}
	a := answer{
		Status: 1, Verdict: verdict.Verdict, Reason: verdict.Reason, Conversion: verdict.Conversion,
		Goal: verdict.Goal, Currency: verdict.Currency, Config: cmp.Or(verdict.Config, entry.Config),
	}
	if failed != "" {
		a.Status = 2
	}
	if entry.KeyProven && verdict.Known {
		a.Payout, a.Revenue = &verdict.Payout, &verdict.Revenue
	}
	writeJSON(r.ctx, a)
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

// notDurable asks the caller to send the postback again: 503 with Retry-After, in every
// dialect. An entry that is too large for the journal is no such case, it would fail again.
func (r *request) notDurable(err error) {
	if errors.Is(err, journal.ErrTooLarge) {
		r.server.turnAway(r.ctx, &largeBody, "entry")
		return
	}
	r.server.metrics.postbacks.WithLabelValues("", reasonNotDurable).Inc()
	switch {
	case r.route.action == actPixel:
		r.writePixel(reasonNotDurable, reasonNotDurable)
	case r.route.dialect == dialectTUNE:
		writeTUNE(r.ctx, reasonNotDurable)
	default:
		writeJSON(r.ctx, answer{Status: 2, Reason: reasonNotDurable})
	}
	r.ctx.Response.SetStatusCode(fasthttp.StatusServiceUnavailable)
	r.ctx.Response.Header.Set(retry[0], retry[1])
}

var (
	headerFetchDest = []byte("Sec-Fetch-Dest")
	headerAccept    = []byte("Accept")
)

// writePixel answers with an image, a page for a frame, or TUNE's text; failed is "" for
// success, which may have a reason too.
func (r *request) writePixel(reason, failed string) {
	switch {
	case r.route.dialect == dialectTUNE && !wantsImage(&r.ctx.Request.Header):
		writeTUNE(r.ctx, failed)
	case r.route.via == journal.ViaIFrame:
		frame.write(r.ctx)
	default:
		gif.write(r.ctx)
	}
	if reason != "" {
		r.ctx.Response.Header.SetCanonical(headerReason, constant(reason))
	}
}

// wantsImage reports whether the request is that of an <img>.
func wantsImage(h *fasthttp.RequestHeader) bool {
	if dest := h.PeekCanonical(headerFetchDest); len(dest) > 0 {
		return string(dest) == "image"
	}
	return bytes.HasPrefix(h.PeekCanonical(headerAccept), []byte("image/"))
}

// writeJSON answers in the native dialect.
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

// writeAnswer writes a body that no cache keeps and no browser takes for another type.
func writeAnswer(ctx *fasthttp.RequestCtx, contentType string, body []byte) {
	h := &ctx.Response.Header
	h.SetContentType(contentType)
	h.SetCanonical(headerCache, valueNoStore)
	h.Set("X-Content-Type-Options", "nosniff")
	ctx.Response.SetBodyRaw(body)
}
