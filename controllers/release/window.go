package release

import "time"

const (
	// quiet is how long a burst of changes must pause before it is published.
	quiet = 50 * time.Millisecond
	// longest bounds the wait of the first change of a burst. A window that has
	// not fired for this long is idle, and its next change is due at once.
	longest = 500 * time.Millisecond
)

// window gathers changes until they are due: at once when nothing has been
// published lately, else after a quiet moment, and never later than a bound after
// the burst began. The zero value is ready.
type window struct {
	first, last time.Time // of the open burst; zero when there is none
	fired       time.Time // end of the previous burst
}

// note records a change at the time now.
func (w *window) note(now time.Time) {
	if w.first.IsZero() {
		w.first = now
	}
	w.last = now
}

// due returns when the waiting changes are to be published; ok is false when
// none waits. A time that has passed means at once.
func (w *window) due() (due time.Time, ok bool) {
	switch {
	case w.first.IsZero():
		return time.Time{}, false
	case w.fired.IsZero() || w.first.Sub(w.fired) >= longest:
		return w.first, true // waiting would only delay a single edit
	}
	return earliest(w.last.Add(quiet), w.first.Add(longest)), true
}

// fire closes the burst at the time now, when its changes are handed on. It
// returns when the first of them arrived, so that propagation is measured from
// there; zero when none waits.
func (w *window) fire(now time.Time) (first time.Time) {
	first = w.first
	*w = window{fired: now}
	return first
}

// earliest returns the first of some times, without those that are zero.
func earliest(times ...time.Time) (first time.Time) {
	for _, at := range times {
		if first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}
