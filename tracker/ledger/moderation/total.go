package moderation

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// Total is the money of conversions of one currency and status, exact: what is shown
// before a decision about them.
type Total struct {
	Status          query.Status
	Currency        string
	Count           int
	Payout, Revenue money.Amount
}

// Totals adds conversions up, ordered by currency and status.
func Totals(items []query.Conversion) ([]Total, error) {
	var list []Total
	for i := range items {
		c := &items[i]
		at := slices.IndexFunc(list, func(t Total) bool { return t.Currency == c.Currency && t.Status == c.Status })
		if at < 0 {
			at = len(list)
			list = append(list, Total{Status: c.Status, Currency: c.Currency})
		}
		t := &list[at]
		var err error
		t.Count++
		if t.Payout, err = t.Payout.Add(c.Payout); err != nil {
			return nil, fmt.Errorf("adding up payouts: %w", err)
		}
		if c.Revenue == nil {
			continue
		}
		if t.Revenue, err = t.Revenue.Add(*c.Revenue); err != nil {
			return nil, fmt.Errorf("adding up revenues: %w", err)
		}
	}
	slices.SortFunc(list, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Status, b.Status))
	})
	return list, nil
}
