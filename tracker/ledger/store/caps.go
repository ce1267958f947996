package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Caps is the table of how far caps are used.
type Caps struct{ in session }

var capTable = newTable("caps", 6, replace,
	column.Plain("network", func(c *fold.Counter) *string { return &c.Network }),
	column.Plain("offer", func(c *fold.Counter) *string { return &c.Offer }),
	column.Text("cap", func(c *fold.Counter) *string { return &c.Cap }),
	column.Plain("definition", func(c *fold.Counter) *string { return &c.Definition }),
	column.Plain("partner", func(c *fold.Counter) *string { return &c.Partner }),
	column.Number("starts", func(c *fold.Counter) *int64 { return &c.Starts }),
	column.Number("ends", func(c *fold.Counter) *int64 { return &c.Ends }),
	column.Number("used", func(c *fold.Counter) *int64 { return &c.Used }),
)

// List reads all counters.
func (c Caps) List(ctx context.Context) ([]fold.Counter, error) { return capTable.list(ctx, c.in, "") }

// Put keeps counters.
func (c Caps) Put(ctx context.Context, list []fold.Counter) error {
	return capTable.upsert(ctx, c.in, list)
}

// Drop removes counters whose window ended before at. Should one be needed
// again, it begins with what the rollups hold.
func (c Caps) Drop(ctx context.Context, at int64) error {
	if _, err := c.in.exec(ctx, "DELETE FROM caps WHERE ends > 0 AND ends < ?", at); err != nil {
		return fmt.Errorf("drop caps of the past: %w", err)
	}
	return nil
}
