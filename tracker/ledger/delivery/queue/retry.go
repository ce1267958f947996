package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Retry makes a delivery due now, with a day of further attempts ahead. If its
// target is suspended, that is resumed. The error wraps ErrNotFound or ErrDelivered.
func (q *Queue) Retry(ctx context.Context, id string, now time.Time) error {
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		state, target, err := stateOf(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case state == string(delivery.Delivered):
			return ErrDelivered
		case state == string(delivery.Suspended):
			return resume(ctx, tx, target, now)
		}
		at := now.UnixMicro()
		_, err = tx.Exec(ctx, "UPDATE deliveries SET state = 'waiting', due_at = ?, renewed_at = ?, attempts = 0 WHERE id = ?", at, at, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("retry delivery %s: %w", id, err)
	}
	return nil
}

// Resume lifts the suspension of a target and makes its deliveries due now. The
// error wraps ErrNotFound if the target is not suspended.
func (q *Queue) Resume(ctx context.Context, target string, now time.Time) error {
	err := q.store.Update(ctx, func(tx *store.Tx) error { return resume(ctx, tx, target, now) })
	if err != nil {
		return fmt.Errorf("resume target %s: %w", target, err)
	}
	return nil
}

func resume(ctx context.Context, tx *store.Tx, id string, now time.Time) error {
	list, err := targets(ctx, tx, "id = ? AND suspended_at > 0", id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrNotFound
	}
	return list[0].release(ctx, tx, now, list[0].url)
}

func stateOf(ctx context.Context, tx *store.Tx, id string) (state, target string, err error) {
	found := false
	err = tx.Query(ctx, "SELECT state, network, partner, name, url FROM deliveries WHERE id = ?", []any{id}, func(scan func(...any) error) error {
		var network, partner, name, url string
		found = true
		err := scan(&state, &network, &partner, &name, &url)
		target = targetID(network, partner, name, url)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("find it: %w", err)
	}
	if !found {
		return "", "", ErrNotFound
	}
	return state, target, nil
}
