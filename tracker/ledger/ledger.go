package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// Bounds of one group, which is judged in one transaction: batches, and the weight of
// their entries. Larger groups change fewer rows of the rollups for each click, and take
// more memory.
const (
	maxBatches = 256
	maxWeight  = 16384
)

// Pauses between attempts of a group that failed.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Pauses of a ledger that has found another to be faster.
const (
	standbyFirst = 10 * time.Millisecond
	standbyMost  = time.Second
)

// Ledger folds the journal into a store. Its methods other than Run are safe for
// concurrent use.
type Ledger struct {
	o   Options
	mem *memory // of Run alone; nil when it must be read again
	// standby is the last pause of standBy; of Run alone.
	standby time.Duration
	// doubted is since when the journal does not fit; of Run alone.
	doubted time.Time

	times

	// recognised is whether the journal is that of the tables; while it is not, it gets no
	// ticks and is not trimmed. mismatch holds why not.
	recognised atomic.Bool
	mismatch   atomic.Pointer[Mismatch]
	// keys are the fingerprints of the sealing keys in use, nil where none are compared;
	// rekeyed holds a word of their change.
	keys    atomic.Pointer[string]
	rekeyed chan struct{}

	mu       sync.Mutex
	position uint64
	changed  chan struct{} // closed at the next commit

	caps capQueue
}

// times are what the fold, the ticker and trimming tell each other.
type times struct {
	// waiting and tickAt tell the ticker what the fold knows.
	waiting atomic.Int64
	tickAt  atomic.Int64
	// stored is when the journal's server stored what was read; nil before the tables were.
	stored atomic.Pointer[stretch]
	// trimAt is the time that trimming goes by; it begins at the last entry in the tables.
	trimAt atomic.Int64
	// named is when a tick that was held back was logged last; of Run alone.
	named time.Time
}

// see takes note of when batches were stored.
func (t *times) see(batches []*journal.Batch) {
	s := t.stored.Load().through(batches)
	t.stored.Store(&s)
}

// New makes a ledger; Run starts it.
func New(o Options) *Ledger {
	o.defaults()
	l := &Ledger{o: o, changed: make(chan struct{}), rekeyed: make(chan struct{}, 1), caps: newCapQueue()}
	l.recognised.Store(o.Journal == nil)
	return l
}

// Position returns up to where the journal has been folded by this ledger, and a
// channel that is closed when it gets further: the courier, live tails and whoever
// waits for an entry of their own look again then.
func (l *Ledger) Position() (position uint64, further <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.position, l.changed
}

func (l *Ledger) advance(position uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.position = position
	close(l.changed)
	l.changed = make(chan struct{})
}

// Run folds until ctx ends, whose error it then returns, or until the journal
// cannot be read any more. A journal that is not that of the tables is waited out.
// A database that fails is tried again for ever.
func (l *Ledger) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()
	helpers.Go(func() { l.keepTicking(ctx) })
	helpers.Go(func() { l.keepTrimming(ctx) })
	helpers.Go(func() { l.keepPublishing(ctx) })
	l.mem = nil // what an earlier run remembered may be old
	for {
		if err := l.remember(ctx); err != nil {
			return err
		}
		if err := l.awaitJournal(ctx); err != nil {
			return err
		}
		err := l.followKeys(ctx)
		switch {
		case errors.Is(err, errBack), errors.Is(err, errRekeyed):
		case l.o.Journal != nil && errors.Is(err, journal.ErrRewound):
			l.mem = nil
		default:
			return err
		}
	}
}

// errBack says that the tables are behind what has been read: they were reset.
var errBack = errors.New("the tables have been set back")

// follow reads the journal from where the tables are.
func (l *Ledger) follow(ctx context.Context) error {
	l.advance(l.mem.progress.Position)
	r := l.o.Open(l.mem.progress.Position, l.mem.progress.Digest)
	defer r.Close()
	for {
		batches, err := r.Read(ctx, maxBatches)
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		l.see(batches)
		for len(batches) > 0 {
			n := l.groupLength(batches)
			if err := l.foldPatiently(ctx, batches[:n]); err != nil {
				return err
			}
			batches = batches[n:]
		}
	}
}

// groupLength is how many of the batches go into one group: a bounded number of
// entries, and not both what is folded again and what is new.
func (l *Ledger) groupLength(batches []*journal.Batch) int {
	weight := 0
	for i, b := range batches {
		weight += b.Weight()
		if i > 0 && weight > maxWeight {
			return i
		}
		if l.mem != nil && b.Position == l.mem.progress.RebuildUntil {
			return i + 1
		}
	}
	return len(batches)
}

// foldPatiently folds a group, again and again until it succeeds or turns out to
// have been folded by another ledger.
func (l *Ledger) foldPatiently(ctx context.Context, batches []*journal.Batch) error {
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		if err := l.remember(ctx); err != nil {
			return err
		}
		at := l.mem.progress.Position
		for len(batches) > 0 && batches[0].Position <= at {
			batches = batches[1:]
		}
		if len(batches) == 0 {
			if position, _ := l.Position(); position < at {
				l.advance(at) // another ledger folded them; who waits for them need not wait on
			}
			return nil
		}
		if batches[0].Position > at+1 && l.setBack(at) {
			return errBack
		}
		err := l.fold(ctx, batches)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("fold the journal: %w", ctx.Err())
		case errors.Is(err, store.ErrMoved):
			l.o.Metrics.raceLost()
			if err := l.standBy(ctx); err != nil {
				return err
			}
			continue
		}
		l.o.Metrics.failure()
		l.o.Log.Error(err, "folding the journal failed, trying again", "position", batches[0].Position, "pause", pause.String())
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// standBy lets another ledger go ahead, the longer the more often it was faster:
// two that race for every group would both do the work twice.
func (l *Ledger) standBy(ctx context.Context) error {
	l.standby = min(max(2*l.standby, standbyFirst), standbyMost)
	return sleep(ctx, l.standby)
}

// setBack reports whether the tables are behind where this ledger read on from:
// then somebody has reset them. Any other gap is what was trimmed.
func (l *Ledger) setBack(at uint64) bool {
	position, _ := l.Position()
	return at < position
}

// fold takes one group into the tables and tells what was decided.
func (l *Ledger) fold(ctx context.Context, batches []*journal.Batch) (err error) {
	start := l.o.Now()
	mem := l.mem
	l.mem = nil // until the commit has succeeded
	to := mem.progress
	last := batches[len(batches)-1]
	to.Position, to.Digest = last.Position, last.Digest
	tx, err := l.o.Store.Begin(ctx, mem.progress, to)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	mem.progress.Position, mem.progress.Digest = to.Position, to.Digest
	t := newTransaction(ctx, tx, mem, &l.o)
	if err := t.fold(batches); err != nil {
		return err
	}
	if err := tx.Progress.KeepTick(ctx, mem.progress.TickAt); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	l.mem, l.standby = mem, 0
	l.waiting.Store(int64(mem.parked.Len()))
	l.tickAt.Store(mem.progress.TickAt)
	l.o.Metrics.committed(t.changes, batches, l.o.Now().Sub(start), l.o.Now())
	l.tell(t.changes)
	l.nameHeldBack(t.changes.heldBack)
	l.trace(ctx, t.changes.traced, start)
	l.advance(to.Position)
	return nil
}

// nameHeldBack logs the last of the ticks that were held back, now and then.
func (l *Ledger) nameHeldBack(list []heldBack) {
	if len(list) == 0 || within(time.Since(l.named), heldBackLog) {
		return
	}
	l.named = time.Now()
	last := list[len(list)-1]
	l.o.Log.Info("a tick far ahead of the journal's server is held back: set the clock of the ledger that wrote it",
		"writer", last.writer, "tick", time.UnixMicro(last.tick).UTC(), "server", time.UnixMicro(last.stored).UTC())
}

// remember reads the memory again if it was lost.
func (l *Ledger) remember(ctx context.Context) error {
	for pause := retryFirst; l.mem == nil; pause = min(2*pause, retryMost) {
		mem, err := loadMemory(ctx, l.o.Store, l.o.Log)
		if err == nil {
			l.mem = mem
			l.waiting.Store(int64(mem.parked.Len()))
			l.tickAt.Store(mem.progress.TickAt)
			l.trimAt.CompareAndSwap(0, mem.seen)
			l.stored.CompareAndSwap(nil, &stretch{from: mem.seen, to: mem.seen})
			break
		}
		l.o.Log.Error(err, "reading the ledger's tables failed, trying again", "pause", pause.String())
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("fold the journal: %w", ctx.Err())
	}
}
