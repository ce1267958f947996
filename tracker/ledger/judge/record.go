package judge

import (
	"strconv"
	"strings"

	"github.com/waypost/waypost/api/money"
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
		ID: c.ID, At: p.At, Day: c.Day, UpdatedAt: p.At, Dimensions: c.dimensions(),
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
func (c *Case) dimensions() Dimensions {
	p := c.Postback
	cell := Dimensions{
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

// price prices the postback. An amount in another currency than the offer's prices
// nothing: the conversion will be rejected.
func (c *Case) price() (pricing.Result, error) {
	p := c.Postback
	amount := p.Amount
	if c.mismatch() != "" {
		amount = nil
	}
	visit := c.Click
	if visit == nil {
		visit = &Visit{}
	}
	f := fields{source: visit.Source, country: visit.Country, device: visit.Device, subs: &visit.Subs, extras: p.Extras}
	return p.Terms.Pricing.Price(pricing.Facts{Amount: amount, Field: f.field})
}

// reprice prices a conversion that exists, with another amount, by what it was
// first judged by.
func (c *Case) reprice(found *Conversion, amount *money.Amount) (pricing.Result, error) {
	f := fields{source: found.Source, country: found.Country, device: found.Device, subs: &found.Subs, extras: found.Extras}
	return c.Origin.Pricing.Price(pricing.Facts{Amount: amount, Field: f.field})
}

// fields are those of payout rules, except the amount.
type fields struct {
	source, country, device string
	subs                    *[10]string
	extras                  map[string]string
}

func (f *fields) field(name string) (string, bool) {
	value := ""
	switch name {
	case "source":
		value = f.source
	case "country":
		value = f.country
	case "device":
		value = f.device
	default:
		if n, ok := strings.CutPrefix(name, "sub"); ok {
			if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(f.subs) {
				value = f.subs[i-1]
			}
		} else {
			value = f.extras[name] // adv_sub1 to adv_sub5, promo_code
		}
	}
	return value, value != ""
}
