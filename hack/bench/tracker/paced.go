package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/steady"
)

const (
	// piece is what is measured at once, and again when a core was slow meanwhile.
	piece = 250 * time.Millisecond
	// mostSlow is how much of a piece that may be: p99 leaves a hundredth of the answers
	// out. A watch tells slowness in steps of 5 ms, so that one of them is too much.
	mostSlow = piece / 200
	// tries is how many pieces are measured at most for each that counts.
	tries = 4
	// mostBehind is how far behind its plan the client may be at the end of a piece.
	mostBehind = 100 * time.Millisecond
)

// pace watches the cores. Without the right to, it watches none, and every piece counts.
type pace []*steady.Watch

func watchPace(cores ...int) pace {
	var p pace
	for _, core := range cores {
		w, err := steady.Start(core)
		if err != nil {
			say("  every piece counts, steady or not: %v", errors.Join(err, p.stop()))
			return nil
		}
		p = append(p, w)
	}
	return p
}

// slow is how long the slowest of the cores was slow since the last call.
func (p pace) slow() (time.Duration, error) {
	var most time.Duration
	for _, w := range p {
		d, err := w.Slow()
		if err != nil {
			return 0, err
		}
		most = max(most, d)
	}
	return most, nil
}

func (p pace) stop() (err error) {
	for _, w := range p {
		err = errors.Join(err, w.Stop())
	}
	return err
}

// paced is load at a rate that tells the server's answer times from the machine's.
type paced struct {
	load load.Paced
	pace pace
}

// pacedAnswers are those of steady pieces.
type pacedAnswers struct {
	load.Latencies
	// answered counts the others too.
	answered int
	// aside is how many pieces were measured again, and unsteady how many of them count
	// after all because there were too few others.
	aside, unsteady int
}

// run sends for so long, and longer where the cores are slow.
func (p paced) run(ctx context.Context, d time.Duration) (pacedAnswers, error) {
	type slowPiece struct {
		load.Latencies
		slow time.Duration
	}
	var slow []slowPiece
	a := pacedAnswers{Latencies: load.Latencies{Statuses: map[int]int{}}}
	wanted := max(int(d/piece), 1)
	counted := 0
	for try := 0; counted < wanted && try < tries*wanted; try++ {
		l, took, err := p.piece(ctx)
		if err != nil {
			return a, err
		}
		a.answered += len(l.All)
		if took > mostSlow {
			slow = append(slow, slowPiece{l, took})
			continue
		}
		a.add(l)
		counted++
	}
	a.aside, a.unsteady = len(slow), wanted-counted
	slices.SortFunc(slow, func(x, y slowPiece) int { return cmp.Compare(x.slow, y.slow) })
	for _, s := range slow[:a.unsteady] {
		a.add(s.Latencies)
	}
	return a, nil
}

// piece measures one and says how long a core was slow meanwhile.
func (p paced) piece(ctx context.Context) (load.Latencies, time.Duration, error) {
	if _, err := p.pace.slow(); err != nil {
		return load.Latencies{}, 0, err
	}
	l, err := p.load.Run(ctx, piece)
	if err != nil {
		return l, 0, err
	}
	if l.Behind > mostBehind {
		say("  the client was %v behind its plan at the end: the server did not keep up", l.Behind)
	}
	if failed := len(l.All) - l.Statuses[302]; failed > 0 {
		return l, 0, fmt.Errorf("%d clicks failed: %v", failed, l.Statuses)
	}
	slow, err := p.pace.slow()
	return l, slow, err
}

func (a *pacedAnswers) add(l load.Latencies) {
	a.All = append(a.All, l.All...)
	for status, n := range l.Statuses {
		a.Statuses[status] += n
	}
}
