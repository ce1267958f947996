package query_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// TestReportAgreesWithAddingUpByHand spreads events over days around the end of
// summer time and compares reports over random stretches of time, in several zones,
// from rollups and from rows, with sums over the list of events.
func TestReportAgreesWithAddingUpByHand(t *testing.T) {
	each(t, func(t *testing.T, o *ledgertest.Instance, b *query.Books) {
		random := rand.New(rand.NewPCG(1, 2))
		begin := time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC)
		moment := func() time.Time { return begin.Add(time.Duration(random.Int64N(int64(5*24*time.Hour))) / 1000 * 1000) }
		var events []event
		var entries []journal.Entry
		for n := range 300 {
			v := visit{N: n, At: moment(), Zone: "Europe/Berlin", Country: "DE", Payout: 10_000, Offer: []string{"shoes", "hats"}[n%2]}
			events = append(events, event{at: v.At, offer: v.Offer, clicks: 1, payout: 10_000})
			entries = append(entries, v.Click())
		}
		o.Write(entries...)
		entries = entries[:0]
		for n := range 200 {
			v := visit{N: n, At: begin.Add(-time.Hour), Zone: "Europe/Berlin", Country: "DE", Offer: []string{"shoes", "hats"}[n%2]}
			at := moment()
			events = append(events, event{at: at, offer: v.Offer, conversions: 1, payout: 1_000_000})
			entries = append(entries, v.Click(), v.Postback(at, ledgertest.Order(fmt.Sprint("order", n))))
			events = append(events, event{at: v.At, offer: v.Offer, clicks: 1})
		}
		for n := range 200 {
			v := visit{N: 1000 + n, At: begin.Add(-time.Hour), Zone: "Europe/Berlin", Country: "DE", Offer: []string{"shoes", "hats"}[n%2]}
			at := moment()
			events = append(events, event{at: v.At, offer: v.Offer, clicks: 1}, event{at: at, offer: v.Offer, goalClicks: 1})
			hit := func(p *journal.Postback) { p.Terms.Goal.ClickOnly = true }
			entries = append(entries, v.Click(), v.Postback(at, hit), v.Postback(at, hit), // the second is a retry
				v.Postback(at, hit, func(p *journal.Postback) { p.Test = true }))
		}
		o.Write(entries...)
		for range 60 {
			compareByHand(t, b, random, begin, events)
		}
	})
}

type event struct {
	at                          time.Time
	offer                       string
	clicks, conversions, payout int64
	goalClicks                  int64
}

func compareByHand(t *testing.T, b *query.Books, random *rand.Rand, begin time.Time, events []event) {
	t.Helper()
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	loc, err := time.LoadLocation(pick("Europe/Berlin", "UTC", "America/St_Johns", "Australia/Lord_Howe"))
	if err != nil {
		t.Fatal(err)
	}
	r := query.ReportRequest{Zone: loc}
	format := ""
	switch pick("hour", "day", "month", "none") {
	case "hour":
		r.Groups, format = []query.Group{query.ByHour}, "2006-01-02T15:00:00Z07:00"
	case "day":
		r.Groups, format = []query.Group{query.ByDay}, time.DateOnly
	case "month":
		r.Groups, format = []query.Group{query.ByMonth}, "2006-01"
	}
	r.Groups = append(r.Groups, query.ByOffer)
	if random.IntN(4) == 0 {
		r.Country = "DE" // all of them; only rows know
	}
	from, to := begin.Add(-24*time.Hour), begin.Add(10*24*time.Hour)
	if random.IntN(3) > 0 {
		from = begin.Add(time.Duration(random.Int64N(int64(48 * time.Hour))))
		r.From = &query.Bound{Moment: from}
	}
	if random.IntN(3) > 0 {
		day := 25 + random.IntN(3)
		to = time.Date(2026, 10, day, 0, 0, 0, 0, loc)
		r.To = date(2026, 10, day)
	}
	if r.Country != "" {
		events = slices.DeleteFunc(slices.Clone(events), func(e event) bool { return e.goalClicks > 0 }) // nobody knows where from
	}
	want := byHand(events, from, to, loc, format)
	got, err := b.Report(t.Context(), query.Scope{}, r)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, row := range got.Rows {
		lines = append(lines, fmt.Sprintf("%s clicks=%d/%d conversions=%d %s", strings.Join(row.Values, " "), row.Clicks, row.GoalClicks, row.Conversions, row.Payout))
	}
	slices.Sort(lines)
	if !slices.Equal(lines, want) {
		t.Fatalf("%v in %s from %s to %s, country %q:\n%s\nwant\n%s", r.Groups, loc, from, to, r.Country, strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func byHand(events []event, from, to time.Time, loc *time.Location, format string) []string {
	sums := map[string]*event{}
	for _, e := range events {
		if e.at.Before(from) || !e.at.Before(to) {
			continue
		}
		key := strings.TrimSpace(e.at.In(loc).Format(format) + " " + e.offer)
		if sums[key] == nil {
			sums[key] = &event{}
		}
		s := sums[key]
		s.clicks, s.conversions, s.payout, s.goalClicks = s.clicks+e.clicks, s.conversions+e.conversions, s.payout+e.payout, s.goalClicks+e.goalClicks
	}
	var lines []string
	for key, s := range sums {
		lines = append(lines, fmt.Sprintf("%s clicks=%d/%d conversions=%d %s", key, s.clicks, s.goalClicks, s.conversions, money.Amount(s.payout)))
	}
	slices.Sort(lines)
	return lines
}
