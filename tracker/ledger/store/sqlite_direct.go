package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Rows are written and looked up by statements of the driver's own: database/sql looks at
// each argument three times and converts each column by reflection, which is a fifth of
// the time of both.

// directStmt is a statement of the driver.
type directStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// brief is the context of a statement that takes milliseconds: it is not worth the
// goroutine to interrupt it that the driver makes of a context that can end.
func brief(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// direct returns a statement of conn, which sql.Conn.Raw gives. It is kept prepared.
func (w *sqliteWriter) direct(ctx context.Context, conn any, query string) (directStmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if st, ok := w.directs[query]; ok {
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
	st, ok := prepared.(directStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("prepare with the SQLite driver: a %T is no statement", prepared), prepared.Close())
	}
	w.directs[query] = st
	return st, nil
}

func (w *sqliteWriter) closeDirects() error {
	if len(w.directs) == 0 {
		return nil
	}
	var errs []error
	err := w.conn.Raw(func(any) error {
		for _, st := range w.directs {
			errs = append(errs, st.Close())
		}
		return nil
	})
	if errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		return nil // they went with the connection
	}
	return errors.Join(append(errs, err)...)
}
