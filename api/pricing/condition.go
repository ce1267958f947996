package pricing

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/waypost/waypost/api/snapshot"
)

// matches reports whether all conditions of the rule hold; a rule without
// conditions always matches.
func (r *Rule) matches(facts Facts) bool {
	for i := range r.When {
		if !holds(&r.When[i], facts) {
			return false
		}
	}
	return true
}

// holds reports whether one condition holds. An absent field never matches, whatever the
// operator: a rule on data that the click did not bring along, or that is gone, does not
// apply.
func holds(c *snapshot.Condition, facts Facts) bool {
	value, ok := facts.field(c.Field)
	if !ok {
		return false
	}
	switch c.Operator {
	case snapshot.OpEquals, snapshot.OpIn:
		return anyOf(c.Values, func(v string) bool { return equal(c.Field, value, v) })
	case snapshot.OpStartsWith:
		return anyOf(c.Values, func(v string) bool { return strings.HasPrefix(value, v) })
	case snapshot.OpContains:
		return anyOf(c.Values, func(v string) bool { return strings.Contains(value, v) })
	}
	return compares(c, value)
}

// field returns the value of a field. Text operators see the amount as Waypost
// writes it, with at least two decimals.
func (f *Facts) field(name string) (string, bool) {
	if name == AmountField {
		if f.Amount == nil {
			return "", false
		}
		return f.Amount.String(), true
	}
	if f.Field == nil {
		return "", false
	}
	value, ok := f.Field(name)
	return value, ok && value != ""
}

// anyOf reports whether one value passes.
func anyOf(values []string, pass func(string) bool) bool {
	for _, v := range values {
		if pass(v) {
			return true
		}
	}
	return false
}

// equal compares text exactly, and the amount as the number it is: "100" equals
// "100.00".
func equal(field, value, wanted string) bool {
	if field != AmountField {
		return value == wanted
	}
	a, okA := number(value)
	b, okB := number(wanted)
	return okA && okB && a.Equal(b)
}

// compares holds a value against the numeric operators. A value or an operand
// that is no decimal number never matches, nor does a wrong number of operands.
func compares(c *snapshot.Condition, value string) bool {
	n, ok := number(value)
	if !ok {
		return false
	}
	operands := make([]decimal.Decimal, 0, 2)
	for _, v := range c.Values {
		operand, ok := number(v)
		if !ok {
			return false
		}
		operands = append(operands, operand)
	}
	if c.Operator == snapshot.OpBetween {
		return len(operands) == 2 && n.Cmp(operands[0]) >= 0 && n.Cmp(operands[1]) <= 0
	}
	return len(operands) == 1 && ordered(c.Operator, n.Cmp(operands[0]))
}

// ordered reports whether the result of a comparison is what the operator asks for.
func ordered(operator snapshot.Operator, comparison int) bool {
	switch operator {
	case snapshot.OpLess:
		return comparison < 0
	case snapshot.OpLessOrEqual:
		return comparison <= 0
	case snapshot.OpGreater:
		return comparison > 0
	case snapshot.OpGreaterOrEqual:
		return comparison >= 0
	}
	return false
}
