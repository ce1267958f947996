package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/waypost/waypost/hack/bench/figures"
)

// measureAllocations runs the server's own benchmarks, which count what one click
// and one impression allocate on the heap.
func (b *bench) measureAllocations(ctx context.Context) ([]figures.Figure, error) {
	say("allocations")
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "-", "-bench", "^Benchmark(Click|Impression)$", "-benchmem", "-benchtime", "200000x", "./tracker/server")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench in tracker/server: %w\n%s", err, out)
	}
	clicks, err := allocations(string(out), "Click")
	if err != nil {
		return nil, err
	}
	impressions, err := allocations(string(out), "Impression")
	return []figures.Figure{{Name: "heap allocations a click", Value: clicks}, {Name: "heap allocations an impression", Value: impressions}}, err
}

// allocations reads "N allocs/op" of one benchmark.
func allocations(out, benchmark string) (float64, error) {
	found := regexp.MustCompile(`(?m)^Benchmark` + benchmark + `(?:-\d+)?\s.*\s(\d+) allocs/op`).FindStringSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("no allocs/op of Benchmark%s in\n%s", benchmark, out)
	}
	return strconv.ParseFloat(found[1], 64)
}
