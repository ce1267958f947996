// Benchconfig measures the way from an edit to the trackers that serve it, with
// the real operator and the real index of trackers on a real API server, and
// compares the figures with the bounds in bounds.json. "make bench-config" runs it.
//
// The operator, and the trackers whose memory and processor time are measured,
// are processes of their own: this program again, in another role.
//
// # What is measured
//
// On one API server, in this order, each in namespaces of its own:
//
//  1. Edits (edits.go). A network of 10,000 offers is filled, an operator and ten trackers
//     run: one as a process, the others in this program. 200 edits come alone: from the
//     request of the edit until all trackers serve the new title, and until the offer is
//     Ready. Then edits come at 20 a second for a minute, and the trackers must serve each.
//  2. Cold starts (cold.go). A network of 100,000 offers is filled before an operator
//     starts: until all records are published, its memory, and a tracker's time to its
//     first snapshot, alone and while the operator writes statuses.
//
// # What makes the figures comparable
//
// Objects are put into etcd as a restored backup would be (etcd.go), because the API
// server's pace of taking them is not measured. Clients have no rate limit. Counts such
// as shards written per edit are differences of the operator's own counters, and do not
// depend on the machine; times do, so bounds.json names the runs behind each bound.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// sizes are how much is measured. The bounds are those of the defaults.
type sizes struct {
	offers, trackers, edits, cold int
	overrides                     int // of each offer
	churn                         time.Duration
}

// main is the benchmark, or a role that the benchmark has started.
func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
			os.Exit(1)
		}
		return
	}
	var s sizes
	flag.IntVar(&s.offers, "offers", 10_000, "offers while edits are measured; 0 leaves edits out")
	flag.IntVar(&s.overrides, "overrides", 5, "custom payouts of each offer")
	flag.IntVar(&s.trackers, "trackers", 10, "trackers that an edit must reach")
	flag.IntVar(&s.edits, "edits", 200, "single edits")
	flag.DurationVar(&s.churn, "churn", time.Minute, "how long edits come at 20 a second")
	flag.IntVar(&s.cold, "cold", 100_000, "offers of the cold starts; 0 leaves these out")
	strict := flag.Bool("strict", true, "fail when a bound is exceeded")
	flag.Parse()

	if err := run(s, *strict); err != nil {
		fmt.Fprintln(os.Stderr, "bench-config:", err)
		os.Exit(1)
	}
}

// run measures, and compares at the end, so that all figures are printed even where one
// misses its bound.
func run(s sizes, strict bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	figures, err := measure(ctx, s)
	if err != nil {
		return err
	}
	return report(figures, strict)
}

// measure takes all figures, on one API server.
func measure(ctx context.Context, s sizes) ([]figure, error) {
	c, err := startCluster(ctx)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	var figures []figure
	if s.offers > 0 {
		if figures, err = measureEdits(ctx, c, s); err != nil {
			return nil, err
		}
	}
	if s.cold == 0 {
		return figures, nil
	}
	more, err := measureCold(ctx, c, s)
	return append(figures, more...), err
}

// report prints the figures beside their bounds and references. A figure whose bound is
// 0, or that has none, is only printed. The error names what exceeds its bound.
func report(figures []figure, strict bool) error {
	known, err := readBounds()
	if err != nil {
		return err
	}
	fmt.Printf("\n%-58s %12s %12s  %s\n", "what", "measured", "bound", "others")
	var exceeded []string
	for _, f := range figures {
		b := known[f.name]
		limit := ""
		if b.Max > 0 {
			limit = f.format(b.Max)
		}
		fmt.Printf("%-58s %12s %12s  %s\n", f.name, f.format(f.value), limit, b.Others)
		if b.Max > 0 && f.value > b.Max {
			exceeded = append(exceeded, f.name)
		}
	}
	if strict && len(exceeded) > 0 {
		return fmt.Errorf("beyond their bounds: %s", strings.Join(exceeded, "; "))
	}
	return nil
}

// say prints a line of progress with the time.
func say(format string, args ...any) {
	fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
