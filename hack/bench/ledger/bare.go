package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The statements that the ledger is compared with: what its database does when
// nothing is judged, priced, reported or repeated, durable all the same.

// batch is how many rows one transaction inserts.
const batch = 5000

// clients is the number of connections that ask for conversions at a time.
const clients = 64

const (
	createEvents = `CREATE TABLE events (id bigint PRIMARY KEY, at bigint, offer text, partner text, source text, country text,
		device text, sub1 text, sub2 text, ip text, user_agent text, referrer text)`
	createRollup      = `CREATE TABLE rollup (bucket bigint, offer text, partner text, clicks bigint, PRIMARY KEY (bucket, offer, partner))`
	createConversions = `CREATE TABLE conversions (id bigint PRIMARY KEY, click text UNIQUE, goal text, payout bigint, at bigint)`
	createSessions    = `CREATE TABLE sessions (click text PRIMARY KEY, at bigint)`
)

// row is the nth event.
func row(n int64) []any {
	return []any{
		n, time.Now().UnixMicro(), fmt.Sprintf("offer-%d", n%offers), fmt.Sprintf("partner-%d", n/offers%partners), "news", "DE",
		"desktop", "campaign-7", fmt.Sprintf("click-%d", n), fmt.Sprintf("198.51.%d.%d", n>>8&0xff, n&0xff),
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"https://blog.example/2026/11/best-shoes.html",
	}
}

// repeat calls insert for batches of rows for a time, and returns the rows a second.
func repeat(ctx context.Context, d time.Duration, insert func(ctx context.Context, first int64) error) (float64, error) {
	began, rows := time.Now(), int64(0)
	for time.Since(began) < d {
		if err := insert(ctx, rows); err != nil {
			return 0, err
		}
		rows += batch
	}
	return float64(rows) / time.Since(began).Seconds(), nil
}

// together lets clients convert at a time, and returns the conversions a second.
func together(ctx context.Context, d time.Duration, convert func(ctx context.Context, n int64) error) (float64, error) {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	began := time.Now()
	for range clients {
		all.Go(func() {
			for time.Since(began) < d && failed.Load() == nil {
				if err := convert(ctx, next.Add(1)); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(next.Load()) / time.Since(began).Seconds(), nil
}
