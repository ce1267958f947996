package pricing

import (
	"math/rand/v2"
	"strconv"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// anySelection makes a configuration with each step present about half the time.
func anySelection(random *rand.Rand) Selection {
	structure := &snapshot.PayoutStructure{}
	for i := range random.IntN(4) {
		structure.Rules = append(structure.Rules, anyRule(random, i))
	}
	return Selection{
		Partner:     &snapshot.Partner{Tier: []string{"", "gold", "silver"}[random.IntN(3)]},
		PartnerName: "blog",
		OfferName:   "shoes",
		Goal: &snapshot.Goal{
			Value: "2", GoalRules: snapshot.GoalRules{Private: random.IntN(5) == 0},
			Payout: anyPay(random), Revenue: anyPay(random),
		},
		Payouts:   []*snapshot.Record{record("best", "blog", 1, anyOverride(random))},
		Structure: func(string) *snapshot.PayoutStructure { return structure },
		At:        noon,
	}
}

func anyFacts(random *rand.Rand) Facts {
	if random.IntN(4) == 0 {
		return Facts{}
	}
	a := anyAmount(random)
	return Facts{Amount: &a}
}

func anyPay(random *rand.Rand) snapshot.Pay {
	pay := snapshot.Pay{Flat: anyAmount(random), Percent: anyPercent(random)}
	switch random.IntN(3) {
	case 0:
		pay.Structure = "baskets"
	case 1:
		for _, name := range []string{"silver", "gold"} {
			tier := snapshot.TierPay{Tier: name}
			if random.IntN(2) == 0 {
				a := anyAmount(random)
				tier.Flat = &a
			}
			if random.IntN(2) == 0 {
				p := anyPercent(random)
				tier.Percent = &p
			}
			pay.Tiers = append(pay.Tiers, tier)
		}
	}
	return pay
}

func anyRule(random *rand.Rand, i int) snapshot.Rule {
	rule := snapshot.Rule{Name: strconv.Itoa(i), Payout: anyTerms(random), Revenue: anyTerms(random)}
	if random.IntN(3) == 0 {
		rule.Partners = []string{[]string{"blog", "other"}[random.IntN(2)]}
	}
	if random.IntN(3) != 0 {
		limit := strconv.FormatInt(random.Int64N(2_000), 10)
		rule.When = []snapshot.Condition{{Field: AmountField, Operator: snapshot.OpGreaterOrEqual, Values: []string{limit}}}
	}
	return rule
}

func anyOverride(random *rand.Rand) snapshot.Override {
	o := snapshot.Override{Name: "o", Offer: "shoes", Goal: "2", Payout: anyTerms(random), Revenue: anyTerms(random)}
	if random.IntN(2) == 0 {
		o.Until = noon.Unix() // over
	}
	return o
}

// anyTerms returns no terms half the time.
func anyTerms(random *rand.Rand) *snapshot.PayoutTerms {
	if random.IntN(2) == 0 {
		return nil
	}
	return &snapshot.PayoutTerms{Flat: anyAmount(random), Percent: anyPercent(random)}
}

// anyAmount makes amounts of every magnitude; one in eight is near the largest.
func anyAmount(random *rand.Rand) money.Amount {
	if random.IntN(8) == 0 {
		return money.Max - money.Amount(random.Int64N(1_000_000))
	}
	return money.Amount(random.Int64N(int64(money.Max)+1) >> random.IntN(54))
}

func anyPercent(random *rand.Rand) money.Percent {
	return money.Percent(random.Int64N(int64(money.MaxPercent)+1) >> random.IntN(27))
}
