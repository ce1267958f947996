package judge

import (
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// Window returns the calendar window that holds at, in microseconds since 1970:
// from starts to before ends. A lifetime begins at 0 and has no end, which is 0.
func Window(w snapshot.CapWindow, at int64, zone *time.Location) (starts, ends int64) {
	t := time.UnixMicro(at).In(zone)
	y, m, d := t.Date()
	switch w {
	case snapshot.CapHour:
		// Counted back from t, because an hour may occur twice when clocks change.
		into := time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
		begin := t.Add(-into)
		return begin.UnixMicro(), begin.Add(time.Hour).UnixMicro()
	case snapshot.CapDay:
		return midnight(y, m, d, zone), midnight(y, m, d+1, zone)
	case snapshot.CapMonth:
		return midnight(y, m, 1, zone), midnight(y, m+1, 1, zone)
	}
	return 0, 0
}

// midnight is the first moment of a day. Where clocks are changed at midnight there
// is none, and the day begins an hour later.
func midnight(y int, m time.Month, d int, zone *time.Location) int64 {
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	for h := range 3 {
		if t := time.Date(y, m, d, h, 0, 0, 0, zone); t.Day() == noon.Day() {
			return t.UnixMicro()
		}
	}
	return noon.UnixMicro()
}

// Day is the day of at in the zone, counted from 1970-01-01.
func Day(at int64, zone *time.Location) int64 {
	y, m, d := time.UnixMicro(at).In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}
