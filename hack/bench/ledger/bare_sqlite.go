package main

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver that the ledger has
)

// openSQLite opens a file as the ledger has it, in WAL mode and synced at each commit,
// and makes the tables. One connection is enough: SQLite has one writer.
func openSQLite(ctx context.Context, path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, create := range []string{createEvents, createRollup, createConversions, createSessions} {
		if _, err := db.ExecContext(ctx, strings.Replace(create, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// sqliteInserts inserts rows and their rollup.
func sqliteInserts(ctx context.Context, path string, d time.Duration) (perSecond float64, err error) {
	db, err := openSQLite(ctx, path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return repeat(ctx, d, func(ctx context.Context, first int64) error {
		return transact(ctx, db, func(tx *sql.Tx) error { return insertRows(ctx, tx, first) })
	})
}

// insertRows writes one batch, a prepared statement for each row, and its rollup.
func insertRows(ctx context.Context, tx *sql.Tx, first int64) error {
	events, err := tx.PrepareContext(ctx, "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,?)")
	if err != nil {
		return err
	}
	defer func() { _ = events.Close() }()
	rollup := map[[2]string]int64{}
	for n := first; n < first+batch; n++ {
		r := row(n)
		if _, err := events.ExecContext(ctx, r...); err != nil {
			return err
		}
		rollup[[2]string{r[2].(string), r[3].(string)}]++
	}
	for key, clicks := range rollup {
		if _, err := tx.ExecContext(ctx, `INSERT INTO rollup VALUES (0, ?, ?, ?) ON CONFLICT (bucket, offer, partner) DO UPDATE SET clicks = clicks + excluded.clicks`, key[0], key[1], clicks); err != nil {
			return err
		}
	}
	return nil
}

// sqliteConversions converts in groups: one writer takes what callers bring, up to
// 256 a transaction.
func sqliteConversions(ctx context.Context, path string, d time.Duration) (perSecond float64, err error) {
	db, err := openSQLite(ctx, path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	type call struct {
		n    int64
		done chan error
	}
	calls := make(chan call, clients)
	defer close(calls)
	go func() {
		for first := range calls {
			group := []call{first}
			for len(group) < 256 && len(calls) > 0 {
				group = append(group, <-calls)
			}
			err := transact(ctx, db, func(tx *sql.Tx) error {
				for _, c := range group {
					if err := convertSQLite(ctx, tx, c.n); err != nil {
						return err
					}
				}
				return nil
			})
			for _, c := range group {
				c.done <- err
			}
		}
	}()
	return together(ctx, d, func(_ context.Context, n int64) error {
		c := call{n, make(chan error, 1)}
		calls <- c
		return <-c.done
	})
}

// convertSQLite is one conversion within a group. An error fails the whole group.
func convertSQLite(ctx context.Context, tx *sql.Tx, n int64) error {
	if _, err := tx.ExecContext(ctx, "INSERT INTO conversions VALUES (?, ?, '2', 1000000, ?)", n, n, n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO sessions VALUES (?, ?) ON CONFLICT (click) DO UPDATE SET at = excluded.at", n, n)
	return err
}

// transact commits what f does, or rolls it back.
func transact(ctx context.Context, db *sql.DB, f func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
