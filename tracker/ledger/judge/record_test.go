package judge

import (
	"slices"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/pricing"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
)

func moderationBy(actor string) *journal.Moderation {
	return &journal.Moderation{At: (clickTime + 7200) * second, Status: approved, Actor: actor}
}

// TestConversion looks at everything that a new conversion holds.
func TestConversion(t *testing.T) {
	d := newBooks(t)
	d.clicks["c1"] = &Visit{Source: "news", Ref: "r", ImpID: "theirs", AimpID: "i7", Country: "NL", Device: "mobile", Subs: [10]string{"a", "b"}}
	o := d.post(postback(amount(50_000_000), order("o"), func(p *journal.Postback) { p.Extras = map[string]string{"promo_code": "X"} }))
	n := o.Conversion
	if n.Payout != 6_000_000 || n.Revenue != 7_000_000 || *n.Amount != 50_000_000 || n.PayoutRule != "goal" || n.RevenueRule != "goal" {
		t.Errorf("priced %+v", n)
	}
	if n.Dimensions != (Dimensions{Network: "net", Offer: "shoes", Partner: "blog", Advertiser: "acme", Goal: "2", Currency: "USD"}) {
		t.Errorf("cell %+v", n.Dimensions)
	}
	if n.Source != "news" || n.Ref != "r" || n.ImpID != "theirs" || n.AimpID != "i7" || n.Country != "NL" || n.Subs[1] != "b" || n.Extras["promo_code"] != "X" || n.ClickMissing {
		t.Errorf("click data %+v", n)
	}
	if n.OrderKey == (Key{}) || n.SessionKey == (Key{}) || n.Day != 20_000 || n.At != o.Conversion.History[0].At {
		t.Errorf("keys and times %+v", n)
	}
	v := o.Verdict
	if v.Conversion != n.ID || v.Goal != "2" || v.Payout != n.Payout || v.Revenue != n.Revenue || v.Currency != "USD" || v.Config != "sha256:1" || !v.Known {
		t.Errorf("verdict %+v", v)
	}
	again := d.post(postback()).Verdict
	if again.Conversion != n.ID || again.Payout != 0 || again.Goal != "2" {
		t.Errorf("the duplicate names %+v", again)
	}
}

func TestClickDataMissing(t *testing.T) {
	byCountry := func(p *journal.Postback) {
		p.Terms.Pricing.Payout.Structure = "s"
		p.Terms.Pricing.Payout.Rules = []pricing.Rule{{Name: "nl", Terms: &snapshot.PayoutTerms{Flat: 9_000_000}, When: []snapshot.Condition{
			{Field: "country", Operator: snapshot.OpEquals, Values: []string{"NL"}}}}}
	}
	d := newBooks(t)
	d.clicks["here"] = &Visit{Country: "NL"}
	gone := d.post(postback(byCountry, click("gone"))).Conversion
	if !gone.ClickMissing || gone.Payout != 1_000_000 || gone.PayoutRule != "goal" || gone.Status != approved {
		t.Errorf("without the row: %+v", gone)
	}
	here := d.post(postback(byCountry, click("here"))).Conversion
	if here.ClickMissing || here.Payout != 9_000_000 || here.PayoutRule != "structure s/nl" {
		t.Errorf("with the row: %+v", here)
	}
	if d.post(postback(noSession)).Conversion.ClickMissing {
		t.Error("a postback without a session misses no click")
	}
}

// TestTimeToTheMicrosecond counts from the moment of the click, of which its id
// tells the second only.
func TestTimeToTheMicrosecond(t *testing.T) {
	const clicked = clickTime*second + 900_000
	minimum := func(p *journal.Postback) { p.Terms.Offer.Attribution.MinimumClickSeconds = 1 }
	for name, x := range map[string]struct {
		row  *Visit
		at   int64
		want string
	}{
		"too soon":                              {&Visit{At: clicked}, clicked + second - 1, ReasonTooSoon},
		"just late enough":                      {&Visit{At: clicked}, clicked + second, ""},
		"just in time":                          {&Visit{At: clicked}, clicked + 720*hour, ""},
		"too late":                              {&Visit{At: clicked}, clicked + 720*hour + 1, ReasonTooLate},
		"by the id, the row is gone":            {nil, clickTime*second + second, ""},
		"by the id, before":                     {nil, clickTime*second + second - 1, ReasonTooSoon},
		"by the id, the row has another second": {&Visit{At: 5}, clickTime*second + 720*hour + 1, ReasonTooLate},
	} {
		d := newBooks(t)
		if x.row != nil {
			d.clicks["c1"] = x.row
		}
		if got := d.post(postback(minimum, at(x.at))).Verdict.Reason; got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// TestFields prices by each field that rules know.
func TestFields(t *testing.T) {
	visit := &Visit{Source: "v-source", Country: "v-country", Device: "v-device"}
	for i := range visit.Subs {
		visit.Subs[i] = "v-sub" + string(rune('0'+i))
	}
	extras := map[string]string{"adv_sub1": "v-adv1", "adv_sub5": "v-adv5", "promo_code": "v-promo"}
	fields := map[string]string{"source": "v-source", "country": "v-country", "device": "v-device", "sub1": "v-sub0", "sub10": "v-sub9", "adv_sub1": "v-adv1", "adv_sub5": "v-adv5", "promo_code": "v-promo"}
	for field, value := range fields {
		d := newBooks(t)
		d.clicks["c1"] = visit
		o := d.post(postback(func(p *journal.Postback) {
			p.Extras = extras
			p.Terms.Pricing.Payout.Structure = "s"
			p.Terms.Pricing.Payout.Rules = []pricing.Rule{{Name: "r", Terms: &snapshot.PayoutTerms{Flat: 5}, When: []snapshot.Condition{{Field: field, Operator: snapshot.OpEquals, Values: []string{value}}}}}
		}))
		if o.Conversion.Payout != 5 {
			t.Errorf("a rule on %s does not match %q", field, value)
		}
	}
}

func TestPrivateGoal(t *testing.T) {
	o := newBooks(t).post(postback(private, amount(10_000_000), postbacks(snapshot.PartnerPostback{Name: "p"})))
	if n := o.Conversion; n.Payout != 0 || n.Revenue != 3_000_000 || !n.Dimensions.Private || n.PayoutRule != "private" || len(o.Fires) != 0 {
		t.Errorf("private: %+v fires %v", n, o.Fires)
	}
}

// TestFinalAmount reprices by the terms of the first postback, whatever holds now.
func TestFinalAmount(t *testing.T) {
	d := newBooks(t)
	d.post(postback(status(pending), amount(10_000_000)))
	dearer := func(p *journal.Postback) { p.Terms.Pricing.Payout.Own.Percent = 50 * 100_000 }
	o := d.post(postback(status(approved), amount(20_000_000), dearer, after(60)))
	if n := o.Conversion; n.Payout != 3_000_000 || *n.Amount != 20_000_000 || n.Status != approved || len(n.History) != 2 || n.At == n.UpdatedAt {
		t.Errorf("after the final amount: %+v", n)
	}
	if o.Verdict.Payout != 3_000_000 || o.Before.Payout != 2_000_000 {
		t.Errorf("verdict %+v, before %+v", o.Verdict, o.Before)
	}

	d = newBooks(t)
	d.post(postback(status(pending), amount(10_000_000)))
	o = d.post(postback(status(approved), amount(20_000_000), currency("EUR")))
	if n := o.Conversion; n.Payout != 2_000_000 || n.Status != approved || n.Reason != "" || n.History[1].Reason != ReasonCurrencyMismatch {
		t.Errorf("an amount in another currency changes nothing: %+v", n)
	}
}

func TestHoldEnds(t *testing.T) {
	d := newBooks(t)
	on := postbacks(snapshot.PartnerPostback{Name: "a", On: []snapshot.ConversionStatus{approved}}, snapshot.PartnerPostback{Name: "h", On: []snapshot.ConversionStatus{hold}})
	p := postback(holdHours(2), on)
	n := d.post(p).Conversion
	if n.HoldUntil != p.At+2*3600*second {
		t.Errorf("the hold ends at %d, begun at %d", n.HoldUntil, p.At)
	}
	o := EndHold(n, p.Terms, n.HoldUntil)
	if o.Conversion.Status != approved || o.Conversion.HoldUntil != 0 || o.Before != n || n.Status != hold {
		t.Errorf("ended: %+v", o.Conversion)
	}
	if last := o.Conversion.History[1]; last.By != ByHold || last.From != hold || last.To != approved {
		t.Errorf("history %+v", last)
	}
	if len(o.Fires) != 1 || o.Fires[0].Name != "a" || !slices.Equal(d.fired, []string{"h"}) {
		t.Errorf("fired %v, then %v", d.fired, o.Fires)
	}
}

func TestFires(t *testing.T) {
	list := postbacks(
		snapshot.PartnerPostback{Name: "own", Offer: "shoes"},
		snapshot.PartnerPostback{Name: "own-3", Offer: "shoes", Goal: "3"},
		snapshot.PartnerPostback{Name: "own-rejected", Offer: "shoes", On: []snapshot.ConversionStatus{rejected}},
		snapshot.PartnerPostback{Name: "other", Offer: "boots"},
		snapshot.PartnerPostback{Name: "global", On: []snapshot.ConversionStatus{approved, pending}},
		snapshot.PartnerPostback{Name: "global-X", Goal: "x"},
	)
	for name, test := range map[string]struct {
		post []option
		want []string
	}{
		"own win over global":     {[]option{list}, []string{"own"}},
		"all own that match":      {[]option{list, goal("3")}, []string{"own", "own-3"}},
		"none of its own matches": {[]option{list, status(pending)}, []string{"global"}},
		"on rejected":             {[]option{list, status(rejected)}, []string{"own-rejected"}},
		"nothing on hold":         {[]option{list, status(hold)}, nil},
		"goal ignoring case":      {[]option{postbacks(snapshot.PartnerPostback{Name: "global-X", Goal: "x"}), goal("X")}, []string{"global-X"}},
		"never for private goals": {[]option{list, private}, nil},
		"never for tests":         {[]option{list, isTest}, nil},
		"never for clicks":        {[]option{list, clickGoal}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBooks(t)
			d.post(postback(test.post...))
			if !slices.Equal(d.fired, test.want) {
				t.Errorf("fired %v, want %v", d.fired, test.want)
			}
		})
	}
}

// TestNoFireWithoutChange: an amount alone is no event.
func TestNoFireWithoutChange(t *testing.T) {
	d := newBooks(t)
	on := postbacks(snapshot.PartnerPostback{Name: "p", On: []snapshot.ConversionStatus{approved, pending, hold, rejected}})
	d.post(postback(on, status(pending)))
	d.post(postback(on, status(pending), amount(1_000_000)))
	d.post(postback(on, status(approved)))
	d.post(postback(on, status(approved)))
	if !slices.Equal(d.fired, []string{"p", "p"}) {
		t.Errorf("fired %v", d.fired)
	}
}

func TestWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	saoPaulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	kathmandu, err := time.LoadLocation("Asia/Kathmandu") // UTC+05:45
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		window       snapshot.CapWindow
		zone         *time.Location
		at, from, to string
	}{
		{snapshot.CapDay, time.UTC, "2026-11-20T23:59:59.999999Z", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"},
		{snapshot.CapDay, berlin, "2026-11-20T23:59:59Z", "2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z"},
		{snapshot.CapDay, berlin, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, // 23 hours
		{snapshot.CapDay, berlin, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, // 25 hours
		{snapshot.CapMonth, berlin, "2026-10-31T23:30:00Z", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"},
		{snapshot.CapMonth, time.UTC, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{snapshot.CapDay, saoPaulo, "2018-11-04T05:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}, // no midnight
		{snapshot.CapDay, saoPaulo, "2018-11-04T02:30:00Z", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"}, // the day before
		{snapshot.CapHour, kathmandu, "2026-11-20T10:20:00Z", "2026-11-20T10:15:00Z", "2026-11-20T11:15:00Z"},
		{snapshot.CapHour, berlin, "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"}, // 02:30, the first
		{snapshot.CapHour, berlin, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}, // 02:30, the second
	} {
		at := instant(t, test.at)
		from, to := Window(test.window, at, test.zone)
		if from != instant(t, test.from) || to != instant(t, test.to) {
			t.Errorf("window %d at %s in %s: %s to %s", test.window, test.at, test.zone, time.UnixMicro(from).UTC(), time.UnixMicro(to).UTC())
		}
	}
	if from, to := Window(snapshot.CapLifetime, 5, time.UTC); from != 0 || to != 0 {
		t.Errorf("lifetime is %d to %d", from, to)
	}
	if d := Day(instant(t, "2026-11-20T23:30:00Z"), berlin); d != Day(instant(t, "2026-11-21T12:00:00Z"), time.UTC) {
		t.Errorf("day %d", d)
	}
	if d := Day(-1, time.UTC); d != -1 {
		t.Errorf("the day before 1970 is %d", d)
	}
}

func instant(t *testing.T, s string) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixMicro()
}

func TestKeysDiffer(t *testing.T) {
	seen := make(map[Key]string)
	for name, p := range map[string]*journal.Postback{
		"order": postback(multiple, order("o")), "another order": postback(multiple, order("p")),
		"goal": postback(multiple, order("o"), goal("3")), "shifted": postback(multiple, order("3o"), goal("")),
		"offer":   postback(multiple, order("o"), func(p *journal.Postback) { p.Terms.Offer.Name = "boots" }),
		"network": postback(multiple, order("o"), func(p *journal.Postback) { p.Network = "other" }),
	} {
		k := KeysOf(p).Order
		if other, ok := seen[k]; ok || k == (Key{}) {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[k] = name
	}
	if a, b := KeysOf(postback(order("o"))), KeysOf(postback(order("o"), click("c2"), amount(money.Amount(3)))); a.Order != b.Order || a.Session == b.Session {
		t.Error("an order is the same whichever click it comes with, sessions are not")
	}
	if KeysOf(postback(isTest)) != (Keys{}) {
		t.Error("a test has keys")
	}
}
