package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is a PostgreSQL 15 or later.
type postgres struct {
	pool *pgxpool.Pool
	db   *sql.DB // the same pool, for readers and migrations
	// partitions are the days that clicks and impressions have partitions for.
	partitions partitions
}

func openPostgres(ctx context.Context, target string) (*postgres, error) {
	config, err := pgxpool.ParseConfig(target)
	if err != nil {
		// The cause may quote the URL, which may hold a password.
		return nil, errors.New("open the ledger database: the postgres:// URL is not valid")
	}
	config.MaxConns = max(config.MaxConns, 8)
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// A plan made while a table was empty must not be kept when it is not any more.
		_, err := conn.Exec(ctx, "SET plan_cache_mode = force_custom_plan")
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the ledger database: %w", err)
	}
	e := &postgres{pool: pool, db: stdlib.OpenDBFromPool(pool)}
	if err := migratePostgres(ctx, e.db); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger database: %w", err), e.close())
	}
	return e, nil
}

func (e *postgres) reader() *sql.DB { return e.db }
func (e *postgres) dollars() bool   { return true }

func (e *postgres) close() error {
	err := e.db.Close()
	e.pool.Close()
	return err
}

func (e *postgres) begin(ctx context.Context) (session, error) {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return nil, err
	}
	return &postgresSession{tx: tx, engine: e}, nil
}
