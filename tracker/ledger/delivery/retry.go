package delivery

import (
	"math/rand/v2"
	"time"
)

// The pauses between attempts: 10 s, 30 s, 90 s, 4.5 min, 13.5 min, 40.5 min, 2 h, then 4 h
// each. The eighth attempt is about three hours after the first, and the thirteenth, the
// last within a day by pauses without jitter, about 23 hours.
const (
	firstDelay = 10 * time.Second
	longest    = 4 * time.Hour
	// giveUpAfter is how long a delivery is tried before it is parked. A clock that leaps
	// makes no day: attempts with their pauses do, and a day has room for no more than
	// attemptsMost.
	giveUpAfter   = 24 * time.Hour
	attemptsLeast = 8
	attemptsMost  = 14
)

// pause is how long a delivery waits after its attempts-th attempt. Delays triple from
// ten seconds to four hours.
func pause(attempts int) time.Duration {
	delay := firstDelay
	for i := 1; i < attempts && delay < longest; i++ {
		delay *= 3
	}
	return min(delay, longest)
}

// LongestPauses are the longest that waiting deliveries are not due, by their attempts;
// with more attempts it is the last. One that is out, or waits for its click, is not due
// for a moment.
func LongestPauses() (list []time.Duration) {
	for attempts := 0; ; attempts++ {
		p := pause(attempts)
		list = append(list, max(claimFor, p+p/5))
		if p == longest {
			return list
		}
	}
}

// next decides about a delivery that failed at now for the attempts-th time: when
// to try again, or that it is parked. Jitter in [0, 1) spreads the delays by a fifth to
// both sides, so that what failed together does not return together.
func next(createdAt, now time.Time, attempts int, jitter float64) (time.Time, State) {
	delay := pause(attempts)
	delay += time.Duration((jitter*2 - 1) / 5 * float64(delay))
	at := now.Add(delay)
	over := at.After(createdAt.Add(giveUpAfter)) && attempts >= attemptsLeast
	if over || attempts >= attemptsMost {
		return time.Time{}, Parked
	}
	return at, Waiting
}

// randomJitter needs no secrecy, only spread.
func randomJitter() float64 { return rand.Float64() }
