package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

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
