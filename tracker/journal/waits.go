package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// waits connects the callers that wait for a batch of this writer with what becomes of
// it: it is durable, it failed, or the ledger sent verdicts. Safe for concurrent use.
type waits struct {
	mu      sync.Mutex
	settled uint64 // every sequence up to this one has been settled
	bySeq   map[uint64][]*wait
}

// wait is one caller's interest in one entry of one batch. Its events have room
// for all that a caller reads before it leaves.
type wait struct {
	seq    uint64
	entry  int
	events chan event
}

// durable waits, so long at most, until the batch is durable; a verdict that comes first
// proves it. An error wraps ErrNotDurable or ErrTooLarge.
func (x *wait) durable(ctx context.Context, patience time.Duration) (*Verdict, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case e := <-x.events:
		if e.err == nil || errors.Is(e.err, ErrTooLarge) {
			return e.verdict, e.err
		}
		return nil, fmt.Errorf("%w: %w", ErrNotDurable, e.err)
	case <-timer.C:
		return nil, fmt.Errorf("%w: no acknowledgement within %s", ErrNotDurable, patience)
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrNotDurable, ctx.Err())
	}
}

// verdict waits, so long at most, for the verdict on a durable postback; nil when none comes.
func (x *wait) verdict(ctx context.Context, patience time.Duration) *Verdict {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case e := <-x.events:
			if e.verdict != nil {
				return e.verdict
			}
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// event is what happened to a wait: a verdict, an error, or neither: it is durable.
type event struct {
	verdict *Verdict
	err     error
}

// wholeBatch is the entry of a wait for the batch alone.
const wholeBatch = -1

func newWaits() *waits { return &waits{bySeq: make(map[uint64][]*wait)} }

// add begins a wait. A batch that is settled already counts as durable.
func (w *waits) add(seq uint64, entry int) *wait {
	x := &wait{seq: seq, entry: entry, events: make(chan event, 4)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if seq <= w.settled {
		x.events <- event{}
		return x
	}
	w.bySeq[seq] = append(w.bySeq[seq], x)
	return x
}

// remove ends a wait.
func (w *waits) remove(x *wait) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.bySeq[x.seq]
	for i := range list {
		if list[i] == x {
			list[i] = list[len(list)-1]
			list = list[:len(list)-1]
			break
		}
	}
	if len(list) == 0 {
		delete(w.bySeq, x.seq)
		return
	}
	w.bySeq[x.seq] = list
}

// settle notes that the batch is durable, or lost for good.
func (w *waits) settle(seq uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled = max(w.settled, seq)
	w.tell(seq, event{err: err})
}

// fail notes that the batch is not durable now, though it may become so.
func (w *waits) fail(seq uint64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell(seq, event{err: err})
}

func (w *waits) tell(seq uint64, e event) {
	for _, x := range w.bySeq[seq] {
		x.send(e)
	}
}

// verdicts hands out those of the ledger. They may come before the acknowledgement
// and prove the same: the ledger read the batch from the journal.
func (w *waits) verdicts(v Verdicts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.bySeq[v.Sequence]
	if len(list) == 0 {
		return
	}
	byEntry := make(map[int]*Verdict, len(v.Items))
	for i := range v.Items {
		v.Items[i].Verdict.Known = true
		byEntry[v.Items[i].Entry] = &v.Items[i].Verdict
	}
	for _, x := range list {
		if verdict := byEntry[x.entry]; verdict != nil {
			x.send(event{verdict: verdict})
		}
	}
}

// send never blocks: a caller that has not read four events has left.
func (x *wait) send(e event) {
	select {
	case x.events <- e:
	default:
	}
}
