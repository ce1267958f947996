package ledger

import (
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Units of time, in microseconds and seconds.
const (
	quarterMicros = 15 * 60 * 1_000_000
	dayMicros     = 24 * 3600 * 1_000_000
	daySeconds    = 24 * 3600
)

// sums collects what a group adds to one of the rollups.
type sums map[bucket]*store.Measures

type bucket struct{ time, cell int64 }

// at returns the measures of a bucket and cell, which begin at zero. time is the number of
// a quarter of an hour or of a day since 1970, as the rollup counts it.
func (s sums) at(time, cell int64) *store.Measures {
	b := bucket{time, cell}
	m, ok := s[b]
	if !ok {
		m = new(store.Measures)
		s[b] = m
	}
	return m
}

func (s sums) rollups() []store.Rollup {
	out := make([]store.Rollup, 0, len(s))
	for b, m := range s {
		out = append(out, store.Rollup{Bucket: b.time, Cell: b.cell, Measures: *m})
	}
	return out
}

// statusIndex is the place of a status in store.Measures.
func statusIndex(s snapshot.ConversionStatus) int {
	switch s {
	case snapshot.StatusApproved:
		return 0
	case snapshot.StatusPending:
		return 1
	case snapshot.StatusHold:
		return 2
	}
	return 3
}

// tally adds a conversion to a measure, or takes it away again when sign is -1. A change
// takes the earlier form away and adds the later one, in the bucket of the conversion's own
// time: a rejection lowers the day of the sale, not that of the decision.
func tally(m *store.Measures, c *judge.Conversion, sign int64) {
	i := statusIndex(c.Status)
	m.Count[i] += sign
	m.Payout[i] = store.Sum(m.Payout[i], sign*int64(c.Payout))
	m.Revenue[i] = store.Sum(m.Revenue[i], sign*int64(c.Revenue))
}

// floorDiv rounds down, also before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
