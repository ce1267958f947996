package judge

import (
	"strings"

	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// repeatMicros is how long an identical postback without a key of its own counts
// as a retry.
const repeatMicros = 10_000_000

// Postback judges a postback. It changes nothing that it was given.
//
// The first check that fails names the reason, in the order of docs/rules.md:
//
//   - What the tracker refused stays refused. An unknown goal is recorded as rejected.
//   - The price: an amount that cannot be priced is refused before it takes a key.
//   - A test is judged as a first postback: it meets no keys, closed sessions or caps.
//   - A goal that counts as a click never becomes a conversion.
//   - The key: a conversion that occupies it is repeated or changed. The key comes before
//     the session, so that the end point's own postback may come again.
//   - The identical postback of seconds ago, where no key makes it unique.
//   - The closed session, then afresh: partner, offer, time, currency, status, caps.
func Postback(c *Case) Outcome {
	p := c.Postback
	switch {
	case p.Terms == nil || p.Reason != "" && p.Reason != ReasonUnknownGoal:
		return c.refused(p.Reason, nil)
	case p.Reason == ReasonUnknownGoal:
		return c.record(snapshot.StatusRejected, ReasonUnknownGoal, pricing.Result{})
	}
	price, err := c.price()
	switch {
	case err != nil:
		return c.refused(ReasonBadAmount, nil)
	case p.Test:
		return c.record(c.afresh(price))
	case clickOnly(p):
		return c.goalClick()
	}
	if found, same := c.existing(); found != nil {
		if !same {
			return c.refused(ReasonDuplicate, found)
		}
		return c.again(found)
	}
	switch {
	case c.repeated():
		return c.refused(ReasonDuplicate, nil)
	case c.SessionClosed:
		return c.refused(ReasonSessionClosed, nil)
	}
	return c.record(c.afresh(price))
}

// existing returns the conversion that occupies a key of the postback, and whether
// it is the very key that the postback names: with an order id of its own, the one
// conversion of the session is another order's. An order id may have been recorded
// with blanks around it, which are trimmed now.
func (c *Case) existing() (found *Conversion, same bool) {
	if c.ByOrder != nil {
		return c.ByOrder, true
	}
	return c.BySession, c.Postback.OrderID == "" || c.BySession != nil && strings.TrimSpace(c.BySession.OrderID) == c.Postback.OrderID
}

// repeated reports whether the identical postback was counted seconds ago, also
// under the key that it had while multiple conversions were Disabled. Two
// trackers may put entries into the journal in another order than that of time.
func (c *Case) repeated() bool {
	last := c.RepeatAt
	if s := c.Single; s != nil && s.RepeatKey == c.Keys.Repeat {
		last = max(last, s.At)
	}
	if last == 0 {
		return false
	}
	apart := c.Postback.At - last
	return -repeatMicros <= apart && apart <= repeatMicros
}

// afresh judges a postback whose key is free and whose session is open. Rejections
// come first, caps last of them. A missing order id and manual approval come before the
// status that was sent, and the offer's hold comes after it.
func (c *Case) afresh(price pricing.Result) (snapshot.ConversionStatus, string, pricing.Result) {
	p := c.Postback
	reason := c.obstacle()
	if reason == "" {
		reason = c.mismatch()
	}
	switch {
	case reason != "":
	case p.Status == snapshot.StatusRejected:
		reason = ReasonByAdvertiser
	case !p.Test && c.capped(price):
		reason = ReasonCapReached
	case p.OrderIDMissing && (p.Terms.Goal.Multiple || Session(p) == ""):
		return snapshot.StatusPending, ReasonOrderIDMissing, price // a repeat would look the same
	case p.Terms.Goal.Manual:
		return snapshot.StatusPending, "", price
	case p.Status == snapshot.StatusPending || p.Status == snapshot.StatusHold:
		return p.Status, "", price
	case p.Terms.Offer.HoldHours > 0:
		return snapshot.StatusHold, "", price
	default:
		return snapshot.StatusApproved, "", price
	}
	return snapshot.StatusRejected, reason, price
}

// goalClick judges a postback that is counted as a click on the goal. It has no
// money and no caps, and no key but Repeat: the identical one within seconds is a retry.
func (c *Case) goalClick() Outcome {
	switch {
	case c.repeated():
		return c.refused(ReasonDuplicate, nil)
	case c.SessionClosed:
		return c.refused(ReasonSessionClosed, nil)
	}
	o := Outcome{Verdict: c.verdict(), ClickMissing: c.clickMissing()}
	if reason := c.obstacle(); reason != "" {
		o.Verdict.Verdict, o.Verdict.Reason = Rejected, reason
		return o
	}
	o.Verdict.Verdict = Approved
	o.GoalClick, o.Remember = true, true
	return o
}

// refused is the outcome that leaves nothing but the log line.
func (c *Case) refused(reason string, found *Conversion) Outcome {
	o := Outcome{Verdict: c.verdict(), ClickMissing: c.clickMissing()}
	o.Verdict.Verdict, o.Verdict.Reason = Refused, reason
	if found != nil {
		o.Verdict.Conversion = found.ID
	}
	return o
}

// verdict is what every answer holds.
func (c *Case) verdict() journal.Verdict {
	v := journal.Verdict{Known: true, Config: c.Postback.Config}
	if t := c.Postback.Terms; t != nil {
		v.Currency = t.Offer.Currency
		if c.Postback.Reason != ReasonUnknownGoal {
			v.Goal = t.Goal.Value
		}
	}
	return v
}

func (c *Case) clickMissing() bool { return c.Click == nil && Session(c.Postback) != "" }

// Case is everything that the verdict on one postback depends on.
type Case struct {
	// ID is the id of the postback, and of the conversion that it may become.
	ID       string
	Postback *journal.Postback
	// Day is the day of the postback in the network's time zone.
	Day  int64
	Keys Keys
	// Click is the row of the session's click or impression; nil if it is gone or
	// there is no session.
	Click *Visit
	// SessionClosed reports that an end point has closed the session.
	SessionClosed bool
	// ByOrder and BySession are the conversions that occupy the two keys, nil if none.
	ByOrder   *Conversion
	BySession *Conversion
	// Origin is the configuration that the found conversion was judged by.
	Origin *journal.Terms
	// RepeatAt is when Keys.Repeat was last counted, in microseconds since 1970; 0 never.
	RepeatAt int64
	// Single is the conversion that occupies Keys.Single, nil if none.
	Single *Conversion
	// Used returns how far a cap is used in the window of a conversion.
	Used UsedFunc
}

// UsedFunc returns how far a cap of an offer is used, a count or millionths, in the
// window that holds the conversion's time. The cap is one of the offer's terms.
type UsedFunc func(c *snapshot.Cap, of *Conversion) int64

// Outcome is what becomes of a postback, a moderation or the end of a hold.
type Outcome struct {
	// Verdict is the answer; it is set for postbacks only.
	Verdict journal.Verdict
	// Conversion is the new or changed conversion, nil when the books stay as they
	// are. Before is what it was, nil for a new one.
	Conversion *Conversion
	Before     *Conversion
	// Closes is the session that is closed now, "" for none.
	Closes string
	// GoalClick reports that the goal is counted as a click.
	GoalClick bool
	// Remember reports that Keys.Repeat counts from now.
	Remember bool
	// Fires are the partner's postbacks that this calls for.
	Fires []snapshot.PartnerPostback
	// ClickMissing reports that there was no row of the click.
	ClickMissing bool
}

// clickOnly reports whether a postback is counted as a click and never becomes a
// conversion.
func clickOnly(p *journal.Postback) bool {
	return p.Via == journal.ViaClick || p.Terms.Goal.ClickOnly
}

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
// is rejected whatever it holds; "" if there is none.
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
// id holds that to the second, rounded down; its row, unless it is gone, exactly.
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

// capped reports whether a new conversion of that price would exceed a cap.
func (c *Case) capped(price pricing.Result) bool {
	t := c.Postback.Terms
	if len(t.Offer.Caps) == 0 {
		return false
	}
	n := &Conversion{At: c.Postback.At, Dimensions: c.dimensions(), Status: snapshot.StatusApproved, Payout: price.Payout, Revenue: price.Revenue}
	return reached(t, n, nil, c.Used)
}
