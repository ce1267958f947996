package pricing

import (
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// Selection is what decides which terms can apply to a conversion.
type Selection struct {
	// Partner is the partner's record, PartnerName its object name.
	Partner     *snapshot.Partner
	PartnerName string
	// OfferName is the offer's object name.
	OfferName string
	// Goal is the resolved goal, the offer's default goal included.
	Goal *snapshot.Goal
	// Payouts are the PartnerPayout records of the partner, in any order.
	Payouts []*snapshot.Record
	// Structure returns a payout structure of the network by name, nil if there
	// is none. It may be nil when no goal names one.
	Structure func(name string) *snapshot.PayoutStructure
	// At is when the tracker received the postback.
	At time.Time
}

// Select reduces the configuration to the terms that can apply. It is the
// tracker's half of "which payout applies": what does not depend on the click
// and the amount is decided here, the rest by Price.
func Select(in Selection) Terms {
	terms := Terms{
		Private: in.Goal.Private,
		Payout:  in.side(in.Goal.Payout, payoutOf),
		Revenue: in.side(in.Goal.Revenue, revenueOf),
	}
	if held, ok := in.override(); ok {
		terms.Payout.Override = held.named(held.entry.Payout)
		terms.Revenue.Override = held.named(held.entry.Revenue)
	}
	return terms
}

// side selects one side without its override. of takes that side of a rule.
func (in *Selection) side(pay snapshot.Pay, of func(*snapshot.Rule) *snapshot.PayoutTerms) Side {
	return Side{
		Structure: pay.Structure,
		Rules:     in.rules(pay.Structure, of),
		Tier:      in.tier(pay),
		Own:       snapshot.PayoutTerms{Flat: pay.Flat, Percent: pay.Percent},
	}
}

// tier returns the goal's value for the partner's tier, nil if it has none.
func (in *Selection) tier(pay snapshot.Pay) *Tier {
	if in.Partner == nil || in.Partner.Tier == "" || pay.Structure != "" {
		return nil
	}
	for i := range pay.Tiers {
		tier := &pay.Tiers[i]
		if tier.Tier == in.Partner.Tier && (tier.Flat != nil || tier.Percent != nil) {
			return &Tier{Name: tier.Tier, Flat: tier.Flat, Percent: tier.Percent}
		}
	}
	return nil
}

// rules returns a structure's rules without those for other partners.
func (in *Selection) rules(structure string, of func(*snapshot.Rule) *snapshot.PayoutTerms) []Rule {
	if structure == "" || in.Structure == nil {
		return nil
	}
	body := in.Structure(structure)
	if body == nil {
		return nil
	}
	rules := make([]Rule, 0, len(body.Rules))
	for i := range body.Rules {
		if rule := &body.Rules[i]; appliesTo(rule, in.PartnerName) {
			rules = append(rules, Rule{Name: rule.Name, When: rule.When, Terms: of(rule)})
		}
	}
	return rules
}

// appliesTo reports whether a rule is for the partner: it names the partner, or none.
func appliesTo(rule *snapshot.Rule, partner string) bool {
	for _, name := range rule.Partners {
		if name == partner {
			return true
		}
	}
	return len(rule.Partners) == 0
}

func payoutOf(rule *snapshot.Rule) *snapshot.PayoutTerms  { return rule.Payout }
func revenueOf(rule *snapshot.Rule) *snapshot.PayoutTerms { return rule.Revenue }
