package store

import (
	"context"
	"database/sql"
	"errors"
)

// sqliteWriter is the writing connection with its prepared statements.
type sqliteWriter struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	directs  map[string]directStmt
}

func newSQLiteWriter(conn *sql.Conn) *sqliteWriter {
	return &sqliteWriter{conn: conn, prepared: make(map[string]*sql.Stmt), directs: make(map[string]directStmt)}
}

// sqliteSession is a transaction on the writing connection.
type sqliteSession struct {
	*sqliteWriter
	engine *sqlite
}

func (w *sqliteWriter) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := w.prepared[query]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.prepared[query] = s
	return s, nil
}

func (w *sqliteWriter) close() error {
	var errs []error
	for _, s := range w.prepared {
		errs = append(errs, s.Close())
	}
	errs = append(errs, w.closeDirects())
	return errors.Join(append(errs, w.conn.Close())...)
}

// start begins a transaction, as the one writer.
func (w *sqliteWriter) start(ctx context.Context) error {
	_, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	return err
}

// abort ends a transaction whatever state it is in.
func (w *sqliteWriter) abort() {
	_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK") // fails when none is open
}

func (s *sqliteSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := s.stmt(ctx, query) //nolint:sqlclosecheck // kept prepared
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (s *sqliteSession) query(ctx context.Context, query string, args []any, each func(scanner) error) error {
	st, err := s.stmt(ctx, query) //nolint:sqlclosecheck // kept prepared
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() && each != nil {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ensurePartition has nothing to do: SQLite has no partitions.
func (s *sqliteSession) ensurePartition(context.Context, string, int64) error { return nil }

func (s *sqliteSession) dropDays(ctx context.Context, table string, day int64) error {
	_, err := s.exec(ctx, "DELETE FROM "+table+" WHERE day < ?", day)
	return err
}

// writable leaves computed columns out, as table_info does.
func (s *sqliteSession) writable() string {
	return "SELECT name FROM pragma_table_info(?) ORDER BY cid"
}

func (s *sqliteSession) withoutKey(column, key string) string {
	return "json_remove(" + column + ", '$." + key + "')"
}

// clamped relies on SQLite's sums becoming floating-point numbers when they overflow.
func (s *sqliteSession) clamped(a, b string) string {
	return "max(min(" + a + " + " + b + ", 9223372036854775807), -9223372036854775807)"
}

func (s *sqliteSession) commit(ctx context.Context) error {
	defer s.release()
	if _, err := s.conn.ExecContext(ctx, "COMMIT"); err != nil {
		s.abort()
		return err
	}
	select {
	case s.engine.committed <- struct{}{}:
	default: // a wake-up is waiting already
	}
	return nil
}

func (s *sqliteSession) rollback() {
	s.abort()
	s.release()
}

func (s *sqliteSession) release() { s.engine.turn <- s.sqliteWriter }
