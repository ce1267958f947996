package background

import (
	"sync/atomic"
	"time"
)

// stretch is how long GiveWay lets work go on. A visitor waits for it once in a while,
// and each change of threads costs some microseconds.
const stretch = 100 * time.Microsecond

var (
	start = time.Now()
	// given is when way was given last, after start; of all threads, because all of
	// them have the visitors' core.
	given atomic.Int64
)

// GiveWay lets the threads run that wait for the core, if any do and the last time is
// a while ago. Work in the background calls it between its steps: by itself the kernel
// takes the core away only when it looks, every 4 ms on many systems, and a visitor
// waits until then. It costs tens of nanoseconds and is safe for concurrent use.
func GiveWay() {
	if time.Since(start)-time.Duration(given.Load()) < stretch {
		return
	}
	yield()
	given.Store(int64(time.Since(start)))
}
