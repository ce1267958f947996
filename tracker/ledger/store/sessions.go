package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

// Session is a session that an end point has closed. Open ones have no row: their
// click id says everything else.
type Session struct {
	ID       string // click id, or impression id of a view-through session
	ClosedAt int64  // microseconds since 1970
	ClosedBy string // conversion id
}

var sessionTable = &table{name: "sessions", columns: columnsOf("id closed_at closed_by"), conflict: "(id) DO NOTHING"}

// ClosedSessions finds those of the given sessions that are closed.
func (tx *Tx) ClosedSessions(ctx context.Context, ids []any) (map[string]bool, error) {
	out := make(map[string]bool)
	err := tx.in.lookup(ctx, "SELECT id FROM sessions WHERE id IN (?*)", nil, ids, func(row scanner) error {
		var id string
		err := row.Scan(&id)
		out[id] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find closed sessions: %w", err)
	}
	return out, nil
}

// CloseSessions closes sessions.
func (tx *Tx) CloseSessions(ctx context.Context, list []Session) error {
	err := tx.in.upsert(ctx, sessionTable, len(list), func(i int, row []any) {
		row[0], row[1], row[2] = clean(list[i].ID), list[i].ClosedAt, list[i].ClosedBy
	})
	if err != nil {
		return fmt.Errorf("close sessions: %w", err)
	}
	return nil
}

// Repeat is when something was last counted that only an identical repetition
// within seconds would be a duplicate of.
type Repeat struct {
	Key judge.Key
	At  int64 // microseconds since 1970
}

var repeatTable = &table{name: "repeats", columns: columnsOf("repeat at"), conflict: replace("repeat", columnsOf("repeat at"))}

// Repeats finds when the given keys were last counted.
func (tx *Tx) Repeats(ctx context.Context, keys []any) (map[judge.Key]int64, error) {
	out := make(map[judge.Key]int64)
	err := tx.in.lookup(ctx, "SELECT repeat, at FROM repeats WHERE repeat IN (?*)", nil, keys, func(row scanner) error {
		var key []byte
		var at int64
		if err := row.Scan(&key, &at); err != nil {
			return err
		}
		out[judge.Key(key)] = at
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find repetitions: %w", err)
	}
	return out, nil
}

// PutRepeats keeps when keys were last counted.
func (tx *Tx) PutRepeats(ctx context.Context, list []Repeat) error {
	err := tx.in.upsert(ctx, repeatTable, len(list), func(i int, row []any) {
		row[0], row[1] = list[i].Key[:], list[i].At
	})
	if err != nil {
		return fmt.Errorf("keep repetitions: %w", err)
	}
	return nil
}

// DropRepeats forgets what was counted before at.
func (tx *Tx) DropRepeats(ctx context.Context, at int64) error {
	if _, err := tx.in.exec(ctx, "DELETE FROM repeats WHERE at < ?", at); err != nil {
		return fmt.Errorf("drop old repetitions: %w", err)
	}
	return nil
}
