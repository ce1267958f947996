package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"

	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/store"
)

const (
	// pruneAtOnce bounds how long one transaction holds up the fold.
	pruneAtOnce = 2000
	pruneEvery  = time.Hour
)

// KeepPruned removes deliveries once an hour that were over, delivered or parked,
// and called for longer than retain ago, until ctx ends. It returns at once for
// retain 0, which keeps them all.
func (q *Queue) KeepPruned(ctx context.Context, retain time.Duration, now func() time.Time, log logr.Logger) {
	if retain <= 0 {
		return
	}
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if n, err := q.Prune(ctx, now().Add(-retain)); err != nil && ctx.Err() == nil {
			log.Error(err, "removing old deliveries; trying again in an hour")
		} else if n > 0 {
			log.Info("removed old deliveries", "count", n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// forwardEvery is the pause of KeepDue.
const forwardEvery = 5 * time.Minute

// KeepDue brings forward, until ctx ends, the deliveries that a clock which was ahead has
// put off: those due later than any pause lasts.
func (q *Queue) KeepDue(ctx context.Context, now func() time.Time, log logr.Logger) {
	tick := time.NewTicker(forwardEvery)
	defer tick.Stop()
	for {
		if n, err := q.bringForward(ctx, now()); err != nil && ctx.Err() == nil {
			log.Error(err, "bringing deliveries forward; trying again in five minutes")
		} else if n > 0 {
			log.Info("brought deliveries forward that a clock ahead of this one had put off", "count", n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// bringForward makes due now what would be due later than any pause lasts, and returns
// how many.
func (q *Queue) bringForward(ctx context.Context, now time.Time) (n int64, err error) {
	err = q.store.Update(ctx, func(tx *store.Tx) error {
		n, err = tx.Exec(ctx, "UPDATE deliveries SET due_at = ? WHERE state = 'waiting' AND due_at > ?",
			now.UnixMicro(), now.Add(delivery.LongestPause).UnixMicro())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("bring deliveries forward: %w", err)
	}
	return n, nil
}

// Prune removes deliveries that are over and were called for before a moment, and
// returns how many. What waits or is suspended stays, however old.
func (q *Queue) Prune(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for _, state := range []delivery.State{delivery.Delivered, delivery.Parked} {
		for {
			n, err := q.pruneSome(ctx, state, before)
			total += n
			if err != nil {
				return total, fmt.Errorf("remove old deliveries: %w", err)
			}
			if n < pruneAtOnce {
				break
			}
		}
	}
	return total, nil
}

// pruneSome removes the oldest of a state: ids sort by time, so they come first.
func (q *Queue) pruneSome(ctx context.Context, state delivery.State, before time.Time) (n int64, err error) {
	err = q.store.Update(ctx, func(tx *store.Tx) error {
		n, err = tx.Exec(ctx, `DELETE FROM deliveries WHERE id IN (
			SELECT id FROM deliveries WHERE state = ? ORDER BY id LIMIT ?) AND created_at < ?`,
			string(state), pruneAtOnce, before.UnixMicro())
		return err
	})
	return n, err
}
