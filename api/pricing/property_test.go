package pricing

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// TestAnyConfiguration prices random configurations and holds every result
// against a plain reading of docs/payouts.md in exact fractions.
func TestAnyConfiguration(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	seen := map[string]int{}
	for range 20_000 {
		in, facts := anySelection(random), anyFacts(random)
		selected := Select(in)
		got, err := selected.Price(facts)
		payout, payoutRule := plainSide(in, facts, false)
		revenue, revenueRule := plainSide(in, facts, true)
		if beyond(payout) || beyond(revenue) {
			seen["beyond"]++
			if !errors.Is(err, money.ErrRange) {
				t.Fatalf("%v, want money.ErrRange for %s and %s", err, payout, revenue)
			}
			continue
		}
		seen[payoutRule]++
		if err != nil || payout.Cmp(big.NewInt(int64(got.Payout))) != 0 || revenue.Cmp(big.NewInt(int64(got.Revenue))) != 0 {
			t.Fatalf("%d and %d, %v; want %s and %s\n%+v", got.Payout, got.Revenue, err, payout, revenue, in.Goal)
		}
		if kindOf(got.PayoutRule()) != payoutRule || kindOf(got.RevenueRule()) != revenueRule {
			t.Fatalf("by %s and %s, want %s and %s", got.PayoutRule(), got.RevenueRule(), payoutRule, revenueRule)
		}
		if in.Goal.Private && got.Payout != 0 {
			t.Fatalf("a private goal pays %s", got.Payout)
		}
		if again, err := Select(in).Price(facts); err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("the second time %+v, %v; the first %+v", again, err, got)
		}
	}
	for _, rule := range []string{"private", "override", "structure", "tier", "goal", "beyond"} {
		if seen[rule] < 100 {
			t.Errorf("only %d results by %s: the generator proves nothing about it", seen[rule], rule)
		}
	}
}

// TestSelectLeavesItsInputAlone: records are shared between all requests.
func TestSelectLeavesItsInputAlone(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	same := rand.New(rand.NewPCG(8, 9))
	for range 500 {
		in, untouched := anySelection(random), anySelection(same)
		selected := Select(in)
		_, _ = selected.Price(Facts{})
		in.Structure, untouched.Structure = nil, nil
		if !reflect.DeepEqual(in, untouched) {
			t.Fatalf("the selection was changed to %+v", in)
		}
	}
}

// kindOf returns the first word of a rule's name.
func kindOf(rule string) string {
	for i := range rule {
		if rule[i] == ' ' {
			return rule[:i]
		}
	}
	return rule
}

func beyond(n *big.Int) bool { return n.Cmp(big.NewInt(int64(money.Max))) > 0 }

// plainSide reads the five steps of docs/payouts.md top down.
func plainSide(in Selection, facts Facts, revenue bool) (*big.Int, string) {
	pick := func(payout, revenueTerms *snapshot.PayoutTerms) *snapshot.PayoutTerms {
		if revenue {
			return revenueTerms
		}
		return payout
	}
	if in.Goal.Private && !revenue {
		return new(big.Int), "private"
	}
	// The generator gives at most one override that holds.
	for _, r := range in.Payouts {
		for _, o := range r.PartnerPayout.Overrides {
			if o.Until != 0 && o.Until <= in.At.Unix() || o.From > in.At.Unix() {
				continue
			}
			if given := pick(o.Payout, o.Revenue); given != nil {
				return plainMoney(*given, facts), "override"
			}
		}
	}
	pay := in.Goal.Payout
	if revenue {
		pay = in.Goal.Revenue
	}
	own := snapshot.PayoutTerms{Flat: pay.Flat, Percent: pay.Percent}
	if pay.Structure != "" {
		for _, rule := range in.Structure(pay.Structure).Rules {
			if !plainMatch(rule, in.PartnerName, facts) {
				continue
			}
			if given := pick(rule.Payout, rule.Revenue); given != nil {
				return plainMoney(*given, facts), "structure"
			}
			break
		}
		return plainMoney(own, facts), "goal"
	}
	for _, tier := range pay.Tiers {
		if tier.Tier != in.Partner.Tier || tier.Flat == nil && tier.Percent == nil {
			continue
		}
		if tier.Flat != nil {
			own.Flat = *tier.Flat
		}
		if tier.Percent != nil {
			own.Percent = *tier.Percent
		}
		return plainMoney(own, facts), "tier"
	}
	return plainMoney(own, facts), "goal"
}

// plainMatch knows the one condition that the generator makes: amount at least.
func plainMatch(rule snapshot.Rule, partner string, facts Facts) bool {
	for _, name := range rule.Partners {
		if name != partner {
			return false
		}
	}
	for _, c := range rule.When {
		limit, _ := strconv.ParseInt(c.Values[0], 10, 64)
		if facts.Amount == nil || int64(*facts.Amount) < limit*1_000_000 {
			return false
		}
	}
	return true
}

// plainMoney is flat + amount*percent/100 as a fraction, rounded half to even.
func plainMoney(terms snapshot.PayoutTerms, facts Facts) *big.Int {
	value := new(big.Rat).SetInt64(int64(terms.Flat))
	if facts.Amount != nil {
		product := new(big.Int).Mul(big.NewInt(int64(*facts.Amount)), big.NewInt(int64(terms.Percent)))
		value.Add(value, new(big.Rat).SetFrac(product, big.NewInt(100*100_000)))
	}
	twice := new(big.Int).Mul(value.Num(), big.NewInt(2))
	floor, rest := new(big.Int).QuoRem(twice.Add(twice, value.Denom()), new(big.Int).Mul(value.Denom(), big.NewInt(2)), new(big.Int))
	if rest.Sign() == 0 && floor.Bit(0) == 1 {
		floor.Sub(floor, big.NewInt(1)) // rounding half up met a tie: to even
	}
	return floor
}
