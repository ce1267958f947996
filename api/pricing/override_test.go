package pricing

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// one is a record with a single override for shoes, goal 2, that pays what its
// name says nothing about: tests look at the name.
func one(t *testing.T, object, entry string, created, from, until int64) *snapshot.Record {
	t.Helper()
	return record(object, "blog", created, snapshot.Override{
		Name: entry, Offer: "shoes", Goal: "2", From: from, Until: until, Payout: terms(t, "5", "0"),
	})
}

func TestWhichOfSeveralOverrides(t *testing.T) {
	at := noon.Unix()
	for _, test := range []struct {
		name    string
		records []*snapshot.Record
		want    string
	}{
		{"the latest from", []*snapshot.Record{one(t, "a", "old", 1, at-20, 0), one(t, "b", "new", 2, at-10, 0)}, "b/new"},
		{"none is the earliest", []*snapshot.Record{one(t, "a", "none", 1, 0, 0), one(t, "b", "long-ago", 2, at-1_000_000_000, 0)}, "b/long-ago"},
		{"earlier than 1970 is later than none", []*snapshot.Record{one(t, "a", "none", 1, 0, 0), one(t, "b", "ancient", 2, -5, 0)}, "b/ancient"},
		{"the latest that has begun", []*snapshot.Record{one(t, "a", "now", 1, at, 0), one(t, "b", "tomorrow", 1, at+1, 0)}, "a/now"},
		{"the latest that is not over", []*snapshot.Record{one(t, "a", "long", 1, at-20, 0), one(t, "b", "over", 1, at-10, at)}, "a/long"},
		{"until does not order", []*snapshot.Record{one(t, "b", "short", 1, 0, at+1), one(t, "a", "long", 2, 0, at+9)}, "b/short"},
		{"the older object", []*snapshot.Record{one(t, "a", "x", 20, at-5, 0), one(t, "b", "x", 10, at-5, 0)}, "b/x"},
		{"known age before unknown", []*snapshot.Record{one(t, "a", "x", 0, at-5, 0), one(t, "b", "x", 10, at-5, 0)}, "b/x"},
		{"equal age: the object's name", []*snapshot.Record{one(t, "b", "a", 10, at-5, 0), one(t, "a", "b", 10, at-5, 0)}, "a/b"},
		{"unknown age: the object's name", []*snapshot.Record{one(t, "b", "a", 0, 0, 0), one(t, "a", "b", 0, 0, 0)}, "a/b"},
		{"from before age", []*snapshot.Record{one(t, "a", "x", 1, at-9, 0), one(t, "b", "x", 99, at-8, 0)}, "b/x"},
	} {
		for range 2 {
			in := shoes(test.records...)
			if got := Select(in).Payout.Override; got == nil || got.Name != test.want {
				t.Errorf("%s: %+v, want %s", test.name, got, test.want)
			}
			slices.Reverse(test.records)
		}
	}
}

func TestWithinOneObjectTheNameDecides(t *testing.T) {
	give := func(name string) snapshot.Override {
		return snapshot.Override{Name: name, Offer: "shoes", Goal: "2", Payout: terms(t, "5", "0")}
	}
	in := shoes(record("best-blog", "blog", 1, give("b"), give("a"), give("c")))
	if got := Select(in).Payout.Override.Name; got != "best-blog/a" {
		t.Errorf("%s, want best-blog/a", got)
	}
}

// TestMissingSideGoesToTheStructure: not to the override that would be next.
func TestMissingSideGoesToTheStructure(t *testing.T) {
	at := noon.Unix()
	next := record("a", "blog", 1, snapshot.Override{Name: "both", Offer: "shoes", Goal: "2", Payout: terms(t, "5", "0"), Revenue: terms(t, "7", "0")})
	first := record("b", "blog", 1, snapshot.Override{Name: "payout", Offer: "shoes", Goal: "2", From: at - 1, Payout: terms(t, "6", "0")})
	selected := Select(shoes(next, first))
	if got := selected.Payout.Override; got == nil || got.Name != "b/payout" {
		t.Errorf("the payout's override is %+v, want b/payout", got)
	}
	if got := selected.Revenue.Override; got != nil {
		t.Errorf("the revenue's override is %s, want none", got.Name)
	}
}

// TestPassedOver: the way of a side begins with the override that does not give it.
func TestPassedOver(t *testing.T) {
	entry := func(payout, revenue *snapshot.PayoutTerms) *snapshot.Record {
		return record("b", "blog", 1, snapshot.Override{Name: "x", Offer: "shoes", Goal: "2", Payout: payout, Revenue: revenue})
	}
	money := terms(t, "6", "0")
	for _, tt := range []struct {
		name            string
		in              Selection
		payout, revenue string
	}{
		{"none holds", shoes(), "", ""},
		{"it gives both", shoes(entry(money, money)), "", ""},
		{"payout only", shoes(entry(money, nil)), "", "override b/x: holds but gives no revenue"},
		{"revenue only", shoes(entry(nil, money)), "override b/x: holds but gives no payout", ""},
	} {
		payout, revenue := PassedOver(tt.in)
		if path(payout) != tt.payout || path(revenue) != tt.revenue {
			t.Errorf("%s: %q and %q, want %q and %q", tt.name, path(payout), path(revenue), tt.payout, tt.revenue)
		}
	}
	private := shoes(entry(nil, money))
	goal := *private.Goal
	goal.Private = true
	private.Goal = &goal
	if payout, _ := PassedOver(private); payout != nil {
		t.Errorf("a private goal's payout has the step %v", payout)
	}
}

func TestOverridesThatDoNotApply(t *testing.T) {
	give := func(offer, goal string) snapshot.Override {
		return snapshot.Override{Name: "x", Offer: offer, Goal: goal, Payout: terms(t, "5", "0")}
	}
	deleted := record("a", "blog", 1, give("shoes", "2"))
	deleted.DeletedAt = 1
	for name, r := range map[string]*snapshot.Record{
		"another partner's":       record("a", "other", 1, give("shoes", "2")),
		"of another offer":        record("a", "blog", 1, give("shoe", "2"), give("shoes2", "2")),
		"of another goal":         record("a", "blog", 1, give("shoes", "1"), give("shoes", "22")),
		"of the goal 02":          record("a", "blog", 1, give("shoes", "02")),
		"of an offer in capitals": record("a", "blog", 1, give("SHOES", "2")),
		"deleted":                 deleted,
		"of another kind":         {Kind: snapshot.KindOffer, Offer: &snapshot.Offer{}},
		"empty":                   record("a", "blog", 1),
	} {
		if got := Select(shoes(r)).Payout.Override; got != nil {
			t.Errorf("an override %s applies: %s", name, got.Name)
		}
	}
	if got := Select(shoes()).Payout.Override; got != nil {
		t.Error("an override out of nothing applies")
	}
}

func TestGoalValuesMatchIgnoringCase(t *testing.T) {
	in := shoes(record("a", "blog", 1, snapshot.Override{Name: "x", Offer: "shoes", Goal: "SignUp", Payout: terms(t, "5", "0")}))
	in.Goal = &snapshot.Goal{Value: "signup"}
	if Select(in).Payout.Override == nil {
		t.Error("SignUp is not signup")
	}
}

// TestWindowSwitchesAtTheSecond: from is inclusive, until exclusive, at the
// second and with its fractions.
func TestWindowSwitchesAtTheSecond(t *testing.T) {
	at := noon.Unix()
	for _, test := range []struct {
		moment      time.Time
		from, until int64
		want        bool
	}{
		{noon, at, 0, true},
		{noon.Add(-time.Nanosecond), at, 0, false},
		{noon.Add(time.Nanosecond), at, 0, true},
		{noon, 0, at, false},
		{noon.Add(-time.Nanosecond), 0, at, true},
		{noon, at, at, false},
		{noon, at, at + 1, true},
		{noon.Add(999 * time.Millisecond), at, at + 1, true},
		{noon.Add(time.Second), at, at + 1, false},
		{noon.In(time.FixedZone("far", 14*3600)), at, at + 1, true},
	} {
		in := shoes(one(t, "a", "x", 1, test.from, test.until))
		in.At = test.moment
		if got := Select(in).Payout.Override != nil; got != test.want {
			t.Errorf("at %s from %d until %d: %t", test.moment, test.from-at, test.until-at, got)
		}
	}
}

// TestOverridesFormATotalOrder compares the choice, in any order of records,
// with a plain sort of all that hold.
func TestOverridesFormATotalOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		records := manyRecords(random)
		first := Select(shoes(records...))
		if want := plainChoice(records); first.Payout.Override == nil && want != "" || first.Payout.Override != nil && first.Payout.Override.Name != want {
			t.Fatalf("chose %+v, want %q", first.Payout.Override, want)
		}
		for range 5 {
			random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			if again := Select(shoes(records...)); !reflect.DeepEqual(again, first) {
				t.Fatalf("another order of records gave %+v, not %+v", again.Payout.Override, first.Payout.Override)
			}
		}
	}
}

// manyRecords makes records with few different names, ages and windows, so that
// ties are common.
func manyRecords(random *rand.Rand) []*snapshot.Record {
	var records []*snapshot.Record
	for i := range 1 + random.IntN(5) {
		var overrides []snapshot.Override
		for j := range 1 + random.IntN(6) {
			o := snapshot.Override{Name: string(rune('a' + j)), Offer: []string{"boots", "shoes"}[random.IntN(2)], Goal: []string{"1", "2"}[random.IntN(2)]}
			o.Payout = &snapshot.PayoutTerms{Flat: 1}
			o.From = []int64{0, noon.Unix() - 5, noon.Unix(), noon.Unix() + 5}[random.IntN(4)]
			o.Until = []int64{0, noon.Unix(), noon.Unix() + 5}[random.IntN(3)]
			overrides = append(overrides, o)
		}
		slices.SortStableFunc(overrides, func(a, b snapshot.Override) int { return strings.Compare(a.Offer, b.Offer) })
		records = append(records, record("object-"+string(rune('a'+i)), "blog", int64(random.IntN(3)), overrides...))
	}
	return records
}

// plainChoice is the rule of docs/payouts.md, written without regard to speed.
func plainChoice(records []*snapshot.Record) string {
	type named struct {
		from, age int64
		name      string
	}
	var all []named
	for _, r := range records {
		for _, o := range r.PartnerPayout.Overrides {
			if o.Offer != "shoes" || o.Goal != "2" || o.From > noon.Unix() || o.Until != 0 && o.Until <= noon.Unix() {
				continue
			}
			age := r.PartnerPayout.CreatedAt
			if age == 0 {
				age = 1 << 62
			}
			all = append(all, named{o.From, age, r.Name + "/" + o.Name})
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.SortFunc(all, func(a, b named) int { return strings.Compare(a.name, b.name) })
	slices.SortStableFunc(all, func(a, b named) int { return int(a.age - b.age) })
	slices.SortStableFunc(all, func(a, b named) int { return int(b.from - a.from) })
	return all[0].name
}

// shoes selects for the partner blog, the offer shoes and its goal 2 at noon.
func shoes(records ...*snapshot.Record) Selection {
	return Selection{
		Partner: &snapshot.Partner{}, PartnerName: "blog", OfferName: "shoes",
		Goal: &snapshot.Goal{Value: "2"}, Payouts: records, At: noon,
	}
}
