package ledger

import (
	"context"
	"math"
	"time"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

// How long what only recent events need is kept, in microseconds.
const (
	repeatsMicros  = dayMicros
	countersMicros = 7 * dayMicros
	uniqueDays     = 2
)

// aheadMost is how far a tick may be ahead of the clock of the journal's server.
const aheadMost = dayMicros

// personalDays is how many days before the last one are looked through for personal
// data: time that has leapt passes over as many.
const personalDays = 31

// tick lets time pass: it ends holds, releases what has waited long enough, and
// forgets what is too old. Time may go back, to that of a clock that was ahead or of
// another ledger: what has happened stays, and what waits goes by the present.
func (g *group) tick(ctx context.Context, at int64) error {
	last := g.mem.progress.TickAt
	at = g.believed(at)
	if at == last {
		return nil
	}
	g.mem.progress.TickAt = at
	if err := g.flush(ctx); err != nil { // what follows asks the tables
		return err
	}
	if err := g.endHolds(ctx, at); err != nil {
		return err
	}
	if err := g.releaseWaiting(ctx, at); err != nil {
		return err
	}
	if day := floorDiv(last, dayMicros); floorDiv(at, dayMicros) > day {
		// A clock that leaps takes away a day at most; the next midnight all that is old.
		return g.forget(ctx, min(at, (day+2)*dayMicros-1))
	}
	return nil
}

// believed is the time of a tick of the current batch; one far ahead of the server
// that stored it is held back to the server's.
func (g *group) believed(at int64) int64 {
	stored := g.stored()
	if at-aheadMost <= stored {
		return at
	}
	g.log.Info("a tick far ahead of the journal's server is held back: set the clock of the ledger that wrote it",
		"writer", g.current.Writer, "tick", time.UnixMicro(at).UTC(), "server", g.current.Stored.UTC())
	return stored
}

// stored is when the journal's server stored the current batch.
func (g *group) stored() int64 {
	if g.current.Stored.IsZero() {
		return math.MaxInt64 // not known
	}
	return g.current.Stored.UnixMicro()
}

func (g *group) endHolds(ctx context.Context, at int64) error {
	rows, err := g.tx.HoldsEnding(ctx, at)
	if err != nil {
		return err
	}
	list := make([]*held, len(rows))
	for i, c := range rows {
		list[i] = g.hold(c)
	}
	if err := g.loadConfigs(ctx, list); err != nil {
		return err
	}
	for _, h := range list {
		if err := g.book(judge.EndHold(h.Conversion, h.config.Terms, at), h, h.config, nil); err != nil {
			return err
		}
	}
	return nil
}

// releaseWaiting judges what has waited for its click long enough. The first tick
// after its arrival sets the deadline: a postback's own time is that of another
// clock. A tick of an earlier time brings it forward.
func (g *group) releaseWaiting(ctx context.Context, at int64) error {
	due := g.unpark(func(e *parkedEntry) bool { return e.Deadline != 0 && e.Deadline <= at })
	for _, e := range g.mem.parked.list {
		if e.Deadline == 0 || e.Deadline > at+parkMicros {
			e.Deadline = at + parkMicros
			g.parked[e.ID] = e
		}
	}
	if err := g.restore(ctx, due); err != nil {
		return err
	}
	posts := postsOf(due)
	if err := g.loadPostbacks(ctx, posts); err != nil {
		return err
	}
	for _, p := range posts {
		p.waited = true
		if err := g.judge(p); err != nil {
			return err
		}
	}
	return nil
}

// release judges what has waited for a click or impression that is here now.
func (g *group) release(id string) error {
	if g.mem.parked.bySession[id] == 0 {
		return nil
	}
	for _, e := range g.unpark(func(e *parkedEntry) bool { return e.Session == id }) {
		if err := g.judge(e.post); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what is too old, once a UTC day.
func (g *group) forget(ctx context.Context, at int64) error {
	today := floorDiv(at, dayMicros)
	g.mem.counters.drop(at - countersMicros)
	if err := g.tx.DropCounters(ctx, at-countersMicros); err != nil {
		return err
	}
	if err := g.tx.DropRepeats(ctx, at-repeatsMicros); err != nil {
		return err
	}
	if keep := days(g.o.RetainPersonal); keep > 0 {
		if err := g.tx.DropPersonal(ctx, today-keep-personalDays, today-keep); err != nil {
			return err
		}
		if err := g.tx.DropVisitorAddresses(ctx, firstID(today-keep-personalDays), firstID(today-keep)); err != nil {
			return err
		}
	}
	keep := days(g.o.Retain)
	if keep == 0 {
		keep = 1 << 40 // for ever
	} else if err := g.tx.DropPostbacks(ctx, firstID(today-keep)); err != nil {
		return err
	}
	return g.tx.DropVisits(ctx, today-keep, today-uniqueDays)
}

// days is a time in whole days.
func days(d time.Duration) int64 { return int64(d.Hours() / 24) }
