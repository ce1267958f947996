package queue

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/ledger"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
)

const (
	// clickWait is how long a delivery waits for the row of its click before it
	// goes out without the click's data.
	clickWait = 10 * time.Minute
	// clickLook is how often the row is looked for.
	clickLook = 2 * time.Second
)

// completeClicks adds the click's data to deliveries whose click has arrived, and
// makes the others look again later.
func completeClicks(ctx context.Context, tx *store.Tx, rows []row, now time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	visits, err := visitsOf(ctx, tx, rows)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		v := visits[r.session]
		if v == nil {
			_, err = tx.Exec(ctx, "UPDATE deliveries SET due_at = ? WHERE id = ? AND state = 'waiting'", now.Add(clickLook).UnixMicro(), r.id)
		} else {
			err = complete(ctx, tx, r, v)
		}
		if err != nil {
			return fmt.Errorf("complete delivery %s: %w", r.id, err)
		}
	}
	return nil
}

func complete(ctx context.Context, tx *store.Tx, r *row, v *judge.Visit) error {
	merged := ledger.ClickMacros(v)
	maps.Copy(merged, r.macros)
	macros, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE deliveries SET macros = ?, needs_click = 0 WHERE id = ?", string(macros), r.id)
	return err
}

// visitsOf finds the clicks, or impressions, that deliveries wait for.
func visitsOf(ctx context.Context, tx *store.Tx, rows []row) (map[string]*judge.Visit, error) {
	refs := map[clickid.Kind][]store.VisitRef{}
	for i := range rows {
		if err := findSession(ctx, tx, &rows[i]); err != nil {
			return nil, err
		}
		kind, seconds := readID(rows[i].session)
		refs[kind] = append(refs[kind], store.VisitRef{ID: rows[i].session, Day: seconds / 86400})
	}
	visits, err := tx.Clicks(ctx, refs[clickid.Click])
	if err != nil {
		return nil, err
	}
	impressions, err := tx.Impressions(ctx, refs[clickid.Impression])
	if err != nil {
		return nil, err
	}
	maps.Copy(visits, impressions)
	return visits, nil
}

// findSession finds out whose row a delivery waits for: its click's or, where it
// has none, that of the impression of its conversion.
func findSession(ctx context.Context, tx *store.Tx, r *row) error {
	if r.session = r.clickID; r.session != "" {
		return nil
	}
	err := tx.Query(ctx, "SELECT aimp_id FROM conversions WHERE id = ?", []any{r.event}, func(scan func(...any) error) error {
		return scan(&r.session)
	})
	if err != nil {
		return fmt.Errorf("find the impression of conversion %s: %w", r.event, err)
	}
	return nil
}

// readID tells what an id says of itself. It has been authenticated by the tracker.
func readID(text string) (kind clickid.Kind, seconds int64) {
	raw := store.VisitID(text)
	if len(raw) != clickid.Size || raw[0] == 0 {
		return 0, 0
	}
	return clickid.Kind(raw[0] >> 6), int64(binary.BigEndian.Uint32(raw[1:]))
}
