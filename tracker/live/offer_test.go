package live

import (
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

// goalName is the object name of a goal, "-" for none and "default" for the default goal.
func goalName(g *Goal) string {
	switch {
	case g == nil:
		return "-"
	case g.Name == "":
		return "default"
	}
	return g.Name
}

func TestGoals(t *testing.T) {
	purchase := goalRecord("purchase", "shoes", "Buy_2")
	purchase.Goal.Slug, purchase.Goal.SlugAliases, purchase.Goal.RefID = "purchase", []string{"sale", "install"}, "SKU-1"
	install := goalRecord("install", "shoes", "install")
	install.Goal.Slug, install.Goal.RefID = "install", "SKU-2"
	deleted := goalRecord("deleted", "shoes", "3")
	deleted.Goal.State, deleted.Goal.Slug, deleted.Goal.SlugAliases = snapshot.Deleted, "old", []string{"older"}
	gone := tombstone(goalRecord("gone", "shoes", "4"))
	o := defaultNetwork(t, offerRecord("shoes", "1001"), purchase, install, deleted, gone,
		goalRecord("elsewhere", "hats", "2")).Offer("1001")
	for _, tc := range []struct {
		by   string
		find func(string) *Goal
		want map[string]string
	}{
		{"value", o.Goal, map[string]string{
			"1": "default", "Buy_2": "purchase", "buy_2": "purchase", "BUY_2": "purchase", "INSTALL": "install", "3": "deleted", "4": "gone",
			"2": "-", "": "-", "buy": "-", "buy_22": "-", "9": "-",
		}},
		{"name", o.GoalByName, map[string]string{"purchase": "purchase", "gone": "gone", "Purchase": "-", "": "-", "elsewhere": "-"}},
		{"slug", o.GoalBySlug, map[string]string{
			"purchase": "purchase", "PurChase": "purchase", "sale": "purchase", "install": "install", "default": "default",
			"old": "deleted", "OLDER": "deleted", "": "-", "nothing": "-",
		}},
		{"ref", o.GoalByRef, map[string]string{"SKU-1": "purchase", "SKU-2": "install", "sku-1": "-", "": "-"}},
	} {
		for key, want := range tc.want {
			if got := goalName(tc.find(key)); got != want {
				t.Errorf("by %s %q: %s, want %s", tc.by, key, got, want)
			}
		}
	}
	var names []string
	for _, g := range o.Goals() {
		names = append(names, goalName(g))
	}
	if len(names) != 5 || names[0] != "default" || o.DefaultGoal() != o.Goals()[0] {
		t.Errorf("goals %v", names)
	}
	if !o.Goal("3").Deleted() || !o.Goal("4").Deleted() || o.Goal("install").Deleted() {
		t.Error("wrong goals are deleted")
	}
}

// A goal that is not deleted comes before a deleted one of the same value or slug.
func TestGoalsAfterARecreation(t *testing.T) {
	was := tombstone(goalRecord("a", "shoes", "2"))
	was.Goal.Slug, was.Goal.RefID = "purchase", "SKU-1"
	is := goalRecord("b", "shoes", "2")
	is.Goal.SlugAliases, is.Goal.RefID = []string{"purchase"}, "SKU-1"
	o := defaultNetwork(t, offerRecord("shoes", "1001"), was, is).Offer("1001")
	for by, g := range map[string]*Goal{"value": o.Goal("2"), "slug": o.GoalBySlug("purchase"), "ref": o.GoalByRef("SKU-1")} {
		if goalName(g) != "b" {
			t.Errorf("by %s: %s", by, goalName(g))
		}
	}
}

func TestOfferWithoutGoals(t *testing.T) {
	o := defaultNetwork(t, offerRecord("shoes", "1001")).Offer("1001")
	if o.Goal("1") != o.DefaultGoal() || o.Goal("2") != nil || o.GoalByName("x") != nil || o.GoalBySlug("x") != nil || o.GoalByRef("x") != nil || len(o.Goals()) != 1 {
		t.Error("an offer without goals has one")
	}
}

func TestTemplates(t *testing.T) {
	r := offerRecord("shoes", "1001")
	r.Offer.FallbackURL = "https://shop.example/sale?o={offer_id}"
	r.Offer.Destinations = []snapshot.Destination{
		{Name: "main", URL: "https://adv.example/i?a={aimp_id}", Weight: 70},
		{Name: "never", URL: "https://adv.example/never", Weight: 0},
		{Name: "other", URL: "https://other.example/i", Weight: 30},
		{Name: "newer", URL: "https://other.example/i?x={a_macro_of_tomorrow}", Weight: 30},
	}
	o := defaultNetwork(t, r).Offer("1001")
	if o.Destination().String() != r.Offer.DestinationURL || o.Fallback().String() != r.Offer.FallbackURL {
		t.Errorf("%v, %v", o.Destination(), o.Fallback())
	}
	if first := o.Destination(); o.Destination() != first {
		t.Error("parsed twice")
	}
	d := o.ImpressionDestinations()
	if len(d) != 2 || d[0].Name != "main" || d[0].Weight != 70 || d[1].Name != "other" || d[1].URL.Host() != "other.example" {
		t.Errorf("destinations %+v", d)
	}
}

func TestTemplatesThatCannotBeServed(t *testing.T) {
	r := offerRecord("shoes", "1001")
	r.Offer.DestinationURL = "https://shop.example/?x={a_macro_of_tomorrow}"
	o := defaultNetwork(t, r).Offer("1001")
	if o.Destination() != nil || o.Fallback() != nil || o.ImpressionDestinations() != nil {
		t.Error("a template that cannot be parsed was")
	}
}

func TestCompareFold(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "A", 0}, {"Abc_9-z", "aBC_9-Z", 0}, {"a", "b", -1}, {"B", "a", 1}, {"a", "ab", -1}, {"[", "{", -1}, {"", "x", -1},
	} {
		if got := compareFold(tc.a, tc.b); (got < 0) != (tc.want < 0) || (got > 0) != (tc.want > 0) {
			t.Errorf("%q, %q: %d", tc.a, tc.b, got)
		}
		if got := compareFold(tc.b, tc.a); (got < 0) != (tc.want > 0) || (got > 0) != (tc.want < 0) {
			t.Errorf("%q, %q: %d", tc.b, tc.a, got)
		}
		if equalFold(tc.a, tc.b) != (tc.want == 0) {
			t.Errorf("%q, %q: equal", tc.a, tc.b)
		}
	}
}
