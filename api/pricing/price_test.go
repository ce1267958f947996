package pricing

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

func TestPathsTellTheWay(t *testing.T) {
	own := *terms(t, "1", "10")
	never := Rule{Name: "never", When: []snapshot.Condition{{Field: "sub1", Operator: snapshot.OpEquals, Values: []string{"x"}}}}
	for _, test := range []struct {
		name string
		side Side
		want string
	}{
		{"own", Side{Own: own}, "goal: 1.00 + 10 % of 50.00"},
		{"flat alone", Side{Own: *terms(t, "1.40", "0")}, "goal: 1.40"},
		{"tier", Side{Own: own, Tier: &Tier{Name: "gold", Flat: amount(t, "2")}}, "tier gold: 2.00 + 10 % of 50.00"},
		{"override", Side{Own: own, Override: &Named{Name: "a/b", Terms: *terms(t, "5", "0")}}, "override a/b: 5.00"},
		{"rule", Side{Own: own, Structure: "s", Rules: []Rule{never, {Name: "r", Terms: terms(t, "0", "25")}}}, "structure s/r: 0.00 + 25 % of 50.00"},
		{"no rule", Side{Own: own, Structure: "s", Rules: []Rule{never}}, "structure s: no rule matches > goal: 1.00 + 10 % of 50.00"},
		{"no rules", Side{Own: own, Structure: "s"}, "structure s: no rule matches > goal: 1.00 + 10 % of 50.00"},
		{"a rule without this side", Side{Own: own, Structure: "s", Rules: []Rule{{Name: "r"}, {Name: "later", Terms: terms(t, "9", "9")}}}, "structure s/r: matches but gives no payout > goal: 1.00 + 10 % of 50.00"},
	} {
		got, err := Terms{Payout: test.side}.Price(Facts{Amount: amount(t, "50")})
		if err != nil || path(got.PayoutPath) != test.want {
			t.Errorf("%s: %s, %v; want %s", test.name, path(got.PayoutPath), err, test.want)
		}
	}
}

func path(steps []Step) string {
	var texts []string
	for _, s := range steps {
		texts = append(texts, s.Rule+": "+s.Detail)
	}
	return strings.Join(texts, " > ")
}

func TestPrivateKeepsItsRevenue(t *testing.T) {
	side := Side{Override: &Named{Name: "a/b", Terms: *terms(t, "5", "50")}, Own: *terms(t, "1", "10")}
	got, err := Terms{Private: true, Payout: side, Revenue: side}.Price(Facts{Amount: amount(t, "100")})
	if err != nil || got.Payout != 0 || got.Revenue.String() != "55.00" || got.PayoutRule() != "private" || got.RevenueRule() != "override a/b" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestPrivateIgnoresAnOverflow: what is not paid cannot be too much.
func TestPrivateIgnoresAnOverflow(t *testing.T) {
	huge := Side{Own: snapshot.PayoutTerms{Flat: money.Max, Percent: money.MaxPercent}}
	if got, err := (Terms{Private: true, Payout: huge}).Price(Facts{Amount: amount(t, "1")}); err != nil || got.Payout != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWithoutAmountPercentagesAreOfNothing(t *testing.T) {
	got, err := Terms{Payout: Side{Own: *terms(t, "1", "25")}}.Price(Facts{})
	if err != nil || got.Payout.String() != "1.00" || got.PayoutPath[0].Detail != "1.00 + 25 % of no amount" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestResultsBeyondTenDigitsAreErrors(t *testing.T) {
	huge := Side{Own: snapshot.PayoutTerms{Flat: money.Max, Percent: 1}}
	for name, terms := range map[string]Terms{"payout": {Payout: huge}, "revenue": {Revenue: huge}} {
		got, err := terms.Price(Facts{Amount: amount(t, "100")})
		if !errors.Is(err, money.ErrRange) || !strings.Contains(err.Error(), name) || !reflect.DeepEqual(got, Result{}) {
			t.Errorf("%s: %+v, %v; want money.ErrRange", name, got, err)
		}
	}
}

// TestTermsTravelWhole encodes selected terms as the journal does: the decoded
// ones must give the same price without the configuration.
func TestTermsTravelWhole(t *testing.T) {
	for _, way := range []string{"own", "structure-both", "structure-payout", "structure-no-match", "tier-both", "tier-flat", "tier-percent"} {
		for _, gives := range []string{"none", "both", "payout", "revenue"} {
			sent := Select(combination(t, []string{"public", gives, "inside", way}))
			data, err := cbor.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			var received Terms
			if err := cbor.Unmarshal(data, &received); err != nil {
				t.Fatal(err)
			}
			facts := Facts{Amount: amount(t, "123.456789")}
			want, errWant := sent.Price(facts)
			got, err := received.Price(facts)
			if err != nil || errWant != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: %+v, %v; want %+v, %v", way, gives, got, err, want, errWant)
			}
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	var overrides []snapshot.Override
	for i := range 500 {
		overrides = append(overrides, snapshot.Override{Name: "x", Offer: "offer-" + string(rune('a'+i/50)), Goal: "2", Payout: &snapshot.PayoutTerms{}})
	}
	in := shoes(record("a", "blog", 1, overrides...))
	in.OfferName = "offer-e"
	b.ReportAllocs()
	for b.Loop() {
		Select(in)
	}
}

func BenchmarkPrice(b *testing.B) {
	selected := Terms{
		Payout: Side{Structure: "s", Rules: []Rule{
			{Name: "big", When: []snapshot.Condition{{Field: "amount", Operator: snapshot.OpGreaterOrEqual, Values: []string{"100"}}}, Terms: terms(b, "0", "25")},
		}},
		Revenue: Side{Own: *terms(b, "1", "20")},
	}
	facts := Facts{Amount: amount(b, "150")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := selected.Price(facts); err != nil {
			b.Fatal(err)
		}
	}
}
