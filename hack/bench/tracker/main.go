// Command tracker measures the public port of bin/waypost beside nginx, and holds the
// figures to the bounds in bounds.json. "make bench-tracker" runs it.
//
// Servers run on one core and clients on another, on a machine that may be a shared
// one. So everything that is compared is measured within seconds of each other: each
// round has four turns, the servers alternate within a turn and begin it by turns, and
// the median of the rounds is the figure (rates.go).
//
// The order is:
//
//  1. Clicks and impressions a second and processor time each, with wrk, against
//     nginx's "return 302" and its pixel, both with an access log or journal. No ledger
//     reads the journal meanwhile (serve --journal-only).
//  2. Answer times at half of the rate that was just measured, from the moment at which
//     a request was planned and not from when it was sent, calm and with a new revision
//     every 100 ms (latency.go). Pieces during which a core lost its pace are measured
//     again; they are reported beside the result (paced.go).
//  3. The same data with the ledger: its reports must hold every answered request
//     (journal.go). Clicks a second with the fold on the same core follow.
//  4. Heap allocations of a click and an impression, and the memory of a tracker with
//     100,000 offers before and after clicks on all of them (memory.go).
//
// A bound that is missed makes it fail, unless -strict=false.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/steady"
)

//go:embed bounds.json
var boundsFile []byte

// sizes are how much is measured.
type sizes struct {
	binary       string
	offers       int
	memoryOffers int
	rounds       int
	slice        time.Duration // of one round of each server, a second or more in each of its turns
	paced        time.Duration // of one round at half the rate, while the cores keep their pace
	serverCore   int
	clientCore   int
}

func main() {
	steady.Main()
	var s sizes
	flag.StringVar(&s.binary, "waypost", "bin/waypost", "the program to measure")
	flag.IntVar(&s.offers, "offers", 10_000, "offers that are served")
	flag.IntVar(&s.memoryOffers, "memory-offers", 100_000, "offers while memory is measured; 0 leaves it out")
	flag.IntVar(&s.rounds, "rounds", 5, "interleaved rounds of each measurement; the median counts")
	flag.DurationVar(&s.slice, "slice", 4*time.Second, "length of one round, in four turns of whole seconds")
	flag.DurationVar(&s.paced, "paced", 8*time.Second, "length of one round at half the maximum rate, while the cores keep their pace")
	flag.IntVar(&s.serverCore, "server-core", 0, "core of the servers")
	flag.IntVar(&s.clientCore, "client-core", 1, "core of the clients")
	strict := flag.Bool("strict", true, "fail when a bound is missed")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, *strict); err != nil {
		fmt.Fprintln(os.Stderr, "bench-tracker:", err)
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
	dir, err := os.MkdirTemp("", "waypost-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b, err := newBench(dir, s)
	if err != nil {
		return err
	}
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

// say prints a line of progress with the time.
func say(format string, args ...any) {
	fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
