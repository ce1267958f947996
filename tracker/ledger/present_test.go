package ledger

import (
	"testing"
	"time"
)

// TestPresent: a leap is held back, then believed; a clock that is set right at once.
func TestPresent(t *testing.T) {
	type look struct {
		step, passed time.Duration
		ahead        time.Duration // afterwards
	}
	for name, looks := range map[string][]look{
		"time passes":                     {{0, time.Second, 0}, {time.Second, time.Second, 0}, {-time.Second, time.Second, 0}},
		"a clock is corrected by seconds": {{90 * time.Second, time.Second, 0}},
		"a leap is held back, then believed": {{time.Hour, time.Second, time.Hour}, {0, 9 * time.Minute, time.Hour},
			{0, time.Minute, 0}, {0, time.Second, 0}},
		"a leap is set right":            {{time.Hour, time.Second, time.Hour}, {-time.Hour, time.Second, 0}},
		"a leap is set right in part":    {{time.Hour, time.Second, time.Hour}, {-30 * time.Minute, time.Second, 30 * time.Minute}},
		"a leap behind a leap":           {{time.Hour, time.Second, time.Hour}, {time.Hour, 9 * time.Minute, 2 * time.Hour}, {0, time.Minute, 2 * time.Hour}, {0, 9 * time.Minute, 0}},
		"a clock is set back":            {{-time.Hour, time.Second, 0}, {0, time.Second, 0}},
		"set back further than it leapt": {{time.Hour, time.Second, time.Hour}, {-2 * time.Hour, time.Second, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var p present
			for i, l := range looks {
				p.step(l.step, l.passed)
				if p.ahead != l.ahead {
					t.Fatalf("look %d: %s ahead, want %s", i, p.ahead, l.ahead)
				}
			}
		})
	}
}

// TestPresentOfClock: without leaps the wall clock is followed, with its own readings.
func TestPresentOfClock(t *testing.T) {
	var p present
	begin := time.Now()
	for _, after := range []time.Duration{0, time.Second, time.Hour, -time.Hour} {
		now := begin.Add(after)
		if got, leapt := p.of(now); !got.Equal(now) || leapt {
			t.Errorf("after %s: %s, %t", after, got.Sub(begin), leapt)
		}
	}
}

// TestRetentionTimeIsNotOfTheFuture: tables that a clock ahead has left behind.
func TestRetentionTimeIsNotOfTheFuture(t *testing.T) {
	now := time.Unix(start, 0)
	l := New(Options{Now: func() time.Time { return now }})
	if got := l.RetentionTime(); !got.Equal(time.UnixMicro(0)) {
		t.Errorf("before the tables were read: %s", got)
	}
	l.trimAt.Store(now.AddDate(1, 0, 0).UnixMicro())
	if got := l.RetentionTime(); !got.Equal(now) {
		t.Errorf("a year ahead: %s", got)
	}
	l.trimAt.Store(now.Add(-time.Hour).UnixMicro())
	if got := l.RetentionTime(); !got.Equal(now.Add(-time.Hour)) {
		t.Errorf("an hour behind: %s", got)
	}
}
