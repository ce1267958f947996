package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/fold"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// How long what only recent events need is kept, in microseconds.
const (
	repeatsMicros  = dayMicros
	countersMicros = 7 * dayMicros
	uniqueDays     = 2
)

// aheadMost is how far a tick may be ahead of the clock of the journal's server.
const aheadMost = dayMicros

// heldBackLog is how often ticks that are held back are logged.
const heldBackLog = time.Minute

// heldBack is a tick that was held back to when its batch was stored.
type heldBack struct {
	writer       string
	tick, stored int64
}

// personalDays is how many days before the last one are looked through for personal
// data: time that has leapt passes over as many.
const personalDays = 31

// transaction takes a number of batches into the tables: it loads what their entries
// ask for, folds them, and flushes what has changed. It changes the memory as it goes;
// one that fails leaves the memory unusable.
type transaction struct {
	ctx     context.Context // of this transaction alone
	tx      *store.Tx
	mem     *memory
	o       *Options
	books   *fold.Fold
	load    *loader
	changes *changes
	traffic *visitCounter
}

func newTransaction(ctx context.Context, tx *store.Tx, mem *memory, o *Options) *transaction {
	c := newChanges(mem)
	t := &transaction{ctx: ctx, tx: tx, mem: mem, o: o, changes: c, traffic: &visitCounter{mem: mem, changes: c, counted: make(map[*journal.Context]*counterContext)}}
	t.books = &fold.Fold{Known: fold.NewKnown(), Counters: mem.counters, Parking: mem.parked, Source: t, Sink: c, Log: o.Log}
	t.load = &loader{ctx: ctx, tx: tx, mem: mem, books: t.books, configs: make(map[*journal.Terms]*fold.Config), log: o.Log}
	return t
}

// fold takes the batches into the tables.
func (t *transaction) fold(batches []*journal.Batch) error {
	fresh, err := t.unseen(batches)
	if err != nil {
		return err
	}
	t.traffic.makeRoom(fresh)
	posts, err := t.load.prepare(fresh)
	if err != nil {
		return err
	}
	for i, b := range fresh {
		if err := t.batch(b, posts[i]); err != nil {
			return fmt.Errorf("fold batch %d of %s: %w", b.Sequence, b.BootID, err)
		}
	}
	return t.flush()
}

// batch applies the entries of a batch in their order.
func (t *transaction) batch(b *journal.Batch, posts []*fold.Postback) error {
	t.changes.batch = b
	for i := range b.Entries {
		switch x := &b.Entries[i]; {
		case x.Click != nil && x.Click.Context != nil:
			t.books.Arrived(x.Click.ID, t.traffic.click(x.Click))
		case x.Impression != nil && x.Impression.Context != nil:
			t.books.Arrived(x.Impression.ID, t.traffic.impression(x.Impression))
		case x.Click != nil || x.Impression != nil:
			t.o.Log.Info("passed over a visit without its context", "visit", visitID(x))
		case x.Postback != nil:
			t.books.Postback(posts[i])
		case x.Moderation != nil:
			t.books.Moderate(x.Moderation)
		case x.Tick != nil:
			if err := t.tick(x.Tick.At); err != nil {
				return fmt.Errorf("entry %d: %w", i, err)
			}
		}
	}
	return nil
}

// tick lets time pass, and drops what is too old once a UTC day. Time may go back, to
// that of a clock that was ahead or of another ledger: what has happened stays, and what
// waits goes by the present.
func (t *transaction) tick(at int64) error {
	last := t.mem.progress.TickAt
	at = t.believed(at)
	if at == last {
		return nil
	}
	t.mem.progress.TickAt = at
	if err := t.books.Tick(at); err != nil {
		return err
	}
	if day := floorDiv(last, dayMicros); floorDiv(at, dayMicros) > day {
		// A clock that leaps takes away a day at most; the next midnight all that is old.
		// What is of the present by the server's clock stays.
		return t.forget(min(at, t.changes.stored(), (day+2)*dayMicros-1))
	}
	return nil
}

// believed is the time of a tick of the current batch; one far ahead of the server
// that stored it is held back to the server's.
func (t *transaction) believed(at int64) int64 {
	stored := t.changes.stored()
	if at-aheadMost <= stored {
		return at
	}
	t.changes.heldBack = append(t.changes.heldBack, heldBack{t.changes.batch.Writer, at, stored})
	return stored
}

// Load is fold.Source's.
func (t *transaction) Load(posts []*fold.Postback) error { return t.load.postbacks(posts) }

// HoldsEnding is fold.Source's. It asks the tables, so what has changed is written first.
func (t *transaction) HoldsEnding(at int64) ([]*fold.Conversion, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	return t.load.holdsEnding(at)
}

func (t *transaction) flush() error {
	t.traffic.flushed()
	return t.changes.flush(t.ctx, t.tx)
}

// forget drops what is too old.
func (t *transaction) forget(at int64) error {
	today := floorDiv(at, dayMicros)
	t.mem.counters.Drop(at - countersMicros)
	if err := t.tx.Caps.Drop(t.ctx, at-countersMicros); err != nil {
		return err
	}
	if err := t.tx.Sessions.DropRepeats(t.ctx, at-repeatsMicros); err != nil {
		return err
	}
	if keep := days(t.o.RetainPersonal); keep > 0 {
		if err := t.tx.Visits.DropPersonal(t.ctx, today-keep-personalDays, today-keep); err != nil {
			return err
		}
		from, until := firstID(today-keep-personalDays), firstID(today-keep)
		if err := t.tx.Postbacks.DropAddresses(t.ctx, from, until); err != nil {
			return err
		}
		if err := t.tx.Deliveries.DropAddresses(t.ctx, from, until); err != nil {
			return err
		}
	}
	keep := days(t.o.Retain)
	if keep == 0 {
		keep = 1 << 40 // for ever
	} else if err := t.tx.Postbacks.Drop(t.ctx, firstID(today-keep)); err != nil {
		return err
	}
	return t.tx.Visits.Drop(t.ctx, today-keep, today-uniqueDays)
}

// days is a time in whole days.
func days(d time.Duration) int64 { return int64(d.Hours() / 24) }

// unseen returns the batches that count: each sequence of a boot id once. What was
// answered to a repeated one is answered again.
func (t *transaction) unseen(batches []*journal.Batch) ([]*journal.Batch, error) {
	if err := t.loadBoots(batches); err != nil {
		return nil, err
	}
	var fresh, repeated []*journal.Batch
	for _, b := range batches {
		switch {
		case b.Malformed != nil:
		case b.Sequence <= t.mem.boots[b.BootID]:
			repeated = append(repeated, b)
		default:
			t.noteGap(b)
			t.mem.boots[b.BootID] = b.Sequence
			t.changes.boots[b.BootID] = store.Boot{ID: b.BootID, Writer: b.Writer, Sequence: b.Sequence, SeenAt: b.Stored.UnixMicro()}
			fresh = append(fresh, b)
		}
	}
	return fresh, t.answerAgain(repeated)
}

// noteGap names batches that a writer sent before b and that are not in the journal. A
// writer gives up a batch only when it is lost, and reports that. A gap before tables
// that are new is none.
func (t *transaction) noteGap(b *journal.Batch) {
	last := t.mem.boots[b.BootID]
	missing := b.Sequence - last - 1
	if missing == 0 || last == 0 && !t.mem.begun {
		return
	}
	t.changes.gaps += missing
	t.o.Log.Error(nil, "batches of a writer are missing in the journal: what they held is not in the books", "writer", b.Writer, "boot", b.BootID.String(),
		"missing", missing, "after", last, "position", b.Position)
}

func (t *transaction) loadBoots(batches []*journal.Batch) error {
	var unknown [][16]byte
	for _, b := range batches {
		if _, ok := t.mem.boots[b.BootID]; !ok && b.Malformed == nil {
			t.mem.boots[b.BootID] = 0
			unknown = append(unknown, b.BootID)
		}
	}
	known, err := t.tx.Progress.Sequences(t.ctx, unknown)
	for boot, sequence := range known {
		t.mem.boots[boot] = sequence
	}
	return err
}

// answerAgain finds what was answered to the postbacks of batches that are here a
// second time: their tracker may still be waiting.
func (t *transaction) answerAgain(batches []*journal.Batch) error {
	var ids []string
	var waiting []answer
	for _, b := range batches {
		for i := range b.Entries {
			if p := b.Entries[i].Postback; p != nil && b.Reply != "" {
				ids = append(ids, entryID(b.BootID, b.Sequence, i, p.At))
				waiting = append(waiting, answer{Place: placeOf(b, i)})
			}
		}
	}
	known, err := t.tx.Postbacks.Answers(t.ctx, ids)
	for i, id := range ids {
		if v, ok := known[id]; ok {
			waiting[i].verdict = v
			t.changes.verdicts = append(t.changes.verdicts, waiting[i])
		}
	}
	return err
}

// placeOf is where an entry of a batch stands.
func placeOf(b *journal.Batch, entry int) fold.Place {
	return fold.Place{Boot: b.BootID, Sequence: b.Sequence, Entry: entry, Reply: b.Reply, Position: int64(b.Position)*journal.MaxBatchEntries + int64(entry)}
}
