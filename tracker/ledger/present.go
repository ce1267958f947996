package ledger

import "time"

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
// and for good, and what is to be kept would seem old. A leap is held back for leapHeld
// and then believed. A clock that is set back is followed at once. Not safe for
// concurrent use.
type present struct {
	last time.Time
	// ahead is how far the wall clock is ahead of what is believed; held is since when.
	ahead time.Duration
	held  time.Duration
}

// of returns the time to go by, and whether a leap was seen just now.
func (p *present) of(now time.Time) (believed time.Time, leapt bool) {
	if p.last.IsZero() {
		p.last = now
		return now, false
	}
	passed := now.Sub(p.last) // by the monotonic clock
	step := now.Round(0).Sub(p.last.Round(0)) - passed
	p.last = now
	leapt = p.step(step, passed)
	return now.Add(-p.ahead), leapt
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
