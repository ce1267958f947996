package pricing

import (
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// fields makes Facts of "amount=100 sub1=x".
func fields(t *testing.T, text string) Facts {
	t.Helper()
	facts, values := Facts{}, map[string]string{}
	for _, pair := range strings.Fields(text) {
		name, value, _ := strings.Cut(pair, "=")
		if name == AmountField {
			facts.Amount = amount(t, value)
		} else {
			values[name] = value
		}
	}
	facts.Field = func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	return facts
}

func TestConditions(t *testing.T) {
	for _, test := range []struct {
		field    string
		operator snapshot.Operator
		values   string
		facts    string
		want     bool
	}{
		// Text compares exactly.
		{"sub1", snapshot.OpEquals, "email", "sub1=email", true},
		{"sub1", snapshot.OpEquals, "email", "sub1=Email", false},
		{"sub1", snapshot.OpEquals, "email", "sub1=emails", false},
		{"sub1", snapshot.OpEquals, "100", "sub1=100.00", false}, // a sub id is text
		{"sub1", snapshot.OpIn, "email push", "sub1=push", true},
		{"sub1", snapshot.OpIn, "email push", "sub1=pus", false},
		{"sub1", snapshot.OpIn, "100 200", "sub1=0100", false},
		{"sub1", snapshot.OpStartsWith, "news", "sub1=newsletter", true},
		{"sub1", snapshot.OpStartsWith, "News", "sub1=newsletter", false},
		{"sub1", snapshot.OpStartsWith, "letter", "sub1=newsletter", false},
		{"sub1", snapshot.OpStartsWith, "x news", "sub1=newsletter", true},
		{"sub1", snapshot.OpContains, "let", "sub1=newsletter", true},
		{"sub1", snapshot.OpContains, "LET", "sub1=newsletter", false},
		{"sub1", snapshot.OpContains, "x y", "sub1=newsletter", false},
		// The amount is a number.
		{"amount", snapshot.OpEquals, "100", "amount=100.00", true},
		{"amount", snapshot.OpEquals, "100.000000", "amount=100", true},
		{"amount", snapshot.OpEquals, "0100", "amount=100", true},
		{"amount", snapshot.OpEquals, "100.000001", "amount=100", false},
		{"amount", snapshot.OpEquals, "100.0000001", "amount=100", false},
		{"amount", snapshot.OpEquals, "hundred", "amount=100", false},
		{"amount", snapshot.OpEquals, "0", "amount=0", true}, // given, and zero
		{"amount", snapshot.OpIn, "50 100", "amount=100.00", true},
		{"amount", snapshot.OpIn, "50 99", "amount=100.00", false},
		{"amount", snapshot.OpStartsWith, "10", "amount=100", true},
		{"amount", snapshot.OpContains, ".5", "amount=100.5", true},
		// Numbers compare as decimals.
		{"amount", snapshot.OpLess, "100", "amount=99.999999", true},
		{"amount", snapshot.OpLess, "100", "amount=100", false},
		{"amount", snapshot.OpLessOrEqual, "100", "amount=100", true},
		{"amount", snapshot.OpLessOrEqual, "100", "amount=100.000001", false},
		{"amount", snapshot.OpGreater, "100", "amount=100.000001", true},
		{"amount", snapshot.OpGreater, "100", "amount=100", false},
		{"amount", snapshot.OpGreaterOrEqual, "100", "amount=100", true},
		{"amount", snapshot.OpGreaterOrEqual, "100", "amount=99.999999", false},
		{"amount", snapshot.OpGreater, "9", "amount=10", true}, // not as text
		{"sub2", snapshot.OpGreater, "9", "sub2=10", true},
		{"sub2", snapshot.OpGreater, "-2", "sub2=-1", true},
		{"sub2", snapshot.OpLess, "0", "sub2=-0.5", true},
		{"sub2", snapshot.OpGreater, "99999999999999999999", "sub2=100000000000000000000", true},
		{"sub2", snapshot.OpLess, "0.3", "sub2=0.1", true},
		{"sub2", snapshot.OpLessOrEqual, "0.30", "sub2=0.3", true},
		// Both ends of Between are included.
		{"amount", snapshot.OpBetween, "10 20", "amount=10", true},
		{"amount", snapshot.OpBetween, "10 20", "amount=20.00", true},
		{"amount", snapshot.OpBetween, "10 20", "amount=15", true},
		{"amount", snapshot.OpBetween, "10 20", "amount=9.999999", false},
		{"amount", snapshot.OpBetween, "10 20", "amount=20.000001", false},
		{"amount", snapshot.OpBetween, "20 10", "amount=15", false},
		{"amount", snapshot.OpBetween, "10", "amount=10", false},
		{"amount", snapshot.OpBetween, "10 20 30", "amount=15", false},
		// What is no number never matches a numeric operator.
		{"sub2", snapshot.OpLess, "5", "sub2=abc", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=abc", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=1e9", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=1e999999999", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=+9", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=0x9", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=9,5", false},
		{"sub2", snapshot.OpGreater, "5", "sub2=9.", false},
		{"sub2", snapshot.OpLess, "5", "sub2=.1", false},
		{"sub2", snapshot.OpGreater, "abc", "sub2=9", false},
		{"sub2", snapshot.OpGreater, "1 2", "sub2=9", false},
		{"sub2", snapshot.OpGreater, "", "sub2=9", false},
		{"sub2", snapshot.OpBetween, "1 x", "sub2=1", false},
		// An absent field never matches, whatever is asked.
		{"amount", snapshot.OpLess, "100", "sub1=x", false},
		{"amount", snapshot.OpGreaterOrEqual, "0", "sub1=x", false},
		{"sub1", snapshot.OpEquals, "", "amount=1", false},
		{"sub1", snapshot.OpLess, "5", "amount=1", false},
		{"sub1", snapshot.OpIn, "a", "sub2=a", false},
		{"sub1", snapshot.OpEquals, "a", "sub1=", false},
		{"country", snapshot.OpIn, "DE AT", "country=AT", true},
		{"country", snapshot.OpIn, "DE AT", "country=at", false},
		{"device", snapshot.OpEquals, "mobile", "device=mobile", true},
		// Operators that do not exist.
		{"sub2", 0, "5", "sub2=5", false},
		{"sub2", snapshot.OpBetween + 1, "5", "sub2=5", false},
	} {
		c := snapshot.Condition{Field: test.field, Operator: test.operator, Values: strings.Fields(test.values)}
		if got := holds(&c, fields(t, test.facts)); got != test.want {
			t.Errorf("%s operator %d %q with %s: %t", test.field, test.operator, c.Values, test.facts, got)
		}
	}
}

// TestEmptyTextIsAbsent: else a rule that asks for Contains "" would match
// clicks without the field.
func TestEmptyTextIsAbsent(t *testing.T) {
	for _, operator := range []snapshot.Operator{snapshot.OpEquals, snapshot.OpIn, snapshot.OpStartsWith, snapshot.OpContains} {
		c := snapshot.Condition{Field: "sub1", Operator: operator, Values: []string{""}}
		if holds(&c, fields(t, "sub1=")) || holds(&c, Facts{}) {
			t.Errorf("operator %d matches an empty field", operator)
		}
	}
}

func TestAllConditionsMustHold(t *testing.T) {
	rule := Rule{When: []snapshot.Condition{
		{Field: "amount", Operator: snapshot.OpGreaterOrEqual, Values: []string{"100"}},
		{Field: "sub2", Operator: snapshot.OpIn, Values: []string{"email", "push"}},
	}}
	for facts, want := range map[string]bool{
		"amount=100 sub2=email": true, "amount=99 sub2=email": false, "amount=100 sub2=x": false, "amount=100": false, "": false,
	} {
		if got := rule.matches(fields(t, facts)); got != want {
			t.Errorf("%q: %t", facts, got)
		}
	}
	if always := (Rule{}); !always.matches(Facts{}) {
		t.Error("a rule without conditions does not match")
	}
}

var numberGrammar = regexp.MustCompile(`\A-?[0-9]+(\.[0-9]+)?\z`)

// FuzzNumber compares with another grammar and with exact fractions.
func FuzzNumber(f *testing.F) {
	f.Add("10", "9.5")
	f.Add("-0", "0.000")
	f.Add("1e9", "1")
	f.Fuzz(func(t *testing.T, a, b string) {
		numberA, okA := number(a)
		numberB, okB := number(b)
		if want := len(a) <= maxNumber && numberGrammar.MatchString(a); okA != want {
			t.Fatalf("%q is a number: %t, want %t", a, okA, want)
		}
		if !okA || !okB {
			return
		}
		ratA, _ := new(big.Rat).SetString(a)
		ratB, _ := new(big.Rat).SetString(b)
		if numberA.Cmp(numberB) != ratA.Cmp(ratB) {
			t.Fatalf("comparing %s with %s gave %d, want %d", a, b, numberA.Cmp(numberB), ratA.Cmp(ratB))
		}
	})
}
