package query

import (
	"time"
	_ "time/tzdata" // the time zones, where the machine has none
)

const (
	quarterSeconds = 900
	daySeconds     = 86400
)

// step is finer than any change of a clock that is in use.
const step = 15 * time.Minute

// dayStart is the first moment of a day. Midnight may not exist that day, or exist
// twice, when clocks change then.
func dayStart(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	day := time.Date(y, m, d, 12, 0, 0, 0, loc).YearDay()
	for t.YearDay() != day {
		t = t.Add(step)
	}
	for t.Add(-step).YearDay() == day {
		t = t.Add(-step)
	}
	return t
}

// dayNumber counts the days of the calendar from 1970-01-01.
func dayNumber(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
}

// dateOf is the inverse of dayNumber, at midnight UTC.
func dateOf(day int64) time.Time { return time.Unix(day*daySeconds, 0).UTC() }

// startOf is the first moment of a day by its number.
func startOf(day int64, loc *time.Location) time.Time {
	y, m, d := dateOf(day).Date()
	return dayStart(y, m, d, loc)
}

// monthNumber counts months from the beginning of year 0.
func monthNumber(day int64) int64 {
	t := dateOf(day)
	return int64(t.Year())*12 + int64(t.Month()) - 1
}

// regime is a stretch of time during which a time zone keeps its distance from UTC.
type regime struct {
	from, to time.Time
	offset   int64 // seconds east of UTC
}

// regimes cuts a stretch of time where the clocks change.
func regimes(from, to time.Time, loc *time.Location) []regime {
	var list []regime
	for from.Before(to) {
		local := from.In(loc)
		_, offset := local.Zone()
		_, end := local.ZoneBounds()
		if end.IsZero() || end.After(to) {
			end = to
		}
		list = append(list, regime{from, end, int64(offset)})
		from = end
	}
	return list
}
