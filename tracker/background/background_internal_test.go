package background

import (
	"testing"
	"time"
)

// Way is given once a stretch, however often it is offered.
func TestGiveWayOnceAStretch(t *testing.T) {
	begun := time.Now()
	GiveWay()
	times, last := 1, given.Load()
	for time.Since(begun) < 20*stretch {
		GiveWay()
		if now := given.Load(); now != last {
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
