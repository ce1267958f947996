package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Position is the row of the ledger, and the table of what was read of each writer.
type Position struct{ in session }

// Progress is how far the journal has been folded into the tables.
type Progress struct {
	// Position is that of the last batch folded, 0 before the first.
	Position uint64
	// TickAt is the time of the last tick that took effect, microseconds since 1970.
	TickAt int64
	// RebuildUntil is where a rebuild began: deliveries and verdicts of batches up
	// to there were made before it and are not made again.
	RebuildUntil uint64
	// Digest identifies the batch at Position, 0 where it is not known: nothing was
	// folded, or an earlier version folded it.
	Digest uint64
	// Journal is the id of the journal that was folded, "" before one was seen.
	Journal string
}

// Read reads how far the tables are.
func (p Position) Read(ctx context.Context) (Progress, error) {
	var out Progress
	// An earlier version moves the position and leaves the digest of another one.
	const query = "SELECT position, tick_at, rebuild_until, CASE WHEN digest_at = position THEN digest ELSE 0 END, journal FROM ledger"
	err := p.in.query(ctx, query, nil, func(row scanner) error {
		var digest int64
		err := row.Scan(&out.Position, &out.TickAt, &out.RebuildUntil, &digest, &out.Journal)
		out.Digest = uint64(digest)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read the ledger's position: %w", err)
	}
	return out, nil
}

// Lock is Read that also keeps every other ledger from getting past it.
func (p Position) Lock(ctx context.Context) (Progress, error) {
	if _, err := p.in.exec(ctx, "UPDATE ledger SET position = position"); err != nil {
		return Progress{}, fmt.Errorf("lock the ledger's position: %w", err)
	}
	return p.Read(ctx)
}

// Begin starts the transaction that takes the tables from one point to another. It
// returns ErrMoved when they are not at from any more; while it is open no other
// ledger gets past this point.
func (s *Store) Begin(ctx context.Context, from, to Progress) (*Tx, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	n, err := tx.in.exec(ctx, "UPDATE ledger SET position = ?, tick_at = ?, rebuild_until = ?, digest = ?, digest_at = ? WHERE position = ? AND tick_at = ? AND rebuild_until = ?",
		int64(to.Position), to.TickAt, int64(to.RebuildUntil), int64(to.Digest), int64(to.Position), int64(from.Position), from.TickAt, int64(from.RebuildUntil))
	if err == nil && n == 0 {
		err = ErrMoved
	}
	if err != nil {
		tx.Rollback()
		return nil, fmt.Errorf("advance the ledger to position %d: %w", to.Position, err)
	}
	return tx, nil
}

// KeepTick keeps the time of the last tick of what the transaction folds.
func (p Position) KeepTick(ctx context.Context, at int64) error {
	if _, err := p.in.exec(ctx, "UPDATE ledger SET tick_at = ? WHERE tick_at <> ?", at, at); err != nil {
		return fmt.Errorf("keep the time of the last tick: %w", err)
	}
	return nil
}

// Boot is one life of one writer of the journal, with the sequence of its last batch.
type Boot struct {
	ID       [16]byte
	Writer   string
	Sequence uint64
	SeenAt   int64
}

// Sequences reads the last sequence of each of the given boot ids; one that was
// never seen is left out.
func (p Position) Sequences(ctx context.Context, boots [][16]byte) (map[[16]byte]uint64, error) {
	keys := make([]any, len(boots))
	for i := range boots {
		keys[i] = boots[i][:]
	}
	out := make(map[[16]byte]uint64, len(boots))
	err := bootTable.find(ctx, p.in, "boot IN (?*)", nil, keys, func(b Boot) { out[b.ID] = b.Sequence })
	return out, err
}

// LastStored is when the last batch of any writer was stored, 0 before the first.
func (p Position) LastStored(ctx context.Context) (at int64, err error) {
	err = p.in.query(ctx, "SELECT COALESCE(max(seen_at), 0) FROM boots", nil, func(row scanner) error { return row.Scan(&at) })
	if err != nil {
		return 0, fmt.Errorf("read when the last batch was stored: %w", err)
	}
	return at, nil
}

var bootTable = newTable("boots", 1, replace,
	column.Key("boot", func(b *Boot) *[16]byte { return &b.ID }),
	column.Text("writer", func(b *Boot) *string { return &b.Writer }).WriteOnly(),
	column.Number("sequence", func(b *Boot) *uint64 { return &b.Sequence }),
	column.Number("seen_at", func(b *Boot) *int64 { return &b.SeenAt }).WriteOnly(),
)

// PutBoots keeps the sequences.
func (p Position) PutBoots(ctx context.Context, list []Boot) error {
	return bootTable.upsert(ctx, p.in, list)
}

// RebuildUntil is the position up to which the tables are being made again.
func (s *Store) RebuildUntil(ctx context.Context) (uint64, error) {
	var until int64
	if err := s.Reader().QueryRowContext(ctx, "SELECT rebuild_until FROM ledger").Scan(&until); err != nil {
		return 0, fmt.Errorf("read how far the rebuild goes: %w", err)
	}
	return uint64(until), nil
}

// NameJournal keeps the id of the journal that is folded, unless one is kept already,
// and returns the one that is: of two ledgers that start together one decides.
func (s *Store) NameJournal(ctx context.Context, id string) (string, error) {
	var p Progress
	err := s.Update(ctx, func(tx *Tx) (err error) {
		if _, err := tx.in.exec(ctx, "UPDATE ledger SET journal = ? WHERE journal = ''", id); err != nil {
			return fmt.Errorf("keep the journal's id: %w", err)
		}
		p, err = tx.Progress.Read(ctx)
		return err
	})
	return p.Journal, err
}

// AcceptJournal makes the journal id the one that is folded from now on, beginning
// after position; everything in the tables stays. It returns ErrMoved where they are
// not at from any more.
func (s *Store) AcceptJournal(ctx context.Context, from Progress, id string, position uint64) error {
	// Entries of the new journal are new whatever a rebuild had folded before. One that
	// was not over has yet to make what the tables held: its deliveries were made.
	until := uint64(0)
	if from.Position < from.RebuildUntil {
		until = from.RebuildUntil
	}
	to := Progress{Position: position, TickAt: from.TickAt, RebuildUntil: until}
	tx, err := s.Begin(ctx, from, to)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.in.exec(ctx, "UPDATE ledger SET journal = ?", id); err != nil {
		return fmt.Errorf("keep the journal's id: %w", err)
	}
	// Positions begin anew, and what waits for clicks is judged in the order of its places.
	if _, err := tx.in.exec(ctx, "UPDATE parked SET place = place - (SELECT max(place) + 1 FROM parked)"); err != nil {
		return fmt.Errorf("keep the order of what waits for clicks: %w", err)
	}
	return tx.Commit(ctx)
}

// KeyPrints returns the fingerprints of the sealing keys that were in use, as one text.
func (s *Store) KeyPrints(ctx context.Context) (string, error) {
	var prints string
	if err := s.Reader().QueryRowContext(ctx, "SELECT key_prints FROM ledger").Scan(&prints); err != nil {
		return "", fmt.Errorf("read the fingerprints of the sealing keys: %w", err)
	}
	return prints, nil
}

// PutKeyPrints keeps the fingerprints of the sealing keys in use.
func (s *Store) PutKeyPrints(ctx context.Context, prints string) error {
	return s.Update(ctx, func(tx *Tx) error {
		if _, err := tx.in.exec(ctx, "UPDATE ledger SET key_prints = ?", prints); err != nil {
			return fmt.Errorf("keep the fingerprints of the sealing keys: %w", err)
		}
		return nil
	})
}

// Reset empties the tables that follow from the journal (allTables), so that the journal can be folded
// again from its beginning. Batches up to the position that the ledger is at now
// make no deliveries and no verdicts again. Tables that nothing was folded into hold
// no record of what had been delivered before they were lost: up to end, where the
// journal ends now, nothing is delivered.
func (s *Store) Reset(ctx context.Context, end uint64) error {
	return s.Update(ctx, func(tx *Tx) error {
		p, err := tx.Progress.Lock(ctx)
		if err != nil {
			return err
		}
		until := max(p.RebuildUntil, p.Position)
		if until == 0 {
			until = end
		}
		if _, err := tx.in.exec(ctx, "UPDATE ledger SET position = 0, tick_at = 0, rebuild_until = ?, digest = 0, digest_at = 0", int64(until)); err != nil {
			return fmt.Errorf("set the ledger back: %w", err)
		}
		for _, t := range slices.Backward(allTables) {
			if t.from != fromJournal {
				continue
			}
			if _, err := tx.in.exec(ctx, "DELETE FROM "+t.name); err != nil {
				return fmt.Errorf("empty %s: %w", t.name, err)
			}
		}
		if err := tx.in.dropVisitors(ctx, math.MaxInt64); err != nil {
			return fmt.Errorf("forget the visitors: %w", err)
		}
		return nil
	})
}
