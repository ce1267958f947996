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

// measureReport runs the report's own benchmark on both databases: ten million
// events of thirty days, by day, offer, partner and goal.
func (b *bench) measureReport(ctx context.Context) ([]figures.Figure, error) {
	if !b.report {
		return nil, nil
	}
	say("report over ten million events")
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "-", "-bench", "^BenchmarkReport$/^rows=45000$", "-benchtime", "10x", "./tracker/ledger/query")
	cmd.Env = append(os.Environ(), "WAYPOST_POSTGRES_FSYNC=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench in tracker/ledger/query: %w\n%s", err, out)
	}
	var list []figures.Figure
	for _, e := range [][2]string{{"embedded", "sqlite"}, {"PostgreSQL", "postgres"}} {
		ms, err := milliseconds(string(out), e[1])
		if err != nil {
			return nil, err
		}
		list = append(list, figures.Figure{Name: "report over 10 million events, " + e[0], Unit: "ms", Value: ms})
	}
	return list, nil
}

// milliseconds reads ns/op of one engine's benchmark, in the output of go test.
func milliseconds(out, engine string) (float64, error) {
	found := regexp.MustCompile(`(?m)^BenchmarkReport/rows=\d+/` + engine + `(?:-\d+)?\s.*?(\d+) ns/op`).FindStringSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("no ns/op of %s in\n%s", engine, out)
	}
	ns, err := strconv.ParseFloat(found[1], 64)
	return ns / 1e6, err
}
