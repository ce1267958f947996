package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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

// lookups are the lengths of key lists that statements are prepared for.
var lookups = []int{128, 16, 1}

func (s *sqliteSession) lookup(ctx context.Context, query string, fixed, keys []any, each func(scanner) error) error {
	if len(keys) == 0 {
		return nil
	}
	return s.conn.Raw(func(conn any) error {
		for _, n := range lookups {
			if len(keys) < n {
				continue
			}
			list := "IN (" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")"
			q := strings.Replace(query, "IN (?*)", list, 1)
			for ; len(keys) >= n; keys = keys[n:] {
				st, err := s.direct(ctx, conn, q)
				if err != nil {
					return err
				}
				if err := find(ctx, st, arguments(fixed, keys[:n]), each); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func arguments(lists ...[]any) []driver.NamedValue {
	var out []driver.NamedValue
	for _, list := range lists {
		for _, v := range list {
			out = append(out, driver.NamedValue{Ordinal: len(out) + 1, Value: v})
		}
	}
	return out
}

// find calls each for the rows of a statement; nil is for one that has none.
func find(ctx context.Context, st directStmt, args []driver.NamedValue, each func(scanner) error) (err error) {
	if each == nil {
		_, err := st.ExecContext(brief(ctx), args)
		return err
	}
	rows, err := st.QueryContext(brief(ctx), args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make(directRow, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
}

// directRow is a row as the driver gives it.
type directRow []driver.Value

// Scan gives the columns to destinations of exactly their types.
func (r directRow) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return fmt.Errorf("a row of %d columns is read into %d", len(r), len(dest))
	}
	for i, to := range dest {
		if err := assign(to, r[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func assign(to any, v driver.Value) error {
	ok := false
	switch to := to.(type) {
	case *string:
		*to, ok = v.(string)
	case *int64:
		*to, ok = v.(int64)
	case *[]byte:
		if *to = nil; v == nil {
			return nil
		}
		*to, ok = v.([]byte)
	case sql.Scanner:
		return to.Scan(v)
	}
	if !ok {
		return fmt.Errorf("a %T is read into a %T", v, to)
	}
	return nil
}

// insertOrFail leaves the rows before a failed one in place instead of keeping a
// journal to take them back: the transaction will be.
const insertOrFail = "INSERT OR FAIL"

func (s *sqliteSession) insert(ctx context.Context, t *layout, n int, fill func(int, []any)) error {
	return s.write(ctx, t, n, fill, false)
}

func (s *sqliteSession) upsert(ctx context.Context, t *layout, n int, fill func(int, []any)) error {
	return s.write(ctx, t, n, fill, true)
}

// write writes rows. The arguments of a statement are filled in while the one before it
// runs.
func (s *sqliteSession) write(ctx context.Context, t *layout, n int, fill func(int, []any), conflict bool) error {
	if n == 0 {
		return nil
	}
	f := fillRows(len(t.columns), n, fill)
	defer f.stop()
	return s.conn.Raw(func(conn any) error {
		for c := range f.full {
			st, err := s.direct(ctx, conn, t.values(s, insertOrFail, c.rows, conflict))
			if err != nil {
				return err
			}
			if _, err := st.ExecContext(brief(ctx), c.args); err != nil {
				return err
			}
			f.reuse(c)
		}
		return nil
	})
}

// filler makes the arguments of statements that write rows, a few statements ahead of
// the one that runs.
type filler struct {
	width, rows int
	fill        func(int, []any)
	full        chan filled
	free        chan []driver.NamedValue
	stopped     chan struct{}
}

// filled are the arguments of one statement.
type filled struct {
	rows int
	args []driver.NamedValue
}

// fillAhead is how many statements have arguments at a time.
const fillAhead = 3

// fillRows begins to fill in the arguments of rows of that width. It must be stopped.
func fillRows(width, rows int, fill func(int, []any)) *filler {
	f := &filler{
		width: width, rows: rows, fill: fill,
		full: make(chan filled, fillAhead), free: make(chan []driver.NamedValue, fillAhead), stopped: make(chan struct{}),
	}
	for range fillAhead {
		f.free <- nil
	}
	go f.run()
	return f
}

// reuse takes back arguments that are not needed any more.
func (f *filler) reuse(c filled) { f.free <- c.args }

// stop ends the filling, early or not, and waits for its end.
func (f *filler) stop() {
	close(f.stopped)
	for range f.full { // until it is closed
	}
}

// run fills in all rows, as many a statement as chunks has.
func (f *filler) run() {
	defer close(f.full)
	row := make([]any, f.width)
	at := 0
	for _, size := range chunks {
		for ; f.rows-at >= size; at += size {
			var args []driver.NamedValue
			select {
			case args = <-f.free:
			case <-f.stopped:
				return
			}
			args = slices.Grow(args[:0], size*f.width)
			for r := range size {
				f.fill(at+r, row)
				for _, v := range row {
					args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: v})
				}
			}
			f.full <- filled{size, args} // there is room for as many as there are arguments
		}
	}
}
