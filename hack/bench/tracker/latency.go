package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/world"
)

const (
	swapEvery = 100 * time.Millisecond
	// slowest is how far behind its plan the client may be at the end of a run.
	slowest = 100 * time.Millisecond
)

// waits are the medians over the rounds of each round's percentiles, in ms.
type waits struct{ p50, p99 []float64 }

func (w *waits) add(l load.Latencies) {
	w.p50 = append(w.p50, figures.Milliseconds(figures.Percentile(l.All, 0.50)))
	w.p99 = append(w.p99, figures.Milliseconds(figures.Percentile(l.All, 0.99)))
}

// measureLatencies measures answer times at half of what the port takes, for
// nginx at the same rate, and while the snapshot is swapped all the time.
func (b *bench) measureLatencies(ctx context.Context, waypost *instance.Instance, nginx *server, rate float64) ([]figures.Figure, error) {
	say("answer times at %.0f clicks a second", rate)
	var calm, swapping, theirs waits
	var errors, swaps float64
	for round := range b.rounds {
		l, err := b.paced(ctx, waypost.Public, rate)
		if err != nil {
			return nil, err
		}
		calm.add(l)
		b.answered.Clicks += len(l.All)
		if l, err = b.paced(ctx, nginx.address, rate); err != nil {
			return nil, fmt.Errorf("nginx: %w", err)
		}
		theirs.add(l)
		l, swapped, err := b.pacedWithSwaps(ctx, waypost, rate, round)
		if err != nil {
			return nil, err
		}
		swapping.add(l)
		b.answered.Clicks += len(l.All)
		swaps += swapped
		errors += float64(len(l.All) - l.Statuses[302])
		say("  round %d: p50/p99 Waypost %.2f/%.2f ms, nginx %.2f/%.2f ms, while swapping %.2f/%.2f ms (%.0f swaps)", round+1,
			calm.p50[round], calm.p99[round], theirs.p50[round], theirs.p99[round], swapping.p50[round], swapping.p99[round], swapped)
	}
	return []figures.Figure{
		{Name: "p50 at half the maximum rate", Unit: "ms", Value: figures.Median(calm.p50), Reference: figures.Median(theirs.p50), Of: nginxName},
		{Name: "p99 at half the maximum rate", Unit: "ms", Value: figures.Median(calm.p99), Reference: figures.Median(theirs.p99), Of: nginxName},
		{Name: "p99 with a swap every 100 ms", Unit: "ms", Value: figures.Median(swapping.p99), Reference: figures.Median(calm.p99), Of: "without swaps"},
		{Name: "clicks that failed during swaps", Value: errors},
		{Name: "swaps a second during the run", Value: swaps / (float64(b.rounds) * b.sizes.paced.Seconds())},
	}, nil
}

// paced sends clicks at a rate.
func (b *bench) paced(ctx context.Context, address string, rate float64) (load.Latencies, error) {
	l, err := load.Paced{
		Address: address, Connections: 64, Rate: rate, Core: b.clientCore,
		Requests: world.Requests(address, world.Paths("/click", b.offers, variety), world.Chrome),
	}.Run(ctx, b.sizes.paced)
	if err != nil {
		return l, err
	}
	if l.Behind > slowest {
		say("  the client was %v behind its plan at the end: the server did not keep up", l.Behind)
	}
	if failed := len(l.All) - l.Statuses[302]; failed > 0 {
		return l, fmt.Errorf("%d clicks failed: %v", failed, l.Statuses)
	}
	return l, nil
}

// pacedWithSwaps edits an offer all the time meanwhile, and returns how many
// revisions that made.
func (b *bench) pacedWithSwaps(ctx context.Context, waypost *instance.Instance, rate float64, round int) (load.Latencies, float64, error) {
	before, err := revision(ctx, waypost)
	if err != nil {
		return load.Latencies{}, 0, err
	}
	editing, stop := context.WithCancel(ctx)
	var editor sync.WaitGroup
	var failed error
	editor.Go(func() { failed = b.edit(editing, round) })
	l, err := b.paced(ctx, waypost.Public, rate)
	stop()
	editor.Wait()
	if err == nil {
		err = failed
	}
	if err != nil {
		return l, 0, err
	}
	after, err := revision(ctx, waypost)
	return l, after - before, err
}

// edit changes the manifest of one offer every 100 ms until the context ends.
func (b *bench) edit(ctx context.Context, round int) error {
	tick := time.NewTicker(swapEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := world.Edit(b.path("manifests"), round*100_000+n); err != nil {
				return err
			}
		}
	}
}

func revision(ctx context.Context, waypost *instance.Instance) (float64, error) {
	s, err := waypost.Snapshot(ctx)
	return float64(s.Revision), err
}
