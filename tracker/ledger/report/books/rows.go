package books

import (
	"slices"
	"strconv"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

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

// visitTable says how clicks or impressions are counted.
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
