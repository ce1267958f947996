package console

import (
	"net/http"
	"slices"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/delivery/queue"
	"github.com/waypost/waypost/tracker/ledger/report/books"
)

type deliveriesPage struct {
	view
	States []delivery.State
	List   books.List[books.Delivery]
	// Suspended are partners' URLs that nothing is sent to.
	Suspended []queue.Target
}

func (c *console) deliveries(v *visit) error {
	page := deliveriesPage{view: v.view("deliveries"), States: books.DeliveryStates[:]}
	f := page.Form
	scope := v.narrowed(f)
	list, err := c.Books.Deliveries(v.r.Context(), scope, books.DeliveryFilter{
		Span: v.span(f), States: one(f, "state", page.States), Offer: f.Get("offer"), Event: f.Get("event"),
	}, f.page())
	if err != nil {
		return err
	}
	page.List = list
	if page.Suspended, err = c.suspended(v, scope); err != nil {
		return err
	}
	if f.count("retried") > 0 {
		page.Note = "It is due again, and will be tried in a moment."
	}
	c.show(v.w, http.StatusOK, "deliveries", page)
	return nil
}

func (c *console) suspended(v *visit, scope books.Scope) ([]queue.Target, error) {
	list, err := c.Queue.Targets(v.r.Context())
	return slices.DeleteFunc(list, func(t queue.Target) bool {
		return t.State != delivery.Suspended || scope.Network != "" && t.Network != scope.Network || scope.Partner != "" && t.Partner != scope.Partner
	}), err
}

// retry looks the delivery up first: the queue knows no scopes.
func (c *console) retry(v *visit) error {
	d, err := c.Books.Delivery(v.r.Context(), v.scope, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := c.Queue.Retry(v.r.Context(), d.ID, c.Now()); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/deliveries?retried=1", http.StatusSeeOther)
	return nil
}

func (c *console) resume(v *visit) error {
	list, err := c.suspended(v, v.scope)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t queue.Target) bool { return t.ID == v.r.PathValue("id") })
	if i < 0 {
		return queue.ErrNotFound
	}
	if err := c.Queue.Resume(v.r.Context(), list[i].ID, c.Now()); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/deliveries?retried=1", http.StatusSeeOther)
	return nil
}
