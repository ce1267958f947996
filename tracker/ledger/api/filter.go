package api

import (
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/query"
)

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

func (c *call) conversionFilter(span query.Span) query.ConversionFilter {
	return query.ConversionFilter{
		Span: span, Statuses: chosen[query.Status](c.args, "status"), Reason: c.text("reason"),
		Offer: c.text("offer"), Advertiser: c.text("advertiser"), Goal: c.text("goal"), GoalName: c.text("goalName"), Currency: c.text("currency"),
		ClickID: c.text("clickID"), AimpID: c.text("aimpID"), ImpressionID: c.text("impressionID"), OrderID: c.text("orderID"),
		Source: c.text("source"), Country: c.text("country"), Device: c.text("device"), Subs: c.subs(), Vias: chosen[query.Via](c.args, "via"),
	}
}

func (c *call) postbackFilter(span query.Span) query.PostbackFilter {
	return query.PostbackFilter{
		Span: span, Verdicts: c.choices["verdict"], Reason: c.text("reason"), Offer: c.text("offer"), Goal: c.text("goal"),
		ClickID: c.text("clickID"), AimpID: c.text("aimpID"), OrderID: c.text("orderID"), Conversion: c.text("conversion"), Source: c.text("source"),
		Vias: chosen[query.Via](c.args, "via"), Test: c.flags["test"],
	}
}

func (c *call) deliveryFilter(span query.Span) query.DeliveryFilter {
	return query.DeliveryFilter{
		Span: span, States: chosen[delivery.State](c.args, "state"), Kinds: chosen[query.DeliveryKind](c.args, "kind"),
		Offer: c.text("offer"), Goal: c.text("goal"), Name: c.text("name"), Event: c.text("event"),
	}
}

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

func moment(b *query.Bound, loc *time.Location) *time.Time {
	if b == nil {
		return nil
	}
	t := b.In(loc)
	return &t
}

func (c *call) page() query.Page { return query.Page{Limit: c.limit, Cursor: c.text("cursor")} }
