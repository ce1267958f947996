package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/steady"
)

const (
	// piece is what is measured at once, and again when a core did not keep its pace.
	// Bad hosts slow a core four times a second: pieces as long as the pause between two
	// such moments would seldom be free of them.
	piece = 100 * time.Millisecond
	// tries is how many pieces are measured at most for each that counts.
	tries = 4
	// strays is how many times as slow, or as fast, as at the maximum a core may be: one
	// that is slowed to a twelfth for more than 2.5 ms of a piece strays.
	strays = 1.25
	// mostBehind is how far behind its plan the client may be at the end of a piece.
	mostBehind = 100 * time.Millisecond
)

// cores are watched. Without the right to, none is, and every piece counts.
type cores []*steady.Watch

// watchCores watches all of the cores, or none: without the right to real-time
// scheduling, which containers often lack, the benchmark still runs and prints that no
// piece was measured again.
func watchCores(numbers ...int) cores {
	var c cores
	for _, n := range numbers {
		w, err := steady.Start(n)
		if err != nil {
			say("  every piece counts, whatever the pace: %v", errors.Join(err, c.stop()))
			return nil
		}
		c = append(c, w)
	}
	return c
}

// pace is that of each core since the last call.
func (c cores) pace() ([]steady.Pace, error) {
	paces := make([]steady.Pace, len(c))
	for i, w := range c {
		var err error
		if paces[i], err = w.Pace(); err != nil {
			return nil, err
		}
	}
	return paces, nil
}

func (c cores) stop() (err error) {
	for _, w := range c {
		err = errors.Join(err, w.Stop())
	}
	return err
}

// strayed is how far the core that strayed most was from its pace then, as a factor of
// 1 or more: as far when it was faster.
func strayed(now, then []steady.Pace) float64 {
	most := 1.0
	for i, p := range now {
		if x := p.Against(then[i]); x > 0 {
			most = max(most, x, 1/x)
		}
	}
	return most
}

// paced is load at a rate at which the server's answer times can be separated from the machine's.
type paced struct {
	name   string // of the server
	client *load.Client
	cores  cores
	then   []steady.Pace // when the rate was found
}

// pacedAnswers are the answer times that count, and those of every piece.
type pacedAnswers struct {
	counted, every []time.Duration
	// failed is how many of every were no redirects.
	failed int
	// aside is how many pieces were measured again, and strayed how many of them count
	// after all because there were too few others.
	aside, strayed int
}

// run sends for so long, and longer where the cores do not keep their pace: a piece
// during which one strayed is kept aside and another one is sent, up to four times the
// number that is wanted. Where too few were steady, the least bad of those kept aside
// count after all. The answer times of every piece are returned as well.
func (p paced) run(ctx context.Context, d time.Duration) (pacedAnswers, error) {
	type strayPiece struct {
		all []time.Duration
		far float64
	}
	var stray []strayPiece
	var a pacedAnswers
	wanted := max(int(d/piece), 1)
	steadily := 0
	for try := 0; steadily < wanted && try < tries*wanted; try++ {
		l, far, err := p.piece(ctx)
		if err != nil {
			return a, err
		}
		a.every = append(a.every, l.All...)
		a.failed += len(l.All) - l.Statuses[302]
		if far > strays {
			stray = append(stray, strayPiece{l.All, far})
			continue
		}
		a.counted = append(a.counted, l.All...)
		steadily++
	}
	a.aside, a.strayed = len(stray), wanted-steadily
	slices.SortFunc(stray, func(x, y strayPiece) int { return cmp.Compare(x.far, y.far) })
	for _, s := range stray[:a.strayed] {
		a.counted = append(a.counted, s.all...)
	}
	return a, nil
}

// piece measures one and returns how far a core strayed meanwhile.
func (p paced) piece(ctx context.Context) (load.Latencies, float64, error) {
	if _, err := p.cores.pace(); err != nil {
		return load.Latencies{}, 0, err
	}
	l, err := p.client.Run(ctx, piece)
	if err != nil {
		return l, 0, err
	}
	now, err := p.cores.pace()
	far := strayed(now, p.then)
	if l.Behind > mostBehind {
		say("  %s did not keep up: its client was %v behind the plan at the end of a piece, %.1f from the pace", p.name, l.Behind.Round(time.Millisecond), far)
	}
	if failed := len(l.All) - l.Statuses[302]; failed > 0 {
		say("  %d clicks failed: %v", failed, l.Statuses)
	}
	return l, far, err
}
