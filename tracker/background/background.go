package background

import (
	"sync/atomic"
	"time"
)

const (
	// stretch is how long GiveWay lets work go on. A visitor waits for it once in a while,
	// and each change of threads costs some microseconds.
	stretch = 100 * time.Microsecond
	// share is what work gets of a core that is never free: one part in so many of the
	// time that it has waited.
	share = 10
)

var (
	start = time.Now()
	// due is when way is given next, after start; of all threads, because all of them
	// have the visitors' core.
	due atomic.Int64
)

// GiveWay lets the threads run that wait for the core, if any do and the last time is
// a while ago. Work in the background calls it between its steps: by itself the kernel
// takes the core away only when it looks, every 4 ms on many systems, and a visitor
// waits until then. It costs tens of nanoseconds and is safe for concurrent use.
func GiveWay() {
	now := time.Since(start)
	if now < time.Duration(due.Load()) {
		return
	}
	yield()
	back := time.Since(start)
	due.Store(int64(back + next(back-now)))
}

// next is how long work goes on after it has waited.
func next(waited time.Duration) time.Duration { return max(stretch, waited/share) }
