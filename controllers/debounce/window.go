package debounce

import "time"

// The bounds of a Window whose fields are zero.
const (
	// DefaultQuiet is how long a burst must pause before it is published.
	DefaultQuiet = 50 * time.Millisecond
	// DefaultMax bounds the wait of the first change of a burst. A window that
	// has not fired for this long is idle, and its next change is due at once.
	DefaultMax = 500 * time.Millisecond
)

// Window gathers changes until they are due. It is not safe for concurrent use:
// one event loop owns it. The zero value is ready.
type Window struct {
	// Quiet is how long a burst must pause; 0 means DefaultQuiet.
	Quiet time.Duration
	// Max bounds the wait since the first change; 0 means DefaultMax.
	Max time.Duration

	first, last time.Time // of the open burst; zero when there is none
	fired       time.Time // end of the previous burst
}

// Note records a change at the time now.
func (w *Window) Note(now time.Time) {
	if w.first.IsZero() {
		w.first = now
	}
	w.last = now
}

// Open reports whether a change waits.
func (w *Window) Open() bool { return !w.first.IsZero() }

// Since returns when the first waiting change arrived, so that propagation is
// measured from there; it is zero when none waits.
func (w *Window) Since() time.Time { return w.first }

// Due returns when the waiting changes are to be published; ok is false when
// none waits. A time that has passed means at once.
func (w *Window) Due() (due time.Time, ok bool) {
	switch {
	case !w.Open():
		return time.Time{}, false
	case w.idle():
		return w.first, true
	}
	due, latest := w.last.Add(w.quiet()), w.first.Add(w.max())
	if latest.Before(due) {
		due = latest
	}
	return due, true
}

// Fire closes the burst at the time now, when its changes are handed on. It
// returns when the first of them arrived.
func (w *Window) Fire(now time.Time) (first time.Time) {
	first = w.first
	w.first, w.last, w.fired = time.Time{}, time.Time{}, now
	return first
}

// idle reports whether the burst began so long after the previous one that
// waiting would only delay a single edit.
func (w *Window) idle() bool {
	return w.fired.IsZero() || w.first.Sub(w.fired) >= w.max()
}

func (w *Window) quiet() time.Duration { return orDefault(w.Quiet, DefaultQuiet) }
func (w *Window) max() time.Duration   { return orDefault(w.Max, DefaultMax) }

func orDefault(d, fallback time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return fallback
}
