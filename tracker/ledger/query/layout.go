package query

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// layout turns sums into sorted rows. Reports have tens of thousands of them, so
// what many share (values, labels, ranks) is worked out once.
//
// Lines are ranked by each group first: sorting then compares small numbers, not text.
// Ratios are by the traffic of all peers, because clicks stand in the row without a goal
// or status, and conversions in rows with one. Totals add up sums, not rows, which are
// rounded.
type layout struct {
	*tally
	request *ReportRequest
	zoneOf  map[string]*time.Location
	unit    Group // the smallest piece of time
	// ranks put the values of each group that is no time in order, by line.
	ranks [][]int32
	// peers is, by line, which lines differ in goal and status only.
	peers  []int32
	labels map[moment][]string
}

// moment is a piece of time in a time zone.
type moment struct {
	at  int64
	loc *time.Location
}

// report lays out what was added up. Sums that are zero throughout make no row. What is
// not a partner's to see is taken out last, after the ratios.
func (t *tally) report(r *ReportRequest, scope Scope, zoneOf map[string]*time.Location) *Report {
	l := &layout{tally: t, request: r, zoneOf: zoneOf, unit: finest(r.Groups), labels: make(map[moment][]string)}
	l.rank()
	order := make([]int32, 0, len(t.keys))
	for i := range t.keys {
		if *t.sum(int32(i)) != (store.Measures{}) {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return l.compare(t.keys[a], t.keys[b]) })
	out := &Report{Groups: r.Groups, Rows: l.rows(order), Totals: l.totals(order)}
	unknown := r.fromRows()
	for _, rows := range [][]Row{out.Rows, out.Totals} {
		for i := range rows {
			rows[i].NoGoalClicks = unknown
			if scope.PartnerOnly {
				rows[i].forPartner()
			}
		}
	}
	return out
}

// rank works out the order of the lines in each group, and their peers.
func (l *layout) rank() {
	for i := range l.groups {
		l.ranks = append(l.ranks, ranks(l.lines, func(x *line) string { return x.values[i] }))
	}
	// Network and currency rank last: the groups may leave them out.
	l.ranks = append(l.ranks, ranks(l.lines, func(x *line) string { return x.network + "\x00" + x.currency }))
	l.peers = ranks(l.lines, func(x *line) string {
		parts := []string{x.network, x.currency}
		for i, g := range l.groups {
			if g != ByGoal && g != ByGoalName && g != ByStatus {
				parts = append(parts, x.values[i])
			}
		}
		return strings.Join(parts, "\x00")
	})
}

// ranks is the place of each line's value among the different ones.
func ranks(lines []line, value func(*line) string) []int32 {
	values := make([]string, len(lines))
	for i := range lines {
		values[i] = value(&lines[i])
	}
	different := slices.Compact(slices.Sorted(slices.Values(values)))
	out := make([]int32, len(lines))
	for i, v := range values {
		n, _ := slices.BinarySearch(different, v)
		out[i] = int32(n)
	}
	return out
}

// compare orders keys by the groups as they were asked for. Of several groups of time the
// smallest compares by number, the larger ones by their label, which sorts like time.
func (l *layout) compare(a, b key) int {
	other, times := 0, 0
	for _, g := range l.request.Groups {
		c := 0
		switch {
		case !g.isTime():
			c = cmp.Compare(l.ranks[other][a.line], l.ranks[other][b.line])
			other++
		case g == l.unit:
			c = cmp.Compare(a.time, b.time)
			times++
		default:
			if a.time != b.time {
				c = cmp.Compare(l.label(a)[times], l.label(b)[times])
			}
			times++
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(l.ranks[other][a.line], l.ranks[other][b.line])
}

func (l *layout) rows(order []int32) []Row {
	by := l.bases(order)
	rows := make([]Row, len(order))
	width := len(l.request.Groups)
	values := make([]string, 0, width*len(order))
	for n, i := range order {
		k := l.keys[i]
		x := &l.lines[k.line]
		values = l.values(values, k)
		r := &rows[n]
		r.Network, r.Currency, r.GoalTitle, r.Values = x.network, x.currency, x.titles.String(), values[width*n:width*(n+1):width*(n+1)]
		r.fill(l.sum(i))
		r.setRatios(by(i))
	}
	return rows
}

// bases returns what the ratios of a row are by: its own traffic, unless that stands
// in the row of a peer.
func (l *layout) bases(order []int32) func(i int32) base {
	own := func(i int32) base { return base{l.sum(i).Clicks, l.sum(i).Impressions} }
	if !slices.ContainsFunc(l.groups, func(g Group) bool { return g == ByGoal || g == ByGoalName || g == ByStatus }) {
		return own
	}
	sums := make(map[key]base, len(order)/2)
	for _, i := range order {
		if b := own(i); b != (base{}) {
			peers := key{l.keys[i].time, l.peers[l.keys[i].line]}
			sum := sums[peers]
			sums[peers] = base{sum.clicks + b.clicks, sum.impressions + b.impressions}
		}
	}
	return func(i int32) base { return sums[key{l.keys[i].time, l.peers[l.keys[i].line]}] }
}

// totals returns one row for each currency: money of different ones is never added up.
func (l *layout) totals(order []int32) []Row {
	sums := make(map[string]*store.Measures)
	for _, i := range order {
		currency := l.lines[l.keys[i].line].currency
		if sums[currency] == nil {
			sums[currency] = new(store.Measures)
		}
		sums[currency].Add(l.sum(i))
	}
	rows := make([]Row, 0, len(sums))
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		row := Row{Currency: currency}
		m := sums[currency]
		row.fill(m)
		row.setRatios(base{m.Clicks, m.Impressions})
		rows = append(rows, row)
	}
	return rows
}

// values appends what a row shows for each group.
func (l *layout) values(dst []string, k key) []string {
	others, times := l.lines[k.line].values, []string(nil)
	if l.unit != "" {
		times = l.label(k)
	}
	for _, g := range l.request.Groups {
		if g.isTime() {
			dst, times = append(dst, times[0]), times[1:]
		} else {
			dst, others = append(dst, others[0]), others[1:]
		}
	}
	return dst
}

// label names the piece of time of a row, once for each group that is time.
func (l *layout) label(k key) []string {
	m := moment{k.time, l.zoneOf[l.lines[k.line].network]}
	known, ok := l.labels[m]
	if ok {
		return known
	}
	for _, g := range l.request.Groups {
		if g.isTime() {
			known = append(known, m.label(g, l.unit))
		}
	}
	l.labels[m] = known
	return known
}

// label is an hour by its beginning with the distance from UTC, days and months by
// the calendar.
func (m moment) label(g, unit Group) string {
	t := dateOf(m.at)
	switch unit {
	case ByHour:
		t = time.Unix(m.at, 0).In(m.loc)
	case ByMonth:
		t = time.Date(int(m.at/12), time.Month(m.at%12+1), 1, 0, 0, 0, 0, time.UTC)
	}
	switch g {
	case ByHour:
		return t.Format(time.RFC3339)
	case ByDay:
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01")
}
