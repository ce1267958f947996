package main

import (
	"os"
	"testing"
	"time"

	"github.com/waypost/waypost/hack/bench/steady"
)

func TestAllocations(t *testing.T) {
	out := "goos: linux\nBenchmarkClick-2   \t  200000\t      1843 ns/op\t       0 B/op\t       3 allocs/op\nBenchmarkImpression \t  200000\t      1 ns/op\t       0 B/op\t       0 allocs/op\nPASS\n"
	for benchmark, want := range map[string]float64{"Click": 3, "Impression": 0} {
		if got, err := allocations(out, benchmark); err != nil || got != want {
			t.Errorf("%s: %v, %v", benchmark, got, err)
		}
	}
	if _, err := allocations(out, "Postback"); err == nil {
		t.Error("a benchmark that did not run: no error")
	}
}

// The ratio is that of the medians.
func TestContest(t *testing.T) {
	c := contest{
		us:   []sample{{10, time.Second, 50 * time.Microsecond}, {1000, time.Second, time.Millisecond}, {40, 2 * time.Second, 160 * time.Microsecond}},
		them: []sample{{40, time.Second, 80 * time.Microsecond}, {10, time.Second, 10 * time.Microsecond}, {4000, time.Second, 32 * time.Millisecond}},
	}
	if f := c.rates("x"); f.Value != 20 || f.Reference != 40 || f.Ratio() != 0.5 {
		t.Errorf("%+v", f)
	}
	if f := c.cpu("x"); f.Value != 4 || f.Reference != 2 || f.Unit != "µs" {
		t.Errorf("%+v", f)
	}
}

func TestMain(m *testing.M) {
	steady.Main()
	os.Exit(m.Run())
}
