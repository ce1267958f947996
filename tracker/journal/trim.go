package journal

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Trim removes the batches before position that were stored before notAfter, and
// returns the position of the first one that is left. The batch at position stays: it
// is what the books recognise the journal by. Only a ledger that has committed position
// may call it.
func (c *Conn) Trim(ctx context.Context, position uint64, notAfter time.Time) (uint64, error) {
	first, last, err := c.bounds(ctx)
	if err != nil {
		return 0, fmt.Errorf("trim the journal: %w", err)
	}
	keep, err := c.firstStoredAt(ctx, first, min(max(position, 1)-1, last), notAfter)
	if err != nil {
		return 0, fmt.Errorf("trim the journal to %s: %w", notAfter.UTC().Format(time.RFC3339), err)
	}
	if keep == first {
		return first, nil
	}
	s, err := c.stream(ctx)
	if err != nil {
		return 0, fmt.Errorf("trim the journal: %w", err)
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(keep)); err != nil {
		return 0, fmt.Errorf("trim the journal up to position %d: %w", keep-1, err)
	}
	return keep, nil
}

// firstStoredAt returns the first position in [first, last] whose batch was stored
// at or after t, and last+1 if there is none. Times grow with positions.
func (c *Conn) firstStoredAt(ctx context.Context, first, last uint64, t time.Time) (uint64, error) {
	if last < first {
		return first, nil
	}
	s, err := c.stream(ctx)
	if err != nil {
		return 0, err
	}
	var failed error
	n := sort.Search(int(last-first+1), func(i int) bool {
		if failed != nil {
			return true
		}
		m, err := s.GetMsg(ctx, first+uint64(i))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return false // deleted by hand: nothing to keep
		}
		if err != nil {
			failed = fmt.Errorf("read position %d: %w", first+uint64(i), err)
			return true
		}
		return !m.Time.Before(t)
	})
	return first + uint64(n), failed
}
