package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestMoneyOfVisitsIsExact changes prices within a quarter of an hour: each visit
// keeps its own, by whatever it is looked at.
func TestMoneyOfVisitsIsExact(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		for n, price := range []money.Amount{10_000, 30_001, 70_000} {
			v := visit{N: n, At: noon.Add(time.Duration(n) * time.Minute), Payout: price, Revenue: 2 * price, Subs: [10]string{string(rune('a' + n))}, Country: "NL"}
			o.Write(v.Click(), v.Impression())
		}
		const total = "NL: USD clicks=3 unique=3 impressions=3 0.110111/0.220222/0.110111\n"
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByCountry}}, total+strings.Replace(total, "NL", "total", 1))
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.BySub(1)}}, `
a: USD clicks=1 unique=1 impressions=1 0.01001/0.02002/0.01001
b: USD clicks=1 unique=1 impressions=1 0.030031/0.060062/0.030031
c: USD clicks=1 unique=1 impressions=1 0.07007/0.14014/0.07007
`+strings.Replace(total, "NL", "total", 1))
	})
}

// TestReportsOutliveTheRows drops what is older than three days: only the sub ids
// of clicks and impressions are lost.
func TestReportsOutliveTheRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		o := ledgertest.Open(t, target, func(o *ledger.Options) { o.Retain = 3 * 24 * time.Hour })
		b := query.New(o.Store)
		for d := range 6 {
			at := noon.AddDate(0, 0, d)
			v := visit{N: d, At: at, Payout: 10_000, Revenue: 30_000, Country: []string{"NL", "DE"}[d%2], Source: "news", Device: "mobile", Subs: [10]string{fmt.Sprint("sub", d)}}
			late := visit{N: 100 + d, At: noon.Add(time.Duration(d) * time.Second), Payout: 1, Country: "FR"} // of the first day
			o.Write(v.Click(), v.Impression(), late.Click(), v.Postback(at.Add(time.Minute), ledgertest.Order(fmt.Sprint(d))),
				journal.Entry{Tick: &journal.Tick{At: at.Add(time.Hour).UnixMicro()}})
		}
		left := 0
		if err := o.Store.Reader().QueryRowContext(t.Context(), "SELECT count(*) FROM clicks").Scan(&left); err != nil || left != 4 {
			t.Fatalf("%d clicks are left, not those of the last four days, %v", left, err)
		}
		total := "total: USD clicks=12 unique=12 impressions=6 conversions=6 6.060066/12.18018/6.120114\n"
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByCountry, query.BySource, query.ByDevice}}, `
DE news mobile: USD clicks=3 unique=3 impressions=3 conversions=3 3.03003/6.09009/3.06006
FR  : USD clicks=6 unique=6 0.000006/0.00/-0.000006
NL news mobile: USD clicks=3 unique=3 impressions=3 conversions=3 3.03003/6.09009/3.06006
`+total)
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByMonth, query.BySub(1)}}, `
2026-11 : USD clicks=8 unique=8 impressions=2 0.020026/0.06006/0.040034
2026-11 sub0: USD conversions=1 1.00/2.00/1.00
2026-11 sub1: USD conversions=1 1.00/2.00/1.00
2026-11 sub2: USD clicks=1 unique=1 impressions=1 conversions=1 1.01001/2.03003/1.02002
2026-11 sub3: USD clicks=1 unique=1 impressions=1 conversions=1 1.01001/2.03003/1.02002
2026-11 sub4: USD clicks=1 unique=1 impressions=1 conversions=1 1.01001/2.03003/1.02002
2026-11 sub5: USD clicks=1 unique=1 impressions=1 conversions=1 1.01001/2.03003/1.02002
`+total)
		expect(t, b, query.Scope{}, query.ReportRequest{Groups: []query.Group{query.ByHour}, ReportFilter: query.ReportFilter{Country: "DE"}, To: date(2026, 11, 22)}, `
2026-11-21T12:00:00Z: USD clicks=1 unique=1 impressions=1 conversions=1 1.01001/2.03003/1.02002
total: USD clicks=1 unique=1 impressions=1 conversions=1 1.01001/2.03003/1.02002`)
		checkSubsSince(t, b)
	})
}

func checkSubsSince(t *testing.T, b *query.Books) {
	t.Helper()
	dropped := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		request query.ReportRequest
		since   *time.Time
	}{
		"not by sub ids":        {query.ReportRequest{Groups: []query.Group{query.ByCountry}}, nil},
		"by a sub id":           {query.ReportRequest{Groups: []query.Group{query.BySub(10)}}, &dropped},
		"filtered by a sub id":  {query.ReportRequest{ReportFilter: query.ReportFilter{Subs: [10]string{"x"}}}, &dropped},
		"from before":           {query.ReportRequest{Groups: []query.Group{query.BySub(1)}, From: date(2026, 11, 21)}, &dropped},
		"of the time all known": {query.ReportRequest{Groups: []query.Group{query.BySub(1)}, From: date(2026, 11, 22)}, nil},
	} {
		r, err := b.Report(t.Context(), query.Scope{}, tc.request)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(r.SubsSince), fmt.Sprint(tc.since); got != want {
			t.Errorf("%s: known since %s, want %s", name, got, want)
		}
	}
}
