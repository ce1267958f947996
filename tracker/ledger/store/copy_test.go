package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestTablesAreListed: a table that the list does not have would be forgotten by a rebuild,
// and left behind by a copy.
func TestTablesAreListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := open(t, target)
		query, visitors := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", "visitors"
		if s.Postgres() {
			query, visitors = "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace", "uniques"
		}
		got := texts(t, s, query)
		want := append(store.TableNames(), visitors, "goose_db_version")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the schema has %v, the list %v", got, want)
		}
	})
}

func texts(t *testing.T, s *store.Store, query string) (out []string) {
	t.Helper()
	rows, err := s.Reader().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCopyRefuses what is empty, and what is not.
func TestCopyRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		other := open(t, filepath.Join(t.TempDir(), "other.db"))
		if _, err := store.Copy(ctx, s, other); !errors.Is(err, store.ErrNothing) {
			t.Errorf("copy of nothing: %v", err)
		}
		update(t, s, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE ledger SET position = 7")
			return err
		})
		for _, full := range []string{
			"INSERT INTO deliveries (id, network, kind, event, transition, name, offer, partner, advertiser, goal, status, click_id, needs_click, url, macros, created_at, state, due_at) VALUES ('d', '', '', '', 0, '', '', '', '', '', '', '', 0, '', '', 0, '', 0)",
			"UPDATE ledger SET tick_at = 5",
		} {
			other := open(t, filepath.Join(t.TempDir(), "full.db"))
			update(t, other, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, full)
				return err
			})
			if _, err := store.Copy(ctx, s, other); !errors.Is(err, store.ErrNotEmpty) {
				t.Errorf("copy over %q: %v", full, err)
			}
		}
		if done, err := store.Copy(ctx, s, other); err != nil || done[0] != (store.Copied{Table: "ledger", Rows: 1}) {
			t.Errorf("copied %v, %v", done, err)
		}
	})
}

// TestDifferencesAreFound: a value, a NULL, a row too few and one too many.
func TestDifferencesAreFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		ctx := t.Context()
		s := open(t, target)
		const fill = "INSERT INTO zones (network, since, zone) VALUES ('n', 1, 'UTC'), ('n', 2, 'UTC')"
		const post = "INSERT INTO postbacks (id, network, at, verdict, reason, goal_raw, goal, click_id, aimp_id, offer, partner, conversion, order_id, payout, revenue, currency, config, via, test, click_missing, source_ip, delay_seconds, http_status, params) VALUES ('p', '', 1, '', '', '', '', '', '', '', '', '', '', 1, 2, '', '', 0, 0, 0, '', NULL, 200, '')"
		do := func(s *store.Store, query string) {
			t.Helper()
			update(t, s, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, query)
				return err
			})
		}
		do(s, fill)
		do(s, post)
		do(s, "UPDATE ledger SET position = 3")
		for change, want := range map[string]string{
			"SELECT 1": "",
			"UPDATE zones SET zone = 'utc' WHERE since = 2":       "table zones differs at row network=n since=2",
			"DELETE FROM zones WHERE since = 1":                   "table zones differs at row network=n since=1",
			"INSERT INTO zones VALUES ('o', 1, 'UTC')":            "table zones differs at row network=o since=1",
			"UPDATE postbacks SET delay_seconds = 0":              "table postbacks differs at row id=p",
			"UPDATE postbacks SET payout = 9007199254740993":      "table postbacks differs at row id=p",
			"INSERT INTO terms (hash, body) VALUES ('\x01', '')":  "table terms differs at row hash=01",
			"UPDATE ledger SET digest = 5":                        "table ledger differs at row one=1",
			"INSERT INTO sessions VALUES ('s', 1, 'c')":           "table sessions differs at row id=s",
			"INSERT INTO repeats (repeat, at) VALUES ('\x02', 1)": "table repeats differs at row repeat=02",
		} {
			other := open(t, filepath.Join(t.TempDir(), "other.db"))
			if _, err := store.Copy(ctx, s, other); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(change, "SELECT") {
				if err := store.CompareAll(ctx, s, other); err != nil {
					t.Errorf("the copy as it is: %v", err)
				}
				continue
			}
			do(other, strings.NewReplacer("'\x01'", "x'01'", "'\x02'", "x'02'").Replace(change))
			if err := store.CompareAll(ctx, s, other); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", change, err, want)
			}
		}
	})
}
