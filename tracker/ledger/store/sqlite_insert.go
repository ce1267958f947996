package store

import "context"

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
