package books

import (
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// columns is a part of the columns of the rollups that is read together. Few rows
// have both traffic and conversions, so the parts are read one after the other,
// each without the rows where it is empty.
type columns struct {
	present string // the condition that rows have something
	counts  []string
	money   []string
	// dest are where the counts and the money go.
	dest func(m *store.Measures) (counts, money []*int64)
	add  func(t *tally, at int64, c *cell, m *store.Measures)
}

var rollupParts = []columns{
	{
		present: "r.clicks > 0 OR r.goal_clicks > 0",
		counts:  []string{"r.clicks", "r.unique_clicks", "r.goal_clicks"},
		money:   []string{"r.click_payout", "r.click_revenue"},
		dest: func(m *store.Measures) (counts, money []*int64) {
			return []*int64{&m.Clicks, &m.UniqueClicks, &m.GoalClicks}, []*int64{&m.ClickPayout, &m.ClickRevenue}
		},
		add: func(t *tally, at int64, c *cell, m *store.Measures) { t.traffic(at, c, nil, m) },
	},
	{
		present: "r.impressions > 0",
		counts:  []string{"r.impressions"},
		money:   []string{"r.imp_payout_nano", "r.imp_revenue_nano"},
		dest: func(m *store.Measures) (counts, money []*int64) {
			return []*int64{&m.Impressions}, []*int64{&m.ImpressionPayoutNano, &m.ImpressionRevenueNano}
		},
		add: func(t *tally, at int64, c *cell, m *store.Measures) { t.traffic(at, c, nil, m) },
	},
	{
		present: "r.approved > 0 OR r.pending > 0 OR r.hold > 0 OR r.rejected > 0",
		counts:  []string{"r.approved", "r.pending", "r.hold", "r.rejected"},
		money:   []string{"r.approved_payout", "r.approved_revenue"},
		dest: func(m *store.Measures) (counts, money []*int64) {
			return []*int64{&m.Count[0], &m.Count[1], &m.Count[2], &m.Count[3]}, []*int64{&m.Payout[0], &m.Revenue[0]}
		},
		add: func(t *tally, at int64, c *cell, m *store.Measures) { t.conversions(at, c, nil, m) },
	},
}

// rollup reads a part of the plan from a rollup.
func (s *scan) rollup(p part) error {
	for i := range rollupParts {
		columns := &rollupParts[i]
		var err error
		if !s.store.Postgres() || p.table == tableDays && s.stretch.finest == ByDay {
			err = s.rollupRows(p, columns)
		} else {
			err = s.rollupSummed(p, columns)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// from is the part of a query behind its columns, and what its time is.
func (s *scan) from(p part, c *columns) (at string, w *where) {
	w = &where{}
	if p.table == tableDays {
		w.add("r.bucket >= ?", dayNumber(p.from.In(s.stretch.loc)))
		w.add("r.bucket < ?", dayNumber(p.to.In(s.stretch.loc)))
		at = "r.bucket"
		if s.stretch.finest == "" {
			at = "0"
		}
	} else {
		w.add("r.bucket >= ?", p.from.Unix()/quarterSeconds)
		w.add("r.bucket < ?", p.to.Unix()/quarterSeconds)
		at = s.timeOf(fmt.Sprintf("r.bucket * %d", quarterSeconds), p)
	}
	s.onlyCells(w, "r.cell")
	w.add("(" + c.present + ")")
	return at, w
}

func (p part) rollupName() string {
	if p.table == tableDays {
		return string(store.Days)
	}
	return string(store.Quarters)
}

// rollupRows reads the rollup row by row: by day there is nothing to add up, and
// SQLite would sort the rows to do it.
func (s *scan) rollupRows(p part, c *columns) error {
	at, w := s.from(p, c)
	var m store.Measures
	var dest []any
	counts, money := c.dest(&m)
	for _, d := range append(counts, money...) {
		dest = append(dest, d)
	}
	query := "SELECT " + list(append(append([]string{at, "r.cell"}, c.counts...), c.money...)...) + " FROM " + p.rollupName() + " r" + w.String()
	return s.query(query, w.args, dest, func(at int64, cell *cell) { c.add(s.tally, at, cell, &m) })
}

// rollupSummed lets the database add up.
func (s *scan) rollupSummed(p part, c *columns) error {
	at, w := s.from(p, c)
	var m store.Measures
	selected := []string{at, "r.cell"}
	var dest []any
	counts, money := c.dest(&m)
	for i, name := range c.counts {
		selected = append(selected, "CAST(sum("+name+") AS bigint)")
		dest = append(dest, counts[i])
	}
	sums := make([]split, len(c.money))
	for i, name := range c.money {
		selected = append(selected, sumMoney(name))
		dest = append(dest, &sums[i].units, &sums[i].rest)
	}
	query := "SELECT " + list(selected...) + " FROM " + p.rollupName() + " r" + w.String() + " GROUP BY 1, 2"
	return s.query(query, w.args, dest, func(at int64, cell *cell) {
		for i := range money {
			*money[i] = sums[i].total()
		}
		c.add(s.tally, at, cell, &m)
	})
}
