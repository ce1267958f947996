package main

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/load"
)

const nginxName = "nginx, access log on"

// sample is one round of one server.
type sample struct {
	rate float64 // answers a second
	cpu  float64 // µs of processor time an answer
}

// contest is rounds of two servers in turn, with the same load.
type contest struct{ us, them []sample }

// contest runs the rounds. Who begins changes, so that neither always has the
// machine as the other left it.
func (b *bench) contest(ctx context.Context, w *load.Wrk, us, them *server, headers ...string) (contest, error) {
	var c contest
	order := []struct {
		server  *server
		samples *[]sample
	}{{us, &c.us}, {them, &c.them}}
	for round := range b.rounds {
		for i := range order {
			s := order[(i+round)%2]
			taken, answered, err := b.sample(ctx, w, s.server, headers)
			if err != nil {
				return c, err
			}
			*s.samples = append(*s.samples, taken)
			if s.server == us {
				b.count(w, answered)
			}
		}
		say("  round %d: Waypost %6.0f/s, %5.1f µs; nginx %6.0f/s, %5.1f µs", round+1, c.us[round].rate, c.us[round].cpu, c.them[round].rate, c.them[round].cpu)
	}
	return c, nil
}

// sample puts load on one server for a slice.
func (b *bench) sample(ctx context.Context, w *load.Wrk, s *server, headers []string) (sample, int, error) {
	before, err := s.CPU()
	if err != nil {
		return sample{}, 0, err
	}
	count, err := w.Run(ctx, s.address, b.slice, headers...)
	if err != nil {
		return sample{}, 0, err
	}
	after, err := s.CPU()
	if err != nil {
		return sample{}, 0, err
	}
	if count.Failed > 0 || count.Answered == 0 {
		return sample{}, 0, fmt.Errorf("%d requests failed, %d were answered", count.Failed, count.Answered)
	}
	return sample{rate: count.Rate(), cpu: float64((after - before).Nanoseconds()) / 1000 / float64(count.Answered)}, count.Answered, nil
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
	return c.figure(name, "/s", func(s sample) float64 { return s.rate })
}

func (c contest) cpu(name string) figures.Figure {
	return c.figure(name, "µs", func(s sample) float64 { return s.cpu })
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

// measureRates measures how much the public port takes. The first figure is the
// clicks a second on kept connections.
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
