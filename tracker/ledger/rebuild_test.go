package ledger

import (
	"context"
	"errors"
	"testing"

	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestRebuild folds again and expects equal rows, no delivery made twice, and no
// verdict told twice.
func TestRebuild(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newGenerator(10).tape(2000)
		o := newOffice(t, target, tp)
		o.catchUp()
		want := dump(t, o.store.Reader(), compared...)
		told := len(o.told.verdicts)
		// A delivery that is done and gone.
		change(t, o.store, "DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")
		want["deliveries"] = dump(t, o.store.Reader(), "deliveries")["deliveries"]
		again := newOffice(t, target, tp)
		if err := again.ledger.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		sameTables(t, dump(t, o.store.Reader(), compared...), want)
		if len(o.told.verdicts) != told || len(again.told.verdicts) != 0 {
			t.Errorf("the rebuild told %d verdicts", len(again.told.verdicts))
		}
		tp.write(clickEntry(999_999, 0), postEntry(999_999, 0, 5))
		o.catchUp()
		if got := o.told.verdict("reply.1", 1); got != "approved" {
			t.Errorf("after the rebuild: %q", got)
		}
	})
}

// TestRebuildNeedsTheWholeJournal: what was trimmed cannot be made again.
func TestRebuildNeedsTheWholeJournal(t *testing.T) {
	tp := newTape()
	tp.write(clickEntry(1, 0))
	tp.write(postEntry(1, 0, 5))
	o := newOffice(t, storetest.SQLite(t), tp)
	o.catchUp()
	tp.first = 2
	if err := o.ledger.Rebuild(t.Context()); !errors.Is(err, ErrTrimmed) {
		t.Errorf("rebuild of a trimmed journal: %v", err)
	}
	if got := rowsOf(t, o.store.Reader(), "SELECT count(*) AS n FROM conversions")[0]; got != "n=1 " {
		t.Errorf("conversions after the refused rebuild: %s", got)
	}
}

// TestRebuildOfLostTables: a database that is gone is made again from the journal,
// and nobody is told a second time what the lost one had told.
func TestRebuildOfLostTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newGenerator(12).tape(500)
		before := newOffice(t, storetest.SQLite(t), tp)
		before.catchUp()
		o := newOffice(t, target, tp)
		if err := o.ledger.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		sameTables(t, dump(t, o.store.Reader(), judged...), dump(t, before.store.Reader(), judged...))
		if made := dump(t, o.store.Reader(), "deliveries")["deliveries"]; len(made) != 0 {
			t.Errorf("the rebuild delivers again: %v", made)
		}
		if len(o.told.verdicts) != 0 {
			t.Errorf("the rebuild told %d verdicts", len(o.told.verdicts))
		}
		tp.write(clickEntry(999_999, 0), postEntry(999_999, 0, 5))
		o.catchUp()
		if len(o.told.verdicts) == 0 {
			t.Error("what comes after the rebuild is told to nobody")
		}
	})
}

// TestRebuildWithoutItsJournal: where the journal does not answer, or is another one,
// the tables stay.
func TestRebuildWithoutItsJournal(t *testing.T) {
	down := errors.New("no server")
	for name, test := range map[string]struct {
		end  func(context.Context) (uint64, error)
		want error
	}{
		"no answer": {func(context.Context) (uint64, error) { return 0, down }, down},
		"a new one": {func(context.Context) (uint64, error) { return 1, nil }, ErrShort},
	} {
		t.Run(name, func(t *testing.T) {
			tp := newTape()
			tp.write(clickEntry(1, 0))
			tp.write(postEntry(1, 0, 5))
			o := newOffice(t, storetest.SQLite(t), tp)
			o.catchUp()
			again := newOffice(t, storetest.SQLite(t), tp, func(options *Options) { options.Store, options.End = o.store, test.end })
			if err := again.ledger.Rebuild(t.Context()); !errors.Is(err, test.want) {
				t.Errorf("rebuild: %v", err)
			}
			if got := rowsOf(t, o.store.Reader(), "SELECT count(*) AS n FROM conversions")[0]; got != "n=1 " {
				t.Errorf("conversions after the refused rebuild: %s", got)
			}
		})
	}
	t.Run("nothing folded yet", func(t *testing.T) {
		o := newOffice(t, storetest.SQLite(t), newTape(), func(options *Options) {
			options.End = func(context.Context) (uint64, error) { return 0, down }
		})
		if err := o.ledger.Rebuild(t.Context()); !errors.Is(err, down) {
			t.Errorf("rebuild: %v", err)
		}
	})
}
