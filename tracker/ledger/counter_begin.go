package ledger

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// counter returns the counter of a cap for what happens in a cell at a time. One
// that does not exist begins with what the rollups say, because a cap counts what
// happened before it was configured too. Nothing of the group may be counted yet.
func (g *group) beginCounter(ctx context.Context, r *capRef, cell *judge.Cell, at int64, zone *time.Location) (*counter, error) {
	key, ends := r.keyFor(cell, at, zone)
	if n, ok := g.mem.counters.byKey[key]; ok {
		return n, nil
	}
	used, err := g.countedBefore(ctx, r, key, ends, zone)
	if err != nil {
		return nil, err
	}
	n := &counter{definition: r.parsed, Counter: store.Counter{
		Network: key.network, Offer: key.offer, Cap: key.cap, Definition: key.definition,
		Partner: key.partner, Starts: key.starts, Ends: ends, Used: used,
	}}
	g.mem.counters.add(n)
	g.dirty[n] = true
	return n, nil
}

// take counts up or down.
func (g *group) take(n *counter, more int64) {
	n.Used = store.Sum(n.Used, more)
	g.dirty[n] = true
}

// countedBefore sums up what the cap would have counted in its window so far.
func (g *group) countedBefore(ctx context.Context, r *capRef, key counterKey, ends int64, zone *time.Location) (int64, error) {
	cells := g.coveredCells(r, key)
	if len(cells) == 0 {
		return 0, nil
	}
	resolution, from, to := store.Days, int64(math.MinInt64), int64(math.MaxInt64)
	switch r.limit.Window {
	case snapshot.CapHour:
		resolution, from, to = store.Quarters, key.starts/quarterMicros, ends/quarterMicros
	case snapshot.CapDay, snapshot.CapMonth:
		// The end is a midnight, so a day is the last before it.
		from, to = judge.Day(key.starts, zone), judge.Day(ends-1, zone)+1
	}
	return g.tx.Counted(ctx, resolution, metricNames[r.limit.Metric], cells, from, to)
}

// coveredCells are the cells that the cap counts.
func (g *group) coveredCells(r *capRef, key counterKey) []int64 {
	traffic := r.limit.Metric == snapshot.CapClicks || r.limit.Metric == snapshot.CapImpressions
	var out []int64
	for _, id := range g.mem.cellsOf[key.offerKey] {
		c := &g.mem.cellByID[id]
		switch {
		case key.partner != "" && c.Partner != key.partner:
		case traffic && c.Goal != "":
		case judge.Covers(r.limit, c):
			out = append(out, id)
		}
	}
	return out
}

var metricNames = map[snapshot.CapMetric]string{
	snapshot.CapClicks:      "clicks",
	snapshot.CapImpressions: "impressions",
	snapshot.CapConversions: "conversions",
	snapshot.CapPayout:      "payout",
	snapshot.CapRevenue:     "revenue",
}

// used is judge.UsedFunc: counters were begun before anything was judged.
func (g *group) used(c *config) judge.UsedFunc {
	return func(limit *snapshot.Cap, of *judge.Conversion) int64 {
		for i := range c.caps {
			if r := &c.caps[i]; r.limit == limit {
				key, _ := r.keyFor(&of.Cell, of.At, c.zone)
				if n, ok := g.mem.counters.byKey[key]; ok {
					return n.Used
				}
			}
		}
		g.log.Error(nil, "a cap was judged without its counter", "cap", strings.ToValidUTF8(limit.Name, "?"))
		return math.MaxInt64
	}
}

// recount tells every counter of the offer what changed of a conversion; before is
// nil for a new one.
func (g *group) recount(n, before *judge.Conversion) {
	g.mem.counters.covering(&n.Cell, n.At, g.mem, func(c *counter) {
		if more := judge.Share(c.Metric, n) - judge.Share(c.Metric, before); more != 0 {
			g.take(c, more)
		}
	})
}
