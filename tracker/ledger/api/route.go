package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/moderation"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// route is one path and method of the API.
type route struct {
	method, path string
	id           string // operationId
	doc          string
	params       []param
	// body is an example of the request's JSON, nil for none.
	body any
	// answer is a value of the answer's type. media are other types of answers.
	answer any
	media  []string
	// reasons are the reason codes of problems beyond those of every route.
	reasons map[int]string
	serve   func(a *service, c *call) error
}

// The media types of answers.
const (
	mediaJSON   = "application/json"
	mediaCSV    = "text/csv"
	mediaEvents = "text/event-stream"
)

// verdicts are those of the postback log.
var verdicts = []string{"approved", "pending", "hold", "rejected", "refused"}

// onConversions are the filters of conversions, in lists and for decisions about many.
var onConversions = join(inScope, byGoal, ofClick(), []param{
	withStatus("Only conversions of these statuses."),
	{name: "reason", doc: "Only conversions with this reason code."},
	{name: "clickID", doc: "Only conversions of this click."},
	{name: "aimpID", doc: "Only conversions of this impression, by the id that Waypost gave it."},
	{name: "impressionID", doc: "Only conversions with this impression id of the partner's."},
	{name: "orderID", doc: "Only conversions with this order id."},
	byVia,
}, inTime)

// table lists all there is.
func table() []route {
	return slices.Concat(reportRoutes(), conversionRoutes(), logRoutes(), deliveryRoutes(), []route{{
		method: http.MethodGet, path: "/openapi.json", id: "describe", params: inScope,
		doc: "This API as OpenAPI 3.1.", answer: map[string]any{}, serve: (*service).describe,
	}})
}

// reportRoutes is the route of reports.
func reportRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/reports", id: "report",
		doc: "The numbers, grouped and filtered, with totals by currency. Conversions, payout, revenue and profit are those of approved conversions, " +
			"with the money of clicks (CPC) and impressions (CPM). Clicks, impressions and their money stand in the rows with goal \"\". " +
			"Rows of several networks or currencies are never added up. Whatever they are grouped by, rows add up to " +
			"the same totals. Sub ids of clicks and impressions are kept for the time of --retain, all else for ever. In CSV, text that a spreadsheet " +
			"would take for a formula begins with an apostrophe.",
		params: join([]param{{name: "group", kind: choice, values: names(query.Groups), doc: "What rows are grouped by, in the order of the columns. " +
			"Hours are shown by their beginning, days and months by the calendar."}},
			inTime, []param{{name: "timeZone", kind: zone, doc: "The time zone of hours, days and months; without it each network's own."}},
			inScope, byGoal, ofClick(), []param{withStatus("Only conversions of these statuses; without clicks and impressions, which have none.")}),
		answer: reportAnswer{}, media: []string{mediaCSV},
		reasons: map[int]string{http.StatusBadRequest: "too_many_rows"},
		serve:   (*service).report,
	}}
}

// conversionRoutes are those of conversions and of moderation: each act has a route for one
// conversion and one for many.
func conversionRoutes() []route {
	const once = " A repetition changes nothing. The note is for moderators alone; partners read partnerReason."
	const many = " all conversions that the parameters select, a page of them at a time. At least one of them besides network, limit, cursor and dryRun must be given, " +
		"also beside a final status; an empty one is an error. What the books do not allow is named under refused, and stops none of the others."
	decide := func(act moderation.Act, doc string) route {
		return route{
			method: http.MethodPost, path: "/conversions/{id}/" + string(act), id: string(act) + "Conversion", doc: doc + once,
			params: join(inScope, []param{byID, withStatus("Only while it has one of these statuses, else status_changed.")}), body: decisionBody{}, answer: query.Conversion{},
			reasons: map[int]string{http.StatusNotFound: "not_found", http.StatusConflict: "duplicate, cap_reached, status_changed, not_on_hold",
				http.StatusServiceUnavailable: "not_durable, ledger_too_old", http.StatusGatewayTimeout: "not_applied"},
			serve: func(a *service, c *call) error { return a.decide(c, act) },
		}
	}
	decideAll := func(act moderation.Act, doc string) route {
		return route{
			method: http.MethodPost, path: "/conversions/" + string(act), id: string(act) + "Conversions",
			doc:    doc + many + " Without status, that is those with status " + strings.Join(names(act.Open()), " or ") + "." + once,
			params: join(onConversions, inPages, []param{{name: "dryRun", kind: flag, doc: "Answer with the conversions that would be decided, as they are, and with what would be refused of them; decide nothing."}}),
			body:   decisionBody{}, answer: decidedAnswer{},
			reasons: map[int]string{http.StatusBadRequest: "filter_required", http.StatusServiceUnavailable: "not_durable, ledger_too_old", http.StatusGatewayTimeout: "not_applied"},
			serve:   func(a *service, c *call) error { return a.decideAll(c, act) },
		}
	}
	return []route{
		{method: http.MethodGet, path: "/conversions", id: "listConversions", doc: "Conversions, newest first.",
			params: join(onConversions, inPages, []param{following}), answer: query.List[query.Conversion]{}, media: []string{mediaEvents}, serve: (*service).listConversions},
		{method: http.MethodGet, path: "/conversions/{id}", id: "getConversion", doc: "One conversion.",
			params: join(inScope, []param{byID}), answer: query.Conversion{}, reasons: notFound(), serve: (*service).getConversion},
		decide(moderation.Approve, "Approve a conversion, also a rejected one. While the offer's hold goes on, that means hold; approving again does not end it."),
		decide(moderation.Reject, "Reject a conversion, also an approved one."),
		decide(moderation.Release, "Approve a conversion on hold at once, before its hold ends by itself. What is not on hold is refused, not_on_hold, unless it has been released by hand before."),
		decideAll(moderation.Approve, "Approve"),
		decideAll(moderation.Reject, "Reject"),
		decideAll(moderation.Release, "Release"),
	}
}

// logRoutes are those of what came in: postbacks, clicks and impressions.
func logRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/postbacks", id: "listPostbacks", doc: "The server-postback log, newest first: every postback that is on disk, the refused ones too.",
			params: join(inScope, byGoal, []param{
				{name: "verdict", kind: choice, values: verdicts, doc: "Only postbacks with these verdicts."},
				{name: "reason", doc: "Only postbacks with this reason code."},
				{name: "clickID", doc: "Only postbacks with this click id, as sent."},
				{name: "aimpID", doc: "Only postbacks with this impression id of Waypost's."},
				{name: "orderID", doc: "Only postbacks with this order id."},
				{name: "conversion", doc: "Only postbacks that made or changed this conversion, or repeated it."},
				{name: "source", doc: "Only postbacks from this address."},
				byVia,
				{name: "test", kind: flag, doc: "Only test postbacks, or none of them."},
			}, inTime, inPages, []param{following}),
			answer: query.List[query.Postback]{}, media: []string{mediaEvents}, serve: (*service).listPostbacks},
		{method: http.MethodGet, path: "/clicks/{id}", id: "getClick", doc: "A click or, by its id, an impression, with its conversions.",
			params: join(inScope, []param{byID}), answer: query.Click{}, reasons: notFound(), serve: (*service).getClick},
	}
}

// deliveryRoutes are those of what goes out.
func deliveryRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/deliveries", id: "listDeliveries", doc: "Outgoing calls, newest first: partners' postbacks and advertisers' impression destinations.",
			params: join(inScope, byGoal, []param{
				{name: "state", kind: choice, values: names(query.DeliveryStates[:]), doc: "Only deliveries in these states."},
				{name: "kind", kind: choice, values: []string{string(query.PostbackDelivery), string(query.ImpressionDelivery)}, doc: "Only deliveries of these kinds."},
				{name: "name", doc: "Only deliveries to the partner's postback, or the offer's destination, of this name."},
				{name: "event", doc: "Only deliveries for this conversion or impression."},
			}, inTime, inPages),
			answer: query.List[query.Delivery]{}, serve: (*service).listDeliveries},
		{method: http.MethodGet, path: "/deliveries/{id}", id: "getDelivery", doc: "One outgoing call.",
			params: join(inScope, []param{byID}), answer: query.Delivery{}, reasons: notFound(), serve: (*service).getDelivery},
		{method: http.MethodPost, path: "/deliveries/{id}/retry", id: "retryDelivery",
			doc:    "Try a delivery again, now, with a day of further attempts ahead. If its URL is suspended, that is resumed.",
			params: join(inScope, []param{byID}), answer: query.Delivery{},
			reasons: map[int]string{http.StatusNotFound: "not_found", http.StatusConflict: "already_delivered"}, serve: (*service).retryDelivery},
		{method: http.MethodGet, path: "/deliveries/targets", id: "listTargets",
			doc: "Partners' URLs whose last call failed. One that failed ten times running within 72 hours is suspended until it is resumed or changed.",
			params: join(inScope, []param{{name: "state", kind: choice, values: []string{string(delivery.Waiting), string(delivery.Suspended)},
				doc: "Only URLs in these states."}}),
			answer: query.List[target]{}, serve: (*service).listTargets},
		{method: http.MethodPost, path: "/deliveries/targets/{id}/resume", id: "resumeTarget", doc: "Lift the suspension of a URL; what waited for it is due now.",
			params: join(inScope, []param{byID}), answer: target{}, reasons: notFound(), serve: (*service).resumeTarget},
	}
}

// notFound are the reason codes of a route for one thing.
func notFound() map[int]string { return map[int]string{http.StatusNotFound: "not_found"} }

// takes reports whether the route takes the parameter in its query.
func (r *route) takes(name string) bool {
	return slices.ContainsFunc(r.params, func(p param) bool { return p.name == name && !p.inPath })
}

// parameters lists the names of those in the query, for messages.
func (r *route) parameters() string {
	var list []string
	for _, p := range r.params {
		if !p.inPath {
			list = append(list, p.name)
		}
	}
	return strings.Join(list, ", ")
}
