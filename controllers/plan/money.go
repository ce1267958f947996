package plan

import (
	"slices"
	"time"

	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
)

// money notes what a conversion's payout and revenue become: the default terms, and
// those of each partner whose change differs from that.
func (d *differ) money() {
	for _, offer := range both(d.old.records[snapshot.KindOffer], d.new.records[snapshot.KindOffer]) {
		for _, value := range both(d.old.goals[offer], d.new.goals[offer]) {
			d.goalMoney(offer, value)
		}
	}
}

// goalMoney notes the changes of one goal that both sides have: the default terms
// first, so that partners' changes can be compared with them.
func (d *differ) goalMoney(offer, value string) {
	usual := d.priced(offer, value, "", d.now)
	for _, side := range usual {
		d.addMoney(offer, value, "", time.Time{}, side)
	}
	for _, partner := range both(d.old.records[snapshot.KindPartner], d.new.records[snapshot.KindPartner]) {
		d.partnerMoney(offer, value, partner, usual)
	}
}

// partnerMoney notes the partner's changes now and at each moment from which another
// override holds. What equals the default change, or the change at the moment before,
// is not repeated: listed is what the plan has so far. The first moment is now and
// has no date in the plan.
func (d *differ) partnerMoney(offer, value, partner string, listed []side) {
	for i, at := range d.moments(offer, value, partner) {
		sides := d.priced(offer, value, partner, at)
		from := at
		if i == 0 {
			from = time.Time{}
		}
		for s, side := range sides {
			if side != listed[s] {
				d.addMoney(offer, value, partner, from, side)
			}
		}
		listed = sides
	}
}

// addMoney notes one side where its words differ. from is zero for at once.
func (d *differ) addMoney(offer, value, partner string, from time.Time, s side) {
	if s.old == s.new {
		return
	}
	c := Change{
		Class: Money, Network: d.network, Object: "Offer/" + offer, Goal: value, Partner: partner,
		What: s.name, Old: s.old, New: s.new,
	}
	if !from.IsZero() {
		c.From = from.UTC().Format(time.RFC3339)
	}
	d.changes = append(d.changes, c)
}

// side is one of payout and revenue, before and after, in words.
type side struct{ name, old, new string }

// priced selects the terms before and after at one moment, and describes them. Revenue
// is never private: privacy hides a goal from partners, not from the network.
func (d *differ) priced(offer, value, partner string, at time.Time) []side {
	before, after := d.old.terms(offer, value, partner, at), d.new.terms(offer, value, partner, at)
	return []side{
		{"payout", describe(before.Payout, before.Private), describe(after.Payout, after.Private)},
		{"revenue", describe(before.Revenue, false), describe(after.Revenue, false)},
	}
}

// terms are what pricing would choose from; partner "" is one without a tier and
// without overrides.
func (n *network) terms(offer, value, partner string, at time.Time) pricing.Terms {
	in := pricing.Selection{
		PartnerName: partner, OfferName: offer, Goal: n.goals[offer][value], Structure: n.structure, At: at,
		Partner: &snapshot.Partner{}, Payouts: n.payouts[partner],
	}
	if r := n.records[snapshot.KindPartner][partner]; r != nil {
		in.Partner = r.Partner
	}
	return pricing.Select(in)
}

// moments are now and every later one at which a window of an override of this
// partner and goal opens or closes, before or after the change.
func (d *differ) moments(offer, value, partner string) []time.Time {
	seconds := []int64{d.now.Unix()}
	for _, r := range slices.Concat(d.old.payouts[partner], d.new.payouts[partner]) {
		for _, o := range r.PartnerPayout.Overrides {
			if o.Offer == offer && o.Goal == value {
				seconds = append(seconds, o.From, o.Until)
			}
		}
	}
	slices.Sort(seconds)
	var moments []time.Time
	for _, s := range slices.Compact(seconds) {
		if s >= d.now.Unix() {
			moments = append(moments, time.Unix(s, 0))
		}
	}
	return moments
}
