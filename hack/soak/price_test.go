package soak

import (
	"math/big"
	"slices"
	"strings"
)

// price finds the terms and works in fractions, exact until the one rounding at the end.
func (s *sale) price(amount *int64) bool {
	paid, earned := s.step(s.goal.Payout, amount, func(r rule) *terms { return r.Payout }), s.step(s.goal.Revenue, amount, func(r rule) *terms { return r.Revenue })
	if x := s.override(); x != nil {
		paid = x.Payout
		if x.Revenue != nil {
			earned = *x.Revenue
		}
	}
	var okPaid, okEarned bool
	s.payout, okPaid = exact(paid, amount)
	s.revenue, okEarned = exact(earned, amount)
	if s.goal.Private {
		s.payout, okPaid = 0, true
	}
	return okPaid && okEarned
}

// override is the partner's own: of several the latest, then the name.
func (s *sale) override() *override {
	if s.goal.Private {
		return nil
	}
	var best *override
	second := s.at / 1_000_000
	for i := range s.partner.Overrides {
		x := &s.partner.Overrides[i]
		holds := x.Offer == s.offer.Name && strings.EqualFold(x.Goal, s.goal.Value) && x.From <= second && (x.Until == 0 || second < x.Until)
		if holds && (best == nil || x.From > best.From || x.From == best.From && x.Name < best.Name) {
			best = x
		}
	}
	return best
}

// step is the structure, the tiers, or the goal's own.
func (s *sale) step(side side, amount *int64, of func(rule) *terms) terms {
	own := side.terms
	if st := find(s.network.Structures, func(x *structure) bool { return x.Name == side.Structure }); st != nil {
		for _, r := range st.Rules {
			if s.matches(r, amount) {
				if t := of(r); t != nil {
					return *t
				}
				break // the first that matches decides
			}
		}
	}
	for _, t := range side.Tiers {
		if t.Name == s.partner.Tier {
			if t.Flat != nil {
				own.Flat = t.Flat
			}
			if t.Percent != nil {
				own.Percent = t.Percent
			}
		}
	}
	return own
}

func (s *sale) matches(r rule, amount *int64) bool {
	if len(r.Partners) > 0 && !slices.Contains(r.Partners, s.partner.Name) {
		return false
	}
	return !slices.ContainsFunc(r.When, func(c condition) bool { return !s.holds(c, amount) })
}

func (s *sale) holds(c condition, amount *int64) bool {
	if c.Field == "amount" {
		if amount == nil {
			return false
		}
		low := millionths(c.Values[0])
		return map[string]bool{
			"GreaterOrEqual": *amount >= low, "Greater": *amount > low, "Less": *amount < low, "LessOrEqual": *amount <= low,
			"Between": *amount >= low && *amount <= millionths(c.Values[len(c.Values)-1]),
		}[c.Operator]
	}
	value := s.meaning[c.Field]
	if c.Field == "sub2" || c.Field == "source" || c.Field == "device" {
		value = ""
		if s.row != nil {
			value = s.row.meaning[c.Field]
		}
		if s.row != nil && c.Field == "device" {
			for device, agent := range agents {
				if agent == s.row.agent {
					value = device
				}
			}
		}
	}
	if value == "" {
		return false // an absent field never matches
	}
	test := map[string]func(string, string) bool{
		"Equals": func(a, b string) bool { return a == b }, "In": func(a, b string) bool { return a == b },
		"StartsWith": strings.HasPrefix, "Contains": strings.Contains,
	}[c.Operator]
	return slices.ContainsFunc(c.Values, func(v string) bool { return test(value, v) })
}

func exact(t terms, amount *int64) (int64, bool) {
	sum := new(big.Rat)
	if t.Flat != nil {
		sum.SetInt64(*t.Flat)
	}
	if t.Percent != nil && amount != nil {
		part := big.NewRat(*t.Percent, 100_000*100)
		sum.Add(sum, part.Mul(part, new(big.Rat).SetInt64(*amount)))
	}
	return halfEven(sum)
}

// halfEven rounds; false if it is more than an amount can be.
func halfEven(sum *big.Rat) (int64, bool) {
	whole := new(big.Int).Quo(sum.Num(), sum.Denom())
	rest := new(big.Rat).Sub(sum, new(big.Rat).SetInt(whole))
	switch half := rest.Cmp(big.NewRat(1, 2)); {
	case half > 0, half == 0 && whole.Bit(0) == 1:
		whole.Add(whole, big.NewInt(1))
	}
	return whole.Int64(), whole.Cmp(big.NewInt(9_999_999_999_999_999)) <= 0
}
