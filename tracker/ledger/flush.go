package ledger

import (
	"cmp"
	"context"
	"slices"

	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// flush writes what has been collected. What was looked up stays valid: it is what
// the tables hold now.
func (g *group) flush(ctx context.Context) error {
	if err := g.claimVisitors(ctx); err != nil {
		return err
	}
	r := g.rows
	g.rows = newRows()
	for _, write := range []func() error{
		func() error { return g.tx.PutBoots(ctx, values(r.boots)) },
		func() error { return g.tx.AddCells(ctx, r.cells) },
		func() error { return g.tx.AddVisitKinds(ctx, r.kinds) },
		func() error { return g.tx.PutGoals(ctx, lastGoals(r.goals)) },
		func() error { return g.tx.PutZones(ctx, r.zones) },
		func() error { return g.tx.PutTerms(ctx, r.bodies) },
		func() error { return g.tx.AddClicks(ctx, r.clickRows) },
		func() error { return g.tx.AddImpressions(ctx, r.impressionRows) },
		func() error { return g.writeConversions(ctx, r.changed) },
		func() error { return g.tx.CloseSessions(ctx, r.sessions) },
		func() error { return g.tx.PutRepeats(ctx, repeatsOf(r.newRepeats)) },
		func() error { return g.tx.AddPostbacks(ctx, r.logged) },
		func() error { return g.tx.AddRollups(ctx, store.Quarters, r.quarters.rollups()) },
		func() error { return g.tx.AddRollups(ctx, store.Days, r.days.rollups()) },
		func() error { return g.tx.PutCounters(ctx, g.dirtyCounters()) },
		func() error { return g.tx.AddDeliveries(ctx, r.deliveries) },
		func() error { return g.tx.Unpark(ctx, r.unparked) },
		func() error { return g.tx.Park(ctx, parkedRows(r.parked)) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	clear(g.places) // they point into sums that have been written
	return nil
}

// writeConversions writes the changed conversions first, whose keys the new ones
// may have taken.
func (g *group) writeConversions(ctx context.Context, list []*held) error {
	var added, changed []store.Conversion
	for _, h := range list {
		row := store.Conversion{Cell: h.cell, Freed: h.freed, Conversion: h.Conversion}
		if h.stored {
			changed = append(changed, row)
		} else {
			added = append(added, row)
		}
		h.stored, h.dirty, h.freed = true, false, false
	}
	if err := g.tx.ChangeConversions(ctx, changed); err != nil {
		return err
	}
	return g.tx.AddConversions(ctx, added)
}

// claimVisitors finds out which clicks are the first of their visitor on a day.
func (g *group) claimVisitors(ctx context.Context) error {
	list := firstOfEach(g.visitors)
	for len(list) > 0 {
		day := list[0].day
		n, _ := slices.BinarySearchFunc(list, day+1, func(v visitor, day int64) int { return cmp.Compare(v.day, day) })
		if err := g.claimDay(ctx, day, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// firstOfEach sorts visitors by day and digest and leaves the first click of each.
func firstOfEach(list []visitor) []visitor {
	slices.SortFunc(list, func(a, b visitor) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.digest, b.digest), cmp.Compare(a.row, b.row))
	})
	return slices.CompactFunc(list, func(a, b visitor) bool { return a.day == b.day && a.digest == b.digest })
}

// claimDay claims the visitors of one day, sorted by digest.
func (g *group) claimDay(ctx context.Context, day int64, list []visitor) error {
	digests := make([]int64, len(list))
	for i := range list {
		digests[i] = list[i].digest
	}
	return g.tx.ClaimVisitors(ctx, day, digests, func(digest int64) {
		i, _ := slices.BinarySearch(digests, digest)
		v := &list[i]
		g.clickRows[v.row].Unique = true
		v.quarter.UniqueClicks++
		v.inDay.UniqueClicks++
	})
}

func (g *group) dirtyCounters() []*store.Counter {
	var out []*store.Counter
	for n := range g.dirty {
		out = append(out, &n.Counter)
	}
	clear(g.dirty)
	return out
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// lastGoals leaves the last of each goal: a statement cannot write one twice.
func lastGoals(list []store.Goal) []store.Goal {
	last := make(map[goalKey]store.Goal, len(list))
	for _, x := range list {
		last[goalKey{x.Network, x.Offer, x.Goal}] = x
	}
	return values(last)
}

func repeatsOf(m map[judge.Key]int64) []store.Repeat {
	out := make([]store.Repeat, 0, len(m))
	for k, at := range m {
		out = append(out, store.Repeat{Key: k, At: at})
	}
	return out
}

func parkedRows(m map[string]*parkedEntry) []*store.Parked {
	out := make([]*store.Parked, 0, len(m))
	for _, e := range m {
		out = append(out, &e.Parked)
	}
	return out
}
