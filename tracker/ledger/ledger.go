package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

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
	// standby has the pauses of standBy; of Run alone.
	standby backoff.ExponentialBackOff
	// named is when a tick that was held back was logged last; of Run alone.
	named time.Time

	clock     clock
	trouble   trouble
	matching  matching
	publisher publisher

	mu       sync.Mutex
	position uint64
	changed  chan struct{} // closed at the next commit
}

// New makes a ledger; Run starts it.
func New(o Options) *Ledger {
	o.defaults()
	l := &Ledger{o: o, changed: make(chan struct{}), standby: pauses(standbyFirst, standbyMost)}
	l.matching = matching{o: &l.o, trouble: &l.trouble, rekeyed: make(chan struct{}, 1)}
	l.matching.recognised.Store(o.Journal == nil)
	l.publisher = publisher{o: &l.o, caps: newCapQueue()}
	return l
}

// Position returns up to where the journal has been folded by this ledger, and a
// channel that is closed when it gets further: the courier, live tails and waiting
// decisions look again then.
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

// Ready reports whether journal and sealing keys are those of the books, and whether these
// can be read and written, as far as it was tried; else what is wrong.
func (l *Ledger) Ready() (ok bool, problem string) {
	if ok, problem = l.matching.ready(); ok {
		ok, problem = l.trouble.ready()
	}
	return ok, problem
}

// SetKeys makes the sealing keys with these fingerprints, oldest first, those that are compared with the
// books, when Run begins and at each change. It may be called while Run works.
func (l *Ledger) SetKeys(fingerprints []string) { l.matching.setKeys(fingerprints) }

// CheckJournal compares the tables with the journal and the sealing keys, and returns how
// they do not belong together, nil where they do. It holds the journal or releases it,
// gives an id to one without, and accepts the mismatch that Options.Accept names. Not
// while Run works.
func (l *Ledger) CheckJournal(ctx context.Context) (*Mismatch, error) {
	m, err := l.matching.check(ctx)
	l.mem = nil // of another journal, where a mismatch was accepted
	return m, err
}

// RetentionTime is the time that the age of rows goes by: that of the last entry, and from
// there on that of trimming, but never after the clock's. Zero before the tables have been
// read.
func (l *Ledger) RetentionTime() time.Time {
	return time.UnixMicro(min(l.o.Now().UnixMicro(), l.clock.trimAt.Load()))
}

// Run folds until ctx ends, whose error it then returns, or until the journal
// cannot be read any more. A journal that is not that of the tables is waited out.
// A database that fails is tried again for ever.
func (l *Ledger) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()
	helpers.Go(func() { (&ticker{l: l}).run(ctx) })
	helpers.Go(func() { trimmer{l}.run(ctx) })
	helpers.Go(func() { l.publisher.run(ctx) })
	l.mem = nil // what an earlier run remembered may be old
	for {
		if err := l.remember(ctx); err != nil {
			return err
		}
		accepted, err := l.matching.await(ctx)
		if err != nil {
			return err
		}
		if accepted {
			l.mem = nil
			continue
		}
		err = l.followKeys(ctx)
		switch {
		case errors.Is(err, errBack), errors.Is(err, errRekeyed):
		case l.o.Journal != nil && errors.Is(err, journal.ErrRewound):
			l.mem = nil
		default:
			return err
		}
	}
}

// errBack reports that the tables are behind what has been read: they were reset.
var errBack = errors.New("the tables have been set back")

// follow reads the journal from where the tables are, and folds what comes in groups. It
// returns when reading fails or the tables have been set back; a fold that fails does not
// end it.
func (l *Ledger) follow(ctx context.Context) error {
	l.advance(l.mem.progress.Position)
	r := l.o.Open(l.mem.progress.Position, l.mem.progress.Digest)
	defer r.Close()
	for {
		batches, err := r.Read(ctx, maxBatches)
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		l.clock.see(batches)
		for len(batches) > 0 {
			n := l.groupLength(batches)
			if err := l.foldPatiently(ctx, batches[:n]); err != nil {
				return err
			}
			batches = batches[n:]
		}
	}
}

// followKeys is follow until the keys change; it then returns errRekeyed. The keys are
// compared with the books before anything more is folded.
func (l *Ledger) followKeys(ctx context.Context) error {
	following, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case <-l.matching.rekeyed:
			stop(errRekeyed)
		case <-following.Done():
		}
	}()
	err := l.follow(following)
	if cause := context.Cause(following); ctx.Err() == nil && errors.Is(cause, errRekeyed) {
		return cause
	}
	return err
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
	retries := pauses(retryFirst, retryMost)
	for {
		if err := l.remember(ctx); err != nil {
			return err
		}
		at := l.mem.progress.Position
		for len(batches) > 0 && batches[0].Position <= at {
			batches = batches[1:]
		}
		if len(batches) == 0 {
			l.trouble.over("") // another's is none of this one
			if position, _ := l.Position(); position < at {
				l.advance(at) // another ledger folded them; what waits for them need not wait on
			}
			return nil
		}
		if batches[0].Position > at+1 && l.setBack(at) {
			return errBack
		}
		err := l.fold(ctx, batches)
		switch {
		case err == nil:
			l.trouble.over("")
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
		pause := retries.NextBackOff()
		l.o.Metrics.failure()
		l.trouble.failed(foldingJournal, err)
		err = store.Advised(err)
		l.o.Log.Error(err, "folding the journal failed, trying again", "position", batches[0].Position, "pause", pause.String())
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// standBy lets another ledger go ahead, the longer the more often it was faster:
// two that race for every group would both do the work twice.
func (l *Ledger) standBy(ctx context.Context) error {
	return sleep(ctx, l.standby.NextBackOff())
}

// setBack reports whether the tables are behind where this ledger read on from:
// then they have been reset. Any other gap is what was trimmed.
func (l *Ledger) setBack(at uint64) bool {
	position, _ := l.Position()
	return at < position
}

// fold takes one group into the tables and publishes what was decided. The memory is
// given up first and taken back after the commit: a fold that fails half way has changed it.
// Publishing comes after the commit, since a verdict must not be known that is then lost.
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
	l.mem = mem
	l.standby.Reset()
	l.clock.folded(mem)
	l.o.Metrics.committed(t.changes, batches, l.o.Now().Sub(start), l.o.Now())
	l.publisher.tell(t.changes)
	l.nameHeldBack(t.changes.heldBack)
	traceVerdicts(ctx, &l.o, t.changes.traced, start)
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
	if l.mem != nil {
		return nil
	}
	load := func() (*memory, error) { return loadMemory(ctx, l.o.Store, l.o.Log) }
	retries := pauses(retryFirst, retryMost)
	mem, err := backoff.Retry(ctx, load, backoff.WithBackOff(&retries), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, pause time.Duration) {
		l.trouble.failed(readingTables, err)
		l.o.Log.Error(store.Advised(err), "reading the ledger's tables failed, trying again", "pause", pause.String())
	}))
	if err != nil {
		return fmt.Errorf("fold the journal: %w", err)
	}
	l.trouble.over(readingTables)
	l.mem = mem
	l.clock.read(mem)
	return nil
}

// What a ledger does that may fail, for its readiness.
const (
	foldingJournal   = "folding the journal"
	readingTables    = "reading the tables"
	comparingJournal = "comparing journal and tables"
)

// pauses returns pauses that double from the first to the longest, without jitter.
func pauses(first, longest time.Duration) backoff.ExponentialBackOff {
	return backoff.ExponentialBackOff{InitialInterval: first, Multiplier: 2, MaxInterval: longest}
}

// sleep waits, and returns the error of ctx if that ends before.
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
