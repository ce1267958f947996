package store

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

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

var rollupColumns = columnsOf(`bucket cell clicks unique_clicks goal_clicks impressions
	click_payout click_revenue imp_payout_nano imp_revenue_nano
	approved pending hold rejected approved_payout pending_payout hold_payout rejected_payout
	approved_revenue pending_revenue hold_revenue rejected_revenue`)

// clickColumns are those of a row in which nothing but clicks was counted. Most are:
// adding to all of them takes twice as long.
var clickColumns = columnsOf("bucket cell clicks unique_clicks click_payout click_revenue")

// Resolution is one of the two rollups.
type Resolution string

// The rollups.
const (
	Quarters Resolution = "rollup_quarter"
	Days     Resolution = "rollup_day"
)

// AddRollups adds to the rollups. Each bucket and cell occurs once in list.
func (tx *Tx) AddRollups(ctx context.Context, r Resolution, list []Rollup) error {
	slices.SortFunc(list, func(a, b Rollup) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Cell, b.Cell))
	})
	var all, only []*Rollup
	for i := range list {
		if x := &list[i]; x.onlyClicks() {
			only = append(only, x)
		} else {
			all = append(all, x)
		}
	}
	err := tx.in.upsert(ctx, tx.rollupTable(r, rollupColumns), len(all), func(i int, row []any) { all[i].fill(row) })
	if err == nil {
		err = tx.in.upsert(ctx, tx.rollupTable(r, clickColumns), len(only), func(i int, row []any) { only[i].fillClicks(row) })
	}
	if err != nil {
		return fmt.Errorf("add to %s: %w", r, err)
	}
	return nil
}

// rollupTable writes these columns of a rollup, the others being zero.
func (tx *Tx) rollupTable(r Resolution, columns []string) *table {
	zeros := slices.DeleteFunc(slices.Clone(rollupColumns), func(c string) bool { return slices.Contains(columns, c) })
	return &table{name: string(r), columns: columns, zeros: zeros, conflict: tx.adding(string(r), columns[2:]), integers: true}
}

// adding is the conflict clause that adds to columns. Sums of money stop at the ends of
// int64 instead of failing: whoever reports a million conversions of the largest amount
// must not stop the ledger.
func (tx *Tx) adding(name string, columns []string) string {
	var b strings.Builder
	b.WriteString("(bucket, cell) DO UPDATE SET ")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c + " = ")
		if money := strings.Contains(c, "payout") || strings.Contains(c, "revenue"); money {
			b.WriteString(tx.in.clamped(name+"."+c, "excluded."+c))
		} else {
			b.WriteString(name + "." + c + " + excluded." + c)
		}
	}
	return b.String()
}

// onlyClicks reports whether clickColumns hold all that is counted.
func (m *Measures) onlyClicks() bool {
	clicks := Measures{Clicks: m.Clicks, UniqueClicks: m.UniqueClicks, ClickPayout: m.ClickPayout, ClickRevenue: m.ClickRevenue}
	return *m == clicks
}

// fillClicks fills in clickColumns.
func (r *Rollup) fillClicks(row []any) {
	row[0], row[1] = r.Bucket, r.Cell
	row[2], row[3], row[4], row[5] = r.Clicks, r.UniqueClicks, r.ClickPayout, r.ClickRevenue
}

func (r *Rollup) fill(row []any) {
	row[0], row[1] = r.Bucket, r.Cell
	row[2], row[3], row[4], row[5] = r.Clicks, r.UniqueClicks, r.GoalClicks, r.Impressions
	row[6], row[7], row[8], row[9] = r.ClickPayout, r.ClickRevenue, r.ImpressionPayoutNano, r.ImpressionRevenueNano
	for s := range 4 {
		row[10+s], row[14+s], row[18+s] = r.Count[s], r.Payout[s], r.Revenue[s]
	}
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
func (tx *Tx) Counted(ctx context.Context, r Resolution, metric string, cells []int64, from, to int64) (int64, error) {
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
	err := tx.in.lookup(ctx, query, []any{from, to}, keys, func(row scanner) error {
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
	"conversions": "approved, pending, hold",
	"payout":      "approved_payout, pending_payout, hold_payout",
	"revenue":     "approved_revenue, pending_revenue, hold_revenue",
}
