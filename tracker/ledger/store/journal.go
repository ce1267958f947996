package store

import (
	"context"
	"fmt"
)

// NameJournal keeps the id of the journal that is folded, unless one is kept already,
// and returns the one that is: of two ledgers that start together one decides.
func (s *Store) NameJournal(ctx context.Context, id string) (string, error) {
	var p Progress
	err := s.Update(ctx, func(tx *Tx) (err error) {
		if _, err := tx.in.exec(ctx, "UPDATE ledger SET journal = ? WHERE journal = ''", id); err != nil {
			return fmt.Errorf("keep the journal's id: %w", err)
		}
		p, err = tx.Progress(ctx)
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
