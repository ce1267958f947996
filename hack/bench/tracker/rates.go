package main

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/load"
)

const nginxName = "nginx, access log on"

// sample is what one server did under load for a while.
type sample struct {
	answered     int
	elapsed, cpu time.Duration
}

func (s sample) rate() float64 { return float64(s.answered) / s.elapsed.Seconds() }

// each is the processor time an answer, in µs.
func (s sample) each() float64 { return float64(s.cpu.Nanoseconds()) / 1000 / float64(s.answered) }

func (s sample) plus(t sample) sample {
	return sample{s.answered + t.answered, s.elapsed + t.elapsed, s.cpu + t.cpu}
}

// contest is rounds of two servers in turn, with the same load.
type contest struct{ us, them []sample }

// contest runs the rounds. Within a round the servers take turns, and the first one
// changes, so that neither always has the machine as the other left it.
func (b *bench) contest(ctx context.Context, w *load.Wrk, us, them *server, headers ...string) (contest, error) {
	var c contest
	servers := [2]*server{us, them}
	for round := range b.rounds {
		var sums [2]sample
		for turn := range turns {
			for i := range servers {
				n := (i + turn) % 2
				s, err := b.sample(ctx, w, servers[n], headers)
				if err != nil {
					return c, err
				}
				sums[n] = sums[n].plus(s)
				if servers[n] == us {
					b.count(w, s.answered)
				}
			}
		}
		c.us, c.them = append(c.us, sums[0]), append(c.them, sums[1])
		say("  round %d: Waypost %6.0f/s, %5.1f µs; nginx %6.0f/s, %5.1f µs", round+1, sums[0].rate(), sums[0].each(), sums[1].rate(), sums[1].each())
	}
	return c, nil
}

// sample puts load on one server for a turn. wrk takes whole seconds.
func (b *bench) sample(ctx context.Context, w *load.Wrk, s *server, headers []string) (sample, error) {
	before, err := s.CPU()
	if err != nil {
		return sample{}, err
	}
	count, err := w.Run(ctx, s.address, max(b.slice/turns, time.Second), headers...)
	if err != nil {
		return sample{}, err
	}
	after, err := s.CPU()
	if err != nil {
		return sample{}, err
	}
	if count.Failed > 0 || count.Answered == 0 {
		return sample{}, fmt.Errorf("%d requests failed, %d were answered", count.Failed, count.Answered)
	}
	return sample{count.Answered, count.Elapsed, after - before}, nil
}

// count remembers what Waypost has answered.
func (b *bench) count(w *load.Wrk, answered int) {
	b.runs++
	if w == b.impressions {
		b.answered.Impressions += answered
		return
	}
	b.answered.Clicks += answered
}

// rates compares answers a second, cpu processor time an answer: the medians of
// the rounds.
func (c contest) rates(name string) figures.Figure {
	return c.figure(name, "/s", sample.rate)
}

// cpu compares the processor time of an answer. It depends less on the machine's pace
// than the rate does, and shows where a gain in rate was bought with more time.
func (c contest) cpu(name string) figures.Figure {
	return c.figure(name, "µs", sample.each)
}

// figure is the medians of both. Its ratio is that of the medians.
func (c contest) figure(name, unit string, of func(sample) float64) figures.Figure {
	median := func(all []sample) float64 {
		values := make([]float64, len(all))
		for i, s := range all {
			values[i] = of(s)
		}
		return figures.Median(values)
	}
	return figures.Figure{Name: name, Unit: unit, Value: median(c.us), Reference: median(c.them), Of: nginxName}
}

// measureRates measures how much the public port takes: clicks on connections that are
// kept, as from a load balancer; clicks with a connection each, as from visitors;
// impressions on kept connections.
func (b *bench) measureRates(ctx context.Context, us, nginx *server) ([]figures.Figure, error) {
	say("clicks, kept connections")
	kept, err := b.contest(ctx, b.clicks, us, nginx)
	if err != nil {
		return nil, err
	}
	say("clicks, a new connection each")
	fresh, err := b.contest(ctx, b.clicks, us, nginx, "Connection: close")
	if err != nil {
		return nil, err
	}
	say("impressions, kept connections")
	impressions, err := b.contest(ctx, b.impressions, us, nginx)
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Second) // the journal is at most 50 ms behind
	return []figures.Figure{
		kept.rates("clicks/s, kept connections"),
		kept.cpu("CPU a click, kept connections"),
		fresh.rates("clicks/s, a connection each"),
		fresh.cpu("CPU a click, a connection each"),
		impressions.rates("impressions/s, kept connections"),
		impressions.cpu("CPU an impression, kept connections"),
	}, nil
}
