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
