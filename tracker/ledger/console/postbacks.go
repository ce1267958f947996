package console

import (
	"net/http"

	"github.com/waypost/waypost/tracker/ledger/report/books"
)

// verdicts are those of the log.
var verdicts = []string{"approved", "pending", "hold", "rejected", "refused"}

type postbacksPage struct {
	view
	Verdicts []string
	List     books.List[books.Postback]
}

func (c *console) postbacks(v *visit) error {
	page := postbacksPage{view: v.view("postbacks"), Verdicts: verdicts}
	f := page.Form
	list, err := c.Books.Postbacks(v.r.Context(), v.narrowed(f), books.PostbackFilter{
		Span: v.span(f), Verdicts: one(f, "verdict", verdicts), Reason: f.Get("reason"), Offer: f.Get("offer"), Goal: f.Get("goal"),
		ClickID: f.Get("click"), OrderID: f.Get("order"), Source: f.Get("source"), Conversion: f.Get("conversion"),
	}, f.page())
	if err != nil {
		return err
	}
	page.List = list
	c.show(v.w, http.StatusOK, "postbacks", page)
	return nil
}
