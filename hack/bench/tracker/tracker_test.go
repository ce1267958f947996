package main

import "testing"

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
		us:   []sample{{rate: 10, cpu: 5}, {rate: 1000, cpu: 1}, {rate: 20, cpu: 4}},
		them: []sample{{rate: 40, cpu: 2}, {rate: 10, cpu: 1}, {rate: 4000, cpu: 8}},
	}
	if f := c.rates("x"); f.Value != 20 || f.Reference != 40 || f.Ratio() != 0.5 {
		t.Errorf("%+v", f)
	}
	if f := c.cpu("x"); f.Value != 4 || f.Reference != 2 || f.Unit != "µs" {
		t.Errorf("%+v", f)
	}
}
