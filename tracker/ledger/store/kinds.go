package store

import (
	"context"
	"fmt"
)

// VisitKind is what many clicks or impressions have in common beside their cell:
// rows refer to it by number, which costs them nothing.
type VisitKind struct {
	// Payout and Revenue are what one is worth, in millionths; those of an
	// impression in thousand-millionths.
	Payout, Revenue int64
	// SubOverflow says that a parameter was too long and left out.
	SubOverflow bool
}

// NumberedKind is a VisitKind with its number. Numbers are given in the order of the
// journal, so a rebuild gives the same.
type NumberedKind struct {
	ID int64
	VisitKind
}

var kindTable = &table{name: "visit_kinds", columns: columnsOf("id payout revenue sub_overflow")}

// VisitKinds reads all kinds, in the order of their numbers, which begin at 1.
func (tx *Tx) VisitKinds(ctx context.Context) ([]NumberedKind, error) {
	var out []NumberedKind
	err := tx.in.query(ctx, "SELECT id, payout, revenue, sub_overflow FROM visit_kinds ORDER BY id", nil, func(row scanner) error {
		var k NumberedKind
		var overflow int64
		err := row.Scan(&k.ID, &k.Payout, &k.Revenue, &overflow)
		k.SubOverflow = overflow != 0
		out = append(out, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the kinds of visits: %w", err)
	}
	return out, nil
}

// AddVisitKinds adds new kinds.
func (tx *Tx) AddVisitKinds(ctx context.Context, kinds []NumberedKind) error {
	err := tx.in.insert(ctx, kindTable, len(kinds), func(i int, row []any) {
		k := &kinds[i]
		row[0], row[1], row[2], row[3] = k.ID, k.Payout, k.Revenue, flag(k.SubOverflow)
	})
	if err != nil {
		return fmt.Errorf("add kinds of visits: %w", err)
	}
	return nil
}
