package query_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

var noon = ledgertest.Noon

type visit = ledgertest.Visit

// each runs a test on both engines, with books that are kept by a real ledger.
func each(t *testing.T, f func(t *testing.T, o *ledgertest.Instance, b *query.Books)) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target)
		f(t, o, query.New(o.Store))
	})
}

// show writes a report as text: values, currency, counts and money that are there.
func show(r *query.Report) string {
	var b strings.Builder
	for _, row := range r.Rows {
		b.WriteString(strings.Join(row.Values, " ") + ":" + line(&row) + "\n")
	}
	for _, row := range r.Totals {
		b.WriteString("total:" + line(&row) + "\n")
	}
	return b.String()
}

func line(r *query.Row) string {
	out := " " + r.Currency
	for _, x := range []struct {
		name string
		n    int64
	}{
		{"clicks", r.Clicks}, {"unique", r.UniqueClicks}, {"goalclicks", r.GoalClicks}, {"impressions", r.Impressions},
		{"conversions", r.Conversions}, {"pending", r.Pending}, {"hold", r.Hold}, {"rejected", r.Rejected},
	} {
		if x.n != 0 {
			out += fmt.Sprintf(" %s=%d", x.name, x.n)
		}
	}
	if r.Payout != 0 || r.Revenue != 0 || r.Profit != 0 {
		out += fmt.Sprintf(" %s/%s/%s", r.Payout, r.Revenue, r.Profit)
	}
	return out
}

func expect(t *testing.T, b *query.Books, scope query.Scope, r query.ReportRequest, want string) {
	t.Helper()
	got, err := b.Report(t.Context(), scope, r)
	if err != nil {
		t.Fatal(err)
	}
	if text := show(got); strings.TrimSpace(text) != strings.TrimSpace(want) {
		t.Errorf("by %v:\n%s\nwant\n%s", r.Groups, text, strings.TrimSpace(want))
	}
}

// tell writes the story that most tests read: two days, two offers, two partners,
// clicks with CPC, impressions with CPM, and conversions of every status.
func tell(o *ledgertest.Instance) {
	first := visit{At: noon, Payout: 50_000, Revenue: 80_000, Source: "news", Country: "NL", Device: "mobile", Visitor: "v",
		Subs: [10]string{"one", "", "three"}}
	again := visit{N: 1, At: noon.Add(10 * time.Minute), Payout: 50_000, Revenue: 80_000, Visitor: "v", Country: "DE"}
	other := visit{N: 2, At: noon.Add(13 * time.Hour), Partner: "mail", Offer: "hats", Subs: [10]string{"two"}}
	seen := visit{N: 3, At: noon.Add(20 * time.Minute), Payout: 1_200_001, Revenue: 2_000_000}
	o.Write(first.Click(), again.Click(), other.Click(), seen.Impression(), visit{N: 4, At: noon.Add(21 * time.Minute), Payout: 1_200_001, Revenue: 2_000_000}.Impression())
	soon := noon.Add(30 * time.Minute)
	o.Write(
		first.Postback(soon, ledgertest.Order("a"), ledgertest.Amount(10_000_000)),
		first.Postback(soon, ledgertest.Order("b"), ledgertest.Status(snapshot.StatusPending)),
		first.Postback(soon, ledgertest.Order("c"), ledgertest.Status(snapshot.StatusRejected)),
		again.Postback(soon, ledgertest.Order("d"), ledgertest.Goal("Up", "sign-up", "Sign-up")),
		again.Postback(soon, ledgertest.Order("e"), ledgertest.Status(snapshot.StatusHold)),
		again.Postback(soon, ledgertest.Order("f"), ledgertest.Goal("secret", "secret", "Secret"), ledgertest.Private),
		again.Postback(soon, func(p *journal.Postback) {
			p.Reason, p.GoalRaw, p.Terms.Goal = "unknown_goal", "99", journal.GoalTerms{}
		}),
		again.Postback(soon, func(p *journal.Postback) { p.Test = true }),
		again.Postback(soon, ledgertest.Order("g"), func(p *journal.Postback) { p.Terms.Goal.ClickOnly = true }),
		other.Postback(noon.Add(14*time.Hour), ledgertest.Order("h")),
	)
}

func TestReportGroups(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		tell(o)
		total := "total: USD clicks=3 unique=2 goalclicks=1 impressions=2 conversions=4 pending=1 hold=1 rejected=2 3.1024/9.164/6.0616\n"
		for name, tc := range map[string]struct {
			groups []query.Group
			want   string
		}{
			"nothing": {nil, strings.Replace(total, "total", "", 1)},
			"the usual": {[]query.Group{query.ByDay, query.ByOffer, query.ByPartner, query.ByGoal}, `
2026-11-20 shoes blog : USD clicks=2 unique=1 impressions=2 rejected=1 0.1024/0.164/0.0616
2026-11-20 shoes blog 2: USD goalclicks=1 conversions=1 pending=1 hold=1 rejected=1 1.00/3.00/2.00
2026-11-20 shoes blog Up: USD conversions=1 1.00/2.00/1.00
2026-11-20 shoes blog secret: USD conversions=1 0.00/2.00/2.00
2026-11-21 hats mail : USD clicks=1 unique=1
2026-11-21 hats mail 2: USD conversions=1 1.00/2.00/1.00
`},
			"hour": {[]query.Group{query.ByHour}, `
2026-11-20T12:00:00Z: USD clicks=2 unique=1 goalclicks=1 impressions=2 conversions=3 pending=1 hold=1 rejected=2 2.1024/7.164/5.0616
2026-11-21T01:00:00Z: USD clicks=1 unique=1
2026-11-21T02:00:00Z: USD conversions=1 1.00/2.00/1.00
`},
			"month and day": {[]query.Group{query.ByMonth, query.ByDay}, `
2026-11 2026-11-20: USD clicks=2 unique=1 goalclicks=1 impressions=2 conversions=3 pending=1 hold=1 rejected=2 2.1024/7.164/5.0616
2026-11 2026-11-21: USD clicks=1 unique=1 conversions=1 1.00/2.00/1.00
`},
			"month": {[]query.Group{query.ByMonth}, strings.Replace(total, "total", "2026-11", 1)},
			"slug, joining offers": {[]query.Group{query.ByGoalName}, `
: USD clicks=3 unique=2 impressions=2 rejected=1 0.1024/0.164/0.0616
purchase: USD goalclicks=1 conversions=2 pending=1 hold=1 rejected=1 2.00/5.00/3.00
secret: USD conversions=1 0.00/2.00/2.00
sign-up: USD conversions=1 1.00/2.00/1.00
`},
			"status": {[]query.Group{query.ByStatus}, `
: USD clicks=3 unique=2 goalclicks=1 impressions=2 0.1024/0.164/0.0616
approved: USD conversions=4 3.00/9.00/6.00
hold: USD hold=1
pending: USD pending=1
rejected: USD rejected=2
`},
			"network and advertiser": {[]query.Group{query.ByNetwork, query.ByAdvertiser}, strings.Replace(total, "total", "net acme", 1)},
			"sub ids": {[]query.Group{query.BySub(1), query.BySub(3)}, `
 : USD clicks=1 impressions=2 conversions=2 hold=1 rejected=1 1.0524/4.084/3.0316
one three: USD clicks=1 unique=1 conversions=1 pending=1 rejected=1 1.05/3.08/2.03
two : USD clicks=1 unique=1 conversions=1 1.00/2.00/1.00
`},
			"source, country, device and goal": {[]query.Group{query.BySource, query.ByCountry, query.ByDevice, query.ByGoal}, `
   : USD clicks=1 unique=1 impressions=2 0.0024/0.004/0.0016
   2: USD conversions=1 1.00/2.00/1.00
 DE  : USD clicks=1 rejected=1 0.05/0.08/0.03
 DE  2: USD hold=1
 DE  Up: USD conversions=1 1.00/2.00/1.00
 DE  secret: USD conversions=1 0.00/2.00/2.00
news NL mobile : USD clicks=1 unique=1 0.05/0.08/0.03
news NL mobile 2: USD conversions=1 pending=1 rejected=1 1.00/3.00/2.00
`},
		} {
			t.Run(name, func(t *testing.T) {
				all := total
				for _, g := range tc.groups {
					if strings.HasPrefix(string(g), "sub") || g == query.BySource {
						all = strings.Replace(total, " goalclicks=1", "", 1) // no row knows them
					}
				}
				expect(t, b, query.Scope{}, query.ReportRequest{Groups: tc.groups}, tc.want+all)
			})
		}
	})
}

func TestReportFilters(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		tell(o)
		for name, tc := range map[string]struct {
			change func(s *query.Scope, r *query.ReportRequest)
			want   string
		}{
			"offer":           {func(_ *query.Scope, r *query.ReportRequest) { r.Offer = "hats" }, "USD clicks=1 unique=1 conversions=1 1.00/2.00/1.00"},
			"partner":         {func(s *query.Scope, _ *query.ReportRequest) { s.Partner = "mail" }, "USD clicks=1 unique=1 conversions=1 1.00/2.00/1.00"},
			"another network": {func(s *query.Scope, _ *query.ReportRequest) { s.Network = "other" }, ""},
			"advertiser":      {func(_ *query.Scope, r *query.ReportRequest) { r.Advertiser = "nobody" }, ""},
			"goal, any case":  {func(_ *query.Scope, r *query.ReportRequest) { r.Goal = "uP" }, "USD conversions=1 1.00/2.00/1.00"},
			"slug, any case":  {func(_ *query.Scope, r *query.ReportRequest) { r.GoalName = "Sign-UP" }, "USD conversions=1 1.00/2.00/1.00"},
			"sub id":          {func(_ *query.Scope, r *query.ReportRequest) { r.Subs[2] = "three" }, "USD clicks=1 unique=1 conversions=1 pending=1 rejected=1 1.05/3.08/2.03"},
			"source":          {func(_ *query.Scope, r *query.ReportRequest) { r.Source = "news" }, "USD clicks=1 unique=1 conversions=1 pending=1 rejected=1 1.05/3.08/2.03"},
			"country, device": {func(_ *query.Scope, r *query.ReportRequest) { r.Country, r.Device = "DE", "tablet" }, ""},
			"status":          {func(_ *query.Scope, r *query.ReportRequest) { r.Statuses = []query.Status{query.Pending, query.Hold} }, "USD pending=1 hold=1"},
			"sub and status": {func(_ *query.Scope, r *query.ReportRequest) {
				r.Subs[0], r.Statuses = "two", []query.Status{query.Approved}
			}, "USD conversions=1 1.00/2.00/1.00"},
			"currency":         {func(_ *query.Scope, r *query.ReportRequest) { r.Currency = "EUR" }, ""},
			"from a day":       {func(_ *query.Scope, r *query.ReportRequest) { r.From = date(2026, 11, 21) }, "USD clicks=1 unique=1 conversions=1 1.00/2.00/1.00"},
			"to a day":         {func(_ *query.Scope, r *query.ReportRequest) { r.To = date(2026, 11, 20) }, ""},
			"from the middle":  {func(_ *query.Scope, r *query.ReportRequest) { r.From = at(13*time.Hour + time.Second) }, "USD conversions=1 1.00/2.00/1.00"},
			"a few minutes":    {func(_ *query.Scope, r *query.ReportRequest) { r.From, r.To = at(9*time.Minute), at(11*time.Minute) }, "USD clicks=1 0.05/0.08/0.03"},
			"across a quarter": {func(_ *query.Scope, r *query.ReportRequest) { r.From, r.To = at(time.Second), at(21*time.Minute) }, "USD clicks=1 impressions=1 0.0512/0.082/0.0308"},
			"to is excluded":   {func(_ *query.Scope, r *query.ReportRequest) { r.To = at(10 * time.Minute) }, "USD clicks=1 unique=1 0.05/0.08/0.03"},
			"nothing is left":  {func(_ *query.Scope, r *query.ReportRequest) { r.From, r.To = at(time.Hour), at(0) }, ""},
		} {
			t.Run(name, func(t *testing.T) {
				var scope query.Scope
				var r query.ReportRequest
				tc.change(&scope, &r)
				want := ""
				if tc.want != "" {
					want = ": " + tc.want + "\ntotal: " + tc.want
				}
				expect(t, b, scope, r, want)
			})
		}
	})
}

func date(y int, m time.Month, d int) *query.Bound {
	return &query.Bound{Moment: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), Date: true}
}

func at(afterNoon time.Duration) *query.Bound { return &query.Bound{Moment: noon.Add(afterNoon)} }

func TestReportTimeZones(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata") // half an hour off the others
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		evening := time.Date(2026, 11, 20, 18, 45, 0, 0, time.UTC) // 00:15 in Kolkata, 13:45 in New York
		for n, network := range []string{"ny", "in"} {
			zone := []string{"America/New_York", "Asia/Kolkata"}[n]
			o.Write(visit{N: n, At: evening, Network: network, Zone: zone}.Click(), visit{N: n, At: evening.Add(-20 * time.Minute), Network: network, Zone: zone}.Click())
		}
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByDay, query.ByNetwork}}, `
2026-11-20 in: USD clicks=1 unique=1
2026-11-20 ny: USD clicks=2 unique=2
2026-11-21 in: USD clicks=1 unique=1
total: USD clicks=4 unique=4`)
		expect(t, b, query.Scope{Network: "ny"}, query.ReportRequest{Groups: []query.Group{query.ByDay, query.ByHour}, Zone: kolkata}, `
2026-11-20 2026-11-20T23:00:00+05:30: USD clicks=1 unique=1
2026-11-21 2026-11-21T00:00:00+05:30: USD clicks=1 unique=1
total: USD clicks=2 unique=2`)
		expect(t, b, query.Scope{}, query.ReportRequest{From: date(2026, 11, 21), Groups: []query.Group{query.ByNetwork}}, `
in: USD clicks=1 unique=1
total: USD clicks=1 unique=1`)
	})
}

func TestReportAfterANetworkChangedItsZone(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		// At 12:30 UTC it is tomorrow in Auckland (UTC+13).
		o.Write(visit{N: 1, At: noon.Add(30 * time.Minute), Zone: "Pacific/Auckland"}.Click())
		for d := range 4 {
			o.Write(visit{N: 2 + d, At: noon.Add(time.Duration(24*d+2) * time.Hour), Zone: "UTC"}.Click())
		}
		want := `
2026-11-20: USD clicks=2 unique=2
2026-11-21: USD clicks=1 unique=1
2026-11-22: USD clicks=1 unique=1
2026-11-23: USD clicks=1 unique=1
total: USD clicks=5 unique=5`
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByDay}}, want)
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByDay}, From: date(2026, 11, 20), To: date(2026, 11, 24)}, want)
	})
}

func TestReportKeepsCurrenciesAndNetworksApart(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		o.Write(
			visit{N: 1, At: noon, Payout: 10_000}.Click(),
			visit{N: 2, At: noon, Payout: 20_000, Currency: "EUR"}.Click(),
			visit{N: 3, At: noon, Payout: 40_000, Network: "second"}.Click())
		r, err := b.Report(t.Context(), query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByOffer}})
		if err != nil {
			t.Fatal(err)
		}
		want := `shoes: EUR clicks=1 unique=1 0.02/0.00/-0.02
shoes: USD clicks=1 unique=1 0.01/0.00/-0.01
shoes: USD clicks=1 unique=1 0.04/0.00/-0.04
total: EUR clicks=1 unique=1 0.02/0.00/-0.02
total: USD clicks=2 unique=2 0.05/0.00/-0.05
`
		if got := show(r); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		if r.Rows[1].Network != "net" || r.Rows[2].Network != "second" {
			t.Errorf("networks %q and %q", r.Rows[1].Network, r.Rows[2].Network)
		}
	})
}

func TestReportForAPartner(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		tell(o)
		scope := query.Scope{Network: "net", Partner: "blog", PartnerOnly: true}
		expect(t, b, scope, query.ReportRequest{Groups: []query.Group{query.ByGoal}}, `
: USD clicks=2 unique=1 impressions=2 rejected=1 0.1024/0.00/0.00
2: USD goalclicks=1 conversions=1 pending=1 hold=1 rejected=1 1.00/0.00/0.00
Up: USD conversions=1 1.00/0.00/0.00
total: USD clicks=2 unique=1 goalclicks=1 impressions=2 conversions=2 pending=1 hold=1 rejected=2 2.1024/0.00/0.00`)
		for _, r := range []query.ReportRequest{
			{Groups: []query.Group{query.ByAdvertiser}},
			{ReportFilter: query.ReportFilter{Advertiser: "acme"}},
		} {
			if _, err := b.Report(t.Context(), scope, r); !errors.Is(err, query.ErrNotForPartners) {
				t.Errorf("%+v: %v, want ErrNotForPartners", r, err)
			}
		}
	})
}

func TestReportTitlesAndRatios(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		tell(o)
		r, err := b.Report(t.Context(), query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByOffer, query.ByGoal}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []struct{ value, title, cr, epc, epm string }{
			{"", "", "0.00", "0.00", ""}, // hats
			{"2", "Purchase", "100.00", "1.00", ""},
			{"", "", "0.00", "0.0512", "51.20"}, // shoes: two clicks, two impressions
			{"2", "Purchase", "50.00", "0.50", "500.00"},
			{"Up", "Sign-up", "50.00", "0.50", "500.00"},
			{"secret", "Secret", "50.00", "0.00", "0.00"},
		} {
			row := r.Rows[i]
			got := []string{row.Values[1], row.GoalTitle, row.CR.String(), row.EPC.String(), row.EPM.String()}
			if strings.Join(got, " ") != strings.Join([]string{want.value, want.title, want.cr, want.epc, want.epm}, " ") {
				t.Errorf("row %d: %v, want %+v", i, got, want)
			}
		}
	})
}
