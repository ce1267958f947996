package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// ErrMoved reports that another ledger has committed since the caller last looked:
// nothing was written, and what the caller remembers of the tables is stale.
var ErrMoved = errors.New("another ledger has committed in the meantime")

// Store is an open database. Safe for concurrent use.
type Store struct {
	engine engine
}

// engine is one kind of database.
type engine interface {
	// begin starts a transaction; transactions of one process queue up where the
	// database takes one writer only.
	begin(ctx context.Context) (session, error)
	reader() *sql.DB
	// dollars reports that placeholders are $1, $2 instead of ?.
	dollars() bool
	close() error
}

// Open opens the database that target names, a path for SQLite or a postgres://
// URL, and brings its tables up to date. Several ledgers may open one database.
func Open(ctx context.Context, target string) (*Store, error) {
	e, err := openEngine(ctx, target)
	if err != nil {
		return nil, err
	}
	return &Store{engine: e}, nil
}

func openEngine(ctx context.Context, target string) (engine, error) {
	if isPostgres(target) {
		return openPostgres(ctx, target)
	}
	if scheme, _, url := strings.Cut(target, "://"); url {
		return nil, fmt.Errorf("open the ledger database: %s:// is no database that the ledger knows: give a file, or postgres://…", scheme)
	}
	return openSQLite(ctx, target)
}

func isPostgres(target string) bool {
	return strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
}

// Close closes the database. Open transactions must have ended.
func (s *Store) Close() error { return s.engine.close() }

// Postgres reports whether the database is PostgreSQL; else it is SQLite.
func (s *Store) Postgres() bool { return s.engine.dollars() }

// Reader is for reading only: it sees committed rows, and never waits for a writer.
// Queries are written with ? and passed through Rebind.
func (s *Store) Reader() *sql.DB { return s.engine.reader() }

// Rebind turns the placeholders ? of a query into what the database understands.
// The query must not contain a question mark anywhere else.
func (s *Store) Rebind(query string) string {
	if s.engine.dollars() {
		return dollars(query)
	}
	return query
}

// Update runs f in a transaction, which is committed when f returns nil. All writers
// but the fold use it. f must be quick: with SQLite it holds up the fold.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (s *Store) begin(ctx context.Context) (*Tx, error) {
	in, err := s.engine.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	return newTx(in), nil
}
