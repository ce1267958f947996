package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/fold"
)

var capColumns = columnsOf("network offer cap definition partner starts ends used")

var capTable = &table{name: "caps", columns: capColumns, conflict: replace("network, offer, cap, definition, partner, starts", capColumns)}

// Counters reads all counters.
func (tx *Tx) Counters(ctx context.Context) ([]fold.Counter, error) {
	var out []fold.Counter
	err := tx.in.query(ctx, "SELECT network, offer, cap, definition, partner, starts, ends, used FROM caps", nil, func(row scanner) error {
		var c fold.Counter
		err := row.Scan(&c.Network, &c.Offer, &c.Cap, &c.Definition, &c.Partner, &c.Starts, &c.Ends, &c.Used)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the caps: %w", err)
	}
	return out, nil
}

// PutCounters keeps counters.
func (tx *Tx) PutCounters(ctx context.Context, list []*fold.Counter) error {
	err := tx.in.upsert(ctx, capTable, len(list), func(i int, row []any) {
		c := list[i]
		row[0], row[1], row[2], row[3] = c.Network, c.Offer, clean(c.Cap), c.Definition
		row[4], row[5], row[6], row[7] = c.Partner, c.Starts, c.Ends, c.Used
	})
	if err != nil {
		return fmt.Errorf("keep the caps: %w", err)
	}
	return nil
}

// DropCounters forgets counters whose window ended before at. Should one be needed
// again, it begins with what the rollups say.
func (tx *Tx) DropCounters(ctx context.Context, at int64) error {
	if _, err := tx.in.exec(ctx, "DELETE FROM caps WHERE ends > 0 AND ends < ?", at); err != nil {
		return fmt.Errorf("drop caps of the past: %w", err)
	}
	return nil
}
