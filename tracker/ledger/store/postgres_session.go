package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// copyFrom is the number of rows from which COPY beats an INSERT.
const copyFrom = 8

// postgresSession is a transaction.
type postgresSession struct {
	tx     pgx.Tx
	engine *postgres
	made   map[string]bool // partitions
}

func (s *postgresSession) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := s.tx.Exec(ctx, dollars(query), args...)
	return tag.RowsAffected(), err
}

func (s *postgresSession) query(ctx context.Context, query string, args []any, each func(scanner) error) error {
	rows, err := s.tx.Query(ctx, dollars(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && each != nil {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *postgresSession) lookup(ctx context.Context, query string, fixed, keys []any, each func(scanner) error) error {
	if len(keys) == 0 {
		return nil
	}
	list, element, err := array(keys)
	if err != nil {
		return err
	}
	if one, ok := oneByOne(query, element); ok {
		return s.query(ctx, one, append([]any{list}, fixed...), each)
	}
	query = strings.Replace(query, "IN (?*)", "= ANY(?)", 1)
	return s.query(ctx, query, append(append([]any(nil), fixed...), list), each)
}

// oneByOne is a query that looks each key up by itself. With the whole list at once the
// server would rather read a table from one end to the other as long as it has no
// statistics of it, and each day of clicks is a new table: that took nine tenths of the
// time of a postback. Numbers are those of cells, which have many rows each.
func oneByOne(query, element string) (string, bool) {
	if !strings.HasPrefix(query, "SELECT ") || element == "bigint" {
		return "", false
	}
	row := strings.Replace(query, "IN (?*)", "= k.key", 1)
	return "SELECT v.* FROM unnest(?::" + element + "[]) AS k (key) CROSS JOIN LATERAL (" + row + " OFFSET 0) AS v", true
}

// array turns keys of one type into an array of it, and names the type of its elements.
func array(keys []any) (list any, element string, err error) {
	switch keys[0].(type) {
	case string:
		list, err = typed[string](keys)
		return list, "text", err
	case int64:
		list, err = typed[int64](keys)
		return list, "bigint", err
	case []byte:
		list, err = typed[[]byte](keys)
		return list, "bytea", err
	}
	return nil, "", fmt.Errorf("look up keys of type %T", keys[0])
}

func typed[T any](keys []any) (any, error) {
	list := make([]T, len(keys))
	for i, k := range keys {
		v, ok := k.(T)
		if !ok {
			return nil, fmt.Errorf("look up keys of types %T and %T together", keys[0], k)
		}
		list[i] = v
	}
	return list, nil
}

func (s *postgresSession) insert(ctx context.Context, t *layout, n int, fill func(int, []any)) error {
	if n < copyFrom {
		return s.write(ctx, t, n, fill, false)
	}
	row := make([]any, len(t.columns))
	_, err := s.tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		fill(i, row)
		return row, nil
	}))
	return err
}

func (s *postgresSession) upsert(ctx context.Context, t *layout, n int, fill func(int, []any)) error {
	if t.integers && n >= copyFrom {
		return s.writeArrays(ctx, t, n, fill)
	}
	return s.write(ctx, t, n, fill, true)
}

// writeArrays sends the rows column by column.
func (s *postgresSession) writeArrays(ctx context.Context, t *layout, n int, fill func(int, []any)) error {
	columns := make([][]int64, len(t.columns))
	args := make([]any, len(columns))
	row := make([]any, len(columns))
	for i := range n {
		fill(i, row)
		for c, v := range row {
			x, ok := v.(int64)
			if !ok {
				return fmt.Errorf("write %s.%s: %T is no integer", t.name, t.columns[c], v)
			}
			columns[c] = append(columns[c], x)
		}
	}
	for c := range columns {
		args[c] = columns[c]
	}
	_, err := s.tx.Exec(ctx, dollars(t.unnest(s)), args...)
	return err
}

// write sends the statements of all chunks in one round trip.
func (s *postgresSession) write(ctx context.Context, t *layout, n int, fill func(int, []any), conflict bool) error {
	width := len(t.columns)
	var batch pgx.Batch
	i := 0
	for _, size := range chunks {
		for ; n-i >= size; i += size {
			args := make([]any, size*width)
			for r := range size {
				fill(i+r, args[r*width:(r+1)*width])
			}
			batch.Queue(dollars(t.values(s, "INSERT", size, conflict)), args...)
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	return s.tx.SendBatch(ctx, &batch).Close()
}

func (s *postgresSession) claim(ctx context.Context, day int64, visitors []int64, each func(int64)) error {
	const query = "INSERT INTO uniques (day, visitor) SELECT ?, unnest(?::bigint[]) ON CONFLICT DO NOTHING RETURNING visitor"
	return s.query(ctx, query, []any{day, visitors}, func(row scanner) error {
		var v int64
		err := row.Scan(&v)
		each(v)
		return err
	})
}

func (s *postgresSession) dropVisitors(ctx context.Context, day int64) error {
	_, err := s.exec(ctx, "DELETE FROM uniques WHERE day < ?", day)
	return err
}

func (s *postgresSession) visitors(ctx context.Context, each func(visitor) error) error {
	return s.query(ctx, "SELECT day, visitor FROM uniques ORDER BY day, visitor", nil, func(row scanner) error {
		var v visitor
		if err := row.Scan(&v.day, &v.digest); err != nil {
			return err
		}
		return each(v)
	})
}

func (s *postgresSession) writable() string {
	return "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? AND is_generated = 'NEVER' ORDER BY ordinal_position"
}

func (s *postgresSession) withoutKey(column, key string) string {
	return "(" + column + "::jsonb - '" + key + "')::text"
}

// clamped compares before it adds, because PostgreSQL fails where a sum overflows.
func (s *postgresSession) clamped(a, b string) string {
	return "CASE WHEN " + a + " > 0 AND " + b + " > 9223372036854775807 - " + a + " THEN 9223372036854775807" +
		" WHEN " + a + " < 0 AND " + b + " < -9223372036854775807 - " + a + " THEN -9223372036854775807 ELSE " + a + " + " + b + " END"
}

func (s *postgresSession) commit(ctx context.Context) error {
	err := s.tx.Commit(ctx)
	if err == nil {
		s.engine.partitions.add(s.made)
	}
	return err
}

// rollback must reach the server even when the caller has given up.
func (s *postgresSession) rollback() {
	s.engine.partitions.forget()
	_ = s.tx.Rollback(context.Background())
}

// partitions remembers which partitions of clicks and impressions are committed.
// Safe for concurrent use.
type partitions struct {
	mu    sync.Mutex
	known map[string]bool
}

func partitionName(table string, day int64) string { return fmt.Sprintf("%s_%d", table, day) }

// ensurePartition makes the partition of one day of a table, within the
// transaction. It counts as known when the transaction has committed.
func (s *postgresSession) ensurePartition(ctx context.Context, table string, day int64) error {
	name := partitionName(table, day)
	p := &s.engine.partitions
	p.mu.Lock()
	known := p.known[name]
	p.mu.Unlock()
	if known || s.made[name] {
		return nil
	}
	_, err := s.tx.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %q PARTITION OF %s FOR VALUES FROM (%d) TO (%d)", name, table, day, day+1))
	if err != nil {
		return fmt.Errorf("make the partition of %s for day %d: %w", table, day, err)
	}
	if s.made == nil {
		s.made = make(map[string]bool)
	}
	s.made[name] = true
	return nil
}

// dropDays drops whole partitions.
func (s *postgresSession) dropDays(ctx context.Context, table string, day int64) error {
	const query = "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = ?::regclass"
	var old []string
	err := s.query(ctx, query, []any{table}, func(row scanner) error {
		var name string
		if err := row.Scan(&name); err != nil {
			return err
		}
		if d, err := strconv.ParseInt(strings.TrimPrefix(name, table+"_"), 10, 64); err == nil && d < day {
			old = append(old, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, err := s.tx.Exec(ctx, "DROP TABLE "+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	s.engine.partitions.forget()
	return nil
}

// forget makes sure of every partition anew: another ledger may have dropped some.
func (p *partitions) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.known)
}

// add remembers partitions that have been committed.
func (p *partitions) add(names map[string]bool) {
	if len(names) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = make(map[string]bool)
	}
	for name := range names {
		p.known[name] = true
	}
}
