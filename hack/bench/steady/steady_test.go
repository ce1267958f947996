package steady

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestPace(t *testing.T) {
	const usual, slowed = 15 * time.Microsecond, 180 * time.Microsecond
	then := Pace{Typical: usual}
	series := func(change ...func(int, *look)) []look {
		looks := make([]look, 1000)
		for i := range looks {
			looks[i] = look{late: 50 * time.Microsecond, took: usual}
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
	late := func(d time.Duration) func(int, *look) {
		return func(i int, l *look) {
			if i == 77 {
				l.late = d
			}
		}
	}
	for _, c := range []struct {
		name    string
		looks   []look
		typical time.Duration
		against float64
	}{
		{name: "nothing"},
		{name: "steady", looks: series(), typical: usual, against: 1},
		{name: "a neighbour all the time", looks: series(took(0, 1000, usual*3/2)), typical: usual * 3 / 2, against: 1.5},
		{name: "slowed for a twentieth", looks: series(took(500, 550, slowed)), typical: usual, against: 1.55},
		{name: "one interrupt", looks: series(took(500, 501, 60*time.Microsecond)), typical: usual, against: 1.003},
		{name: "a core that was away", looks: series(late(30 * time.Millisecond)), typical: usual, against: 3},
		{name: "a late one", looks: series(late(4 * time.Millisecond)), typical: usual, against: 1},
	} {
		p := paceOf(c.looks)
		if got := p.Against(then); p.Typical != c.typical || math.Abs(got-c.against) > 1e-6 {
			t.Errorf("%s: %v, %.6f of the pace then; want %v, %.6f", c.name, p, got, c.typical, c.against)
		}
	}
	if got := then.Against(Pace{}); got != 0 {
		t.Errorf("against nothing: %v", got)
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
		p, err := w.Pace()
		if err != nil || p.Typical < 0 || p.Typical > time.Since(began) {
			t.Errorf("%v after %v: %v", p, time.Since(began), err)
		}
	}
	if err := w.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := w.Pace(); err == nil {
		t.Error("a watch that was stopped answers")
	}
	if _, err := Start(1 << 20); err == nil || !strings.Contains(err.Error(), "core") {
		t.Errorf("a core that is not there: %v", err)
	}
}
