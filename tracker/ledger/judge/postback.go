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

// afresh judges a postback whose key is free and whose session is open.
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
		return snapshot.StatusPending, ReasonOrderIDMissing, price // nothing tells it from a repeat
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

// goalClick judges a postback that is counted as a click on the goal.
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

// verdict is what every answer says.
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
