package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// openPostgres returns a pool with a connection for each client, and makes the tables.
func openPostgres(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = clients
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	for _, create := range []string{createEvents, createRollup, createConversions, createSessions} {
		if _, err := pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS"+create[len("CREATE TABLE"):]); err != nil {
			pool.Close()
			return nil, err
		}
	}
	return pool, nil
}

// postgresInserts copies rows and adds up their rollup in the same transaction.
func postgresInserts(ctx context.Context, url string, d time.Duration) (float64, error) {
	pool, err := openPostgres(ctx, url)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	return repeat(ctx, d, func(ctx context.Context, first int64) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return copyRows(ctx, tx, first) })
	})
}

// copyRows writes one batch with COPY, the fastest way into PostgreSQL, and its rollup
// with one statement.
func copyRows(ctx context.Context, tx pgx.Tx, first int64) error {
	rows := make([][]any, batch)
	rollup := map[[2]string]int64{}
	for i := range rows {
		rows[i] = row(first + int64(i))
		rollup[[2]string{rows[i][2].(string), rows[i][3].(string)}]++
	}
	columns := []string{"id", "at", "offer", "partner", "source", "country", "device", "sub1", "sub2", "ip", "user_agent", "referrer"}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"events"}, columns, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	var names, whose []string
	var clicks []int64
	for key, n := range rollup {
		names, whose, clicks = append(names, key[0]), append(whose, key[1]), append(clicks, n)
	}
	_, err := tx.Exec(ctx, `INSERT INTO rollup SELECT 0, * FROM unnest($1::text[], $2::text[], $3::bigint[])
		ON CONFLICT (bucket, offer, partner) DO UPDATE SET clicks = rollup.clicks + excluded.clicks`, names, whose, clicks)
	return err
}

// postgresConversions converts with one statement each, which inserts the conversion and
// moves its session: a conversion whose click has one already would write nothing.
func postgresConversions(ctx context.Context, url string, d time.Duration) (float64, error) {
	pool, err := openPostgres(ctx, url)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	return together(ctx, d, func(ctx context.Context, n int64) error {
		changed, err := pool.Exec(ctx, `WITH new AS (INSERT INTO conversions VALUES ($1, $2, '2', 1000000, $1) ON CONFLICT DO NOTHING RETURNING click, at)
			INSERT INTO sessions SELECT click, at FROM new ON CONFLICT (click) DO UPDATE SET at = excluded.at`, n, fmt.Sprint(n))
		if err == nil && changed.RowsAffected() != 1 {
			err = errors.New("no row was written")
		}
		return err
	})
}
