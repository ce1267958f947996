package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

// Parked is a postback that waits for the row of its click.
type Parked struct {
	ID      string
	Session string
	// Deadline is the tick time from which it waits no longer, microseconds since
	// 1970; 0 until the first tick after its arrival has set it.
	Deadline int64
	// Place orders what is parked: the order of arrival.
	Place    int64
	Boot     [16]byte
	Sequence uint64
	Entry    int
	Reply    string
	Terms    judge.Key
	Postback []byte // CBOR
}

var parkedColumns = columnsOf("id session deadline place boot sequence entry reply terms postback")

var parkedTable = &table{name: "parked", columns: parkedColumns, conflict: replace("id", parkedColumns)}

// Parked reads all that is parked, in the order of arrival.
func (tx *Tx) Parked(ctx context.Context) ([]Parked, error) {
	var out []Parked
	const query = "SELECT id, session, deadline, place, boot, sequence, entry, reply, terms, postback FROM parked ORDER BY place"
	err := tx.in.query(ctx, query, nil, func(row scanner) error {
		var p Parked
		var boot, terms, postback []byte
		var sequence, entry int64
		if err := row.Scan(&p.ID, &p.Session, &p.Deadline, &p.Place, &boot, &sequence, &entry, &p.Reply, &terms, &postback); err != nil {
			return err
		}
		p.Sequence, p.Entry = uint64(sequence), int(entry)
		copy(p.Boot[:], boot)
		copy(p.Terms[:], terms)
		p.Postback = append([]byte(nil), postback...)
		out = append(out, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is parked: %w", err)
	}
	return out, nil
}

// Park keeps what is parked, new or changed.
func (tx *Tx) Park(ctx context.Context, list []*Parked) error {
	err := tx.in.upsert(ctx, parkedTable, len(list), func(i int, row []any) {
		p := list[i]
		row[0], row[1], row[2], row[3], row[4] = p.ID, clean(p.Session), p.Deadline, p.Place, p.Boot[:]
		row[5], row[6], row[7], row[8], row[9] = int64(p.Sequence), int64(p.Entry), p.Reply, p.Terms[:], p.Postback
	})
	if err != nil {
		return fmt.Errorf("park postbacks: %w", err)
	}
	return nil
}

// Unpark removes what waits no longer.
func (tx *Tx) Unpark(ctx context.Context, ids []any) error {
	if err := tx.in.lookup(ctx, "DELETE FROM parked WHERE id IN (?*)", nil, ids, nil); err != nil {
		return fmt.Errorf("remove parked postbacks: %w", err)
	}
	return nil
}
