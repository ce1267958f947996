package store

import (
	"context"
	"fmt"
)

// DropVisits removes clicks and impressions of the UTC days before day, and
// visitors of the days before uniques.
func (tx *Tx) DropVisits(ctx context.Context, day, uniques int64) error {
	for _, t := range []string{"clicks", "impressions"} {
		if err := tx.in.dropDays(ctx, t, day); err != nil {
			return fmt.Errorf("drop %s before day %d: %w", t, day, err)
		}
	}
	if _, err := tx.in.exec(ctx, "DELETE FROM uniques WHERE day < ?", uniques); err != nil {
		return fmt.Errorf("drop unique visitors: %w", err)
	}
	return nil
}

// DropPersonal empties address, user agent and referrer of the clicks and
// impressions of the UTC days from up to before until.
func (tx *Tx) DropPersonal(ctx context.Context, from, until int64) error {
	for _, t := range []string{"clicks", "impressions"} {
		_, err := tx.in.exec(ctx, "UPDATE "+t+" SET ip = '', user_agent = '', referrer = '' WHERE day >= ? AND day < ?", from, until)
		if err != nil {
			return fmt.Errorf("drop personal data of %s before day %d: %w", t, until, err)
		}
	}
	return nil
}
