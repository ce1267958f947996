package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/world"
)

const swapEvery = 100 * time.Millisecond

// waits are each round's percentiles, in ms.
type waits struct{ p50, p99 []float64 }

func (w *waits) add(l load.Latencies) {
	w.p50 = append(w.p50, figures.Milliseconds(figures.Percentile(l.All, 0.50)))
	w.p99 = append(w.p99, figures.Milliseconds(figures.Percentile(l.All, 0.99)))
}

// measureLatencies measures answer times at half of what the port takes, for
// nginx at the same rate, and while the snapshot is swapped all the time.
func (b *bench) measureLatencies(ctx context.Context, waypost *instance.Instance, nginx *server, rate float64) (list []figures.Figure, err error) {
	say("answer times at %.0f clicks a second", rate)
	watched := watchPace(b.serverCore, b.clientCore)
	defer func() { err = errors.Join(err, watched.stop()) }()
	us, them := b.clicksAt(rate, waypost.Public, watched), b.clicksAt(rate, nginx.address, watched)
	var calm, swapping, theirs waits
	var failed, swaps float64
	var editing time.Duration
	var aside, unsteady int
	for round := range b.rounds {
		ours, err := us.run(ctx, b.sizes.paced)
		if err != nil {
			return nil, err
		}
		calm.add(ours.Latencies)
		reference, err := them.run(ctx, b.sizes.paced)
		if err != nil {
			return nil, fmt.Errorf("nginx: %w", err)
		}
		theirs.add(reference.Latencies)
		began := time.Now()
		edited, swapped, err := b.whileSwapping(ctx, waypost, us, round)
		if err != nil {
			return nil, err
		}
		editing += time.Since(began)
		swapping.add(edited.Latencies)
		swaps += swapped
		failed += float64(len(edited.All) - edited.Statuses[302])
		b.answered.Clicks += ours.answered + edited.answered
		aside += ours.aside + reference.aside + edited.aside
		unsteady += ours.unsteady + reference.unsteady + edited.unsteady
		say("  round %d: p50/p99 Waypost %.2f/%.2f ms, nginx %.2f/%.2f ms, while swapping %.2f/%.2f ms (%.0f swaps); %d, %d and %d pieces again", round+1,
			calm.p50[round], calm.p99[round], theirs.p50[round], theirs.p99[round], swapping.p50[round], swapping.p99[round], swapped, ours.aside, reference.aside, edited.aside)
	}
	return []figures.Figure{
		{Name: "p50 at half the maximum rate", Unit: "ms", Value: figures.Median(calm.p50), Reference: figures.Median(theirs.p50), Of: nginxName},
		{Name: "p99 at half the maximum rate", Unit: "ms", Value: figures.Median(calm.p99), Reference: figures.Median(theirs.p99), Of: nginxName},
		{Name: "p99 with a swap every 100 ms", Unit: "ms", Value: figures.Median(swapping.p99), Reference: figures.Median(calm.p99), Of: "without swaps"},
		{Name: "pieces measured again, the cores were slow", Value: float64(aside)},
		{Name: "pieces that count although they were", Value: float64(unsteady)},
		{Name: "clicks that failed during swaps", Value: failed},
		{Name: "swaps a second during the run", Value: swaps / editing.Seconds()},
	}, nil
}

func (b *bench) clicksAt(rate float64, address string, watched pace) paced {
	return paced{pace: watched, load: load.Paced{
		Address: address, Connections: 64, Rate: rate, Core: b.clientCore,
		Requests: world.Requests(address, world.Paths("/click", b.offers, variety), world.Chrome),
	}}
}

// whileSwapping edits an offer all the time meanwhile, and returns how many revisions
// that made.
func (b *bench) whileSwapping(ctx context.Context, waypost *instance.Instance, clicks paced, round int) (pacedAnswers, float64, error) {
	before, err := revision(ctx, waypost)
	if err != nil {
		return pacedAnswers{}, 0, err
	}
	editing, stop := context.WithCancel(ctx)
	var editor sync.WaitGroup
	var failed error
	editor.Go(func() { failed = b.edit(editing, round) })
	a, err := clicks.run(ctx, b.sizes.paced)
	stop()
	editor.Wait()
	if err == nil {
		err = failed
	}
	if err != nil {
		return a, 0, err
	}
	after, err := revision(ctx, waypost)
	return a, after - before, err
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
