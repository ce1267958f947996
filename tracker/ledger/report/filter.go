package report

import (
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/report/books"
)

func (c *call) reportRequest() books.ReportRequest {
	return books.ReportRequest{
		Groups: chosen[books.Group](c.args, "group"),
		From:   c.bounds["from"], To: c.bounds["to"], Zone: c.zones["timeZone"],
		ReportFilter: books.ReportFilter{
			Offer: c.text("offer"), Advertiser: c.text("advertiser"), Goal: c.text("goal"), GoalName: c.text("goalName"), Currency: c.text("currency"),
			Source: c.text("source"), Country: c.text("country"), Device: c.text("device"), Subs: c.subs(), Statuses: chosen[books.Status](c.args, "status"),
		},
	}
}

func (c *call) conversionFilter(span books.Span) books.ConversionFilter {
	return books.ConversionFilter{
		Span: span, Statuses: chosen[books.Status](c.args, "status"), Reason: c.text("reason"),
		Offer: c.text("offer"), Advertiser: c.text("advertiser"), Goal: c.text("goal"), GoalName: c.text("goalName"), Currency: c.text("currency"),
		ClickID: c.text("clickID"), AimpID: c.text("aimpID"), ImpressionID: c.text("impressionID"), OrderID: c.text("orderID"),
		Source: c.text("source"), Country: c.text("country"), Device: c.text("device"), Subs: c.subs(), Vias: chosen[books.Via](c.args, "via"),
	}
}

func (c *call) postbackFilter(span books.Span) books.PostbackFilter {
	return books.PostbackFilter{
		Span: span, Verdicts: c.choices["verdict"], Reason: c.text("reason"), Offer: c.text("offer"), Goal: c.text("goal"),
		ClickID: c.text("clickID"), AimpID: c.text("aimpID"), OrderID: c.text("orderID"), Conversion: c.text("conversion"), Source: c.text("source"),
		Vias: chosen[books.Via](c.args, "via"), Test: c.flags["test"],
	}
}

func (c *call) deliveryFilter(span books.Span) books.DeliveryFilter {
	return books.DeliveryFilter{
		Span: span, States: chosen[delivery.State](c.args, "state"), Kinds: chosen[books.DeliveryKind](c.args, "kind"),
		Offer: c.text("offer"), Goal: c.text("goal"), Name: c.text("name"), Event: c.text("event"),
	}
}

func (c *call) subs() (subs [10]string) {
	for n := range subs {
		subs[n] = c.text(string(books.BySub(n + 1)))
	}
	return subs
}

// span is the time of a list, with days in the network's time zone.
func (a *api) span(c *call) (books.Span, error) {
	from, to := c.bounds["from"], c.bounds["to"]
	loc := time.UTC
	if from != nil && from.Date || to != nil && to.Date {
		var err error
		if loc, err = a.Books.Zone(c.r.Context(), c.scope); err != nil {
			return books.Span{}, err
		}
	}
	return books.Span{From: moment(from, loc), To: moment(to, loc)}, nil
}

func moment(b *books.Bound, loc *time.Location) *time.Time {
	if b == nil {
		return nil
	}
	t := b.In(loc)
	return &t
}

func (c *call) page() books.Page { return books.Page{Limit: c.limit, Cursor: c.text("cursor")} }
