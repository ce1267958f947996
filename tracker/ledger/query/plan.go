package query

import (
	"math"
	"time"
)

// part is a stretch of the time that a report covers, and where it is read from.
type part struct {
	table table
	// from and to are moments for rows, and the edges of buckets for rollups.
	from, to time.Time
	// offset is how many seconds local time is ahead of UTC throughout the part;
	// it is of no use for days, which are local already.
	offset int64
}

// table is where numbers are read from.
type table int

const (
	tableRows     table = iota // clicks, impressions and conversions one by one
	tableQuarters              // rollup_quarter
	tableDays                  // rollup_day, in the network's time zone
)

// stretch is all that a plan depends on.
type stretch struct {
	from, to time.Time
	loc      *time.Location
	finest   Group
	rowsOnly bool
	// daysFrom is when rollup_day begins to count in loc; see daysCount.
	daysFrom time.Time
}

// plan cuts the time into parts: whole days from the rollup by day, whole quarters
// of an hour from the other one, and what is left at both ends from the rows.
//
// Parts do not overlap and cover all of the time, so each event is counted once. Days of
// the rollup are those of the network's time zone, and only since that zone is in use; for
// another zone, and for hours, quarters are the coarsest. Zones in use keep a distance from
// UTC in whole quarters. Parts that are grouped by time are cut where clocks change, so that
// within one part local time is UTC with an offset, which SQL can add.
func (s stretch) plan() []part {
	if s.rowsOnly {
		return s.cut(tableRows, s.from, s.to)
	}
	from, to := ceilQuarter(s.from), floorQuarter(s.to)
	if !from.Before(to) {
		return s.cut(tableRows, s.from, s.to)
	}
	parts := s.cut(tableRows, s.from, from)
	parts = append(parts, s.rollups(from, to)...)
	return append(parts, s.cut(tableRows, to, s.to)...)
}

// rollups covers whole quarters.
func (s stretch) rollups(from, to time.Time) []part {
	if s.finest == ByHour {
		return s.cut(tableQuarters, from, to)
	}
	first, last := s.wholeDays(from, to)
	if !first.Before(last) {
		return s.cut(tableQuarters, from, to)
	}
	parts := s.cut(tableQuarters, from, first)
	parts = append(parts, part{table: tableDays, from: first, to: last})
	return append(parts, s.cut(tableQuarters, last, to)...)
}

// wholeDays is the part of a stretch that rollup_day can answer.
func (s stretch) wholeDays(from, to time.Time) (first, last time.Time) {
	begin := from
	if s.daysFrom.After(begin) {
		begin = s.daysFrom
	}
	if !begin.Before(to) {
		return to, to
	}
	day := dayNumber(begin.In(s.loc))
	if first = startOf(day, s.loc); first.Before(begin) {
		first = startOf(day+1, s.loc)
	}
	return first, startOf(dayNumber(to.In(s.loc)), s.loc)
}

// cut makes parts of a stretch, one for each regime of the clocks if that matters.
func (s stretch) cut(from table, begin, end time.Time) []part {
	if !begin.Before(end) {
		return nil
	}
	if s.finest == "" {
		return []part{{table: from, from: begin, to: end}}
	}
	var parts []part
	for _, r := range regimes(begin, end, s.loc) {
		parts = append(parts, part{table: from, from: r.from, to: r.to, offset: r.offset})
	}
	return parts
}

func ceilQuarter(t time.Time) time.Time {
	if q := floorQuarter(t); q.Before(t) {
		return q.Add(quarterSeconds * time.Second)
	}
	return t
}

func floorQuarter(t time.Time) time.Time {
	return time.Unix(floorDiv(t.Unix(), quarterSeconds)*quarterSeconds, 0)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// never is later than everything.
var never = time.Unix(math.MaxInt32*2, 0)
