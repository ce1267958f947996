package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/admin"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// Options are what the API works on. Books, Moderator and Queue are required.
type Options struct {
	Books *query.Books
	// Moderator carries out moderation.
	Moderator *moderation.Moderator
	// Queue retries deliveries.
	Queue *queue.Queue
	// Ledger wakes live tails when there is something new; nil makes them look
	// every second.
	Ledger moderation.Ledger
	// Version is that of the program, for the API's description.
	Version string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	Log logr.Logger
}

// base is where the API is mounted.
const base = "/api/v1"

// NewHandler returns the handler of /api/v1/. It expects admin.Authenticated in
// front of it.
func NewHandler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &service{Options: o, mux: http.NewServeMux()}
	routes := table()
	a.document = openAPI(routes, o.Version)
	for i := range routes {
		route := &routes[i]
		a.mux.HandleFunc(route.method+" "+base+route.path, func(w http.ResponseWriter, r *http.Request) { a.serve(route, w, r) })
	}
	a.mux.HandleFunc("/", a.unknown)
	return a.mux
}

// service answers the routes. Nothing in it changes once NewHandler has returned it.
type service struct {
	Options
	mux      *http.ServeMux
	document []byte // the OpenAPI document, as JSON
}

// call is one request whose parameters have been read, with its caller and the part of the
// books that the answer may be about.
type call struct {
	*args
	w      http.ResponseWriter
	r      *http.Request
	caller admin.Caller
	scope  query.Scope
}

// serve carries a request through the steps of the package's opening: parameters, scope,
// the route's function, and one place for errors.
func (a *service) serve(route *route, w http.ResponseWriter, r *http.Request) {
	x, err := parse(route, r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	caller := admin.CallerFrom(r.Context())
	c := &call{args: x, w: w, r: r, caller: caller, scope: query.Scope{
		Network: x.text("network"), Partner: x.text("partner"), PartnerOnly: caller.PartnerOnly,
	}}
	if caller.PartnerOnly && c.scope.Partner == "" {
		a.fail(w, r, errNoPartner)
		return
	}
	if err := route.serve(a, c); err != nil {
		a.fail(w, r, err)
	}
}

// unknown answers what no route does: with 405 where another method would do.
func (a *service) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		admin.WriteProblem(w, http.StatusMethodNotAllowed, "method_not_allowed", "use "+strings.Join(allowed, " or "))
		return
	}
	admin.WriteProblem(w, http.StatusNotFound, "not_found", "there is no such path; "+base+"/openapi.json lists them all")
}

// write answers with JSON.
func (c *call) write(answer any) error {
	data, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	c.send(mediaJSON, append(data, '\n'))
	return nil
}

// send answers with status 200 and a body of a media type.
func (c *call) send(media string, data []byte) {
	c.w.Header().Set("Content-Type", media)
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(data) // the caller is gone; nothing is left to do
}

// describe answers with the OpenAPI document.
func (a *service) describe(c *call) error {
	c.send(mediaJSON, a.document)
	return nil
}

// problem is an error that the caller can do something about: its HTTP status, a reason
// code that is part of the API, and a sentence for people, which may change.
type problem struct {
	status int
	reason string
	detail string
}

func (p *problem) Error() string { return p.reason + ": " + p.detail }

// problemf returns a problem whose detail is formatted.
func problemf(status int, reason, format string, a ...any) error {
	return &problem{status, reason, fmt.Sprintf(format, a...)}
}

// errNoPartner refuses a caller for one partner without the parameter partner, which no
// authorizer of package admin admits: without a name the scope would be all partners.
var errNoPartner = &problem{http.StatusForbidden, "forbidden", "name the partner of the numbers that are permitted: partner=NAME"}

// problems are the errors of other packages, each with its answer to the caller.
var problems = []struct {
	err error
	problem
}{
	{query.ErrNotFound, problem{http.StatusNotFound, "not_found", "there is no such thing, or none within the caller's rights"}},
	{query.ErrNotForPartners, problem{http.StatusForbidden, "forbidden", query.ErrNotForPartners.Error()}},
	{query.ErrBadCursor, problem{http.StatusBadRequest, "bad_cursor", query.ErrBadCursor.Error()}},
	{query.ErrTooManyRows, problem{http.StatusBadRequest, "too_many_rows", query.ErrTooManyRows.Error()}},
	{moderation.ErrTooOld, problem{http.StatusServiceUnavailable, "ledger_too_old", moderation.ErrTooOld.Error()}},
	{moderation.ErrNotDecided, problem{http.StatusServiceUnavailable, "not_durable", moderation.ErrNotDecided.Error()}},
	{moderation.ErrNotApplied, problem{http.StatusGatewayTimeout, "not_applied", moderation.ErrNotApplied.Error()}},
	{queue.ErrNotFound, problem{http.StatusNotFound, "not_found", "there is no such delivery or suspended URL"}},
	{queue.ErrDelivered, problem{http.StatusConflict, "already_delivered", queue.ErrDelivered.Error()}},
}

// fail answers with what is known of an error. What is not the caller's fault goes
// to the log.
func (a *service) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	var refused *moderation.RefusedError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &refused):
		p = &problem{http.StatusConflict, refused.Reason, refused.Error()}
	default:
		p = a.lookUp(err)
	}
	if p == nil {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // the caller has gone, and needs no answer
		}
		a.Log.Error(err, "answering a request of the API", "path", r.URL.Path)
		p = &problem{http.StatusInternalServerError, "internal_error", "the books could not be read; the log has the details"}
	}
	admin.WriteProblem(w, p.status, p.reason, p.detail)
}

// lookUp returns the problem of a known error of another package, nil if it is none of
// them. Those of the server's side are logged too.
func (a *service) lookUp(err error) *problem {
	for i := range problems {
		if !errors.Is(err, problems[i].err) {
			continue
		}
		if problems[i].status >= http.StatusInternalServerError {
			a.Log.Error(err, "moderating")
		}
		return &problems[i].problem
	}
	return nil
}

// reportRequest is the report that the parameters ask for. Its bounds stay as given: each
// network's days begin by its own time zone unless timeZone is given.
func (c *call) reportRequest() query.ReportRequest {
	return query.ReportRequest{
		Groups: chosen[query.Group](c.args, "group"),
		From:   c.bounds["from"], To: c.bounds["to"], Zone: c.zones["timeZone"],
		ReportFilter: query.ReportFilter{
			Offer: c.text("offer"), Advertiser: c.text("advertiser"), Goal: c.text("goal"), GoalName: c.text("goalName"), Currency: c.text("currency"),
			Source: c.text("source"), Country: c.text("country"), Device: c.text("device"), Subs: c.subs(), Statuses: chosen[query.Status](c.args, "status"),
		},
	}
}

// conversionFilter is the filter of lists of conversions, and of decisions about many.
func (c *call) conversionFilter(span query.Span) query.ConversionFilter {
	return query.ConversionFilter{
		Span: span, Statuses: chosen[query.Status](c.args, "status"), Reason: c.text("reason"),
		Offer: c.text("offer"), Advertiser: c.text("advertiser"), Goal: c.text("goal"), GoalName: c.text("goalName"), Currency: c.text("currency"),
		ClickID: c.text("clickID"), AimpID: c.text("aimpID"), ImpressionID: c.text("impressionID"), OrderID: c.text("orderID"),
		Source: c.text("source"), Country: c.text("country"), Device: c.text("device"), Subs: c.subs(), Vias: chosen[query.Via](c.args, "via"),
	}
}

// postbackFilter is the filter of the postback log.
func (c *call) postbackFilter(span query.Span) query.PostbackFilter {
	return query.PostbackFilter{
		Span: span, Verdicts: c.choices["verdict"], Reason: c.text("reason"), Offer: c.text("offer"), Goal: c.text("goal"),
		ClickID: c.text("clickID"), AimpID: c.text("aimpID"), OrderID: c.text("orderID"), Conversion: c.text("conversion"), Source: c.text("source"),
		Vias: chosen[query.Via](c.args, "via"), Test: c.flags["test"],
	}
}

// deliveryFilter is the filter of lists of deliveries.
func (c *call) deliveryFilter(span query.Span) query.DeliveryFilter {
	return query.DeliveryFilter{
		Span: span, States: chosen[delivery.State](c.args, "state"), Kinds: chosen[query.DeliveryKind](c.args, "kind"),
		Offer: c.text("offer"), Goal: c.text("goal"), Name: c.text("name"), Event: c.text("event"),
	}
}

// subs are the parameters sub1 to sub10, "" where not given.
func (c *call) subs() (subs [10]string) {
	for n := range subs {
		subs[n] = c.text(string(query.BySub(n + 1)))
	}
	return subs
}

// span is the time of a list, with days in the network's time zone.
func (a *service) span(c *call) (query.Span, error) {
	from, to := c.bounds["from"], c.bounds["to"]
	loc := time.UTC
	if from != nil && from.Date || to != nil && to.Date {
		var err error
		if loc, err = a.Books.Zone(c.r.Context(), c.scope); err != nil {
			return query.Span{}, err
		}
	}
	return query.Span{From: moment(from, loc), To: moment(to, loc)}, nil
}

// moment is the moment of a bound whose days begin in loc; nil without a bound.
func moment(b *query.Bound, loc *time.Location) *time.Time {
	if b == nil {
		return nil
	}
	t := b.In(loc)
	return &t
}

// page is the page of a list that limit and cursor ask for.
func (c *call) page() query.Page { return query.Page{Limit: c.limit, Cursor: c.text("cursor")} }
