package ledger

import (
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
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
		if got, leapt := p.of(now, 0, stretch{}); !got.Equal(now) || leapt {
			t.Errorf("after %s: %s, %t", after, got.Sub(begin), leapt)
		}
	}
}

// TestPresentAtAStart: what the clock is ahead of the books is a leap, unless the journal
// has entries of all the time between. It is believed after a while.
func TestPresentAtAStart(t *testing.T) {
	wall := time.UnixMicro(micros(0))
	stored := func(ago ...time.Duration) (list []*journal.Batch) {
		for _, d := range ago {
			list = append(list, &journal.Batch{Stored: wall.Add(-d)})
		}
		return list
	}
	var steady []time.Duration
	for d := 3 * time.Hour; d >= 0; d -= time.Minute {
		steady = append(steady, d)
	}
	for name, x := range map[string]struct {
		books  time.Duration // ago; 0 where nothing is known
		stored []time.Duration
		ahead  time.Duration
	}{
		"no entry yet":                        {},
		"restarted in a minute":               {books: time.Minute},
		"a week ahead of the books":           {books: 7 * 24 * time.Hour, ahead: 7 * 24 * time.Hour},
		"behind the books":                    {books: -time.Hour},
		"an entry of a moment ago":            {books: 3 * time.Hour, stored: []time.Duration{0}, ahead: 3 * time.Hour},
		"entries of all the time":             {books: 3 * time.Hour, stored: steady},
		"entries of all the time but an hour": {books: 3 * time.Hour, stored: append(append([]time.Duration{}, steady[:60]...), steady[120:]...), ahead: 3 * time.Hour},
		"the server's clock is behind":        {books: 3 * time.Hour, stored: steady[:120], ahead: 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			var p present
			var books int64
			if x.books != 0 {
				books = wall.Add(-x.books).UnixMicro()
			}
			got, leapt := p.of(wall, books, stretch{from: books, to: books}.through(stored(x.stored...)))
			if !got.Equal(wall.Add(-x.ahead)) || leapt != (x.ahead > 0) {
				t.Errorf("%s ahead, leapt %t; want %s", wall.Sub(got), leapt, x.ahead)
			}
			if got, _ = p.of(wall.Add(leapHeld), books, stretch{}); !got.Equal(wall.Add(leapHeld)) {
				t.Errorf("%s ahead after a while", wall.Add(leapHeld).Sub(got))
			}
		})
	}
}

// TestRetentionTimeIsNotOfTheFuture: tables that a clock ahead has left behind.
func TestRetentionTimeIsNotOfTheFuture(t *testing.T) {
	now := time.Unix(start, 0)
	l := New(Options{Now: func() time.Time { return now }})
	if got := l.RetentionTime(); !got.Equal(time.UnixMicro(0)) {
		t.Errorf("before the tables were read: %s", got)
	}
	l.clock.trimAt.Store(now.AddDate(1, 0, 0).UnixMicro())
	if got := l.RetentionTime(); !got.Equal(now) {
		t.Errorf("a year ahead: %s", got)
	}
	l.clock.trimAt.Store(now.Add(-time.Hour).UnixMicro())
	if got := l.RetentionTime(); !got.Equal(now.Add(-time.Hour)) {
		t.Errorf("an hour behind: %s", got)
	}
}
