package pricing

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
)

// candidate is an override with the PartnerPayout that it stands in.
type candidate struct {
	record *snapshot.Record
	entry  *snapshot.Override
}

// override returns the one override that holds for the partner, offer and goal
// at the moment; false if none does. A side that it does not give is not looked
// for in another override: the goal's structure is next (docs/payouts.md).
func (in *Selection) override() (best candidate, found bool) {
	for _, record := range in.Payouts {
		if record.PartnerPayout == nil || record.PartnerPayout.Partner != in.PartnerName || record.Tombstone() {
			continue
		}
		overrides := overridesOf(record, in.OfferName)
		for i := range overrides {
			c := candidate{record: record, entry: &overrides[i]}
			if in.holds(c.entry) && (!found || c.compare(best) < 0) {
				best, found = c, true
			}
		}
	}
	return best, found
}

// overridesOf returns the overrides of a record for one offer. They are sorted
// by offer and goal (see snapshot.PartnerPayout).
func overridesOf(record *snapshot.Record, offer string) []snapshot.Override {
	all := record.PartnerPayout.Overrides
	byOffer := func(o snapshot.Override, name string) int { return strings.Compare(o.Offer, name) }
	first, _ := slices.BinarySearchFunc(all, offer, byOffer)
	end := first
	for end < len(all) && all[end].Offer == offer {
		end++
	}
	return all[first:end]
}

// holds reports whether the override is for the goal (case ignored) and its
// window, from inclusive and until exclusive, holds the moment.
func (in *Selection) holds(o *snapshot.Override) bool {
	at := in.At.Unix()
	return strings.EqualFold(o.Goal, in.Goal.Value) &&
		(o.From == 0 || at >= o.From) && (o.Until == 0 || at < o.Until)
}

// compare orders candidates, the one that counts first: the latest from (none is
// the earliest), then the older object (unknown age is youngest), then the
// object's name, then the entry's. So no order of arrival ever matters.
func (c candidate) compare(o candidate) int {
	return cmp.Or(
		cmp.Compare(begin(o.entry), begin(c.entry)),
		cmp.Compare(age(c.record), age(o.record)),
		strings.Compare(c.record.Name, o.record.Name),
		strings.Compare(c.entry.Name, o.entry.Name),
	)
}

// PassedOver returns for each side the step of an override that holds but does not
// give that side, nil where there is none. Terms do not carry it, because it does
// not act; explanations show why an override does nothing.
func PassedOver(in Selection) (payout, revenue []Step) {
	held, ok := in.override()
	if !ok {
		return nil, nil
	}
	step := func(side string) []Step {
		return []Step{{Rule: "override " + held.name(), Detail: "holds but gives no " + side}}
	}
	if held.entry.Payout == nil && !in.Goal.Private {
		payout = step("payout")
	}
	if held.entry.Revenue == nil {
		revenue = step("revenue")
	}
	return payout, revenue
}

// begin returns when an override's window begins.
func begin(o *snapshot.Override) int64 {
	if o.From == 0 {
		return math.MinInt64
	}
	return o.From
}

// age returns when the object was made.
func age(record *snapshot.Record) int64 {
	if record.PartnerPayout.CreatedAt == 0 {
		return math.MaxInt64
	}
	return record.PartnerPayout.CreatedAt
}

// named returns one side of the override; nil if it does not give that side.
func (c candidate) named(terms *snapshot.PayoutTerms) *Named {
	if terms == nil {
		return nil
	}
	return &Named{Name: c.name(), Terms: *terms}
}

// name is the object's name and the entry's.
func (c candidate) name() string { return c.record.Name + "/" + c.entry.Name }
