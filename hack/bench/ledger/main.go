// Command ledger measures the accounting of bin/waypost on SQLite and PostgreSQL, and
// holds the figures to the bounds in bounds.json. "make bench-ledger" runs it.
//
// The order is: the fold of a prepared journal (fold.go), the answers to postbacks
// under load (answers.go), and a report over a large database (report.go). Each part
// runs on data of its own in a temporary directory. The bare engines are measured
// beside it (bare.go): the same rows without Waypost's rules, so that a slow disk shows
// in both figures.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

//go:embed bounds.json
var boundsFile []byte

// sizes are how much is measured.
type sizes struct {
	binary     string
	clicks     int
	postbacks  int
	reference  time.Duration // of each measurement of bare statements
	answers    time.Duration // of postbacks at a rate
	clientCore int
	report     bool
}

func main() {
	var s sizes
	flag.StringVar(&s.binary, "waypost", "bin/waypost", "the program to measure")
	flag.IntVar(&s.clicks, "clicks", 1_000_000, "clicks in the journal, each an open session")
	flag.IntVar(&s.postbacks, "postbacks", 200_000, "postbacks in the journal, on as many of the clicks")
	flag.DurationVar(&s.reference, "reference", 5*time.Second, "length of each measurement of bare statements")
	flag.DurationVar(&s.answers, "answers", 30*time.Second, "how long postbacks are sent at 500 a second")
	flag.IntVar(&s.clientCore, "client-core", 1, "core of the client that sends them")
	flag.BoolVar(&s.report, "report", true, "measure the report over ten million events")
	strict := flag.Bool("strict", true, "fail when a bound is missed")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, *strict); err != nil {
		fmt.Fprintln(os.Stderr, "bench-ledger:", err)
		stop()
		os.Exit(1)
	}
}

// run measures in a temporary directory and compares with the bounds at the end, so
// that all figures are printed even where one misses its bound.
func run(ctx context.Context, s sizes, strict bool) error {
	bounds, err := figures.ParseBounds(boundsFile)
	if err != nil {
		return err
	}
	b := &bench{sizes: s}
	if b.dir, err = os.MkdirTemp("", "waypost-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	defer b.postgres.Stop()
	list, err := b.measure(ctx)
	if err != nil {
		return err
	}
	fmt.Println()
	if err := figures.Table(os.Stdout, list, bounds); err != nil && strict {
		return fmt.Errorf("bounds missed:\n%w", err)
	}
	return nil
}

// bench is what the measurements share.
type bench struct {
	sizes
	dir      string
	postgres storetest.Server
}

// path is a path in the temporary directory.
func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// measure takes all figures.
func (b *bench) measure(ctx context.Context) (list []figures.Figure, err error) {
	for _, part := range []func(context.Context) ([]figures.Figure, error){b.measureFold, b.measureAnswers, b.measureReport} {
		taken, err := part(ctx)
		if err != nil {
			return nil, err
		}
		list = append(list, taken...)
	}
	return list, nil
}

// say prints a line of progress with the time.
func say(format string, args ...any) {
	fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
