package judge

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

// again judges a later postback of a conversion that exists. With a status it may
// move a pending one or one on hold, and carry the final amount.
func (c *Case) again(found *Conversion) Outcome {
	p := c.Postback
	open := found.Status == snapshot.StatusPending || found.Status == snapshot.StatusHold
	switch {
	case p.Status == 0:
		return c.refused(ReasonDuplicate, found)
	case !open && !c.reverses(found):
		return c.refused(ReasonStatusFinal, found)
	case p.Terms.Offer.KeyRequired && !p.KeyProven:
		return c.refused(ReasonDuplicate, found)
	case p.Status == snapshot.StatusRejected:
		return c.move(found, found.clone(), snapshot.StatusRejected, ReasonByAdvertiser)
	}
	return c.settle(found)
}

// reverses reports whether the postback, with a proved key, takes back what is final:
// a chargeback rejects an approved conversion, and an approval takes back the
// advertiser's own rejection (a card that was declined and paid in the end). What a
// moderator, a cap or a check rejected stays.
func (c *Case) reverses(found *Conversion) bool {
	p := c.Postback
	if found.Status == snapshot.StatusApproved {
		return p.KeyProven && p.Status == snapshot.StatusRejected
	}
	return p.KeyProven && p.Status == snapshot.StatusApproved && found.rejectedByAdvertiser()
}

// settle moves a conversion to anything but rejected. One that was rejected needs a
// place in the caps again.
func (c *Case) settle(found *Conversion) Outcome {
	to, until := c.target(found)
	n, changed, note := c.withAmount(found)
	switch {
	case note == ReasonBadAmount:
		return c.refused(note, found)
	case note == ReasonCapReached:
		return c.move(found, n, snapshot.StatusRejected, note)
	case to == found.Status && until == found.HoldUntil && !changed:
		return c.refused(ReasonDuplicate, found)
	}
	n.HoldUntil = until
	return c.move(found, n, to, note)
}

// target is what the status of the postback makes of a conversion, and when its hold
// then ends by itself. The offer's hold begins with
// the conversion, whenever it is approved.
func (c *Case) target(found *Conversion) (to snapshot.ConversionStatus, until int64) {
	held := found.HoldUntil != 0 // by the offer, not by the advertiser
	switch status := c.Postback.Status; {
	case status == snapshot.StatusPending, status == snapshot.StatusHold && held:
		return found.Status, found.HoldUntil // nothing goes back to pending, and a hold has its end
	case status == snapshot.StatusHold:
		return snapshot.StatusHold, 0
	case held && found.Said == snapshot.StatusApproved:
		return found.Status, found.HoldUntil // adds nothing new, as a retry does
	case held || c.Origin.Offer.HoldHours == 0 || holdEnd(c.Origin, found.At) <= c.Postback.At:
		return snapshot.StatusApproved, 0
	}
	return snapshot.StatusHold, holdEnd(c.Origin, found.At)
}

// withAmount returns a copy of the conversion with the amount of the postback, if
// it has another one, and whether that changed it. note is why it could not, or
// that a cap has no room for the copy.
func (c *Case) withAmount(found *Conversion) (n *Conversion, changed bool, note string) {
	n = found.clone()
	amount := c.Postback.Amount
	switch {
	case amount == nil || found.Amount != nil && *amount == *found.Amount:
	case c.mismatch() != "":
		note = ReasonCurrencyMismatch // the amount stays what it was
	default:
		price, err := c.reprice(found, amount)
		if err != nil {
			return n, false, ReasonBadAmount
		}
		n.Amount, n.Payout, n.Revenue = amount, price.Payout, price.Revenue
		n.PayoutRule, n.RevenueRule = price.PayoutRule(), price.RevenueRule()
		changed = true
	}
	counted := *n
	counted.Status = snapshot.StatusApproved
	if reached(c.Origin, &counted, found, c.Used) {
		note = ReasonCapReached
	}
	return n, changed, note
}

// move is the outcome of a postback that changes a conversion: n, a copy of found,
// gets the status.
func (c *Case) move(found, n *Conversion, to snapshot.ConversionStatus, note string) Outcome {
	p := c.Postback
	n.change(Change{At: p.At, To: to, By: ByPostback, Reason: note})
	n.Said = p.Status
	o := Outcome{Verdict: c.verdict(), Conversion: n, Before: found, ClickMissing: n.ClickMissing}
	o.Verdict.Verdict, o.Verdict.Reason, o.Verdict.Conversion = verdictOf(to), n.Reason, n.ID
	o.Verdict.Payout, o.Verdict.Revenue, o.Verdict.Config = n.Payout, n.Revenue, n.Config
	if to != found.Status {
		o.Fires = fires(c.partnerOf(n), n)
	}
	if n.Counts() && !found.Counts() && c.Origin.Goal.EndPoint {
		o.Closes = sessionOf(n)
	}
	return o
}

// partnerOf is the configuration that names the URLs of the conversion's partner:
// the postback's, which is newer, unless its order came with another partner's click.
func (c *Case) partnerOf(n *Conversion) *journal.Terms {
	if c.Origin != nil && c.Postback.Terms.Partner.Name != n.Dimensions.Partner {
		return c.Origin
	}
	return c.Postback.Terms
}
