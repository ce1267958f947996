package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// reference folds a tape in peace, into SQLite, and returns the tables.
func reference(t *testing.T, tp *tape) map[string][]string {
	t.Helper()
	o := newOffice(t, storetest.SQLite(t), tp)
	o.catchUp()
	return dump(t, o.store.Reader(), append(judged, "deliveries")...)
}

// compared are the tables that must be equal however the tape was folded. What the
// courier's columns of deliveries hold is the same too while it does not run.
var compared = append([]string{"deliveries"}, judged...)

// TestGroupsDoNotMatter folds the same journal in groups of any size: the tables
// are equal, on both engines.
func TestGroupsDoNotMatter(t *testing.T) {
	tp := newGenerator(7).tape(3000)
	want := reference(t, tp)
	storetest.Each(t, func(t *testing.T, target string) {
		r := rand.New(rand.NewPCG(1, 2))
		o := newOffice(t, target, tp, func(o *Options) {
			o.Open = func(after, _ uint64) Reader { return &choppy{tapeReader{tape: tp, last: after}, r} }
		})
		o.catchUp()
		sameTables(t, dump(t, o.store.Reader(), compared...), want)
	})
}

// choppy reads a random number of batches at once.
type choppy struct {
	tapeReader
	r *rand.Rand
}

func (c *choppy) Read(ctx context.Context, _ int) ([]*journal.Batch, error) {
	return c.tapeReader.Read(ctx, 1+c.r.IntN(1+c.r.IntN(60)))
}

// TestRepeatedBatchesCountOnce puts batches into the journal again, at once and
// later, and expects the tables of a journal without repetitions.
func TestRepeatedBatchesCountOnce(t *testing.T) {
	plain := newGenerator(8).tape(2000)
	want := reference(t, plain)
	storetest.Each(t, func(t *testing.T, target string) {
		r := rand.New(rand.NewPCG(3, 4))
		tp := newTape()
		for _, b := range plain.batches {
			tp.batches = append(tp.batches, b)
			for r.IntN(3) == 0 {
				tp.repeat(1 + r.IntN(len(tp.batches)))
			}
		}
		o := newOffice(t, target, tp)
		o.catchUp()
		sameTables(t, dump(t, o.store.Reader(), compared...), want)
	})
}

// TestRepeatedBatchIsAnsweredAgain: the tracker that sent it may still be waiting.
func TestRepeatedBatchIsAnsweredAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newTape()
		tp.write(clickEntry(1, 0), postEntry(1, 0, 5))
		tp.repeat(1)
		o := newOffice(t, target, tp, func(o *Options) {
			o.Open = func(after, _ uint64) Reader { return &tapeReader{tape: tp, last: after, most: 1} }
		})
		o.catchUp()
		list := o.told.verdicts["reply.1/1"]
		if len(list) != 2 || list[0] != list[1] || list[0].Verdict != "approved" {
			t.Errorf("verdicts %+v, want the same twice", list)
		}
	})
}

// TestLedgersTogether lets several ledgers fold one journal into one database at
// the same time, each stopped and started again at random.
func TestLedgersTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute under load; -short leaves it out")
	}
	tp := newGenerator(9).tape(3000)
	want := reference(t, tp)
	storetest.Each(t, func(t *testing.T, target string) {
		s, err := store.Open(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		var ledgers sync.WaitGroup
		for i := range 3 {
			ledgers.Go(func() { unsteady(t, target, tp, rand.New(rand.NewPCG(uint64(i), 5))) })
		}
		ledgers.Wait()
		sameTables(t, dump(t, s.Reader(), compared...), want)
	})
}

// unsteady runs a ledger again and again, each time for a moment, until the
// journal is folded.
func unsteady(t *testing.T, target string, tp *tape, r *rand.Rand) {
	s, err := store.Open(t.Context(), target)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = s.Close() }()
	for moment := time.Duration(1+r.IntN(60)) * time.Millisecond; ; moment = moment * 11 / 10 {
		ctx, cancel := context.WithTimeout(t.Context(), moment)
		l := New(Options{Store: s, Open: func(after, _ uint64) Reader {
			return &choppy{tapeReader{tape: tp, last: after}, r}
		}})
		err := l.Run(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
			return
		}
		var position int64
		if err := s.Reader().QueryRowContext(t.Context(), "SELECT position FROM ledger").Scan(&position); err != nil {
			t.Error(err)
			return
		}
		if uint64(position) == tp.end() {
			return
		}
	}
}

// TestResetUnderARunningLedger: it notices and begins again.
func TestResetUnderARunningLedger(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		tp := newGenerator(11).tape(500)
		o := newOffice(t, target, tp)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- o.ledger.Run(ctx) }()
		o.await(ctx, tp.end())
		want := dump(t, o.store.Reader(), judged...)
		if err := o.store.Reset(t.Context(), tp.end()); err != nil {
			t.Fatal(err)
		}
		tp.repeat(1) // something to read
		for {
			position, further := o.ledger.Position()
			var until, at int64
			if err := o.store.Reader().QueryRowContext(ctx, "SELECT rebuild_until, position FROM ledger").Scan(&until, &at); err != nil {
				t.Fatal(err)
			}
			if at == int64(tp.end()) && position == tp.end() {
				break
			}
			select {
			case <-further:
			case <-ctx.Done():
				t.Fatal(ctx.Err())
			}
		}
		cancel()
		<-done
		sameTables(t, dump(t, o.store.Reader(), judged...), want)
	})
}
