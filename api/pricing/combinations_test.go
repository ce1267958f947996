package pricing

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// TestEveryCombination prices testdata/combinations.txt, which was not made by
// this package.
func TestEveryCombination(t *testing.T) {
	data, err := os.ReadFile("testdata/combinations.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		columns := strings.Split(strings.TrimSpace(line), " | ")
		terms := Select(combination(t, columns))
		got, err := terms.Price(Facts{Amount: amount(t, "100")})
		want := strings.Join(columns[4:], " | ")
		if err != nil || summary(got) != want {
			t.Errorf("%s\n\tgot %s, %v\n\twant %s", strings.Join(columns[:4], " | "), summary(got), err, want)
		}
	}
	if rows != 418 {
		t.Errorf("%d combinations were tried, the table should have 418", rows)
	}
}

// summary writes a result like the table.
func summary(r Result) string {
	if len(r.PayoutPath) == 0 || len(r.RevenuePath) == 0 {
		return "no path"
	}
	return strings.Join([]string{r.Payout.String(), r.PayoutRule(), r.Revenue.String(), r.RevenueRule()}, " | ")
}

// combination builds the configuration that the first four columns describe.
func combination(t *testing.T, columns []string) Selection {
	t.Helper()
	goal := &snapshot.Goal{Value: "2", GoalRules: snapshot.GoalRules{Private: columns[0] == "private"}}
	goal.Payout, goal.Revenue = pay(t, columns[3], "1", "2"), pay(t, columns[3], "101", "102")
	return Selection{
		Partner:     &snapshot.Partner{Tier: "gold"},
		PartnerName: "blog",
		OfferName:   "shoes",
		Goal:        goal,
		Payouts:     overrideRecords(t, columns[1], columns[2]),
		Structure:   structures(t, columns[3]),
		At:          noon,
	}
}

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// pay is one side of the goal: its own terms, and tiers or a structure.
func pay(t *testing.T, way, own, tier string) snapshot.Pay {
	p := snapshot.Pay{Flat: *amount(t, own), Percent: *percent(t, "10")}
	silver := snapshot.TierPay{Tier: "silver", Flat: amount(t, "70"), Percent: percent(t, "70")}
	switch way {
	case "tier-both":
		p.Tiers = []snapshot.TierPay{silver, {Tier: "gold", Flat: amount(t, tier), Percent: percent(t, "20")}}
	case "tier-flat":
		p.Tiers = []snapshot.TierPay{silver, {Tier: "gold", Flat: amount(t, tier)}}
	case "tier-percent":
		p.Tiers = []snapshot.TierPay{silver, {Tier: "gold", Percent: percent(t, "20")}}
	case "tier-empty":
		p.Tiers = []snapshot.TierPay{silver, {Tier: "gold"}}
	case "tier-other":
		p.Tiers = []snapshot.TierPay{silver}
	}
	if strings.HasPrefix(way, "structure-") {
		p.Structure = "baskets"
	}
	return p
}

// structures has a first rule that never matches, one for another partner, the
// one that the table means, and a last one that must not be reached.
func structures(t *testing.T, way string) func(string) *snapshot.PayoutStructure {
	decoy := terms(t, "80", "80")
	atLeast := func(n string) []snapshot.Condition {
		return []snapshot.Condition{{Field: "amount", Operator: snapshot.OpGreaterOrEqual, Values: []string{n}}}
	}
	big := snapshot.Rule{Name: "big", When: atLeast("100"), Partners: []string{"blog", "other"}}
	switch strings.TrimPrefix(way, "structure-") {
	case "both":
		big.Payout, big.Revenue = terms(t, "3", "30"), terms(t, "103", "30")
	case "payout":
		big.Payout = terms(t, "3", "30")
	case "revenue":
		big.Revenue = terms(t, "103", "30")
	}
	rules := []snapshot.Rule{
		{Name: "huge", When: atLeast("100.01"), Payout: decoy, Revenue: decoy},
		{Name: "absent", When: []snapshot.Condition{{Field: "sub1", Operator: snapshot.OpContains, Values: []string{""}}}, Payout: decoy, Revenue: decoy},
		{Name: "others", Partners: []string{"other"}, Payout: decoy, Revenue: decoy},
	}
	if way != "structure-no-match" {
		rules = append(rules, big, snapshot.Rule{Name: "last", Payout: decoy, Revenue: decoy})
	}
	return func(name string) *snapshot.PayoutStructure {
		if name != "baskets" {
			return nil
		}
		return &snapshot.PayoutStructure{Rules: rules}
	}
}

// overrideRecords has overrides that must not count around the one that may.
func overrideRecords(t *testing.T, gives, window string) []*snapshot.Record {
	decoy := terms(t, "90", "90")
	overrides := []snapshot.Override{{Name: "boots", Offer: "boots", Goal: "2", Payout: decoy, Revenue: decoy}}
	december := snapshot.Override{Name: "december", Offer: "shoes", Goal: "2"}
	december.From, december.Until = bounds(window)
	if gives == "both" || gives == "payout" {
		december.Payout = terms(t, "5", "50")
	}
	if gives == "both" || gives == "revenue" {
		december.Revenue = terms(t, "105", "50")
	}
	overrides = append(overrides, snapshot.Override{Name: "default-goal", Offer: "shoes", Goal: "1", Payout: decoy, Revenue: decoy})
	if gives != "none" {
		overrides = append(overrides, december)
	}
	overrides = append(overrides, snapshot.Override{Name: "socks", Offer: "socks", Goal: "2", Payout: decoy, Revenue: decoy})
	return []*snapshot.Record{
		record("other-partner", "other", 0, snapshot.Override{Name: "x", Offer: "shoes", Goal: "2", Payout: decoy, Revenue: decoy}),
		record("best-blog", "blog", 0, overrides...),
	}
}

// bounds returns the window that a word of the table means, in unix seconds.
func bounds(window string) (from, until int64) {
	at := noon.Unix()
	switch window {
	case "inside":
		return at - 1, at + 1
	case "from-now":
		return at, 0
	case "until-now":
		return 0, at
	case "later":
		return at + 1, 0
	case "over":
		return at - 10, at - 1
	}
	return 0, 0
}

func record(name, partner string, created int64, overrides ...snapshot.Override) *snapshot.Record {
	return &snapshot.Record{
		Kind: snapshot.KindPartnerPayout, Network: "default", Name: name,
		PartnerPayout: &snapshot.PartnerPayout{Partner: partner, CreatedAt: created, Overrides: overrides},
	}
}

func amount(t testing.TB, s string) *money.Amount {
	t.Helper()
	a, err := money.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return &a
}

func percent(t testing.TB, s string) *money.Percent {
	t.Helper()
	p, err := money.ParsePercent(s)
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

func terms(t testing.TB, flat, per string) *snapshot.PayoutTerms {
	t.Helper()
	return &snapshot.PayoutTerms{Flat: *amount(t, flat), Percent: *percent(t, per)}
}
