package background

import (
	"testing"
	"time"
)

// Way is given once a stretch, however often it is offered.
func TestGiveWayOnceAStretch(t *testing.T) {
	begun := time.Now()
	GiveWay()
	times, last := 1, due.Load()
	for time.Since(begun) < 20*stretch {
		GiveWay()
		if now := due.Load(); now != last {
			if between := time.Duration(now - last); between < stretch {
				t.Fatalf("way was given after %v, want %v at least", between, stretch)
			}
			times, last = times+1, now
		}
	}
	if most := int(time.Since(begun)/stretch) + 1; times < 2 || times > most {
		t.Errorf("way was given %d times in %v, want 2 to %d", times, time.Since(begun), most)
	}
}

// Work that has waited for long goes on for longer: a full core does not starve it.
func TestWorkGetsItsShare(t *testing.T) {
	for waited, want := range map[time.Duration]time.Duration{
		0: stretch, stretch: stretch, 10 * stretch: stretch,
		7 * time.Millisecond: 700 * time.Microsecond, time.Second: 100 * time.Millisecond,
	} {
		if got := next(waited); got != want {
			t.Errorf("after waiting for %v work goes on for %v, want %v", waited, got, want)
		}
	}
}
