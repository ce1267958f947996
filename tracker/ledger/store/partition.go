package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

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
