package judge

import (
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// record is the outcome of a postback that becomes a conversion. A test one is
// answered like any other and recorded nowhere.
func (c *Case) record(status snapshot.ConversionStatus, reason string, price pricing.Result) Outcome {
	n := c.conversion(status, reason, price)
	o := Outcome{Verdict: c.verdict(), ClickMissing: n.ClickMissing}
	o.Verdict.Verdict, o.Verdict.Reason = verdictOf(status), reason
	o.Verdict.Payout, o.Verdict.Revenue = n.Payout, n.Revenue
	if c.Postback.Test {
		return o
	}
	o.Verdict.Conversion = n.ID
	o.Conversion = n
	if !releases(reason) {
		n.OrderKey, n.SessionKey = c.Keys.Order, c.Keys.Session
		o.Remember = c.Keys.Repeat != Key{}
		if !o.Remember && c.Postback.OrderID == "" {
			n.RepeatKey = repeatKey(c.Postback)
		}
	}
	if n.Counts() && c.Postback.Terms.Goal.EndPoint {
		o.Closes = Session(c.Postback)
	}
	o.Fires = fires(c.Postback.Terms, n)
	return o
}

func (c *Case) conversion(status snapshot.ConversionStatus, reason string, price pricing.Result) *Conversion {
	p := c.Postback
	n := &Conversion{
		ID: c.ID, At: p.At, Day: c.Day, UpdatedAt: p.At, Cell: c.cell(),
		Status: status, Reason: reason, Said: p.Status,
		ClickID: p.ClickID, AimpID: p.AimpID, SessionAt: p.SessionAt, ClickMissing: c.clickMissing(),
		OrderID: p.OrderID, GoalRaw: p.GoalRaw, Amount: p.Amount,
		Payout: price.Payout, Revenue: price.Revenue, Config: p.Config, Via: p.Via, Extras: p.Extras,
		History: []Change{{At: p.At, To: status, By: ByPostback, Reason: reason}},
	}
	if price.PayoutPath != nil {
		n.PayoutRule, n.RevenueRule = price.PayoutRule(), price.RevenueRule()
	}
	if status == snapshot.StatusHold && p.Status != snapshot.StatusHold {
		n.HoldUntil = holdEnd(p.Terms, p.At)
	}
	if v := c.Click; v != nil {
		n.Source, n.Ref, n.ImpID, n.Country, n.Device, n.Subs = v.Source, v.Ref, v.ImpID, v.Country, v.Device, v.Subs
		if n.AimpID == "" {
			n.AimpID = v.AimpID
		}
	}
	return n
}

// cell is where the conversion is counted. What an unknown goal is called is the
// sender's invention, so it is counted under no goal.
func (c *Case) cell() Cell {
	p := c.Postback
	cell := Cell{
		Network: p.Network, Offer: p.Terms.Offer.Name, Partner: p.Terms.Partner.Name,
		Advertiser: p.Terms.Offer.Advertiser, Currency: p.Terms.Offer.Currency,
	}
	if p.Reason != ReasonUnknownGoal {
		cell.Goal, cell.Private = p.Terms.Goal.Value, p.Terms.Goal.Private
	}
	return cell
}

// holdEnd is when the hold of a conversion of that time ends.
func holdEnd(t *journal.Terms, at int64) int64 { return at + int64(t.Offer.HoldHours)*hour }

func verdictOf(s snapshot.ConversionStatus) string {
	switch s {
	case snapshot.StatusApproved:
		return Approved
	case snapshot.StatusPending:
		return Pending
	case snapshot.StatusHold:
		return Hold
	}
	return Rejected
}
