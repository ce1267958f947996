package live

import (
	"reflect"
	"testing"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
)

// fullGoal sets every field, tiers and structure both.
func fullGoal() snapshot.Goal {
	flat, percent := money.Amount(1_200_000), money.Percent(2_200_000)
	side := func(n int64) snapshot.Pay {
		return snapshot.Pay{
			Flat: money.Amount(n), Percent: money.Percent(n + 1), Structure: "baskets",
			Tiers: []snapshot.TierPay{{Tier: "gold", Flat: &flat}, {Tier: "silver", Percent: &percent}},
		}
	}
	return snapshot.Goal{
		Offer: "shoes", Value: "Buy", Title: "Purchase", Slug: "purchase", SlugAliases: []string{"sale", "kauf"}, RefID: "SKU-1",
		State: snapshot.Deleted, Protocol: snapshot.ProtocolIFrame, Encrypted: true, Payout: side(1), Revenue: side(5),
		GoalRules: snapshot.GoalRules{Private: true, ClickOnly: true, Multiple: true, EndPoint: true, Manual: true},
	}
}

// What an index keeps of a goal is all that it says, and goals that share a form
// stay as different as they are: each field in turn is all that differs.
func TestGoalsSayWhatTheRecordsSay(t *testing.T) {
	full := fullGoal()
	var goals []snapshot.Goal
	for i := range reflect.TypeFor[snapshot.Goal]().NumField() {
		field := reflect.TypeFor[snapshot.Goal]().Field(i)
		if reflect.ValueOf(full).Field(i).IsZero() {
			t.Fatalf("%s is not set: the test does not see it", field.Name)
		}
		only := snapshot.Goal{Offer: "shoes", Value: "Buy"}
		reflect.ValueOf(&only).Elem().Field(i).Set(reflect.ValueOf(full).Field(i))
		without := full
		reflect.ValueOf(&without).Elem().Field(i).SetZero()
		goals = append(goals, only, without)
	}
	for _, one := range []snapshot.Pay{{Flat: 1}, {Percent: 1}, {Structure: "baskets"}, {Tiers: full.Payout.Tiers}} {
		goals = append(goals, snapshot.Goal{Value: "Buy", Payout: one}, snapshot.Goal{Value: "Buy", Revenue: one})
	}
	in := newInterner()
	for _, want := range append(goals, full, full) {
		given := want
		got := newGoal("purchase", "default", &given, in)
		if body := got.Body(); !reflect.DeepEqual(body, want) {
			t.Errorf("got %+v, want %+v", body, want)
		}
		if got.Value() != want.Value || got.Protocol() != want.Protocol || got.Encrypted() != want.Encrypted ||
			got.Deleted() != (want.State == snapshot.Deleted) {
			t.Errorf("%+v is not what %+v says", got, want)
		}
	}
}

func TestGoalsShareTheirForm(t *testing.T) {
	of := func(name, offer string, flat money.Amount) *snapshot.Record {
		r := goalRecord(name, offer, "2")
		r.Goal.Slug, r.Goal.RefID, r.Goal.Payout.Flat = "purchase", "SKU-"+name, flat
		return r
	}
	n := defaultNetwork(t, offerRecord("shoes", "1"), offerRecord("hats", "2"), offerRecord("boots", "3"),
		of("a", "shoes", 5), of("b", "hats", 5), of("c", "boots", 6))
	a, b, c := n.Offer("1").Goal("2"), n.Offer("2").Goal("2"), n.Offer("3").Goal("2")
	if a.form != b.form || a.form == c.form {
		t.Error("equal goals do not share their form, or different ones do")
	}
	if a.Body().RefID != "SKU-a" || b.Body().Offer != "hats" {
		t.Error("goals share more than their form")
	}
}
