package delivery

import (
	"math/rand/v2"
	"time"
)

const (
	firstDelay = 10 * time.Second
	longest    = 4 * time.Hour
	// giveUpAfter is how long a delivery is tried before it is parked.
	giveUpAfter = 24 * time.Hour
)

// LongestPause is the longest that a waiting delivery is not due.
const LongestPause = longest + longest/5

// next decides about a delivery that failed at now for the attempts-th time: when
// to try again, or that it is parked. Delays triple from ten seconds to four
// hours; jitter in [0, 1) spreads them by a fifth to both sides, so that what
// failed together does not return together.
func next(createdAt, now time.Time, attempts int, jitter float64) (time.Time, State) {
	delay := firstDelay
	for i := 1; i < attempts && delay < longest; i++ {
		delay *= 3
	}
	delay = min(delay, longest)
	delay += time.Duration((jitter*2 - 1) / 5 * float64(delay))
	at := now.Add(delay)
	if at.After(createdAt.Add(giveUpAfter)) {
		return time.Time{}, Parked
	}
	return at, Pending
}

// randomJitter needs no secrecy, only spread.
func randomJitter() float64 { return rand.Float64() }
