package pricing

import (
	"fmt"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// AmountField is the field of conditions that means the sale amount.
const AmountField = "amount"

// Facts is what is known about a conversion besides the configuration.
type Facts struct {
	// Amount is the sale amount; nil when the postback gave none. Percentages are
	// then of 0.
	Amount *money.Amount
	// Field returns a field of conditions other than amount (source, sub1,
	// adv_sub1, promo_code, country, device, …); false when it is absent. An empty
	// value is absent too. It may be nil when nothing is known.
	Field func(name string) (value string, ok bool)
}

// Result is what a conversion is worth, and how that was found.
type Result struct {
	Payout  money.Amount
	Revenue money.Amount
	// The paths list the steps that were taken; the last one decided.
	PayoutPath  []Step
	RevenuePath []Step
}

// Step is one step of the way to a price.
type Step struct {
	// Rule names the step: "private", "override best-blog-december/december",
	// "structure baskets/big-baskets", "tier gold" or "goal".
	Rule string `json:"rule"`
	// Detail describes the outcome in words.
	Detail string `json:"detail"`
}

// PayoutRule names the step that decided the payout.
func (r Result) PayoutRule() string { return r.PayoutPath[len(r.PayoutPath)-1].Rule }

// RevenueRule names the step that decided the revenue.
func (r Result) RevenueRule() string { return r.RevenuePath[len(r.RevenuePath)-1].Rule }

// Price is the ledger's half of "which payout applies". It is a pure function:
// the same terms and facts give the same result in a rebuild. The error wraps
// money.ErrRange when a side is beyond 10 digits; the verdict is then bad_amount.
func (t Terms) Price(facts Facts) (Result, error) {
	var result Result
	var err error
	if t.Private {
		result.PayoutPath = []Step{{Rule: "private", Detail: "a private goal pays nothing"}}
	} else if result.Payout, result.PayoutPath, err = t.Payout.price("payout", facts); err != nil {
		return Result{}, err
	}
	if result.Revenue, result.RevenuePath, err = t.Revenue.price("revenue", facts); err != nil {
		return Result{}, err
	}
	return result, nil
}

// price decides and calculates one side.
func (s *Side) price(side string, facts Facts) (money.Amount, []Step, error) {
	terms, path := s.decide(side, facts)
	var sale money.Amount
	if facts.Amount != nil {
		sale = *facts.Amount
	}
	amount, err := money.Calculate(terms.Flat, sale, terms.Percent)
	last := &path[len(path)-1]
	if err != nil {
		return 0, nil, fmt.Errorf("calculating the %s by %s: %w", side, last.Rule, err)
	}
	last.Detail = describe(terms, facts.Amount)
	return amount, path, nil
}

// decide returns the terms that apply and the path to them: override, structure,
// tier, the goal's own.
func (s *Side) decide(side string, facts Facts) (snapshot.PayoutTerms, []Step) {
	if s.Override != nil {
		return s.Override.Terms, []Step{{Rule: "override " + s.Override.Name}}
	}
	var path []Step
	if s.Structure != "" {
		rule := s.firstMatch(facts)
		if rule != nil && rule.Terms != nil {
			return *rule.Terms, []Step{{Rule: "structure " + s.Structure + "/" + rule.Name}}
		}
		path = append(path, s.noStructure(side, rule))
	} else if s.Tier != nil {
		return s.Tier.over(s.Own), []Step{{Rule: "tier " + s.Tier.Name}}
	}
	return s.Own, append(path, Step{Rule: "goal"})
}

// firstMatch returns the first rule whose conditions all hold, nil if none does.
func (s *Side) firstMatch(facts Facts) *Rule {
	for i := range s.Rules {
		if s.Rules[i].matches(facts) {
			return &s.Rules[i]
		}
	}
	return nil
}

// noStructure is the step of a structure that did not decide.
func (s *Side) noStructure(side string, rule *Rule) Step {
	if rule == nil {
		return Step{Rule: "structure " + s.Structure, Detail: "no rule matches"}
	}
	return Step{Rule: "structure " + s.Structure + "/" + rule.Name, Detail: "matches but gives no " + side}
}

// over replaces the terms that the tier names; the other stays the goal's own.
func (t *Tier) over(own snapshot.PayoutTerms) snapshot.PayoutTerms {
	if t.Flat != nil {
		own.Flat = *t.Flat
	}
	if t.Percent != nil {
		own.Percent = *t.Percent
	}
	return own
}

// describe writes a calculation down.
func describe(terms snapshot.PayoutTerms, amount *money.Amount) string {
	switch {
	case terms.Percent == 0:
		return terms.Flat.String()
	case amount == nil:
		return fmt.Sprintf("%s + %s %% of no amount", terms.Flat, terms.Percent)
	}
	return fmt.Sprintf("%s + %s %% of %s", terms.Flat, terms.Percent, *amount)
}
