package ledger

import (
	"time"

	"github.com/waypost/waypost/tracker/journal"
)

// How a clock that leaps is treated.
const (
	// leapLeast is a step forward that no clock is set by in everyday running.
	leapLeast = 2 * time.Minute
	// leapHeld is how long a leap is held back before it is believed: long enough to set
	// the clock right, short enough for a machine that was suspended.
	leapHeld = 10 * time.Minute
)

// present is the time that ticks bring into the journal. It follows the wall clock,
// except where that leaps forward further than time has passed: holds would end early
// and for good, and what is to be kept would seem old. At a start time has passed since
// the last entry that the books know. A leap is held back for leapHeld, or until the
// journal has entries of all the time between, and then believed. A clock that is set
// back is followed at once. Not safe for concurrent use.
type present struct {
	last time.Time
	// ahead is how far the wall clock is ahead of what is believed; held is since when.
	ahead time.Duration
	held  time.Duration
}

// of returns the time to go by, and whether a leap was seen just now. books is the time of
// the last entry that the tables had at the start, 0 where there was none.
func (p *present) of(now time.Time, books int64, stored stretch) (believed time.Time, leapt bool) {
	var passed, step time.Duration
	switch {
	case !p.last.IsZero():
		passed = now.Sub(p.last) // by the monotonic clock
		step = now.Round(0).Sub(p.last.Round(0)) - passed
	case books != 0:
		step = now.Sub(time.UnixMicro(books))
	}
	p.last = now
	leapt = p.step(step, passed)
	if stored.covers(now.Add(-p.ahead), now) {
		p.ahead = 0
	}
	return now.Add(-p.ahead), leapt && p.ahead > 0
}

// step takes by how much the wall clock was set since the last look, and how much time
// has passed. It reports whether that is a leap.
func (p *present) step(step, passed time.Duration) (leapt bool) {
	leapt = step >= leapLeast
	switch {
	case leapt: // a further one begins the wait anew
		p.ahead, p.held = p.ahead+step, 0
		return true
	case p.ahead == 0:
		return false
	}
	p.ahead, p.held = max(0, p.ahead+step), p.held+passed
	if p.held >= leapHeld || p.ahead < leapLeast {
		p.ahead = 0
	}
	return false
}

// stretch is a time through which the journal's server has stored batches without a leap,
// in microseconds since 1970. A server whose own clock leaps leaves a gap, and so does
// an installation that was off.
type stretch struct{ from, to int64 }

// through returns the stretch that ends with the batches.
func (s stretch) through(batches []*journal.Batch) stretch {
	for _, b := range batches {
		if b.Stored.IsZero() {
			continue
		}
		at := b.Stored.UnixMicro()
		if gap := at - s.to; max(gap, -gap) >= leapLeast.Microseconds() {
			s.from = at
		}
		s.to = at
	}
	return s
}

// covers reports whether the stretch begins by from and ends at to.
func (s stretch) covers(from, to time.Time) bool {
	gap := to.UnixMicro() - s.to
	return s.from-from.UnixMicro() < leapLeast.Microseconds() && max(gap, -gap) < leapLeast.Microseconds()
}
