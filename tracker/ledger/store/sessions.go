package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store/column"
)

// Sessions are the tables of sessions that are closed, and of what was counted lately.
type Sessions struct{ in session }

// Session is a session that an end point has closed. Open ones have no row: their
// click id holds everything else.
type Session struct {
	ID       string // click id, or impression id of a view-through session
	ClosedAt int64  // microseconds since 1970
	ClosedBy string // conversion id
}

var sessionTable = newTable("sessions", 1, ignore,
	column.Text("id", func(s *Session) *string { return &s.ID }),
	column.Number("closed_at", func(s *Session) *int64 { return &s.ClosedAt }).WriteOnly(),
	column.Plain("closed_by", func(s *Session) *string { return &s.ClosedBy }).WriteOnly(),
)

// Closed finds those of the given sessions that are closed.
func (s Sessions) Closed(ctx context.Context, ids []any) (map[string]bool, error) {
	out := make(map[string]bool)
	err := sessionTable.find(ctx, s.in, "id IN (?*)", nil, ids, func(found Session) { out[found.ID] = true })
	return out, err
}

// Close closes sessions.
func (s Sessions) Close(ctx context.Context, list []Session) error {
	return sessionTable.upsert(ctx, s.in, list)
}

// Repeat is when something was last counted that only an identical repetition
// within seconds would be a duplicate of.
type Repeat struct {
	Key judge.Key
	At  int64 // microseconds since 1970
}

var repeatTable = newTable("repeats", 1, replace,
	column.Key("repeat", func(r *Repeat) *judge.Key { return &r.Key }),
	column.Number("at", func(r *Repeat) *int64 { return &r.At }),
)

// Repeats finds when the given keys were last counted.
func (s Sessions) Repeats(ctx context.Context, keys []any) (map[judge.Key]int64, error) {
	out := make(map[judge.Key]int64)
	err := repeatTable.find(ctx, s.in, "repeat IN (?*)", nil, keys, func(r Repeat) { out[r.Key] = r.At })
	return out, err
}

// PutRepeats keeps when keys were last counted.
func (s Sessions) PutRepeats(ctx context.Context, list []Repeat) error {
	return repeatTable.upsert(ctx, s.in, list)
}

// DropRepeats removes what was counted before at.
func (s Sessions) DropRepeats(ctx context.Context, at int64) error {
	if _, err := s.in.exec(ctx, "DELETE FROM repeats WHERE at < ?", at); err != nil {
		return fmt.Errorf("drop old repetitions: %w", err)
	}
	return nil
}
