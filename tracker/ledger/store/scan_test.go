package store_test

import (
	"fmt"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// scanned are the rows that PostgreSQL has read by going through whole tables, by
// table, since the statistics of the transaction's connection were last reported.
func scanned(t *testing.T, tx *store.Tx) map[string]int64 {
	t.Helper()
	out := make(map[string]int64)
	const query = "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0"
	err := tx.Query(t.Context(), query, nil, func(scan func(...any) error) error {
		var table string
		var rows int64
		err := scan(&table, &rows)
		out[table] = rows
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func numbered[T any](n int, f func(i int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

// digit is a key of its own for each kind and number.
func digit(kind byte, i int) judge.Key {
	return judge.Key{kind, byte(i >> 16), byte(i >> 8), byte(i)}
}

const scanDay = 20_400 // the first of four

func scanVisit(i int) store.Visit {
	day := int64(scanDay + i%4)
	return store.Visit{Day: day, ID: fmt.Sprintf("visit-%d", i), Cell: 1, Kind: 1, Visit: judge.Visit{At: day * 86_400_000_000, Agent: "Mozilla/5.0 (X11; Linux x86_64)"}}
}

func scanConversion(i int) store.Conversion {
	return store.Conversion{Cell: 1, Conversion: &judge.Conversion{
		ID: fmt.Sprintf("conversion-%06d", i), At: int64(i), Status: snapshot.StatusApproved, Config: "sha256:x", OrderKey: digit(1, i), SessionKey: digit(2, i)}}
}

func scanRollup(i int) store.Rollup { return store.Rollup{Bucket: int64(i / 50), Cell: int64(i % 50)} }

func scanRepeat(i int) store.Repeat { return store.Repeat{Key: digit(3, i), At: 7} }

func scanSession(i int) store.Session { return store.Session{ID: fmt.Sprintf("visit-%d", i)} }

func scanRef(i int) store.VisitRef {
	v := scanVisit(i)
	return store.VisitRef{ID: v.ID, Day: v.Day}
}

func fillTables(t *testing.T, s *store.Store, rows int) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		ctx := t.Context()
		visits := numbered(4*rows, scanVisit)
		for _, err := range []error{
			tx.Visits.AddClicks(ctx, visits), tx.Visits.AddImpressions(ctx, visits),
			tx.Conversions.Add(ctx, numbered(rows, scanConversion)),
			tx.Sessions.Close(ctx, numbered(rows, scanSession)),
			tx.Sessions.PutRepeats(ctx, numbered(rows, scanRepeat)),
			tx.Rollups.Add(ctx, store.Quarters, numbered(rows, scanRollup)),
			tx.Rollups.Add(ctx, store.Days, numbered(rows, scanRollup)),
			tx.Postbacks.Park(ctx, numbered(rows, func(i int) store.Parked {
				return store.Parked{ID: fmt.Sprint("parked-", i), Postback: make([]byte, 300)}
			})),
			tx.Postbacks.Add(ctx, numbered(rows, func(i int) store.Postback {
				return store.Postback{ID: fmt.Sprint("post-", i), Postback: &journal.Postback{}}
			})),
			tx.Visits.Claim(ctx, scanDay, upTo(0, int64(rows)), func(int64) {}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TestNoGroupReadsWholeTables: what the fold asks of PostgreSQL for a group of
// entries, and writes, finds its rows by index, also on the first days, when the
// server has no statistics of any table.
func TestNoGroupReadsWholeTables(t *testing.T) {
	ctx := t.Context()
	s := open(t, storetest.Postgres(t))
	const rows = 5000
	fillTables(t, s, rows)
	for _, n := range []int{1, 50, 1000} {
		keys := func(f func(i int) any) []any { return numbered(n, func(i int) any { return f(i * (rows / n)) }) }
		for name, statement := range map[string]func(tx *store.Tx) error{
			"clicks":      func(tx *store.Tx) error { _, err := tx.Visits.Clicks(ctx, numbered(n, scanRef)); return err },
			"impressions": func(tx *store.Tx) error { _, err := tx.Visits.Impressions(ctx, numbered(n, scanRef)); return err },
			"conversions": func(tx *store.Tx) error {
				_, err := tx.Conversions.Find(ctx, store.ByID, keys(func(i int) any { return scanConversion(i).ID }))
				return err
			},
			"conversions by order": func(tx *store.Tx) error {
				_, err := tx.Conversions.Find(ctx, store.ByOrderKey, keys(func(i int) any { return store.KeyOf(digit(1, i)) }))
				return err
			},
			"conversions by session": func(tx *store.Tx) error {
				_, err := tx.Conversions.Find(ctx, store.BySessionKey, keys(func(i int) any { return store.KeyOf(digit(2, i)) }))
				return err
			},
			"sessions": func(tx *store.Tx) error {
				_, err := tx.Sessions.Closed(ctx, keys(func(i int) any { return scanSession(i).ID }))
				return err
			},
			"repeats": func(tx *store.Tx) error {
				_, err := tx.Sessions.Repeats(ctx, keys(func(i int) any { return store.KeyOf(digit(3, i)) }))
				return err
			},
			"answers": func(tx *store.Tx) error {
				_, err := tx.Postbacks.Answers(ctx, numbered(n, func(i int) string { return fmt.Sprint("post-", i) }))
				return err
			},
			"change conversions": func(tx *store.Tx) error {
				return tx.Conversions.Change(ctx, numbered(n, func(i int) store.Conversion { return scanConversion(i * (rows / n)) }))
			},
			"close sessions": func(tx *store.Tx) error { return tx.Sessions.Close(ctx, numbered(n, scanSession)) },
			"put repeats":    func(tx *store.Tx) error { return tx.Sessions.PutRepeats(ctx, numbered(n, scanRepeat)) },
			"add rollups": func(tx *store.Tx) error {
				return tx.Rollups.Add(ctx, store.Quarters, numbered(n, scanRollup))
			},
			"count for a cap": func(tx *store.Tx) error {
				_, err := tx.Rollups.Counted(ctx, store.Days, "clicks", upTo(0, 50), 3, 4)
				return err
			},
			"claim visitors": func(tx *store.Tx) error {
				return tx.Visits.Claim(ctx, scanDay, upTo(rows-int64(n)/2, rows+int64(n)/2), func(int64) {})
			},
			"holds":              func(tx *store.Tx) error { _, err := tx.Conversions.HoldsEnding(ctx, 5); return err },
			"drop personal data": func(tx *store.Tx) error { return tx.Visits.DropPersonal(ctx, scanDay-2, scanDay-1) },
		} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				update(t, s, func(tx *store.Tx) error {
					before := scanned(t, tx)
					if err := statement(tx); err != nil {
						return err
					}
					for table, rows := range scanned(t, tx) {
						if more := rows - before[table]; more > 0 {
							t.Errorf("reads %d rows of %s", more, table)
						}
					}
					return nil
				})
			})
		}
	}
}
