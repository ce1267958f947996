package query

import (
	"math/bits"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Row is a line of a report. Conversions, payout, revenue and profit are those of
// approved conversions, with the money of clicks (CPC) and impressions (CPM).
type Row struct {
	// Values belong to the report's groups, in their order; nil in totals.
	Values    []string
	GoalTitle string
	Network   string // "" in totals
	Currency  string

	Clicks, UniqueClicks, GoalClicks, Impressions int64
	// NoGoalClicks reports that GoalClicks are not known: the report is grouped by, or
	// restricted to, what only the rows of clicks hold.
	NoGoalClicks bool

	Conversions, Pending, Hold, Rejected int64
	Payout, Revenue, Profit              money.Amount

	// The ratios are by the clicks and impressions of all rows that differ from
	// this one in goal and status only.
	CR  Ratio // conversions of a hundred clicks, to two decimals
	EPC Ratio // payout by click
	EPM Ratio // payout by a thousand impressions
}

// Ratio is a quotient; OK is false where there is nothing to divide by.
type Ratio struct {
	Value money.Amount
	OK    bool
}

// String is the quotient as a decimal, "" if there is none.
func (r Ratio) String() string {
	if !r.OK {
		return ""
	}
	return r.Value.String()
}

// fill sets counts and money. Impressions are priced by the thousand, so their money is
// summed in billionths and rounded here, once.
func (r *Row) fill(m *store.Measures) {
	r.Clicks, r.UniqueClicks, r.GoalClicks, r.Impressions = m.Clicks, m.UniqueClicks, m.GoalClicks, m.Impressions
	r.Conversions, r.Pending, r.Hold, r.Rejected = m.Count[0], m.Count[1], m.Count[2], m.Count[3]
	r.Payout = money.Amount(store.Sum(store.Sum(m.Payout[0], m.ClickPayout), divide(m.ImpressionPayoutNano, 1, 1000)))
	r.Revenue = money.Amount(store.Sum(store.Sum(m.Revenue[0], m.ClickRevenue), divide(m.ImpressionRevenueNano, 1, 1000)))
	r.Profit = money.Amount(store.Sum(int64(r.Revenue), -int64(r.Payout)))
}

// base is what ratios are by.
type base struct{ clicks, impressions int64 }

// setRatios sets the quotients that have something to divide by; the others are not OK.
func (r *Row) setRatios(by base) {
	if by.clicks > 0 {
		r.CR = Ratio{money.Amount(divide(r.Conversions, 10_000, by.clicks) * 10_000), true}
		r.EPC = Ratio{money.Amount(divide(int64(r.Payout), 1, by.clicks)), true}
	}
	if by.impressions > 0 {
		r.EPM = Ratio{money.Amount(divide(int64(r.Payout), 1000, by.impressions)), true}
	}
}

func (r *Row) forPartner() { r.Revenue, r.Profit = 0, 0 }

// divide is a*b/c rounded half to even, in 128 bits; a is not negative.
func divide(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(max(a, 0)), uint64(b))
	if hi >= uint64(c) {
		return 1<<63 - 1
	}
	q, rest := bits.Div64(hi, lo, uint64(c))
	if half := uint64(c) - rest; rest > half || rest == half && q%2 == 1 {
		q++
	}
	return int64(min(q, 1<<63-1))
}
