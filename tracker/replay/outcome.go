package replay

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// Line is what one partner's conversions of one currency come to. Those that are
// rejected do not count, on either side.
type Line struct {
	Network        string `json:"network"`
	Partner        string `json:"partner"`
	Currency       string `json:"currency"`
	Conversions    int    `json:"conversions"`
	NewConversions int    `json:"newConversions"`
	// Changed are conversions that count on one side only, or for other money.
	Changed    int          `json:"changed"`
	OldPayout  money.Amount `json:"oldPayout"`
	NewPayout  money.Amount `json:"newPayout"`
	OldRevenue money.Amount `json:"oldRevenue"`
	NewRevenue money.Amount `json:"newRevenue"`
}

// Outcome is the difference, and what it leaves out.
type Outcome struct {
	Partners []Line `json:"partners"`
	Left     Left   `json:"notReplayed"`
}

type lineKey struct{ network, partner, currency string }

// worth is a conversion that counts, on one side.
type worth struct {
	lineKey
	payout, revenue money.Amount
}

// Outcome adds up. It is asked for once, after everything that happened.
func (r *Replay) Outcome() (*Outcome, error) {
	sums := map[lineKey]*Line{}
	for id, c := range r.recorded {
		old, now := recordedWorth(c), r.worth(id)
		if r.unlogged[id] {
			r.left.Unlogged++
			now = old
		}
		if err := add(sums, old, now); err != nil {
			return nil, err
		}
	}
	for id := range r.books.Conversions {
		if r.recorded[id] == nil {
			if err := add(sums, nil, r.worth(id)); err != nil {
				return nil, err
			}
		}
	}
	out := &Outcome{Left: r.left, Partners: []Line{}}
	for _, l := range sums {
		out.Partners = append(out.Partners, *l)
	}
	slices.SortFunc(out.Partners, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Network, b.Network), cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Currency, b.Currency))
	})
	return out, nil
}

// recordedWorth is what a conversion is worth as it stands; nil if it is rejected.
func recordedWorth(c *query.Conversion) *worth {
	if c.Status == query.Rejected {
		return nil
	}
	w := &worth{lineKey: lineKey{c.Network, c.Partner, c.Currency}, payout: c.Payout}
	if c.Revenue != nil {
		w.revenue = *c.Revenue
	}
	return w
}

// worth is what a conversion would be worth; nil if there would be none, or it
// would be rejected.
func (r *Replay) worth(id string) *worth {
	if r.as[id] {
		return recordedWorth(r.recorded[id])
	}
	c := r.books.Conversions[id]
	if c == nil || !c.Counts() {
		return nil
	}
	return &worth{lineKey: lineKey{c.Dimensions.Network, c.Dimensions.Partner, c.Dimensions.Currency}, payout: c.Payout, revenue: c.Revenue}
}

// add counts a conversion as it is and as it would be, either nil for none. Under another
// configuration it may be another partner's or in another currency; then it counts as
// changed in both lines.
func add(sums map[lineKey]*Line, old, now *worth) error {
	if old == nil && now == nil {
		return nil
	}
	changed := old == nil || now == nil || *old != *now
	for _, side := range []struct {
		w               *worth
		count           func(*Line) *int
		payout, revenue func(*Line) *money.Amount
	}{
		{old, func(l *Line) *int { return &l.Conversions }, func(l *Line) *money.Amount { return &l.OldPayout }, func(l *Line) *money.Amount { return &l.OldRevenue }},
		{now, func(l *Line) *int { return &l.NewConversions }, func(l *Line) *money.Amount { return &l.NewPayout }, func(l *Line) *money.Amount { return &l.NewRevenue }},
	} {
		if side.w == nil {
			continue
		}
		l := lineOf(sums, side.w.lineKey)
		if changed {
			l.Changed++
			changed = old != nil && now != nil && old.lineKey != now.lineKey // then it is another line's as well
		}
		*side.count(l)++
		if err := sum(side.payout(l), side.w.payout, l); err != nil {
			return err
		}
		if err := sum(side.revenue(l), side.w.revenue, l); err != nil {
			return err
		}
	}
	return nil
}

// lineOf returns the line of a key, a new one if there is none.
func lineOf(sums map[lineKey]*Line, key lineKey) *Line {
	if sums[key] == nil {
		sums[key] = &Line{Network: key.network, Partner: key.partner, Currency: key.currency}
	}
	return sums[key]
}

// sum adds to a total. It fails where the total is beyond int64 millionths.
func sum(to *money.Amount, by money.Amount, of *Line) (err error) {
	if *to, err = to.Add(by); err != nil {
		return fmt.Errorf("add up partner %s: %w", of.Partner, err)
	}
	return nil
}
