package store

import (
	"context"
	"fmt"
)

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

// Progress reads how far the tables are.
func (tx *Tx) Progress(ctx context.Context) (Progress, error) {
	var p Progress
	// An earlier version moves the position and leaves the digest of another one.
	const query = "SELECT position, tick_at, rebuild_until, CASE WHEN digest_at = position THEN digest ELSE 0 END, journal FROM ledger"
	err := tx.in.query(ctx, query, nil, func(row scanner) error {
		var digest int64
		err := row.Scan(&p.Position, &p.TickAt, &p.RebuildUntil, &digest, &p.Journal)
		p.Digest = uint64(digest)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read the ledger's position: %w", err)
	}
	return p, nil
}

// LockProgress is Progress that also keeps every other ledger from getting past it.
func (tx *Tx) LockProgress(ctx context.Context) (Progress, error) {
	if _, err := tx.in.exec(ctx, "UPDATE ledger SET position = position"); err != nil {
		return Progress{}, fmt.Errorf("lock the ledger's position: %w", err)
	}
	return tx.Progress(ctx)
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
func (tx *Tx) KeepTick(ctx context.Context, at int64) error {
	if _, err := tx.in.exec(ctx, "UPDATE ledger SET tick_at = ? WHERE tick_at <> ?", at, at); err != nil {
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
func (tx *Tx) Sequences(ctx context.Context, boots [][16]byte) (map[[16]byte]uint64, error) {
	keys := make([]any, len(boots))
	for i := range boots {
		keys[i] = boots[i][:]
	}
	out := make(map[[16]byte]uint64, len(boots))
	err := tx.in.lookup(ctx, "SELECT boot, sequence FROM boots WHERE boot IN (?*)", nil, keys, func(row scanner) error {
		var id []byte
		var sequence int64
		if err := row.Scan(&id, &sequence); err != nil {
			return err
		}
		out[[16]byte(id)] = uint64(sequence)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the sequences of trackers: %w", err)
	}
	return out, nil
}

// LastStored is when the last batch of any writer was stored, 0 before the first.
func (tx *Tx) LastStored(ctx context.Context) (at int64, err error) {
	err = tx.in.query(ctx, "SELECT COALESCE(max(seen_at), 0) FROM boots", nil, func(row scanner) error { return row.Scan(&at) })
	if err != nil {
		return 0, fmt.Errorf("read when the last batch was stored: %w", err)
	}
	return at, nil
}

var bootTable = &table{name: "boots", columns: columnsOf("boot writer sequence seen_at"),
	conflict: replace("boot", columnsOf("boot writer sequence seen_at"))}

// PutBoots keeps the sequences.
func (tx *Tx) PutBoots(ctx context.Context, boots []Boot) error {
	err := tx.in.upsert(ctx, bootTable, len(boots), func(i int, row []any) {
		b := &boots[i]
		row[0], row[1], row[2], row[3] = b.ID[:], clean(b.Writer), int64(b.Sequence), b.SeenAt
	})
	if err != nil {
		return fmt.Errorf("keep the sequences of trackers: %w", err)
	}
	return nil
}
