package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Rollups are the two tables of sums.
type Rollups struct{ in session }

// Measures are what is counted in a cell. Money is in millionths, that of
// impressions in thousand-millionths, so that a thousandth of a CPM is exact.
type Measures struct {
	Clicks, UniqueClicks, GoalClicks, Impressions int64
	ClickPayout, ClickRevenue                     int64
	ImpressionPayoutNano, ImpressionRevenueNano   int64
	// By status: approved, pending, hold, rejected. statusIndex in package ledger gives the place.
	Count, Payout, Revenue [4]int64
}

// Rollup is what happened in a cell within a bucket of time: a quarter of an hour
// UTC (its number since 1970), or a day in the network's time zone.
type Rollup struct {
	Bucket int64
	Cell   int64
	Measures
}

// rollupColumn is a column of the rollups beyond their key.
type rollupColumn struct {
	column.Column[Rollup]
	money bool
	// ofClicks is whether the column holds what is counted of clicks.
	ofClicks bool
}

// statusNames are the columns of Measures' statuses, in their order. The first three
// take a place in caps.
var statusNames = [4]string{"approved", "pending", "hold", "rejected"}

func rollupColumns() []rollupColumn {
	list := []rollupColumn{
		{column.Number("clicks", func(r *Rollup) *int64 { return &r.Clicks }), false, true},
		{column.Number("unique_clicks", func(r *Rollup) *int64 { return &r.UniqueClicks }), false, true},
		{column.Number("goal_clicks", func(r *Rollup) *int64 { return &r.GoalClicks }), false, false},
		{column.Number("impressions", func(r *Rollup) *int64 { return &r.Impressions }), false, false},
		{column.Number("click_payout", func(r *Rollup) *int64 { return &r.ClickPayout }), true, true},
		{column.Number("click_revenue", func(r *Rollup) *int64 { return &r.ClickRevenue }), true, true},
		{column.Number("imp_payout_nano", func(r *Rollup) *int64 { return &r.ImpressionPayoutNano }), true, false},
		{column.Number("imp_revenue_nano", func(r *Rollup) *int64 { return &r.ImpressionRevenueNano }), true, false},
	}
	for i, status := range statusNames {
		list = append(list,
			rollupColumn{column.Number(status, func(r *Rollup) *int64 { return &r.Count[i] }), false, false},
			rollupColumn{column.Number(status+"_payout", func(r *Rollup) *int64 { return &r.Payout[i] }), true, false},
			rollupColumn{column.Number(status+"_revenue", func(r *Rollup) *int64 { return &r.Revenue[i] }), true, false})
	}
	return list
}

// Resolution is one of the two rollups.
type Resolution string

// The rollups.
const (
	Quarters Resolution = "rollup_quarter"
	Days     Resolution = "rollup_day"
)

// rollupTables are the forms in which rows of a rollup are written.
type rollupTables struct {
	all *table[Rollup]
	// clicks is for rows in which nothing but clicks was counted. Most are: adding to all
	// columns takes twice as long.
	clicks *table[Rollup]
}

var rollupsOf = map[Resolution]rollupTables{
	Quarters: {rollupTable(Quarters, false), rollupTable(Quarters, true)},
	Days:     {rollupTable(Days, false), rollupTable(Days, true)},
}

// rollupTable adds to the columns of a rollup, or to those of clicks only, the others
// being zero in new rows. Sums of money stop at the ends of int64 instead of failing: a
// report of a million conversions of the largest amount must not stop the ledger.
func rollupTable(r Resolution, onlyClicks bool) *table[Rollup] {
	columns := column.List[Rollup]{
		column.Number("bucket", func(r *Rollup) *int64 { return &r.Bucket }),
		column.Number("cell", func(r *Rollup) *int64 { return &r.Cell }),
	}
	var zeros []string
	var added []rollupColumn
	for _, c := range rollupColumns() {
		if onlyClicks && !c.ofClicks {
			zeros = append(zeros, c.Name)
			continue
		}
		columns, added = append(columns, c.Column), append(added, c)
	}
	t := newTable(string(r), 2, ignore, columns...)
	t.zeros, t.integers = zeros, true
	t.conflict = func(d dialect) string {
		set := make([]string, len(added))
		for i, c := range added {
			old, more := t.name+"."+c.Name, "excluded."+c.Name
			set[i] = c.Name + " = " + old + " + " + more
			if c.money {
				set[i] = c.Name + " = " + d.clamped(old, more)
			}
		}
		return onConflict(t.columns[:2], set)
	}
	return t
}

// Add adds to a rollup. Each bucket and cell occurs once in list, which is sorted.
func (t Rollups) Add(ctx context.Context, r Resolution, list []Rollup) error {
	slices.SortFunc(list, func(a, b Rollup) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Cell, b.Cell))
	})
	var all, clicks []Rollup
	for i := range list {
		if list[i].onlyClicks() {
			clicks = append(clicks, list[i])
		} else {
			all = append(all, list[i])
		}
	}
	if err := rollupsOf[r].all.upsert(ctx, t.in, all); err != nil {
		return err
	}
	return rollupsOf[r].clicks.upsert(ctx, t.in, clicks)
}

// onlyClicks reports whether nothing but clicks was counted.
func (m *Measures) onlyClicks() bool {
	clicks := Measures{Clicks: m.Clicks, UniqueClicks: m.UniqueClicks, ClickPayout: m.ClickPayout, ClickRevenue: m.ClickRevenue}
	return *m == clicks
}

// Add adds o, stopping at the ends of int64.
func (m *Measures) Add(o *Measures) {
	m.Clicks += o.Clicks
	m.UniqueClicks += o.UniqueClicks
	m.GoalClicks += o.GoalClicks
	m.Impressions += o.Impressions
	m.ClickPayout = Sum(m.ClickPayout, o.ClickPayout)
	m.ClickRevenue = Sum(m.ClickRevenue, o.ClickRevenue)
	m.ImpressionPayoutNano = Sum(m.ImpressionPayoutNano, o.ImpressionPayoutNano)
	m.ImpressionRevenueNano = Sum(m.ImpressionRevenueNano, o.ImpressionRevenueNano)
	for s := range 4 {
		m.Count[s] += o.Count[s]
		m.Payout[s] = Sum(m.Payout[s], o.Payout[s])
		m.Revenue[s] = Sum(m.Revenue[s], o.Revenue[s])
	}
}

// Sum is a+b, stopping at the ends of int64.
func Sum(a, b int64) int64 {
	s := a + b
	switch {
	case a > 0 && b > 0 && s < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && s >= 0:
		return math.MinInt64
	}
	return s
}

// Counted sums what counted towards a cap metric in the given cells: the column is
// one of clicks, impressions, conversions, payout, revenue; conversions, payout
// and revenue are those of approved, pending and hold. Buckets are [from, to).
func (t Rollups) Counted(ctx context.Context, r Resolution, metric string, cells []int64, from, to int64) (int64, error) {
	columns, ok := countedColumns[metric]
	if !ok {
		return 0, fmt.Errorf("sum up for a cap: unknown metric %q", metric)
	}
	keys := make([]any, len(cells))
	for i, c := range cells {
		keys[i] = c
	}
	var total int64
	query := "SELECT " + columns + " FROM " + string(r) + " WHERE bucket >= ? AND bucket < ? AND cell IN (?*)"
	err := t.in.lookup(ctx, query, []any{from, to}, keys, func(row scanner) error {
		var a, b, c int64
		err := row.Scan(&a, &b, &c)
		total = Sum(total, Sum(Sum(a, b), c))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sum up for a cap: %w", err)
	}
	return total, nil
}

var countedColumns = map[string]string{
	"clicks":      "clicks, 0, 0",
	"impressions": "impressions, 0, 0",
	"conversions": capped(""),
	"payout":      capped("_payout"),
	"revenue":     capped("_revenue"),
}

// capped are the columns of the statuses that take a place in caps.
func capped(suffix string) string { return strings.Join(statusNames[:3], suffix+", ") + suffix }
