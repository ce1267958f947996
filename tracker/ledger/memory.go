package ledger

import (
	"context"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// memory is what the fold remembers of the tables between groups. It holds for one
// position: when a transaction fails, or another ledger was faster, it is thrown
// away and read again.
type memory struct {
	progress store.Progress
	// begun is whether anything had been folded when the tables were read.
	begun bool
	// seen is the last time that the tables hold, microseconds since 1970.
	seen int64

	cells    map[judge.Dimensions]int64
	cellByID []judge.Dimensions // by id; ids begin at 1
	cellsOf  map[offerKey][]int64
	kinds    map[store.VisitKind]int64
	goals    map[goalKey]store.Goal
	zones    map[string]store.Zone // the last of each network
	boots    map[journal.BootID]uint64
	counters *fold.Counters
	parked   *fold.Parking
	terms    termsCache

	locations fold.Zones
}

type offerKey struct{ network, offer string }

type goalKey struct{ network, offer, goal string }

// loadMemory reads the memory in one transaction, which locks the position: no other ledger
// commits in between, so all of it belongs to one position.
func loadMemory(ctx context.Context, s *store.Store, log logr.Logger) (*memory, error) {
	m := &memory{
		cells: make(map[judge.Dimensions]int64), cellByID: make([]judge.Dimensions, 1), cellsOf: make(map[offerKey][]int64),
		kinds: make(map[store.VisitKind]int64), goals: make(map[goalKey]store.Goal), zones: make(map[string]store.Zone),
		boots: make(map[journal.BootID]uint64), locations: make(fold.Zones),
		terms: newTermsCache(),
	}
	return m, s.Update(ctx, func(tx *store.Tx) error { return m.load(ctx, tx, log) })
}

func (m *memory) load(ctx context.Context, tx *store.Tx, log logr.Logger) (err error) {
	if m.progress, err = tx.Progress.Lock(ctx); err != nil {
		return err
	}
	m.begun = m.progress.Position > 0
	if m.seen, err = m.lastSeen(ctx, tx); err != nil {
		return err
	}
	cells, err := tx.Dimensions.Cells(ctx)
	if err != nil {
		return err
	}
	for _, c := range cells {
		m.addCell(c.Dimensions)
	}
	kinds, err := tx.Dimensions.Kinds(ctx)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		m.kinds[k.VisitKind] = k.ID
	}
	goals, err := tx.Dimensions.Goals(ctx)
	if err != nil {
		return err
	}
	for _, g := range goals {
		m.goals[goalKey{g.Network, g.Offer, g.Goal}] = g
	}
	zones, err := tx.Dimensions.Zones(ctx)
	if err != nil {
		return err
	}
	for _, z := range zones {
		m.zones[z.Network] = z
	}
	if m.parked, err = m.loadParking(ctx, tx, log); err != nil {
		return err
	}
	counters, err := tx.Caps.List(ctx)
	if err != nil {
		return err
	}
	m.counters, err = fold.NewCounters(m.locations, counters)
	return err
}

// lastSeen is the last time that was believed: that of the last tick, which follows the
// batches. When batches were stored is by a clock that may be wrong, so it counts only
// before the first tick.
func (m *memory) lastSeen(ctx context.Context, tx *store.Tx) (int64, error) {
	if at := m.progress.TickAt; at != 0 {
		return at, nil
	}
	return tx.Progress.LastStored(ctx)
}

// addCell gives a cell the next number, and returns it. Numbers begin at 1 and have no gaps.
func (m *memory) addCell(c judge.Dimensions) int64 {
	id := int64(len(m.cellByID))
	m.cellByID = append(m.cellByID, c)
	m.cells[c] = id
	o := offerKey{c.Network, c.Offer}
	m.cellsOf[o] = append(m.cellsOf[o], id)
	return id
}
