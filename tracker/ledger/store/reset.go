package store

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// rebuilt are the tables that follow from the journal alone; deliveries do not.
var rebuilt = []string{
	"boots", "cells", "goals", "zones", "terms", "clicks", "impressions", "visit_kinds", "past_visits", "sessions", "conversions",
	"repeats", "parked", "postbacks", string(Quarters), string(Days), "caps",
}

// Reset empties everything but the deliveries, so that the journal can be folded
// again from its beginning. Batches up to the position that the ledger is at now
// make no deliveries and no verdicts again. Tables that nothing was folded into do
// not know what had been delivered before they were lost: up to end, where the
// journal ends now, nothing is.
func (s *Store) Reset(ctx context.Context, end uint64) error {
	return s.Update(ctx, func(tx *Tx) error {
		p, err := tx.LockProgress(ctx)
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
		for _, t := range slices.Backward(rebuilt) {
			if _, err := tx.in.exec(ctx, "DELETE FROM "+t); err != nil {
				return fmt.Errorf("empty %s: %w", t, err)
			}
		}
		if err := tx.in.dropVisitors(ctx, math.MaxInt64); err != nil {
			return fmt.Errorf("forget the visitors: %w", err)
		}
		return nil
	})
}
