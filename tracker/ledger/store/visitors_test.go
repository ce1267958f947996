package store_test

import (
	"database/sql"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// claim returns those of the visitors that are new on the day.
func claim(t *testing.T, s *store.Store, day int64, list ...int64) (added []int64) {
	t.Helper()
	slices.Sort(list)
	update(t, s, func(tx *store.Tx) error {
		return tx.Visits.Claim(t.Context(), day, list, func(v int64) { added = append(added, v) })
	})
	slices.Sort(added)
	return added
}

func TestVisitorsAreClaimedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := open(t, target)
		for _, c := range []struct {
			day        int64
			list, want []int64
		}{
			{1, []int64{5, math.MinInt64, math.MaxInt64}, []int64{math.MinInt64, 5, math.MaxInt64}},
			{1, []int64{6, 5, math.MaxInt64}, []int64{6}},
			{2, []int64{5}, []int64{5}},
			{1, nil, nil},
		} {
			if got := claim(t, s, c.day, c.list...); !slices.Equal(got, c.want) {
				t.Errorf("day %d %v: new are %v, want %v", c.day, c.list, got, c.want)
			}
		}
	})
}

// TestManyVisitorsAreClaimedOnce, in groups of all sizes, some twice, some all in one
// part, and more of them than a part keeps in one piece.
func TestManyVisitorsAreClaimedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := open(t, target)
		r := rand.New(rand.NewPCG(1, 2))
		known := map[int64]map[int64]bool{7: {}, 8: {}}
		for _, size := range []int{1, 300, 2000, 20_000, 3, 1000, 8192, 700, 1, 5000, 40, 20_000} {
			day := 7 + r.Int64N(2)
			group := map[int64]bool{}
			for range size {
				v := int64(r.Uint64())
				if r.IntN(2) == 0 {
					v >>= 9 // two parts
				}
				group[v] = true
			}
			for v := range known[day] {
				if group[v] = true; len(group) > size+size/3 {
					break
				}
			}
			var list, want []int64
			for v := range group {
				list = append(list, v)
				if !known[day][v] {
					want = append(want, v)
				}
				known[day][v] = true
			}
			slices.Sort(want)
			if got := claim(t, s, day, list...); !slices.Equal(got, want) {
				t.Fatalf("day %d: %d of %d are new, want %d", day, len(got), len(list), len(want))
			}
		}
		update(t, s, func(tx *store.Tx) error { return tx.Visits.Drop(t.Context(), 0, 8) })
		for day, set := range known {
			var all []int64
			for v := range set {
				all = append(all, v)
			}
			if got := claim(t, s, day, all...); (len(got) == len(all)) != (day == 7) || day == 8 && len(got) != 0 {
				t.Errorf("day %d: %d of %d are forgotten", day, len(got), len(all))
			}
		}
		if err := s.Reset(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if got := claim(t, s, 8, 1, 2); len(got) != 2 {
			t.Errorf("after a reset %v are new", got)
		}
	})
}

// beforeSets makes a database as it was when each visitor was a row.
func beforeSets(t *testing.T, target string, fill func(add func(day, visitor int64))) {
	t.Helper()
	first, err := store.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // BEGIN is the connection's
	do := func(statement string, args ...any) {
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	do("DROP TABLE visitors")
	do("ALTER TABLE conversions DROP COLUMN repeat_key")
	for _, column := range []string{"journal", "digest", "digest_at", "key_prints"} {
		do("ALTER TABLE ledger DROP COLUMN " + column)
	}
	do("CREATE TABLE uniques (day INTEGER NOT NULL, visitor INTEGER NOT NULL, PRIMARY KEY (day, visitor)) WITHOUT ROWID")
	do("DELETE FROM goose_db_version WHERE version_id > 3")
	do("BEGIN")
	fill(func(day, visitor int64) { do("INSERT INTO uniques VALUES (?, ?)", day, visitor) })
	do("COMMIT")
}

// TestVisitorsBecomeSets: those of a database of before are still known.
func TestVisitorsBecomeSets(t *testing.T) {
	target := storetest.SQLite(t)
	beforeSets(t, target, func(add func(day, visitor int64)) {
		for _, v := range []int64{5, 4, -5, math.MinInt64, math.MaxInt64} {
			add(1, v)
		}
		add(2, 6)
		add(2, 1<<56)
	})
	s := open(t, target)
	if got := claim(t, s, 1, 5, -5, 4, 6, math.MinInt64, math.MaxInt64); !slices.Equal(got, []int64{6}) {
		t.Errorf("new on the first day: %v", got)
	}
	if got := claim(t, s, 2, 6, 5, 1<<56, 1<<57); !slices.Equal(got, []int64{5, 1 << 57}) {
		t.Errorf("new on the second day: %v", got)
	}
}
