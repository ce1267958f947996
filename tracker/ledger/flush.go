package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// flush writes what has been collected. What was looked up stays valid: it is what
// the tables hold now.
//
// A transaction flushes at its end, and before each tick that asks the tables; what is
// collected begins empty after each. Visitors are claimed first, because a claim marks
// click rows and sums that are written afterwards. Each list is written in
// bulk: a conversion that changed several times in the group is written once, as it ended.
func (c *changes) flush(ctx context.Context, tx *store.Tx) error {
	if err := c.claimVisitors(ctx, tx); err != nil {
		return err
	}
	r := c.rows
	c.rows = newRows()
	for _, write := range []func() error{
		func() error { return tx.Progress.PutBoots(ctx, values(r.boots)) },
		func() error { return tx.Dimensions.AddCells(ctx, r.cells) },
		func() error { return tx.Dimensions.AddKinds(ctx, r.kinds) },
		func() error { return tx.Dimensions.PutGoals(ctx, lastGoals(r.goals)) },
		func() error { return tx.Dimensions.PutZones(ctx, r.zones) },
		func() error { return tx.Conversions.PutTerms(ctx, r.bodies) },
		func() error { return tx.Visits.AddClicks(ctx, r.clickRows) },
		func() error { return tx.Visits.AddImpressions(ctx, r.impressionRows) },
		func() error { return c.writeConversions(ctx, tx, r.changed) },
		func() error { return tx.Sessions.Close(ctx, r.sessions) },
		func() error { return tx.Sessions.PutRepeats(ctx, repeatsOf(r.newRepeats)) },
		func() error { return tx.Postbacks.Add(ctx, r.logged) },
		func() error { return tx.Rollups.Add(ctx, store.Quarters, r.quarters.rollups()) },
		func() error { return tx.Rollups.Add(ctx, store.Days, r.days.rollups()) },
		func() error { return tx.Caps.Put(ctx, c.mem.counters.TakeChanged()) },
		func() error { return tx.Deliveries.Add(ctx, r.deliveries) },
		func() error { return tx.Postbacks.Unpark(ctx, r.unparked) },
		func() error { return park(ctx, tx, r.parked) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// writeConversions writes the changed conversions first, whose keys the new ones
// may have taken.
func (c *changes) writeConversions(ctx context.Context, tx *store.Tx, list []*fold.Conversion) error {
	var added, changed []store.Conversion
	for _, of := range list {
		known := c.conversions[of]
		row := store.Conversion{Cell: c.mem.cells[of.Dimensions], Freed: known.freed, Conversion: of.Conversion}
		if known.stored {
			changed = append(changed, row)
		} else {
			added = append(added, row)
		}
		*known = conversionRow{stored: true}
	}
	if err := tx.Conversions.Change(ctx, changed); err != nil {
		return err
	}
	return tx.Conversions.Add(ctx, added)
}

// claimVisitors finds out which clicks are the first of their visitor on a day. Days are
// claimed one by one, each with sorted digests, as Claim takes them.
func (c *changes) claimVisitors(ctx context.Context, tx *store.Tx) error {
	list := firstOfEach(c.visitors)
	for len(list) > 0 {
		day := list[0].day
		n, _ := slices.BinarySearchFunc(list, day+1, func(v visitor, day int64) int { return cmp.Compare(v.day, day) })
		if err := c.claimDay(ctx, tx, day, list[:n]); err != nil {
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
func (c *changes) claimDay(ctx context.Context, tx *store.Tx, day int64, list []visitor) error {
	digests := make([]int64, len(list))
	for i := range list {
		digests[i] = list[i].digest
	}
	return tx.Visits.Claim(ctx, day, digests, func(digest int64) {
		i, _ := slices.BinarySearch(digests, digest)
		v := &list[i]
		c.clickRows[v.row].Unique = true
		v.quarter.UniqueClicks++
		v.inDay.UniqueClicks++
	})
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

// park keeps the rows of what waits.
func park(ctx context.Context, tx *store.Tx, waiting map[string]*fold.Waiting) error {
	rows := make([]store.Parked, 0, len(waiting))
	for _, w := range waiting {
		body, err := canonical.Marshal(w.Postback.Postback)
		if err != nil {
			return fmt.Errorf("encode a postback that waits: %w", err)
		}
		rows = append(rows, store.Parked{
			ID: w.ID, Session: w.Session, Deadline: w.Deadline, Place: w.Place.Position, Boot: w.Place.Boot, Sequence: w.Place.Sequence,
			Entry: w.Place.Entry, Reply: w.Place.Reply, Terms: w.Config.Hash, Postback: body,
		})
	}
	return tx.Postbacks.Park(ctx, rows)
}

// loadParking reads what waits, ready to be judged.
func (m *memory) loadParking(ctx context.Context, tx *store.Tx, log logr.Logger) (*fold.Parking, error) {
	rows, err := tx.Postbacks.Parked(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*fold.Waiting, len(rows))
	for i, row := range rows {
		c, err := m.configByHash(ctx, tx, row.Terms, log)
		if err != nil {
			return nil, err
		}
		p := new(journal.Postback)
		if err := decoding.Unmarshal(row.Postback, p); err != nil {
			return nil, fmt.Errorf("read the waiting postback %s: %w", row.ID, err)
		}
		p.Terms = c.Terms
		list[i] = &fold.Waiting{Session: row.Session, Deadline: row.Deadline, Postback: &fold.Postback{
			Postback: p, ID: row.ID, Config: c, Keys: judge.KeysOf(p),
			Place: fold.Place{Boot: row.Boot, Sequence: row.Sequence, Entry: row.Entry, Reply: row.Reply, Position: row.Place},
		}}
	}
	return fold.NewParking(list...), nil
}
