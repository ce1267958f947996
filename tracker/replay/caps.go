package replay

import (
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
)

// caps are how far the caps of one configuration are used.
type caps map[capKey]int64

type capKey struct {
	network, offer, cap, partner string
	starts                       int64
}

func newCaps() caps { return caps{} }

func keyOf(t *journal.Terms, limit *snapshot.Cap, of *judge.Conversion) capKey {
	starts, _ := judge.Window(limit.Window, of.At, zone(t.Offer.TimeZone))
	key := capKey{network: of.Cell.Network, offer: of.Cell.Offer, cap: limit.Name, starts: starts}
	if limit.PerPartner {
		key.partner = of.Cell.Partner
	}
	return key
}

// used says how far the caps of terms are used.
func (c caps) used(t *journal.Terms) judge.UsedFunc {
	return func(limit *snapshot.Cap, of *judge.Conversion) int64 { return c[keyOf(t, limit, of)] }
}

// count takes what a conversion has become; before is nil for a new one.
func (c caps) count(t *journal.Terms, n, before *judge.Conversion) {
	for i := range t.Offer.Caps {
		limit := &t.Offer.Caps[i]
		if judge.Covers(limit, &n.Cell) {
			c[keyOf(t, limit, n)] += judge.Share(limit.Metric, n) - judge.Share(limit.Metric, before)
		}
	}
}

// zone is a time zone by its name; the configuration has been checked, so one that
// is not known here is UTC as in the ledger.
func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
