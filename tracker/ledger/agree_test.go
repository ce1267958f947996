package ledger

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestModelAgrees folds random journals and compares every verdict, conversion and
// cent with an independent model. More of it:
//
//	WAYPOST_MODEL_SEEDS=20 WAYPOST_MODEL_ENTRIES=50000 go test -run ModelAgrees ./tracker/ledger
func TestModelAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	storetest.Each(t, func(t *testing.T, target string) {
		entries := int(number("WAYPOST_MODEL_ENTRIES", 6000))
		for seed := range number("WAYPOST_MODEL_SEEDS", 2) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				tp := newGenerator(seed).tape(entries)
				o := newOffice(t, target, tp)
				resetFor(t, o.store)
				o.catchUp()
				compare(t, o.store, modelOf(t, tp))
			})
		}
	})
}

// number is an environment variable's.
func number(name string, otherwise uint64) uint64 {
	n, err := strconv.ParseUint(os.Getenv(name), 10, 32)
	if err != nil {
		return otherwise
	}
	return n
}

// resetFor empties the tables for the next part of a test.
func resetFor(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Reset(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	change(t, s, "UPDATE ledger SET rebuild_until = 0")
	change(t, s, "DELETE FROM deliveries")
}

// change runs a statement.
func change(t *testing.T, s *store.Store, query string, args ...any) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func modelOf(t *testing.T, tp *tape) *model {
	t.Helper()
	m := newModel()
	for _, data := range tp.batches {
		b, err := journal.DecodeBatch(data)
		if err != nil {
			t.Fatal(err)
		}
		m.take(b)
	}
	return m
}

func compare(t *testing.T, s *store.Store, m *model) {
	t.Helper()
	var want []string
	for _, x := range m.sales {
		if x.id != "-" {
			want = append(want, x.row())
		}
	}
	events := "json_array_length(history)"
	if s.Postgres() {
		events = "json_array_length(history::json)"
	}
	got := rowsOf(t, s.Reader(), "SELECT id, status, reason, payout, revenue, hold_until, click_missing, "+events+" AS events FROM conversions")
	verdicts := rowsOf(t, s.Reader(), "SELECT id, trim(verdict || ' ' || reason) AS v FROM postbacks")
	var wantVerdicts []string
	for id, v := range m.verdicts {
		wantVerdicts = append(wantVerdicts, fmt.Sprintf("id=%s v=%s ", id, v))
	}
	for _, list := range [][]string{got, want, verdicts, wantVerdicts} {
		slices.Sort(list)
	}
	sameTables(t, map[string][]string{"conversions": got, "verdicts": verdicts}, map[string][]string{"conversions": want, "verdicts": wantVerdicts})
	compareTotals(t, s, m)
	seen := make(map[string]int)
	for _, v := range m.verdicts {
		seen[v]++
	}
	t.Logf("%d postbacks, %d conversions, verdicts %v", len(m.verdicts), len(want), seen)
}

// compareTotals compares the sums of both rollups.
func compareTotals(t *testing.T, s *store.Store, m *model) {
	t.Helper()
	var approved, pending, hold, rejected, payout, revenue int64
	for _, x := range m.sales {
		switch {
		case x.id == "-":
		case x.status == 1:
			approved, payout, revenue = approved+1, payout+x.payout, revenue+x.revenue
		case x.status == 2:
			pending++
		case x.status == 5:
			hold++
		default:
			rejected++
		}
	}
	want := fmt.Sprintf("approved=%d pending=%d hold=%d rejected=%d payout=%d revenue=%d hits=%d ", approved, pending, hold, rejected, payout, revenue, m.goalHits)
	for _, table := range []string{"rollup_quarter", "rollup_day"} {
		got := rowsOf(t, s.Reader(), `SELECT CAST(coalesce(sum(approved), 0) AS bigint) AS approved, CAST(coalesce(sum(pending), 0) AS bigint) AS pending, CAST(coalesce(sum(hold), 0) AS bigint) AS hold,
			CAST(coalesce(sum(rejected), 0) AS bigint) AS rejected, CAST(coalesce(sum(approved_payout), 0) AS bigint) AS payout, CAST(coalesce(sum(approved_revenue), 0) AS bigint) AS revenue,
			CAST(coalesce(sum(goal_clicks), 0) AS bigint) AS hits FROM `+table)
		if got[0] != want {
			t.Errorf("%s:\n got %s\nwant %s", table, got[0], want)
		}
	}
}
