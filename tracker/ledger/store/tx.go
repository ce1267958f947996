package store

import (
	"context"
	"fmt"
)

// Tx is a transaction. Its fields have the statements of one group of tables each. Not
// safe for concurrent use. A Tx whose method failed must be rolled back.
type Tx struct {
	Dimensions  Dimensions
	Visits      Visits
	Conversions Conversions
	Sessions    Sessions
	Postbacks   Postbacks
	Rollups     Rollups
	Caps        Caps
	Progress    Position
	Deliveries  Deliveries

	in   session
	done bool
}

func newTx(in session) *Tx {
	return &Tx{
		Dimensions: Dimensions{in}, Visits: Visits{in}, Conversions: Conversions{in}, Sessions: Sessions{in},
		Postbacks: Postbacks{in}, Rollups: Rollups{in}, Caps: Caps{in}, Progress: Position{in}, Deliveries: Deliveries{in}, in: in,
	}
}

// session is an engine's transaction. Queries use ? for placeholders; a query of
// lookup ends in "IN (?*)", which stands for the list of keys.
type session interface {
	dialect
	exec(ctx context.Context, query string, args ...any) (int64, error)
	query(ctx context.Context, query string, args []any, each func(scanner) error) error
	lookup(ctx context.Context, query string, fixed, keys []any, each func(scanner) error) error
	// insert adds n new rows; upsert replaces or changes those that exist.
	insert(ctx context.Context, t *layout, n int, fill func(i int, row []any)) error
	upsert(ctx context.Context, t *layout, n int, fill func(i int, row []any)) error
	// claim adds the visitors of a day, sorted, that are missing, and calls each for those.
	claim(ctx context.Context, day int64, visitors []int64, each func(int64)) error
	// visitors calls each for all visitors, in the order of day and digest.
	visitors(ctx context.Context, each func(visitor) error) error
	// dropVisitors removes those of the days before day.
	dropVisitors(ctx context.Context, day int64) error
	// ensurePartition makes the place where a day's rows of a table go.
	ensurePartition(ctx context.Context, table string, day int64) error
	// dropDays removes the rows of the days before day.
	dropDays(ctx context.Context, table string, day int64) error
	commit(ctx context.Context) error
	rollback()
}

// dialect is where the SQL of databases differs.
type dialect interface {
	// writable is a query for the columns of a table, but for those that are computed.
	writable() string
	// withoutKey is an expression for a JSON object, a text, without one of its keys.
	withoutKey(column, key string) string
	// clamped is an expression for a + b that stops at the ends of int64.
	clamped(a, b string) string
}

// scanner is a row of a result.
type scanner interface{ Scan(dest ...any) error }

// Exec runs a statement written with ? and returns how many rows it touched.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return tx.in.exec(ctx, query, args...)
}

// Query runs a query written with ? and calls each for every row. each must not
// use the transaction.
func (tx *Tx) Query(ctx context.Context, query string, args []any, each func(scan func(dest ...any) error) error) error {
	return tx.in.query(ctx, query, args, func(row scanner) error { return each(row.Scan) })
}

// Commit makes everything durable.
func (tx *Tx) Commit(ctx context.Context) error {
	tx.done = true
	if err := tx.in.commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Rollback takes everything back; after Commit it does nothing.
func (tx *Tx) Rollback() {
	if !tx.done {
		tx.done = true
		tx.in.rollback()
	}
}
