package delivery

import (
	"testing"
	"time"
)

func TestNextGrowsToADayAndParks(t *testing.T) {
	created := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	now, previous, attempts := created, time.Duration(0), 0
	for {
		attempts++
		at, state := next(created, now, attempts, 0.5)
		if state == Parked {
			break
		}
		delay := at.Sub(now)
		if delay < previous {
			t.Fatalf("attempt %d waits %v after %v: delays must grow", attempts, delay, previous)
		}
		if delay > longest {
			t.Fatalf("attempt %d waits %v, more than %v", attempts, delay, longest)
		}
		now, previous = at, delay
	}
	if tried := now.Sub(created); tried < 18*time.Hour || tried > giveUpAfter {
		t.Errorf("gave up after %v and %d attempts, want close to %v", tried, attempts, giveUpAfter)
	}
}

func TestNextJittersByAFifth(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for jitter, want := range map[float64]time.Duration{0: 8 * time.Second, 0.5: 10 * time.Second, 1: 12 * time.Second} {
		at, _ := next(now, now, 1, jitter)
		if got := at.Sub(now); got != want {
			t.Errorf("jitter %v waits %v, want %v", jitter, got, want)
		}
	}
}

// TestNextByAWrongClock: a clock that is ahead parks nothing before its time, and a
// delivery of the future is parked in its time.
func TestNextByAWrongClock(t *testing.T) {
	created := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for name, x := range map[string]struct {
		ahead    time.Duration // of the clock at the attempt
		attempts int
		want     State
	}{
		"the first attempt":             {0, 1, Waiting},
		"a year ahead":                  {365 * 24 * time.Hour, 1, Waiting},
		"a year ahead, some hours long": {365 * 24 * time.Hour, attemptsLeast, Parked},
		"made by a clock a year ahead":  {-365 * 24 * time.Hour, attemptsMost - 1, Waiting},
		"and tried for a day":           {-365 * 24 * time.Hour, attemptsMost, Parked},
	} {
		at, state := next(created, created.Add(x.ahead), x.attempts, 0.5)
		if state != x.want || state == Waiting && at.Sub(created.Add(x.ahead)) > longest {
			t.Errorf("%s: %s at %s", name, state, at)
		}
	}
	for _, jitter := range []float64{0, 0.999} { // with a right clock the day alone decides
		now := created
		for attempts := 1; ; attempts++ {
			at, state := next(created, now, attempts, jitter)
			if state == Parked {
				if delay := time.Duration(float64(longest) * (0.8 + 0.4*jitter)); !now.Add(delay).After(created.Add(giveUpAfter)) {
					t.Errorf("jitter %v: gave up after %s", jitter, now.Sub(created))
				}
				break
			}
			now = at
		}
	}
}
