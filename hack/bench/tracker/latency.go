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
	"github.com/waypost/waypost/hack/bench/steady"
	"github.com/waypost/waypost/hack/bench/world"
)

// swapEvery is the pause between two edits: as long as a piece, so that each has one.
const swapEvery = 100 * time.Millisecond

// series are the answer times of one kind of clicks, turn by turn and round by round.
type series struct {
	round    pacedAnswers
	p50, p99 []float64 // of each round, in ms
	p99Every []float64 // of every piece
	// of all rounds
	answered, failed, aside, strayed int
}

func (s *series) add(a pacedAnswers) {
	s.round.counted = append(s.round.counted, a.counted...)
	s.round.every = append(s.round.every, a.every...)
	s.round.aside += a.aside
	s.answered += len(a.every) - a.failed
	s.failed += a.failed
	s.aside += a.aside
	s.strayed += a.strayed
}

// endRound takes the percentiles of the round that ends and prints them.
func (s *series) endRound() string {
	ms := func(all []time.Duration, share float64) float64 {
		return figures.Milliseconds(figures.Percentile(all, share))
	}
	p50, p99, every := ms(s.round.counted, 0.50), ms(s.round.counted, 0.99), ms(s.round.every, 0.99)
	s.p50, s.p99, s.p99Every = append(s.p50, p50), append(s.p99, p99), append(s.p99Every, every)
	line := fmt.Sprintf("%.2f/%.2f ms (%d pieces again, with them %.2f)", p50, p99, s.round.aside, every)
	s.round = pacedAnswers{}
	return line
}

// latencies takes answer times at half of what the port takes: calm, while the
// snapshot is swapped all the time, and of nginx at the same rate.
type latencies struct {
	*bench
	waypost  *instance.Instance
	nginx    *server
	requests struct{ us, them [][]byte }
	cores    cores

	rates                  []float64     // half of the maximum, of each turn
	then                   []steady.Pace // while the last maximum was measured
	calm, swapping, theirs series
	edits                  int           // of the manifest, so far
	swaps                  float64       // revisions that came of them
	editing                time.Duration // for how long edits were made
}

// measureLatencies takes the answer times of Waypost and nginx in the same turns. The
// answered clicks are counted, because the ledger's reports must hold them later.
func (b *bench) measureLatencies(ctx context.Context, waypost *instance.Instance, nginx *server) (list []figures.Figure, err error) {
	say("answer times at half the maximum rate")
	l := &latencies{bench: b, waypost: waypost, nginx: nginx, cores: watchCores(b.serverCore, b.clientCore)}
	defer func() { err = errors.Join(err, l.cores.stop()) }()
	paths := world.Paths("/click", b.offers, variety)
	l.requests.us = world.Requests(waypost.Public, paths, world.Chrome)
	l.requests.them = world.Requests(nginx.address, paths, world.Chrome)
	for round := range b.rounds {
		for turn := range turns {
			if err := l.turn(ctx, turn); err != nil {
				return nil, err
			}
		}
		say("  round %d: %.0f/s, p50/p99 Waypost %s, nginx %s, while swapping %s", round+1,
			figures.Median(l.rates[round*turns:]), l.calm.endRound(), l.theirs.endRound(), l.swapping.endRound())
	}
	b.answered.Clicks += l.calm.answered + l.swapping.answered
	return l.figures(), nil
}

// turn measures the maximum, and everything at half of it. Calm and swapping clicks
// take turns in being first.
func (l *latencies) turn(ctx context.Context, n int) error {
	if _, err := l.cores.pace(); err != nil {
		return err
	}
	most, err := l.sample(ctx, l.clicks, serverOf(l.waypost), nil)
	if err != nil {
		return err
	}
	if l.then, err = l.cores.pace(); err != nil {
		return err
	}
	l.count(l.clicks, most.answered)
	rate := most.rate() / 2
	l.rates = append(l.rates, rate)
	order := []func(context.Context, float64) error{l.measureNginx, l.measureCalm, l.measureSwapping}
	if n%2 == 1 {
		order[1], order[2] = order[2], order[1]
	}
	for _, measure := range order {
		if err := measure(ctx, rate); err != nil {
			return err
		}
	}
	return nil
}

// measureNginx adds a turn of nginx at the rate that Waypost is measured at.
func (l *latencies) measureNginx(ctx context.Context, rate float64) error {
	a, err := l.run(ctx, "nginx", l.nginx.address, rate, l.requests.them)
	if err == nil && a.failed > 0 {
		err = errors.New("it has to answer all clicks")
	}
	if err != nil {
		return fmt.Errorf("nginx: %w", err)
	}
	l.theirs.add(a)
	return nil
}

// measureCalm adds a turn of Waypost without changes of the configuration.
func (l *latencies) measureCalm(ctx context.Context, rate float64) error {
	a, err := l.run(ctx, "Waypost", l.waypost.Public, rate, l.requests.us)
	if err != nil {
		return err
	}
	l.calm.add(a)
	return nil
}

// measureSwapping edits an offer all the time meanwhile, and counts how many revisions
// that makes.
func (l *latencies) measureSwapping(ctx context.Context, rate float64) error {
	before, err := revision(ctx, l.waypost)
	if err != nil {
		return err
	}
	began := time.Now()
	editing, stop := context.WithCancel(ctx)
	var editor sync.WaitGroup
	var failed error
	editor.Go(func() { failed = l.edit(editing) })
	a, err := l.run(ctx, "Waypost with swaps", l.waypost.Public, rate, l.requests.us)
	stop()
	editor.Wait()
	l.editing += time.Since(began)
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	l.swapping.add(a)
	after, err := revision(ctx, l.waypost)
	l.swaps += after - before
	return err
}

// run sends for one turn.
func (l *latencies) run(ctx context.Context, name, address string, rate float64, requests [][]byte) (pacedAnswers, error) {
	client, err := load.Paced{Address: address, Connections: 64, Rate: rate, Core: l.clientCore, Requests: requests}.Open()
	if err != nil {
		return pacedAnswers{}, err
	}
	defer client.Close()
	return paced{name, client, l.cores, l.then}.run(ctx, l.sizes.paced/turns)
}

// edit changes the manifest of one offer every 100 ms until the context ends.
func (l *latencies) edit(ctx context.Context) error {
	tick := time.NewTicker(swapEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			l.edits++
			if err := world.Edit(l.path("manifests"), l.edits); err != nil {
				return err
			}
		}
	}
}

// figures returns the medians of the rounds beside their references, and how much of the
// measurement was set aside: what is left out must show.
func (l *latencies) figures() []figures.Figure {
	return []figures.Figure{
		{Name: "half the maximum rate", Unit: "/s", Value: figures.Median(l.rates)},
		{Name: "p50 at half the maximum rate", Unit: "ms", Value: figures.Median(l.calm.p50), Reference: figures.Median(l.theirs.p50), Of: nginxName},
		{Name: "p99 at half the maximum rate", Unit: "ms", Value: figures.Median(l.calm.p99), Reference: figures.Median(l.theirs.p99), Of: nginxName},
		{Name: "p99 with a swap every 100 ms", Unit: "ms", Value: figures.Median(l.swapping.p99), Reference: figures.Median(l.calm.p99), Of: "without swaps"},
		{Name: "p99 at half the maximum, every piece", Unit: "ms", Value: figures.Median(l.calm.p99Every), Reference: figures.Median(l.theirs.p99Every), Of: nginxName},
		{Name: "p99 with swaps, every piece", Unit: "ms", Value: figures.Median(l.swapping.p99Every), Reference: figures.Median(l.calm.p99Every), Of: "without swaps"},
		{Name: "pieces measured again, a core had another pace", Value: float64(l.calm.aside + l.theirs.aside + l.swapping.aside)},
		{Name: "pieces that count although one had", Value: float64(l.calm.strayed + l.theirs.strayed + l.swapping.strayed)},
		{Name: "clicks that failed, with swaps or without", Value: float64(l.calm.failed + l.swapping.failed)},
		{Name: "swaps a second during the run", Value: l.swaps / l.editing.Seconds()},
	}
}

// revision is the one that is served now.
func revision(ctx context.Context, waypost *instance.Instance) (float64, error) {
	s, err := waypost.Snapshot(ctx)
	return float64(s.Revision), err
}
