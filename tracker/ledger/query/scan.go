package query

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// scan reads the parts of a plan for the cells of the networks of one time zone.
//
// Each query returns the piece of time, the cell and sums. Cells of networks in another
// zone are left out on arrival: they have a scan of their own. Money is summed as millions
// and rest, because a sum in SQL fails beyond int64 where the fold stops at its end.
type scan struct {
	*Books
	ctx     context.Context
	reader  reader
	request *ReportRequest
	cells   map[int64]*cell
	// cellsWhere are the conditions on k that selected them; empty for all.
	cellsWhere *where
	stretch    stretch
	tally      *tally
}

func (s *scan) read(p part) error {
	read := s.rollup
	if p.table == tableRows {
		read = s.rowsOf
	}
	if err := read(p); err != nil {
		return fmt.Errorf("read numbers from %s to %s: %w", p.from.UTC(), p.to.UTC(), err)
	}
	return nil
}

// query runs a query and hands its rows over; those of other cells are left out.
// dest[0] is the time and dest[1] the cell.
func (s *scan) query(query string, args []any, dest []any, f func(at int64, c *cell)) error {
	var at, id int64
	dest = append([]any{&at, &id}, dest...)
	return s.each(s.ctx, s.reader, query, args, func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		if c := s.cells[id]; c != nil {
			f(s.timeKey(at), c)
		}
		if len(s.tally.keys) > MaxRows {
			return ErrTooManyRows
		}
		return nil
	})
}

// timeKey turns what queries give (the first second of an hour, or the number of a
// day) into what rows are grouped by: a month has a number of its own.
func (s *scan) timeKey(at int64) int64 {
	if s.stretch.finest == ByMonth {
		return monthNumber(at)
	}
	return at
}

// timeOf is the SQL for the piece of time that seconds since 1970 lie in.
func (s *scan) timeOf(seconds string, p part) string {
	switch s.stretch.finest {
	case ByHour:
		return fmt.Sprintf("(%s + %d) / 3600 * 3600 - %d", seconds, p.offset, p.offset)
	case ByDay, ByMonth:
		return fmt.Sprintf("(%s + %d) / 86400", seconds, p.offset)
	}
	return "0"
}

// onlyCells restricts a column to the cells of the report.
func (s *scan) onlyCells(w *where, column string) {
	if !s.cellsWhere.empty() {
		w.add(column+" IN (SELECT k.id FROM cells k"+s.cellsWhere.String()+")", s.cellsWhere.args...)
	}
}

// sum is a column with money added up: its millions and the rest by themselves,
// since a database fails where a sum leaves int64; see money.
func sumMoney(column string) string {
	return fmt.Sprintf("CAST(sum(%[1]s / 1000000) AS bigint), CAST(sum(%[1]s %% 1000000) AS bigint)", column)
}

// split is a sum as sumMoney gives it.
type split struct{ units, rest int64 }

// total is the sum, stopping at the end of int64.
func (p split) total() int64 {
	const most = (1<<63 - 1) / 1_000_000
	if p.units >= most {
		return 1<<63 - 1
	}
	return store.Sum(p.units*1_000_000, p.rest)
}

// list joins the parts of a SELECT or GROUP BY.
func list(parts ...string) string { return strings.Join(parts, ", ") }

// rowsOf reads a part of the plan from the rows of clicks, impressions and
// conversions.
func (s *scan) rowsOf(p part) error {
	if len(s.request.Statuses) == 0 {
		for _, t := range []*visitTable{&clickRows, &impressionRows} {
			if err := s.visits(p, t); err != nil {
				return err
			}
		}
		if err := s.pastVisits(p); err != nil {
			return err
		}
		if !s.stretch.rowsOnly {
			if err := s.goalClickRows(p); err != nil {
				return err
			}
		}
	}
	return s.conversionRows(p)
}

// goalClickRows counts goals recorded as clicks, which have no table of their own:
// the log has them as what was approved and became no conversion.
func (s *scan) goalClickRows(p part) error {
	w := &where{}
	Span{From: &p.from, To: &p.to}.conditions(w, "v.at", "v.id")
	w.add("v.verdict = ?", judge.Approved)
	w.add("v.conversion = ''")
	w.add("v.test = 0")
	const cellOf = "SELECT max(k.id) FROM cells k WHERE k.network = v.network AND k.offer = v.offer AND k.partner = v.partner AND k.goal = v.goal AND k.currency = v.currency"
	inner := "SELECT " + s.timeOf("v.at / 1000000", p) + " AS at, coalesce((" + cellOf + "), 0) AS cell FROM postbacks v" + w.String()
	var m store.Measures
	return s.query("SELECT x.at, x.cell, count(*) FROM ("+inner+") AS x GROUP BY 1, 2", w.args, []any{&m.GoalClicks}, func(at int64, c *cell) {
		s.tally.traffic(at, c, nil, &m)
	})
}

// visitTable is how clicks or impressions are counted.
type visitTable struct {
	name   string
	unique string
	dest   func(m *store.Measures) (count, payout, revenue *int64)
}

var (
	clickRows = visitTable{name: "clicks", unique: "v.uniq", dest: func(m *store.Measures) (count, payout, revenue *int64) {
		return &m.Clicks, &m.ClickPayout, &m.ClickRevenue
	}}
	impressionRows = visitTable{name: "impressions", unique: "0", dest: func(m *store.Measures) (count, payout, revenue *int64) {
		return &m.Impressions, &m.ImpressionPayoutNano, &m.ImpressionRevenueNano
	}}
)

// visits counts clicks or impressions of a part from their rows. Rows are kept
// by UTC day, so the days bound what is read, and the exact times what is counted.
func (s *scan) visits(p part, t *visitTable) error {
	w := &where{}
	// Days of rows are those of UTC; the one before and after cost nothing.
	w.add("v.day >= ?", floorDiv(p.from.Unix(), daySeconds))
	w.add("v.day <= ?", floorDiv(p.to.Unix(), daySeconds))
	s.rowConditions(p, w)
	selected, extra := s.rowColumns(p)
	groups := len(selected)
	selected = append(selected, "count(*)", "CAST(sum("+t.unique+") AS bigint)", sumMoney("t.payout"), sumMoney("t.revenue"))

	var m store.Measures
	count, payout, revenue := t.dest(&m)
	var sums [2]split
	dest := append(pointers(extra), count, &m.UniqueClicks, &sums[0].units, &sums[0].rest, &sums[1].units, &sums[1].rest)
	query := "SELECT " + list(selected...) + " FROM " + t.name + " v " + s.joinLater() + " visit_kinds t ON t.id = v.kind" + w.String() + " GROUP BY " + ordinals(groups)
	return s.query(query, w.args, dest, func(at int64, c *cell) {
		*payout, *revenue = sums[0].total(), sums[1].total()
		s.tally.traffic(at, c, extra, &m)
	})
}

// conversionRows counts the conversions of a part from their rows, by status. A status
// that this version does not have is left out.
func (s *scan) conversionRows(p part) error {
	w := &where{}
	span := Span{From: &p.from, To: &p.to}
	span.conditions(w, "v.at", "v.id")
	s.rowConditions(p, w)
	selected, extra := s.rowColumns(p)
	selected = append(selected, "v.status")
	groups := len(selected)
	selected = append(selected, "count(*)", sumMoney("v.payout"), sumMoney("v.revenue"))

	var status, count int64
	var sums [2]split
	dest := append(pointers(extra), &status, &count, &sums[0].units, &sums[0].rest, &sums[1].units, &sums[1].rest)
	query := "SELECT " + list(selected...) + " FROM conversions v" + w.String() + " GROUP BY " + ordinals(groups)
	return s.query(query, w.args, dest, func(at int64, c *cell) {
		i := slices.Index(Statuses[:], statusOf(snapshot.ConversionStatus(status)))
		if i < 0 {
			return
		}
		var m store.Measures
		m.Count[i], m.Payout[i], m.Revenue[i] = count, sums[0].total(), sums[1].total()
		s.tally.conversions(at, c, extra, &m)
	})
}

// rowConditions are those that clicks, impressions and conversions share.
func (s *scan) rowConditions(p part, w *where) {
	w.add("v.at >= ?", p.from.UnixMicro())
	w.add("v.at < ?", p.to.UnixMicro())
	s.onlyCells(w, "v.cell")
	s.request.rows(s.Books, w)
}

// rowColumns are the time, the cell and the groups that only rows have; extra is
// where the latter go.
func (s *scan) rowColumns(p part) (selected, extra []string) {
	selected = []string{s.timeOf("v.at / 1000000", p), "v.cell"}
	for _, g := range s.request.Groups {
		if g.inRows() {
			selected = append(selected, s.column(g))
		}
	}
	return selected, make([]string, len(selected)-2)
}

func pointers(list []string) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// ordinals is "1, 2, 3".
func ordinals(n int) string {
	out := "1"
	for i := 2; i <= n; i++ {
		out += ", " + strconv.Itoa(i)
	}
	return out
}

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

// pastVisits reads what is left of the clicks and impressions whose rows have been
// dropped. Their sub ids are gone: they are counted where there is none, so that
// the sum stays what it is without sub ids, and match no filter by one.
func (s *scan) pastVisits(p part) error {
	if s.request.Subs != [10]string{} {
		return nil
	}
	w := &where{}
	// A quarter of an hour counts where it begins.
	w.add("v.bucket >= ?", ceilQuarter(p.from).Unix()/quarterSeconds)
	w.add("v.bucket < ?", ceilQuarter(p.to).Unix()/quarterSeconds)
	s.onlyCells(w, "v.cell")
	s.request.rows(s.Books, w)
	selected := []string{s.timeOf(fmt.Sprintf("v.bucket * %d", quarterSeconds), p), "v.cell"}
	for _, g := range s.request.Groups {
		switch {
		case g.sub() > 0:
			selected = append(selected, "''")
		case g.inRows():
			selected = append(selected, s.column(g))
		}
	}
	extra := make([]string, len(selected)-2)
	groups := len(selected)

	var m store.Measures
	dest := pointers(extra)
	for _, c := range []struct {
		column string
		dest   *int64
	}{{"clicks", &m.Clicks}, {"unique_clicks", &m.UniqueClicks}, {"impressions", &m.Impressions}} {
		selected = append(selected, "CAST(sum(v."+c.column+") AS bigint)")
		dest = append(dest, c.dest)
	}
	money := []*int64{&m.ClickPayout, &m.ClickRevenue, &m.ImpressionPayoutNano, &m.ImpressionRevenueNano}
	sums := make([]split, len(money))
	for i, column := range []string{"click_payout", "click_revenue", "imp_payout_nano", "imp_revenue_nano"} {
		selected = append(selected, sumMoney("v."+column))
		dest = append(dest, &sums[i].units, &sums[i].rest)
	}
	query := "SELECT " + list(selected...) + " FROM past_visits v" + w.String() + " GROUP BY " + ordinals(groups)
	return s.query(query, w.args, dest, func(at int64, c *cell) {
		for i := range money {
			*money[i] = sums[i].total()
		}
		s.tally.traffic(at, c, extra, &m)
	})
}
