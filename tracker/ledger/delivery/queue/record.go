package queue

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Record keeps results, all or none of them, and suspends the targets that failed
// too often in a row.
func (q *Queue) Record(ctx context.Context, results []delivery.Result) error {
	err := q.store.Update(ctx, func(tx *store.Tx) error {
		for i := range results {
			if err := q.record(ctx, tx, &results[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	return nil
}

func (q *Queue) record(ctx context.Context, tx *store.Tx, r *delivery.Result) error {
	state, due := tableState(r.State), int64(0)
	if r.State == delivery.Pending {
		due = r.NextAt.UnixMicro()
	}
	// What was delivered stays so, whatever a second courier says; what was
	// suspended while the call was out waits with the others of its target.
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN state = 'suspended' AND ? = 'waiting' THEN state ELSE ? END,
		due_at = ?, attempts = attempts + 1, tried_at = ?, http_status = ?, error = ?, response = ? WHERE id = ? AND state <> 'delivered'`,
		state, state, due, r.At.UnixMicro(), int64(r.HTTPStatus), text(r.Error), text(r.Body), r.ID)
	if err != nil {
		return fmt.Errorf("keep the result of %s: %w", r.ID, err)
	}
	if r.Target == "" {
		return nil
	}
	return q.recordTarget(ctx, tx, r)
}

// recordTarget counts the failures in a row of the result's target.
func (q *Queue) recordTarget(ctx context.Context, tx *store.Tx, r *delivery.Result) error {
	t, err := targetOf(ctx, tx, r)
	switch {
	case err != nil:
		return err
	case t == nil:
		return nil
	case r.Succeeded():
		return t.release(ctx, tx, r.At, t.url)
	}
	t.fail(r.At, r.HTTPStatus, text(r.Error))
	if err := t.save(ctx, tx); err != nil {
		return err
	}
	if t.suspendedAt == 0 {
		return nil
	}
	return q.suspend(ctx, tx, t)
}

// targetOf is the target of a result: the one with a row or, for the first
// failure, a new one. nil is a success that ends no row of failures.
func targetOf(ctx context.Context, tx *store.Tx, r *delivery.Result) (*target, error) {
	known, err := targets(ctx, tx, "id = ?", r.Target)
	if err != nil {
		return nil, err
	}
	if len(known) > 0 {
		return &known[0], nil
	}
	if r.Succeeded() {
		return nil, nil
	}
	var t *target
	err = tx.Query(ctx, "SELECT network, partner, name, url FROM deliveries WHERE id = ?", []any{r.ID}, func(scan func(...any) error) error {
		t = &target{id: r.Target}
		return scan(&t.network, &t.partner, &t.name, &t.url)
	})
	if err != nil {
		return nil, fmt.Errorf("find the target of %s: %w", r.ID, err)
	}
	return t, nil
}

// tableState is how a state is written in the table, where the fold writes
// store.StateWaiting.
func tableState(s delivery.State) string {
	if s == delivery.Pending {
		return store.StateWaiting
	}
	return string(s)
}
