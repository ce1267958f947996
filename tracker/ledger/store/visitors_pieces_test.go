package store_test

import (
	"database/sql"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// pieces says how many visitors of a day and part lie in the settled and in the
// recent piece, -1 where there is none, and checks that each is sorted.
func pieces(t *testing.T, target string, day, part int64) (sizes [2]int) {
	t.Helper()
	db, err := sql.Open("sqlite", target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	sizes = [2]int{-1, -1}
	for recent := range sizes {
		var piece []byte
		err := db.QueryRowContext(t.Context(), "SELECT digests FROM visitors WHERE day = ? AND part = ? AND recent = ?", day, part, recent).Scan(&piece)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes[recent] = len(piece) / 8
		list := slices.Collect(slices.Chunk(piece, 8))
		if !slices.IsSortedFunc(list, slices.Compare) {
			t.Errorf("day %d, part %d: piece %d is not sorted", day, part, recent)
		}
	}
	return sizes
}

// upTo are the numbers from and up to before until.
func upTo(from, until int64) (list []int64) {
	for v := from; v < until; v++ {
		list = append(list, v)
	}
	return list
}

// TestLargePartsAreSeldomRewritten: what comes to a large part is a piece of its own
// until it is an eighth of it, and then of the large one, and no longer there twice.
func TestLargePartsAreSeldomRewritten(t *testing.T) {
	target := storetest.SQLite(t)
	s := open(t, target)
	for _, step := range []struct {
		from, until int64
		want        [2]int
	}{
		{0, 1024, [2]int{1024, -1}},    // a page
		{1024, 1025, [2]int{1025, -1}}, // a page may well be rewritten
		{1025, 1027, [2]int{1025, 2}},
		{1027, 1153, [2]int{1025, 128}},
		{1153, 1154, [2]int{1154, -1}}, // more than an eighth
		{1154, 1160, [2]int{1154, 6}},
		{1000, 1160, [2]int{1154, 6}}, // nothing new
	} {
		claim(t, s, 3, upTo(step.from, step.until)...)
		if got := pieces(t, target, 3, 0); got != step.want {
			t.Errorf("with %d to %d the pieces hold %v, want %v", step.from, step.until, got, step.want)
		}
	}
	claim(t, s, 4, upTo(0, 9)...)
	update(t, s, func(tx *store.Tx) error { return tx.Visits.Drop(t.Context(), 0, 4) })
	if got := pieces(t, target, 3, 0); got != [2]int{-1, -1} {
		t.Errorf("a day that is over leaves pieces of %v", got)
	}
	if got := pieces(t, target, 4, 0); got != [2]int{9, -1} {
		t.Errorf("the day after it has pieces of %v", got)
	}
}

// TestManyVisitorsBecomeSets: the sets that a large database of before becomes are
// whole and sorted, in whichever order SQLite groups its rows.
func TestManyVisitorsBecomeSets(t *testing.T) {
	target := storetest.SQLite(t)
	r := rand.New(rand.NewPCG(5, 6))
	days := map[int64][]int64{20_400: nil, 20_401: nil}
	beforeSets(t, target, func(add func(day, visitor int64)) {
		for range 150_000 {
			day, v := 20_400+r.Int64N(2), int64(r.Uint64())
			days[day] = append(days[day], v)
			add(day, v)
		}
	})
	s := open(t, target)
	for day, list := range days {
		held := 0
		for part := int64(math.MinInt8); part <= math.MaxInt8; part++ {
			got := pieces(t, target, day, part)
			if got[1] != -1 {
				t.Fatalf("day %d, part %d: %v", day, part, got)
			}
			held += got[0]
		}
		if held != len(list) {
			t.Errorf("day %d: the sets hold %d of %d", day, held, len(list))
		}
		if got := claim(t, s, day, list...); len(got) != 0 {
			t.Errorf("day %d: %d of %d are forgotten", day, len(got), len(list))
		}
	}
}
