package journal

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func clickNo(i int) *Click { return &Click{Traffic: Traffic{ID: fmt.Sprint(i)}} }

func postbackNo(i int) *Postback { return &Postback{ClickID: fmt.Sprint(i)} }

// noise is text that no packing makes smaller.
func noise(length int) string {
	bytes := make([]byte, length*3/4)
	_, _ = rand.NewChaCha8([32]byte{}).Read(bytes) // never fails
	return base64.RawStdEncoding.EncodeToString(bytes)
}

// wantClicks checks that the entries are the clicks from..to-1, in order.
func wantClicks(t *testing.T, entries []Entry, from, to int) {
	t.Helper()
	for i, x := range entries {
		if x.Click == nil || x.Click.ID != fmt.Sprint(from+i) {
			t.Fatalf("entry %d is %+v, want click %d", i, x.Click, from+i)
		}
	}
	if len(entries) != to-from {
		t.Fatalf("%d entries, want %d", len(entries), to-from)
	}
}

func TestClicksWaitForCompanyButNotLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		w := j.startWriter(WriterOptions{})
		for i := range 20 {
			w.Click(clickNo(i))
			time.Sleep(400 * time.Microsecond)
		}
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		if len(j.batches) != 1 || j.at[0] != 20*time.Millisecond {
			t.Fatalf("%d batches, sent at %v; want one at 20ms", len(j.batches), j.at)
		}
		wantClicks(t, j.read(), 0, 20)
		closeWriter(t, w)
	})
}

func TestPostbackHurriesItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		w := j.startWriter(WriterOptions{})
		w.Click(clickNo(0))
		time.Sleep(2 * time.Millisecond)
		if err := w.Append(t.Context(), Entry{Postback: postbackNo(1)}); err != nil {
			t.Fatal(err)
		}
		if len(j.batches) != 1 || len(j.batches[0].Entries) != 2 || j.at[0] != 2*time.Millisecond {
			t.Fatalf("%d batches, sent at %v; want both entries at once", len(j.batches), j.at)
		}
		closeWriter(t, w)
	})
}

func TestOneBatchIsInFlightWhileTheNextFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		j.answer = func(context.Context, int, *Batch) (bool, error) {
			time.Sleep(8 * time.Millisecond)
			return true, nil
		}
		w := j.startWriter(WriterOptions{})
		var callers sync.WaitGroup
		for i := range 50 {
			callers.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				if err := w.Append(t.Context(), Entry{Postback: postbackNo(i)}); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		// 50 ms of postbacks, 8 ms each flight: about 7 batches, not 50.
		if n := len(j.batches); n < 6 || n > 8 {
			t.Fatalf("%d batches", n)
		}
		closeWriter(t, w)
	})
}

func TestBatchLimits(t *testing.T) {
	tests := map[string]struct {
		o    WriterOptions
		most int // the journal's limit
		text int // bytes of a click
		per  int // clicks a batch
	}{
		"entries":        {WriterOptions{MaxBatchEntries: 10}, 0, 1, 10},
		"bytes":          {WriterOptions{MaxBatchBytes: 10_400}, 0, 1000, 10},
		"server's limit": {WriterOptions{}, 10_400, 1000, 10},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newFakeJournal(t)
				j.most = test.most
				w := j.startWriter(test.o)
				w.Click(clickNo(0)) // the first acknowledgement tells the limit
				if err := w.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				j.batches = nil
				for range 95 {
					w.Click(&Click{Traffic: Traffic{UserAgent: strings.Repeat("x", test.text)}})
				}
				closeWriter(t, w)
				if len(j.batches) != 10 || len(j.batches[0].Entries) != test.per || len(j.batches[9].Entries) != 5 {
					t.Fatalf("%d batches, the first of %d entries", len(j.batches), len(j.batches[0].Entries))
				}
			})
		})
	}
}

func TestEntryTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		w := j.startWriter(WriterOptions{})
		_, err := w.Postback(t.Context(), &Postback{GoalRaw: strings.Repeat("x", maxEntryBytes+1)})
		if !errors.Is(err, ErrTooLarge) {
			t.Fatalf("got %v, want ErrTooLarge", err)
		}
		w.Click(clickNo(0))
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, 1)
	})
}

// A batch that the journal can never take must not hold up the others.
func TestImpossibleBatchIsLostAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		j.answer = func(_ context.Context, n int, _ *Batch) (bool, error) {
			if n == 0 {
				return false, fmt.Errorf("%w: 3 bytes", errBatchTooLarge)
			}
			return true, nil
		}
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Metrics: NewWriterMetrics(reg)})
		if err := w.Append(t.Context(), Entry{Postback: postbackNo(0)}); !errors.Is(err, ErrTooLarge) {
			t.Fatalf("got %v, want ErrTooLarge", err)
		}
		if _, err := w.Postback(t.Context(), postbackNo(1)); err != nil {
			t.Fatal(err)
		}
		closeWriter(t, w)
		if n := metric(t, reg, "lost_entries_total", "postback"); n != 1 {
			t.Fatalf("%v lost postbacks counted, want 1", n)
		}
	})
}

func TestVerdictComesWithTheAnswer(t *testing.T) {
	want := Verdict{Verdict: "approved", Conversion: "c1", Payout: 1_400_000, Known: true}
	// When the ledger speaks, after the postback was sent; the acknowledgement comes after 20 ms.
	tests := map[string]struct {
		after time.Duration
		entry int
		known bool
		took  time.Duration
	}{
		"before the acknowledgement": {10 * time.Millisecond, 1, true, 10 * time.Millisecond},
		"after it":                   {100 * time.Millisecond, 1, true, 100 * time.Millisecond},
		"at the last moment":         {269 * time.Millisecond, 1, true, 269 * time.Millisecond},
		"too late":                   {400 * time.Millisecond, 1, false, 270 * time.Millisecond},
		"about another entry":        {10 * time.Millisecond, 0, false, 270 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newFakeJournal(t)
				w := j.startWriter(WriterOptions{})
				j.answer = func(context.Context, int, *Batch) (bool, error) {
					time.AfterFunc(test.after, func() {
						w.waits.verdicts(Verdicts{BootID: w.boot, Sequence: 1, Items: []VerdictItem{{Entry: test.entry, Verdict: want}}})
					})
					time.Sleep(20 * time.Millisecond)
					return true, nil
				}
				w.Click(clickNo(0))
				began := time.Now()
				got, err := w.Postback(t.Context(), postbackNo(1))
				if err != nil {
					t.Fatal(err)
				}
				if got.Known != test.known || test.known && got != want {
					t.Fatalf("got %+v", got)
				}
				if took := time.Since(began); took != test.took {
					t.Fatalf("answered after %v, want %v", took, test.took)
				}
				time.Sleep(time.Second)
				if n := len(w.waits.bySeq); n != 0 {
					t.Fatalf("%d waits left behind", n)
				}
				closeWriter(t, w)
			})
		})
	}
}

func TestPostbackIsNotDurableInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		up := make(chan struct{})
		j.answer = func(ctx context.Context, _ int, _ *Batch) (bool, error) {
			select {
			case <-up:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
		w := j.startWriter(WriterOptions{})
		began := time.Now()
		_, err := w.Postback(t.Context(), postbackNo(0))
		if !errors.Is(err, ErrNotDurable) || time.Since(began) != 5*time.Second {
			t.Fatalf("got %v after %v, want ErrNotDurable after 5s", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Postback(ctx, postbackNo(1)); !errors.Is(err, ErrNotDurable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want ErrNotDurable when the caller leaves", err)
		}
		close(up)
		closeWriter(t, w)
		if got := j.read(); len(got) != 2 {
			t.Fatalf("%d entries became durable later, want both", len(got))
		}
	})
}

func TestFullJournalRefusesPostbacksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		var full atomic.Bool
		full.Store(true)
		j.answer = func(context.Context, int, *Batch) (bool, error) {
			if full.Load() {
				return false, fmt.Errorf("%w: maximum bytes exceeded", errFull)
			}
			return true, nil
		}
		w := j.startWriter(WriterOptions{})
		for i := range 3 {
			if _, err := w.Postback(t.Context(), postbackNo(i)); !errors.Is(err, ErrNotDurable) {
				t.Fatalf("got %v", err)
			}
		}
		w.Click(clickNo(0))
		if took := time.Since(j.began); took != 0 {
			t.Fatalf("refusing took %v", took)
		}
		full.Store(false)
		closeWriter(t, w)
		// The first postback was in a batch already, the others never were.
		if got := j.read(); len(got) != 2 || got[0].Postback == nil || got[1].Click == nil {
			t.Fatalf("got %+v", got)
		}
	})
}

// Whatever the journal does, in whatever order callers come: what it keeps, read
// as a ledger reads it, is what was written, once and in order; and whoever was
// told durable is in it.
func TestOrderAndDurabilityUnderRandomTrouble(t *testing.T) {
	for _, spooled := range []bool{false, true} {
		t.Run(fmt.Sprintf("spool=%v", spooled), func(t *testing.T) {
			for range 20 {
				rnd := testRand(t)
				file := ""
				if spooled {
					file = t.TempDir() + "/spool"
				}
				synctest.Test(t, func(t *testing.T) { randomTrouble(t, rnd, file) })
			}
		})
	}
}

func randomTrouble(t *testing.T, rnd *rand.Rand, file string) {
	j := newFakeJournal(t)
	var badUntil time.Time
	dice := rand.New(rand.NewPCG(rnd.Uint64(), 2)) // the journal throws in a goroutine of its own
	j.answer = func(ctx context.Context, _ int, _ *Batch) (bool, error) {
		if time.Now().After(badUntil) && dice.IntN(20) == 0 {
			badUntil = time.Now().Add(time.Duration(dice.IntN(4000)) * time.Millisecond)
		}
		if time.Now().After(badUntil) {
			time.Sleep(time.Duration(dice.IntN(5)) * time.Millisecond)
			return true, nil
		}
		switch dice.IntN(3) {
		case 0: // it may be stored or not; nobody hears of it
			<-ctx.Done()
			return dice.IntN(2) == 0, ctx.Err()
		case 1:
			return false, errors.New("disconnected")
		}
		return dice.IntN(2) == 0, errors.New("connection lost")
	}
	w := j.startWriter(WriterOptions{MaxBatchEntries: 40, Spool: file, SpoolAfter: 500 * time.Millisecond})
	told := make(map[string]bool)
	var mu sync.Mutex
	var callers sync.WaitGroup
	const clicks = 2000
	for i := range clicks {
		w.Click(clickNo(i))
		if rnd.IntN(10) == 0 {
			time.Sleep(time.Duration(rnd.IntN(60)) * time.Millisecond)
		}
		if rnd.IntN(10) == 0 {
			callers.Go(func() {
				if err := w.Append(t.Context(), Entry{Postback: postbackNo(i)}); err == nil {
					mu.Lock()
					told[fmt.Sprint(i)] = true
					mu.Unlock()
				}
			})
		}
	}
	callers.Wait()
	closeWriter(t, w)
	var gotClicks []Entry
	for _, x := range j.read() {
		if x.Click != nil {
			gotClicks = append(gotClicks, x)
		} else {
			delete(told, x.Postback.ClickID)
		}
	}
	wantClicks(t, gotClicks, 0, clicks)
	if len(told) > 0 {
		t.Fatalf("%d postbacks were called durable and are missing", len(told))
	}
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		var down atomic.Bool
		down.Store(true)
		j.answer = func(context.Context, int, *Batch) (bool, error) {
			if down.Load() {
				return false, errors.New("down")
			}
			return true, nil
		}
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{MemoryBytes: 100_000, MaxBatchBytes: 10_000, Metrics: NewWriterMetrics(reg)})
		const sent = 300
		for i := range sent {
			c := clickNo(i)
			c.UserAgent = strings.Repeat("x", 1000)
			w.Click(c)
		}
		if _, err := w.Postback(t.Context(), postbackNo(0)); !errors.Is(err, ErrNotDurable) {
			t.Fatalf("got %v, want ErrNotDurable: there is no room", err)
		}
		lost := int(metric(t, reg, "lost_entries_total", "click"))
		if kept := sent - lost; kept < 80 || kept > 110 {
			t.Fatalf("%d clicks of 1 kB were kept in 100 kB", kept)
		}
		down.Store(false)
		closeWriter(t, w)
		wantClicks(t, j.read(), 0, sent-lost)
		if n := int(metric(t, reg, "entries_total", "click")); n != sent-lost {
			t.Fatalf("%d durable clicks counted, want %d", n, sent-lost)
		}
	})
}

func TestClosedWriterTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Metrics: NewWriterMetrics(reg)})
		closeWriter(t, w)
		closeWriter(t, w)
		w.Click(clickNo(0))
		w.Impression(&Impression{})
		if _, err := w.Postback(t.Context(), postbackNo(0)); !errors.Is(err, ErrClosed) || !errors.Is(err, ErrNotDurable) {
			t.Fatalf("got %v", err)
		}
		if n := metric(t, reg, "lost_entries_total"); n != 2 {
			t.Fatalf("%v lost entries counted, want 2", n)
		}
		if j.attempts() != 0 {
			t.Fatal("a closed writer wrote")
		}
	})
}

func TestCloseInTroubleSaysWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFakeJournal(t)
		j.answer = func(ctx context.Context, _ int, _ *Batch) (bool, error) {
			<-ctx.Done()
			return false, ctx.Err()
		}
		reg := prometheus.NewRegistry()
		w := j.startWriter(WriterOptions{Metrics: NewWriterMetrics(reg)})
		w.Click(clickNo(0))
		time.Sleep(time.Second)
		w.Click(clickNo(1))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := w.Close(ctx); err == nil {
			t.Fatal("Close said that all is well")
		}
		if n := metric(t, reg, "lost_entries_total", "click"); n != 2 {
			t.Fatalf("%v lost clicks counted, want 2", n)
		}
	})
}
