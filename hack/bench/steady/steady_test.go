package steady

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestSlow(t *testing.T) {
	const usual, slowed = 15 * time.Microsecond, 180 * time.Microsecond
	series := func(n int, change ...func(int, *look)) []look {
		looks := make([]look, n)
		for i := range looks {
			looks[i] = look{late: 50 * time.Microsecond, took: usual + time.Duration(i%7)*time.Microsecond}
			for _, f := range change {
				f(i, &looks[i])
			}
		}
		return looks
	}
	took := func(from, to int, d time.Duration) func(int, *look) {
		return func(i int, l *look) {
			if from <= i && i < to {
				l.took = d
			}
		}
	}
	for _, c := range []struct {
		name  string
		looks []look
		want  time.Duration
	}{
		{name: "nothing"},
		{name: "too few to know what is usual", looks: series(4, took(0, 4, slowed))},
		{name: "steady", looks: series(1000)},
		{name: "half as fast again is a clock", looks: series(1000, took(500, 600, usual*3/2))},
		{name: "one long look is an interrupt", looks: series(1000, took(500, 501, 60*time.Microsecond))},
		{name: "two spans", looks: series(1000, took(500, 510, slowed)), want: 10 * (every + slowed)},
		{name: "the last, which is short", looks: series(1002, took(1000, 1002, slowed)), want: 2 * (every + slowed)},
		{name: "most of the time", looks: series(1000, took(300, 1000, slowed)), want: 700 * (every + slowed)},
		{name: "a core that was away", looks: series(1000, func(i int, l *look) {
			if i == 77 {
				l.late = 40 * time.Millisecond
			}
		}), want: 40 * time.Millisecond},
		{name: "a late one", looks: series(1000, func(i int, l *look) { l.late = 4 * time.Millisecond })},
	} {
		if got := slow(c.looks); got != c.want {
			t.Errorf("%s: slow for %v, want %v", c.name, got, c.want)
		}
	}
}

func TestWatch(t *testing.T) {
	began := time.Now()
	w, err := Start(0)
	if err != nil {
		if !strings.Contains(err.Error(), "CAP_SYS_NICE") || os.Getuid() == 0 {
			t.Fatal(err)
		}
		return // the error says what is needed
	}
	for range 3 {
		slow, err := w.Slow()
		if since := time.Since(began); err != nil || slow < 0 || slow > since {
			t.Errorf("slow for %v of %v: %v", slow, since, err)
		}
	}
	if err := w.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := w.Slow(); err == nil {
		t.Error("a watch that was stopped answers")
	}
	if _, err := Start(1 << 20); err == nil || !strings.Contains(err.Error(), "core") {
		t.Errorf("a core that is not there: %v", err)
	}
}
