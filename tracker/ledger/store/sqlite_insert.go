package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Rows are written by statements of the driver's own: database/sql looks at each
// argument three times, which is a fifth of the time of an insert. The arguments of a
// statement are filled in while the one before it runs.

// insertStmt is a statement of the driver.
type insertStmt interface {
	driver.Stmt
	driver.StmtExecContext
}

// insertOrFail leaves the rows before a failed one in place instead of keeping a
// journal to take them back: the transaction will be.
const insertOrFail = "INSERT OR FAIL"

func (s *sqliteSession) insert(ctx context.Context, t *table, n int, fill func(int, []any)) error {
	return s.write(ctx, t, n, fill, false)
}

func (s *sqliteSession) upsert(ctx context.Context, t *table, n int, fill func(int, []any)) error {
	return s.write(ctx, t, n, fill, true)
}

func (s *sqliteSession) write(ctx context.Context, t *table, n int, fill func(int, []any), conflict bool) error {
	if n == 0 {
		return nil
	}
	f := fillRows(len(t.columns), n, fill)
	defer f.stop()
	return s.conn.Raw(func(conn any) error {
		for c := range f.full {
			if err := ctx.Err(); err != nil {
				return err
			}
			st, err := s.insertStmt(conn, t.values(insertOrFail, c.rows, conflict))
			if err != nil {
				return err
			}
			// A statement takes milliseconds: it is not worth a goroutine that could
			// interrupt it, which is what the driver makes of a context that can end.
			if _, err := st.ExecContext(context.WithoutCancel(ctx), c.args); err != nil {
				return err
			}
			f.reuse(c)
		}
		return nil
	})
}

func (w *sqliteWriter) insertStmt(conn any, query string) (insertStmt, error) {
	if st, ok := w.inserts[query]; ok {
		return st, nil
	}
	c, ok := conn.(driver.Conn)
	if !ok {
		return nil, fmt.Errorf("prepare with the SQLite driver: a %T is no connection", conn)
	}
	prepared, err := c.Prepare(query) //nolint:sqlclosecheck // kept prepared
	if err != nil {
		return nil, err
	}
	st, ok := prepared.(insertStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("prepare with the SQLite driver: a %T is no statement", prepared), prepared.Close())
	}
	w.inserts[query] = st
	return st, nil
}

func (w *sqliteWriter) closeInserts() error {
	if len(w.inserts) == 0 {
		return nil
	}
	var errs []error
	err := w.conn.Raw(func(any) error {
		for _, st := range w.inserts {
			errs = append(errs, st.Close())
		}
		return nil
	})
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		return nil // they went with the connection
	}
	return errors.Join(append(errs, err)...)
}
