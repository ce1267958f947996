package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

// Conversion is a row of conversions: a judge.Conversion whose cell is a number.
type Conversion struct {
	Cell int64
	// Freed says, of one that changes, that it occupied a key which it occupies no more.
	Freed bool
	*judge.Conversion
}

var conversionColumns = columnsOf(`id at day cell status reason click_id aimp_id session_at click_missing
	order_id goal_raw amount payout revenue payout_rule revenue_rule config via said hold_until
	source ref imp_id country device subs extras history terms order_key session_key repeat_key updated_at`)

var conversionTable = &table{name: "conversions", columns: conversionColumns, conflict: replace("id", conversionColumns)}

// AddConversions adds new conversions.
func (tx *Tx) AddConversions(ctx context.Context, list []Conversion) error {
	err := tx.in.insert(ctx, conversionTable, len(list), func(i int, row []any) { list[i].fill(row) })
	if err != nil {
		return fmt.Errorf("add conversions: %w", err)
	}
	return nil
}

// ChangeConversions replaces conversions that exist. It must come before
// AddConversions: what a changed one no longer occupies a new one may take.
func (tx *Tx) ChangeConversions(ctx context.Context, list []Conversion) error {
	// Keys may move between the conversions of the list. Those that keep theirs are
	// written once: freeing all of them read most of the table when they were many.
	var freed []any
	for i := range list {
		if list[i].Freed {
			freed = append(freed, list[i].ID)
		}
	}
	err := tx.in.lookup(ctx, "UPDATE conversions SET order_key = NULL, session_key = NULL WHERE id IN (?*)", nil, freed, nil)
	if err != nil {
		return fmt.Errorf("free the keys of conversions: %w", err)
	}
	err = tx.in.upsert(ctx, conversionTable, len(list), func(i int, row []any) { list[i].fill(row) })
	if err != nil {
		return fmt.Errorf("change conversions: %w", err)
	}
	return nil
}

func (c *Conversion) fill(row []any) {
	row[0], row[1], row[2], row[3] = c.ID, c.At, c.Day, c.Cell
	row[4], row[5] = int64(c.Status), clean(c.Reason)
	row[6], row[7], row[8], row[9] = clean(c.ClickID), clean(c.AimpID), c.SessionAt, flag(c.ClickMissing)
	row[10], row[11], row[12] = clean(c.OrderID), clean(c.GoalRaw), nil
	if c.Amount != nil {
		row[12] = int64(*c.Amount)
	}
	row[13], row[14], row[15], row[16] = int64(c.Payout), int64(c.Revenue), c.PayoutRule, c.RevenueRule
	row[17], row[18], row[19], row[20] = c.Config, int64(c.Via), int64(c.Said), c.HoldUntil
	row[21], row[22], row[23] = clean(c.Source), clean(c.Ref), clean(c.ImpID)
	row[24], row[25], row[26] = clean(c.Country), clean(c.Device), subsText(&c.Subs)
	row[27], row[28], row[29] = objectText(c.Extras), historyText(c.History), c.Terms[:]
	row[30], row[31], row[32], row[33] = blob(c.OrderKey), blob(c.SessionKey), blob(c.RepeatKey), c.UpdatedAt
}

// FindBy names the column that conversions are looked up by.
type FindBy string

// The columns.
const (
	ByID         FindBy = "id"
	ByOrderKey   FindBy = "order_key"
	BySessionKey FindBy = "session_key"
)

// Conversions finds conversions; keys are ids for ByID, else judge keys.
func (tx *Tx) Conversions(ctx context.Context, by FindBy, keys []any) ([]Conversion, error) {
	var out []Conversion
	err := tx.in.lookup(ctx, selectConversions+" WHERE "+string(by)+" IN (?*)", nil, keys, collect(&out))
	if err != nil {
		return nil, fmt.Errorf("find conversions by %s: %w", by, err)
	}
	return out, nil
}

// KeyOf is a judge key as Conversions takes it.
func KeyOf(k judge.Key) any { return k[:] }

// HoldsEnding finds the conversions whose hold ends by itself up to at, in the
// order in which they end.
func (tx *Tx) HoldsEnding(ctx context.Context, at int64) ([]Conversion, error) {
	var out []Conversion
	err := tx.in.query(ctx, selectConversions+" WHERE hold_until > 0 AND hold_until <= ? ORDER BY hold_until, id", []any{at}, collect(&out))
	if err != nil {
		return nil, fmt.Errorf("find holds that end: %w", err)
	}
	return out, nil
}

// NextHold is when the next hold ends, microseconds since 1970; 0 if there is none.
func (s *Store) NextHold(ctx context.Context) (int64, error) {
	var at int64
	err := s.Reader().QueryRowContext(ctx, "SELECT coalesce(min(hold_until), 0) FROM conversions WHERE hold_until > 0").Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("find the next hold that ends: %w", err)
	}
	return at, nil
}
