package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Queue is the delivery.Queue on the ledger's tables. Safe for concurrent use,
// also by several ledgers on one database.
type Queue struct {
	store *store.Store
}

var _ delivery.Queue = (*Queue)(nil)

// New returns the queue of the deliveries in s.
func New(s *store.Store) *Queue { return &Queue{store: s} }

var (
	// ErrNotFound says that there is no such delivery or target.
	ErrNotFound = errors.New("there is no such delivery")
	// ErrDelivered says that a delivery has been taken by its receiver; it is
	// never made again.
	ErrDelivered = errors.New("the receiver has taken this delivery already")
)

// Claim takes those of the given deliveries that are still due, until the given
// time.
func (q *Queue) Claim(ctx context.Context, ids []string, now, until time.Time) ([]string, error) {
	var claimed []string
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		claimed = claimed[:0]
		for _, id := range ids {
			n, err := tx.Exec(ctx, "UPDATE deliveries SET due_at = ? WHERE id = ? AND state = 'waiting' AND due_at <= ?",
				until.UnixMicro(), id, now.UnixMicro())
			if err != nil {
				return err
			}
			if n == 1 {
				claimed = append(claimed, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimed, nil
}
