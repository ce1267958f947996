package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A copy is made in one transaction of the destination and compared in it before it is
// committed, so that a copy is whole or not there. The source is held meanwhile: no ledger
// gets past the position that is copied, and what couriers change is not seen.
//
// Both engines have the same tables with columns of the same three kinds (integers, texts
// and blobs), and both order them alike, by bytes. So rows travel as the drivers give them,
// and two streams in the order of the key are enough to compare a table of any size.

// copyBatch is how many rows of a table are in memory at a time.
const copyBatch = 1000

var (
	// ErrNotEmpty reports that the destination of a copy holds something.
	ErrNotEmpty = errors.New("the database to copy to is not empty: give a new file, or an empty PostgreSQL database")
	// ErrNothing reports that the source of a copy holds nothing.
	ErrNothing = errors.New("the database to copy from is empty: no ledger has folded anything into it")
)

// DifferenceError reports where a copy differs from its source.
type DifferenceError struct {
	Table string
	// Row is the first row that differs, as the source has it, or the copy alone.
	Row string
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("the copy of table %s differs at row %s: nothing was kept of it", e.Table, e.Row)
}

// Copied is a table with the number of rows that were copied and compared.
type Copied struct {
	Table string
	Rows  int64
}

// Copy copies all tables of one database into another, empty one of either engine, and
// compares each row by row. It returns the tables with their rows. The error is ErrNotEmpty,
// ErrNothing or a *DifferenceError, or wraps what the databases report; the destination is
// empty after each. Ledgers of both must be stopped: one of the source goes on with its own
// tables afterwards, and would make deliveries that a ledger of the copy makes, too.
func Copy(ctx context.Context, from, to *Store) ([]Copied, error) {
	source, err := from.hold(ctx)
	if err != nil {
		return nil, fmt.Errorf("copy the ledger database: %w", err)
	}
	defer source.Rollback()
	target, err := to.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("copy the ledger database: %w", err)
	}
	defer target.Rollback()
	if err := fit(ctx, source, target); err != nil {
		return nil, err
	}
	done, err := copyAll(ctx, source.in, target.in)
	if err != nil {
		return nil, fmt.Errorf("copy the ledger database: %w", err)
	}
	return done, target.Commit(ctx)
}

// hold begins a transaction that sees the database at one moment, and which no other
// ledger gets past. It is only read, and rolled back.
func (s *Store) hold(ctx context.Context) (*Tx, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	if s.Postgres() {
		_, err = tx.in.exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
	}
	if err == nil {
		_, err = tx.Progress.Lock(ctx)
	}
	if err != nil {
		tx.Rollback()
		return nil, err
	}
	return tx, nil
}

// fit refuses what must not be copied, or copied into.
func fit(ctx context.Context, source, target *Tx) error {
	p, err := target.Progress.Lock(ctx)
	if err != nil {
		return fmt.Errorf("copy the ledger database: %w", err)
	}
	if p != (Progress{}) {
		return ErrNotEmpty
	}
	for _, t := range allTables[1:] {
		some, err := holdsRows(ctx, target.in, t.name)
		if err != nil {
			return fmt.Errorf("copy the ledger database: %w", err)
		}
		if some {
			return ErrNotEmpty
		}
	}
	if p, err = source.Progress.Read(ctx); err != nil {
		return fmt.Errorf("copy the ledger database: %w", err)
	}
	if p == (Progress{}) {
		return ErrNothing
	}
	return nil
}

func holdsRows(ctx context.Context, in session, table string) (some bool, err error) {
	err = in.query(ctx, "SELECT 1 FROM "+table+" LIMIT 1", nil, func(scanner) error { some = true; return nil })
	return some, err
}

func copyAll(ctx context.Context, source, target session) (done []Copied, err error) {
	if _, err := target.exec(ctx, "DELETE FROM ledger"); err != nil {
		return nil, fmt.Errorf("empty ledger: %w", err)
	}
	for _, t := range allTables {
		columns, err := columnsOf(ctx, source, t.name)
		if err != nil {
			return nil, fmt.Errorf("read the columns of %s: %w", t.name, err)
		}
		c := tableCopy{tableInfo: t, columns: columns}
		if err := c.run(ctx, source, target); err != nil {
			return nil, fmt.Errorf("copy table %s: %w", t.name, err)
		}
		n, err := c.compare(ctx, source, target)
		if err != nil {
			return nil, err
		}
		done = append(done, Copied{t.name, n})
	}
	n, err := copyVisitors(ctx, source, target)
	if err != nil {
		return nil, err
	}
	return append(done, Copied{"visitors", n}), nil
}

// tableCopy is the copying of one table.
type tableCopy struct {
	tableInfo
	columns []string
}

func (c *tableCopy) selected() string {
	return "SELECT " + strings.Join(c.columns, ", ") + " FROM " + c.name + " ORDER BY " + c.key
}

func (c *tableCopy) run(ctx context.Context, source, target session) error {
	l := layout{name: c.name, columns: c.columns}
	batch := make([][]any, 0, copyBatch)
	flush := func() error {
		if err := c.partition(ctx, target, batch); err != nil {
			return err
		}
		err := target.insert(ctx, &l, len(batch), func(i int, row []any) { copy(row, batch[i]) })
		batch = batch[:0]
		return err
	}
	for row, err := range rowsOf(ctx, source, c.selected(), len(c.columns)) {
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) == copyBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// partition makes the partitions of the days of rows, which are in the order of days.
func (c *tableCopy) partition(ctx context.Context, target session, rows [][]any) error {
	if !c.daily {
		return nil
	}
	at := slices.Index(c.columns, "day")
	for i, row := range rows {
		day, ok := row[at].(int64)
		if !ok {
			return fmt.Errorf("a day is a %T", row[at])
		}
		if i > 0 && rows[i-1][at] == row[at] {
			continue
		}
		if err := target.ensurePartition(ctx, c.name, day); err != nil {
			return err
		}
	}
	return nil
}

// compare returns how many rows both have, or a *DifferenceError.
func (c *tableCopy) compare(ctx context.Context, source, target session) (n int64, err error) {
	next, stop := iter.Pull2(rowsOf(ctx, target, c.selected(), len(c.columns)))
	defer stop()
	for row, err := range rowsOf(ctx, source, c.selected(), len(c.columns)) {
		if err != nil {
			return n, fmt.Errorf("compare table %s: %w", c.name, err)
		}
		other, err, more := next()
		if err != nil {
			return n, fmt.Errorf("compare table %s: %w", c.name, err)
		}
		if !more || !equal(row, other) {
			return n, &DifferenceError{c.name, c.keyText(row)}
		}
		n++
	}
	other, err, more := next()
	if err != nil {
		return n, fmt.Errorf("compare table %s: %w", c.name, err)
	}
	if more {
		return n, &DifferenceError{c.name, c.keyText(other)}
	}
	return n, nil
}

// keyText is the key of a row. No other column is shown: it may be a visitor's.
func (c *tableCopy) keyText(row []any) string {
	var parts []string
	for name := range strings.SplitSeq(c.key, ", ") {
		parts = append(parts, fmt.Sprintf("%s=%v", name, printable(row[slices.Index(c.columns, name)])))
	}
	return strings.Join(parts, " ")
}

func printable(v any) any {
	if b, ok := v.([]byte); ok {
		return fmt.Sprintf("%x", b)
	}
	return v
}

// equal reports whether two rows are the same, in value and type. A NULL is not an empty text.
func equal(a, b []any) bool {
	return slices.EqualFunc(a, b, func(x, y any) bool {
		left, blob := x.([]byte)
		right, both := y.([]byte)
		if blob || both {
			return blob && both && string(left) == string(right)
		}
		return x == y
	})
}

// rowsOf are the rows of a query with so many columns.
func rowsOf(ctx context.Context, in session, query string, width int) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		err := in.query(ctx, query, nil, func(row scanner) error {
			values, into := make([]any, width), make([]any, width)
			for i := range values {
				into[i] = &values[i]
			}
			if err := row.Scan(into...); err != nil {
				return err
			}
			if !yield(values, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

var errStopped = errors.New("stopped")

// columnsOf are the columns of a table that the database does not compute itself.
func columnsOf(ctx context.Context, in session, table string) (columns []string, err error) {
	err = in.query(ctx, in.writable(), []any{table}, func(row scanner) error {
		var name string
		err := row.Scan(&name)
		columns = append(columns, name)
		return err
	})
	return columns, err
}

// visitor is one of the visitors of a day.
type visitor struct{ day, digest int64 }

// copyVisitors copies the visitors of the last days, for which each engine has a form of
// its own, and returns how many both have.
func copyVisitors(ctx context.Context, source, target session) (n int64, err error) {
	var batch []int64
	day := int64(0)
	flush := func() error {
		err := target.claim(ctx, day, batch, func(int64) {})
		batch = batch[:0]
		return err
	}
	for v, err := range visitorsOf(ctx, source) {
		if err == nil && (v.day != day || len(batch) == copyBatch) {
			err = flush()
		}
		if err != nil {
			return 0, fmt.Errorf("copy the visitors: %w", err)
		}
		day, batch = v.day, append(batch, v.digest)
	}
	if err := flush(); err != nil {
		return 0, fmt.Errorf("copy the visitors: %w", err)
	}
	return compareVisitors(ctx, source, target)
}

func compareVisitors(ctx context.Context, source, target session) (n int64, err error) {
	next, stop := iter.Pull2(visitorsOf(ctx, target))
	defer stop()
	for v, err := range visitorsOf(ctx, source) {
		other, otherErr, more := next()
		switch {
		case err != nil || otherErr != nil:
			return n, fmt.Errorf("compare the visitors: %w", errors.Join(err, otherErr))
		case !more || v != other:
			return n, &DifferenceError{"visitors", fmt.Sprintf("day=%d", v.day)}
		}
		n++
	}
	switch other, err, more := next(); {
	case err != nil:
		return n, fmt.Errorf("compare the visitors: %w", err)
	case more:
		return n, &DifferenceError{"visitors", fmt.Sprintf("day=%d", other.day)}
	}
	return n, nil
}

// visitorsOf are the visitors in the order of day and digest.
func visitorsOf(ctx context.Context, in session) iter.Seq2[visitor, error] {
	return func(yield func(visitor, error) bool) {
		err := in.visitors(ctx, func(v visitor) error {
			if !yield(v, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(visitor{}, err)
		}
	}
}
