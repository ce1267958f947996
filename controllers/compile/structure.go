package compile

import (
	"regexp"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Bounds of payout structures.
const (
	maxRules        = 100
	maxConditions   = 8
	maxValues       = 50
	maxValue        = 128
	maxRulePartners = 100
)

// decimalPattern is what operators that compare numbers take.
var decimalPattern = regexp.MustCompile(`^\d+(\.\d+)?$`)

// fieldPattern has all fields that conditions may compare: the amount, what the click
// brought along, and what the postback adds.
var fieldPattern = regexp.MustCompile(`^(amount|source|sub([1-9]|10)|adv_sub[1-5]|promo_code|country|device)$`)

// operator is what the compiler checks of a condition's operator.
type operator struct {
	code snapshot.Operator
	// least and most are how many values it takes.
	least, most int
	// text is set where it compares text, numeric where it compares numbers.
	text, numeric bool
}

var operators = map[v1alpha1.RuleOperator]operator{
	v1alpha1.RuleEquals:         {code: snapshot.OpEquals, least: 1, most: 1, text: true, numeric: true},
	v1alpha1.RuleIn:             {code: snapshot.OpIn, least: 1, most: maxValues, text: true, numeric: true},
	v1alpha1.RuleStartsWith:     {code: snapshot.OpStartsWith, least: 1, most: maxValues, text: true},
	v1alpha1.RuleContains:       {code: snapshot.OpContains, least: 1, most: maxValues, text: true},
	v1alpha1.RuleLess:           {code: snapshot.OpLess, least: 1, most: 1, numeric: true},
	v1alpha1.RuleLessOrEqual:    {code: snapshot.OpLessOrEqual, least: 1, most: 1, numeric: true},
	v1alpha1.RuleGreater:        {code: snapshot.OpGreater, least: 1, most: 1, numeric: true},
	v1alpha1.RuleGreaterOrEqual: {code: snapshot.OpGreaterOrEqual, least: 1, most: 1, numeric: true},
	v1alpha1.RuleBetween:        {code: snapshot.OpBetween, least: 2, most: 2, numeric: true},
}

// buildStructure makes the body of a PayoutStructure's record: its rules in the
// order in which they are tried.
func buildStructure(b *builder, n *node, record *snapshot.Record) {
	spec, rules := &n.object.(*v1alpha1.PayoutStructure).Spec, root.dot("rules")
	b.atMost(rules, len(spec.Rules), maxRules)
	body := &snapshot.PayoutStructure{}
	record.Structure = body
	seen := make(map[string]bool, len(spec.Rules))
	for i := range spec.Rules {
		rule := &spec.Rules[i]
		b.once(rules.at(i), seen, "rule", rule.Name)
		body.Rules = append(body.Rules, readRule(&b.findings, rules.at(i), rule))
	}
}

// readRule reads one rule. A wrong one refuses the structure as a whole: without it a
// later rule would match, and pay something that was never meant.
func readRule(f *findings, at *path, rule *v1alpha1.PayoutRule) snapshot.Rule {
	when := at.dot("when")
	f.atMost(when, len(rule.When), maxConditions)
	r := snapshot.Rule{
		Name:     f.required(at.dot("name"), rule.Name, maxTitle),
		Partners: f.names(at.dot("partners"), rule.Partners, maxRulePartners),
		Payout:   readSide(f, at.dot("payout"), rule.Payout),
		Revenue:  readSide(f, at.dot("revenue"), rule.Revenue),
	}
	for i := range rule.When {
		r.When = append(r.When, readCondition(f, when.at(i), &rule.When[i]))
	}
	return r
}

// readCondition reads one condition: a field, an operator that fits it, and as many
// values as that takes, decimal numbers where numbers are compared.
func readCondition(f *findings, at *path, c *v1alpha1.RuleCondition) snapshot.Condition {
	operatorAt, values := at.dot("operator"), at.dot("values")
	if !fieldPattern.MatchString(string(c.Field)) {
		f.invalid(at.dot("field"), "%.32q is no field: write amount, source, sub1 to sub10, adv_sub1 to adv_sub5, promo_code, country or device", string(c.Field))
	}
	op, ok := operators[c.Operator]
	switch {
	case !ok:
		f.invalid(operatorAt, "%.32q is no operator", string(c.Operator))
	case len(c.Values) < op.least || len(c.Values) > op.most:
		f.invalid(values, "%s takes %d to %d values, not %d", c.Operator, op.least, op.most, len(c.Values))
	}
	number := c.Field == v1alpha1.RuleFieldAmount
	if number && !op.numeric && ok {
		f.invalid(operatorAt, "amount is a number: use Equals, In, Less, LessOrEqual, Greater, GreaterOrEqual or Between")
	}
	for i, value := range c.Values {
		f.text(values.at(i), value, maxValue)
		if (number || ok && !op.text) && !decimalPattern.MatchString(value) {
			f.invalid(values.at(i), "numbers are compared as decimals: write it like 100 or 12.50")
		}
	}
	return snapshot.Condition{Field: string(c.Field), Operator: op.code, Values: append([]string(nil), c.Values...)}
}
