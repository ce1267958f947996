package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// listConversions answers with a page of conversions, or follows them.
func (a *service) listConversions(c *call) error {
	span, err := a.span(c)
	if err != nil {
		return err
	}
	list := func(s query.Span, p query.Page) (query.List[query.Conversion], error) {
		return a.Books.Conversions(c.r.Context(), c.scope, c.conversionFilter(s), p)
	}
	if c.on("follow") {
		return follow(a, c, span, tail[query.Conversion]{event: "conversion", list: list, mark: func(x *query.Conversion) mark { return mark{x.ID, x.Time, x.UpdatedAt} }})
	}
	answer, err := list(span, c.page())
	if err != nil {
		return err
	}
	return c.write(answer)
}

// getConversion answers with one conversion of the scope.
func (a *service) getConversion(c *call) error {
	answer, err := a.Books.Conversion(c.r.Context(), c.scope, c.text("id"))
	if err != nil {
		return err
	}
	return c.write(answer)
}

// listPostbacks answers with a page of the postback log, or follows it. Entries of the log
// are written once, so their time is their version.
func (a *service) listPostbacks(c *call) error {
	span, err := a.span(c)
	if err != nil {
		return err
	}
	list := func(s query.Span, p query.Page) (query.List[query.Postback], error) {
		return a.Books.Postbacks(c.r.Context(), c.scope, c.postbackFilter(s), p)
	}
	if c.on("follow") {
		return follow(a, c, span, tail[query.Postback]{event: "postback", list: list, mark: func(x *query.Postback) mark { return mark{x.ID, x.Time, x.Time} }})
	}
	answer, err := list(span, c.page())
	if err != nil {
		return err
	}
	return c.write(answer)
}

// getClick answers with a session, by the id of its click or impression.
func (a *service) getClick(c *call) error {
	answer, err := a.Books.Click(c.r.Context(), c.scope, c.text("id"))
	if err != nil {
		return err
	}
	return c.write(answer)
}

// listDeliveries answers with a page of outgoing calls.
func (a *service) listDeliveries(c *call) error {
	span, err := a.span(c)
	if err != nil {
		return err
	}
	answer, err := a.Books.Deliveries(c.r.Context(), c.scope, c.deliveryFilter(span), c.page())
	if err != nil {
		return err
	}
	return c.write(answer)
}

// getDelivery answers with one outgoing call of the scope.
func (a *service) getDelivery(c *call) error {
	answer, err := a.Books.Delivery(c.r.Context(), c.scope, c.text("id"))
	if err != nil {
		return err
	}
	return c.write(answer)
}

// retryDelivery looks the delivery up first: the queue has no scopes.
func (a *service) retryDelivery(c *call) error {
	if c.scope.PartnerOnly {
		return errChange
	}
	id := c.text("id")
	if _, err := a.Books.Delivery(c.r.Context(), c.scope, id); err != nil {
		return err
	}
	if err := a.Queue.Retry(c.r.Context(), id, a.Now()); err != nil {
		return err
	}
	return a.getDelivery(c)
}

// errChange keeps partners from changing anything, whatever admitted them.
var errChange = &problem{http.StatusForbidden, "forbidden", "partners may read, and change nothing"}

// target is a partner's URL whose last call failed, in answers.
type target struct {
	ID      string         `json:"id"`
	State   delivery.State `json:"state"`
	Network string         `json:"network"`
	Partner string         `json:"partner"`
	Name    string         `json:"name"`
	URL     string         `json:"url"`
	// Failures counts the calls in a row that failed.
	Failures    int64      `json:"failures"`
	FailedAt    time.Time  `json:"failedAt"`
	HTTPStatus  int        `json:"httpStatus"`
	Error       string     `json:"error"`
	SuspendedAt *time.Time `json:"suspendedAt"`
}

// targetOf is a target as answers show it, with null for the time of a suspension that
// there is not.
func targetOf(t queue.Target) target {
	out := target{
		ID: t.ID, State: t.State, Network: t.Network, Partner: t.Partner, Name: t.Name, URL: t.URL,
		Failures: t.Failures, FailedAt: t.FailedAt, HTTPStatus: t.HTTPStatus, Error: t.Error,
	}
	if !t.SuspendedAt.IsZero() {
		out.SuspendedAt = &t.SuspendedAt
	}
	return out
}

// targets are those of the scope. There are few: a URL that works has none.
func (a *service) targets(c *call, states []delivery.State) ([]target, error) {
	all, err := a.Queue.Targets(c.r.Context())
	if err != nil {
		return nil, err
	}
	list := []target{}
	for _, t := range all {
		if (c.scope.Network == "" || t.Network == c.scope.Network) && (c.scope.Partner == "" || t.Partner == c.scope.Partner) &&
			(len(states) == 0 || slices.Contains(states, t.State)) {
			list = append(list, targetOf(t))
		}
	}
	return list, nil
}

// listTargets answers with all failing URLs of the scope, in one page.
func (a *service) listTargets(c *call) error {
	list, err := a.targets(c, chosen[delivery.State](c.args, "state"))
	if err != nil {
		return err
	}
	return c.write(query.List[target]{Items: list})
}

// resumeTarget lifts the suspension of a URL of the scope, and answers with the target as it
// was, without suspension and failures: its row is gone by then.
func (a *service) resumeTarget(c *call) error {
	if c.scope.PartnerOnly {
		return errChange
	}
	list, err := a.targets(c, []delivery.State{delivery.Suspended})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t target) bool { return t.ID == c.text("id") })
	if i < 0 {
		return queue.ErrNotFound
	}
	if err := a.Queue.Resume(c.r.Context(), list[i].ID, a.Now()); err != nil {
		return err
	}
	resumed := list[i]
	resumed.State, resumed.SuspendedAt, resumed.Failures = delivery.Waiting, nil, 0
	return c.write(resumed)
}
