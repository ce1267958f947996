package ledger

import (
	"path/filepath"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestCopyGoesOn: a ledger that goes on with a copy, and with a copy of that on the first
// engine, has the tables of one that was never moved; so has a rebuild of it.
func TestCopyGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newGenerator(21).tape(2400)
		whole := newOffice(t, storetest.SQLite(t), tp)
		whole.catchUp()
		want := dump(t, whole.store.Reader(), compared...)
		all := tp.batches
		tp.batches = all[:len(all)/2]
		first := newOffice(t, filepath.Join(t.TempDir(), "first.db"), tp)
		first.catchUp()
		moved := openStore(t, target)
		copyOf(t, first.store, moved)
		returned := filepath.Join(t.TempDir(), "back.db")
		back := openStore(t, returned)
		copyOf(t, moved, back)
		sameTables(t, dump(t, back.Reader(), compared...), dump(t, first.store.Reader(), compared...))
		if n := rowsOf(t, back.Reader(), "SELECT count(*) AS n FROM visitors"); n[0] == "n=0 " {
			t.Error("no visitors were copied: the test shows nothing of them")
		}
		tp.batches = all
		for _, s := range []string{target, returned} {
			o := newOffice(t, s, tp)
			o.catchUp()
			sameTables(t, dump(t, o.store.Reader(), compared...), want)
			if err := newOffice(t, s, tp).ledger.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			sameTables(t, dump(t, o.store.Reader(), compared...), want)
		}
	})
}

func openStore(t *testing.T, target string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func copyOf(t *testing.T, from, to *store.Store) {
	t.Helper()
	done, err := store.Copy(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, x := range done {
		rows += x.Rows
	}
	if rows < 1000 {
		t.Fatalf("%d rows were copied", rows)
	}
}
