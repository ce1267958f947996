package books

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// ErrNotFound says that there is no such thing, or none that the scope shows.
var ErrNotFound = errors.New("not found")

// Books reads the tables of a ledger. Safe for concurrent use; it never waits for
// the fold.
type Books struct {
	store *store.Store
}

// New returns the books in s.
func New(s *store.Store) *Books { return &Books{store: s} }

// Scope is how much of the books a caller sees.
type Scope struct {
	// Network is the one network (namespace) to look at, "" for all of them.
	Network string
	// Partner is the one partner (object name) to look at, "" for all of them.
	Partner string
	// PartnerOnly says that the caller is that partner: private goals, revenue,
	// profit and everything that is between the network and its advertisers are
	// left out.
	PartnerOnly bool
}

// cells puts the scope's conditions on the columns of the table cells as k.
func (s Scope) cells(w *where) {
	w.equal("k.network", s.Network)
	w.equal("k.partner", s.Partner)
	if s.PartnerOnly {
		w.add("k.private = 0")
	}
}

// reader is what queries run on: the database, or a transaction where several
// queries have to see the same state.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each runs a query written with ? and calls f for each row.
func (b *Books) each(ctx context.Context, r reader, query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := r.QueryContext(ctx, b.store.Rebind(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is in rows.Err
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// joinLater is a join that keeps its order. SQLite, left to itself, may begin with
// the few rows of cells and then look at every row of the large table for each.
func (b *Books) joinLater() string {
	if b.store.Postgres() {
		return "JOIN"
	}
	return "CROSS JOIN"
}

// snapshot runs f on one unchanging state of the tables.
func (b *Books) snapshot(ctx context.Context, f func(reader) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if b.store.Postgres() {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := b.store.Reader().BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return f(tx)
}

// timeOf turns the tables' microseconds into a time in UTC.
func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// readTime is timeOf, nil for zero.
func readTime(micros int64, to **time.Time) error {
	if *to = nil; micros != 0 {
		t := timeOf(micros)
		*to = &t
	}
	return nil
}
