package judge

import (
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

const (
	second = 1_000_000 // microseconds
	hour   = 3600 * second
)

// Look-backs of offers that give none.
const (
	defaultClickLookback      = 720 // hours
	defaultImpressionLookback = 24
)

// obstacle returns the first reason, in the order of docs/rules.md, why a postback
// is rejected whatever it says; "" if there is none.
func (c *Case) obstacle() string {
	switch t := c.Postback.Terms; {
	case t.Partner.State == snapshot.Blocked, t.Partner.State == snapshot.Rejected, t.Partner.State == snapshot.Deleted:
		return ReasonPartnerInactive
	case t.Offer.State == snapshot.Deleted, t.Offer.State == snapshot.Pending:
		return ReasonOfferInactive
	}
	return c.untimely()
}

// untimely compares the time since the click with the offer's bounds. Both bounds
// are allowed. The two times are of different clocks where two trackers are at work,
// so a click of the future has the age 0: the clock that differs is no fault of the
// partner's, and an offer without a minimum asks for none.
func (c *Case) untimely() string {
	p := c.Postback
	if Session(p) == "" {
		return ""
	}
	a := &p.Terms.Offer.Attribution
	age := max(0, p.At-c.sessionBegan())
	lookback := hours(a.ClickLookbackHours, defaultClickLookback)
	if p.ClickID == "" {
		lookback = hours(a.ImpressionLookbackHours, defaultImpressionLookback)
	} else if age < int64(a.MinimumClickSeconds)*second {
		return ReasonTooSoon
	}
	if age > lookback {
		return ReasonTooLate
	}
	return ""
}

// sessionBegan is when the click or impression was, in microseconds since 1970. Its
// id tells that to the second, rounded down; its row, unless it is gone, exactly.
func (c *Case) sessionBegan() int64 {
	at := c.Postback.SessionAt * second
	if c.Click != nil && at <= c.Click.At && c.Click.At < at+second {
		return c.Click.At
	}
	return at
}

func hours(given, otherwise int32) int64 {
	if given == 0 {
		given = otherwise
	}
	return int64(given) * hour
}

// mismatch is the reason when the postback names another currency than the offer's.
func (c *Case) mismatch() string {
	p := c.Postback
	if p.Currency != "" && !strings.EqualFold(p.Currency, p.Terms.Offer.Currency) {
		return ReasonCurrencyMismatch
	}
	return ""
}

// AsksVisit reports whether a rule asks for what the visit of a postback brought along.
func AsksVisit(p *journal.Postback) bool {
	return p.Terms != nil && len(p.Terms.Pricing.Payout.Rules)+len(p.Terms.Pricing.Revenue.Rules) > 0
}

// AsksMoment reports whether the second that an id holds is too coarse for the offer's
// bounds of time: the verdict then depends on the row of the visit.
func AsksMoment(p *journal.Postback) bool {
	if Session(p) == "" || p.Terms == nil {
		return false
	}
	a := &p.Terms.Offer.Attribution
	age := p.At - p.SessionAt*second
	if p.ClickID == "" {
		late := age - hours(a.ImpressionLookbackHours, defaultImpressionLookback)
		return late > 0 && late < second
	}
	late, soon := age-hours(a.ClickLookbackHours, defaultClickLookback), age-int64(a.MinimumClickSeconds)*second
	return late > 0 && late < second || a.MinimumClickSeconds > 0 && soon >= 0 && soon < second
}
