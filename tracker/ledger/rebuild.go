package ledger

import (
	"context"
	"errors"
	"fmt"
)

// ErrTrimmed says that the journal does not reach back to its beginning, so that
// folding it again would lose what came before.
var ErrTrimmed = errors.New("the journal has been trimmed: it no longer holds everything that the tables are made of")

// Rebuild empties the tables and folds the whole journal into them again, up to
// where they were; it returns when they are there. Deliveries are kept and none is
// made again. It may be interrupted: the next ledger that runs goes on. No other
// ledger needs to be stopped.
func (l *Ledger) Rebuild(ctx context.Context) error {
	if err := l.wholeJournal(ctx); err != nil {
		return err
	}
	if err := l.o.Store.Reset(ctx); err != nil {
		return fmt.Errorf("rebuild the ledger: %w", err)
	}
	l.mem = nil
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for {
		position, further := l.Position()
		until, err := l.rebuildUntil(ctx)
		if err != nil {
			cancel()
			return errors.Join(err, <-done)
		}
		if position >= until {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		}
		select {
		case <-further:
		case err := <-done:
			return err
		}
	}
}

// wholeJournal makes sure that the journal begins where the tables began.
func (l *Ledger) wholeJournal(ctx context.Context) error {
	mem, err := loadMemory(ctx, l.o.Store)
	if err != nil {
		return fmt.Errorf("rebuild the ledger: %w", err)
	}
	if mem.progress.Position == 0 {
		return nil
	}
	r := l.o.Open(0)
	defer r.Close()
	batches, err := r.Read(ctx, 1)
	if err != nil {
		return fmt.Errorf("rebuild the ledger: %w", err)
	}
	if first := batches[0].Position; first != 1 {
		return fmt.Errorf("rebuild the ledger: %w; it begins at position %d", ErrTrimmed, first)
	}
	return nil
}

// rebuildUntil is the position up to which the tables are being made again.
func (l *Ledger) rebuildUntil(ctx context.Context) (uint64, error) {
	var until int64
	err := l.o.Store.Reader().QueryRowContext(ctx, "SELECT rebuild_until FROM ledger").Scan(&until)
	if err != nil {
		return 0, fmt.Errorf("rebuild the ledger: %w", err)
	}
	return uint64(until), nil
}
