package api

import (
	"net/http"

	"github.com/waypost/waypost/tracker/ledger/query"
)

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

func (a *service) getConversion(c *call) error {
	answer, err := a.Books.Conversion(c.r.Context(), c.scope, c.text("id"))
	if err != nil {
		return err
	}
	return c.write(answer)
}

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

func (a *service) getClick(c *call) error {
	answer, err := a.Books.Click(c.r.Context(), c.scope, c.text("id"))
	if err != nil {
		return err
	}
	return c.write(answer)
}

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

func (a *service) getDelivery(c *call) error {
	answer, err := a.Books.Delivery(c.r.Context(), c.scope, c.text("id"))
	if err != nil {
		return err
	}
	return c.write(answer)
}

// retryDelivery looks the delivery up first: the queue knows no scopes.
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
var errChange = &problem{http.StatusForbidden, "forbidden", "partners look, they change nothing"}
