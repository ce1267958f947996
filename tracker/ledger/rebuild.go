package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrTrimmed reports that the journal does not reach back to its beginning, so that
// folding it again would lose what came before.
var ErrTrimmed = errors.New("the journal has been trimmed: it no longer holds everything that the tables are made of")

// ErrShort reports that the journal ends before the tables do: it is not the one that
// they were made of, and folding it would lose what they hold.
var ErrShort = errors.New("the journal ends before the tables do: it is not the one that they are made of")

// endWithin bounds the wait for a journal that does not answer.
const endWithin = 10 * time.Second

// Rebuild empties the tables and folds the whole journal into them again, up to
// where they were; it returns when they are there. Tables that are empty because
// they were lost are made up to where the journal ends now. Deliveries are kept and
// none is made again. It may be interrupted: the next ledger that runs goes on. No
// other ledger needs to be stopped. Nothing is changed where the journal does not
// answer or does not hold everything.
func (l *Ledger) Rebuild(ctx context.Context) error {
	end, err := l.wholeJournal(ctx)
	if err != nil {
		return fmt.Errorf("rebuild the ledger: %w", err)
	}
	if err := l.o.Store.Reset(ctx, end); err != nil {
		return fmt.Errorf("rebuild the ledger: %w", err)
	}
	l.mem = nil
	if err := l.foldAgain(ctx); err != nil {
		return fmt.Errorf("rebuild the ledger (run it again; it goes on): %w", err)
	}
	return nil
}

// foldAgain folds until the tables are where they were. It runs this ledger and stops it
// there; where another ledger folds faster, its commits count as well.
func (l *Ledger) foldAgain(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for {
		position, further := l.Position()
		until, err := l.o.Store.RebuildUntil(ctx)
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

// wholeJournal makes sure that the journal holds everything that the tables are made
// of, and returns where it ends. The error wraps ErrShort or ErrTrimmed where it does not.
// Empty tables are made of nothing, so any journal will do.
func (l *Ledger) wholeJournal(ctx context.Context) (end uint64, err error) {
	mem, err := loadMemory(ctx, l.o.Store, l.o.Log)
	if err != nil {
		return 0, err
	}
	bounded, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	if end, err = l.o.End(bounded); err != nil {
		return 0, fmt.Errorf("find the end of the journal (does it run, and where --journal-url says?): %w", err)
	}
	if l.o.Journal != nil {
		if err := l.matching.checkWithin(bounded); err != nil && end >= mem.progress.Position {
			return 0, err
		}
	}
	if mem.progress.Position == 0 {
		return end, nil
	}
	if end < mem.progress.Position {
		return 0, fmt.Errorf("%w; it ends at position %d, the tables at %d", ErrShort, end, mem.progress.Position)
	}
	r := l.o.Open(0, 0)
	defer r.Close()
	batches, err := r.Read(ctx, 1)
	if err != nil {
		return 0, err
	}
	if first := batches[0].Position; first != 1 {
		return 0, fmt.Errorf("%w; it begins at position %d", ErrTrimmed, first)
	}
	return end, nil
}
