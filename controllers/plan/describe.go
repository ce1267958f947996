package plan

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
)

// describe puts a side of pricing terms in words, complete enough that two sides
// with equal words price every conversion equally.
func describe(s pricing.Side, private bool) string {
	switch {
	case private:
		return "0.00 (private)"
	case s.Override != nil:
		return terms(s.Override.Terms) + " (override " + s.Override.Name + ")"
	case s.Structure != "":
		return "structure " + s.Structure + ": " + strings.Join(append(rules(s.Rules), "else "+terms(s.Own)), "; ")
	case s.Tier != nil:
		return terms(tiered(*s.Tier, s.Own)) + " (tier " + s.Tier.Name + ")"
	}
	return terms(s.Own)
}

// rules puts a structure's rules in words, in their order, which decides between them.
func rules(list []pricing.Rule) []string {
	var words []string
	for _, r := range list {
		word := r.Name + " when"
		for i, c := range r.When {
			if i > 0 {
				word += " and"
			}
			word += " " + c.Field + " " + operator(c.Operator) + " " + strings.Join(c.Values, "|")
		}
		if len(r.When) == 0 {
			word = r.Name + " always"
		}
		if r.Terms == nil {
			words = append(words, word+": the goal's own")
			continue
		}
		words = append(words, word+": "+terms(*r.Terms))
	}
	return words
}

// operator is the name that manifests have for it.
func operator(o snapshot.Operator) string {
	names := [...]string{"", "Equals", "In", "StartsWith", "Contains", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Between"}
	return names[o]
}

// tiered are the goal's own terms with those that the tier names in their place.
func tiered(t pricing.Tier, own snapshot.PayoutTerms) snapshot.PayoutTerms {
	if t.Flat != nil {
		own.Flat = *t.Flat
	}
	if t.Percent != nil {
		own.Percent = *t.Percent
	}
	return own
}

// terms are such as "2.00 + 5 %"; a part that is 0 is left out.
func terms(t snapshot.PayoutTerms) string {
	switch {
	case t.Percent == 0:
		return t.Flat.String()
	case t.Flat == 0:
		return percent(t.Percent)
	}
	return t.Flat.String() + " + " + percent(t.Percent)
}

// percent prints hundred-thousandths of a percent, exactly.
func percent(p money.Percent) string { return decimal.New(int64(p), -5).String() + " %" }
