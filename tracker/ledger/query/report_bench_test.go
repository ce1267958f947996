package query_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/query"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// BenchmarkReport asks for the usual report, by day, offer, partner and goal,
// over ten million events: 30 days of traffic by partners of 50 offers, with a
// conversion of one of two goals for every twentieth click. It is to take at most
// 200 ms. The sub-benchmarks differ in how many partners there are, and with them
// in how many rows the report has.
func BenchmarkReport(b *testing.B) {
	for _, partners := range []int{5, 10, 20} {
		b.Run(fmt.Sprintf("rows=%d", 50*partners*3*benchDays), func(b *testing.B) {
			b.Run("sqlite", func(b *testing.B) { benchReport(b, storetest.SQLite(b), partners) })
			b.Run("postgres", func(b *testing.B) { benchReport(b, storetest.Postgres(b), partners) })
		})
	}
}

const (
	benchEvents = 10_000_000
	benchDays   = 30
	benchOffers = 50
	benchFirst  = 20_700 // day
)

func benchReport(b *testing.B, target string, partners int) {
	s, err := store.Open(b.Context(), target)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	fill(b, s, partners)
	r := query.ReportRequest{Groups: []query.Group{query.ByDay, query.ByOffer, query.ByPartner, query.ByGoal}}
	bk := query.New(s)
	before := processorTime(b)
	for b.Loop() {
		got, err := bk.Report(b.Context(), query.Scope{}, r)
		if err != nil {
			b.Fatal(err)
		}
		if events := got.Totals[0].Clicks + got.Totals[0].Conversions; len(got.Rows) != benchOffers*partners*3*benchDays || events < benchEvents*99/100 {
			b.Fatalf("%d rows, %d events", len(got.Rows), events)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// processorTime is what this process has used; PostgreSQL has its own. On a busy
// machine it says more than the clock on the wall.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill writes the rollups of ten million events.
func fill(b *testing.B, s *store.Store, partners int) {
	b.Helper()
	var cells []store.Cell
	for offer := range benchOffers {
		for partner := range partners {
			for _, goal := range []string{"", "1", "2"} {
				cells = append(cells, store.Cell{ID: int64(len(cells) + 1), Dimensions: judge.Dimensions{
					Network: "net", Offer: fmt.Sprintf("offer-%d", offer), Partner: fmt.Sprintf("partner-%d", partner), Advertiser: "acme", Goal: goal, Currency: "USD"}})
			}
		}
	}
	clicks := int64(benchEvents * 20 / 21 / (benchDays * benchOffers * partners))
	write(b, s, func(tx *store.Tx) error {
		if err := tx.Dimensions.PutGoals(b.Context(), []store.Goal{{Network: "net", Offer: "offer-1", Goal: "2", Slug: "purchase", Title: "Purchase"}}); err != nil {
			return err
		}
		if err := tx.Dimensions.PutZones(b.Context(), []store.Zone{{Network: "net", Zone: "UTC"}}); err != nil {
			return err
		}
		return tx.Dimensions.AddCells(b.Context(), cells)
	})
	for day := int64(benchFirst); day < benchFirst+benchDays; day++ {
		var list []store.Rollup
		for i := range cells {
			list = append(list, store.Rollup{Bucket: day, Cell: cells[i].ID, Measures: measures(cells[i].Goal, clicks)})
		}
		write(b, s, func(tx *store.Tx) error { return tx.Rollups.Add(b.Context(), store.Days, list) })
		// The quarters say only how far the numbers reach.
		write(b, s, func(tx *store.Tx) error {
			return tx.Rollups.Add(b.Context(), store.Quarters, []store.Rollup{{Bucket: day * 96, Cell: 1}, {Bucket: day*96 + 95, Cell: 1}})
		})
	}
	if s.Postgres() {
		if _, err := s.Reader().ExecContext(b.Context(), "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
}

func measures(goal string, clicks int64) store.Measures {
	if goal == "" {
		return store.Measures{Clicks: clicks, UniqueClicks: clicks / 2, ClickPayout: clicks * 50_000, ClickRevenue: clicks * 80_000}
	}
	n := max(clicks/40, 1)
	return store.Measures{Count: [4]int64{n, 1, 0, 1}, Payout: [4]int64{n * 1_400_000, 1, 0, 1}, Revenue: [4]int64{n * 3_000_000, 1, 0, 1}}
}

func write(b *testing.B, s *store.Store, f func(tx *store.Tx) error) {
	b.Helper()
	if err := s.Update(b.Context(), f); err != nil {
		b.Fatal(err)
	}
}
