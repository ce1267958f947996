package journal

import (
	"context"
	"fmt"
	"time"
)

// The kinds of entries as metrics name them.
type entryKind int

const (
	kindClick entryKind = iota
	kindImpression
	kindPostback
	kindModeration
	kindTick
	entryKinds
)

var kindNames = [entryKinds]string{"click", "impression", "postback", "moderation", "tick"}

func kindOf(x Entry) entryKind {
	switch {
	case x.Click != nil:
		return kindClick
	case x.Impression != nil:
		return kindImpression
	case x.Postback != nil:
		return kindPostback
	case x.Moderation != nil:
		return kindModeration
	}
	return kindTick
}

// batch is one batch on its way from filling to durable.
type batch struct {
	*encoder
	seq    uint64
	first  time.Time // when the first entry came
	urgent bool      // a caller waits for it
	counts [entryKinds]int
}

// due reports whether the batch should be sent at now.
func (b *batch) due(now time.Time, interval time.Duration) bool {
	return b.entries > 0 && (b.urgent || now.Sub(b.first) >= interval)
}

// fresh returns an empty batch with the sequence seq. The caller holds mu.
func (w *Writer) fresh(seq uint64) *batch {
	var b *batch
	if n := len(w.free); n > 0 {
		b, w.free = w.free[n-1], w.free[:n-1]
	} else {
		b = &batch{encoder: newEncoder()}
	}
	b.seq, b.urgent, b.counts = seq, false, [entryKinds]int{}
	// A header of two short texts cannot fail to encode.
	_ = b.begin(Header{Writer: w.o.Name, BootID: w.boot, Sequence: seq, Reply: w.reply})
	return b
}

// room reports whether another entry may come. The caller holds mu.
func (w *Writer) room() bool {
	return !w.closed && w.held+len(w.cur.buf) < w.o.MemoryBytes
}

// overflows reports whether the entry written since m made the batch too large,
// and it was not alone in it.
func (w *Writer) overflows(m mark) bool {
	return len(w.cur.buf) > w.batchBytes() && m.entries > 0
}

// batchBytes is the size that closes a batch: the configured one, or what the
// server takes.
func (w *Writer) batchBytes() int {
	if limit := int(w.limit.Load()); limit > 0 {
		return min(limit, w.o.MaxBatchBytes)
	}
	return w.o.MaxBatchBytes
}

// turn takes the last entry back and closes the batch before it.
func (w *Writer) turn(m mark) {
	w.cur.rollback(m)
	w.seal()
	w.poke()
}

// seal closes the batch that fills and begins the next one. The caller holds mu.
func (w *Writer) seal() {
	w.cur.end()
	w.held += len(w.cur.buf)
	w.queue = append(w.queue, w.cur)
	w.cur = w.fresh(w.cur.seq + 1)
}

// added counts an entry just written, wakes the sender if that changes anything
// for it, and releases mu.
func (w *Writer) added(k entryKind, urgent bool) {
	b := w.cur
	b.counts[k]++
	wake := urgent && !b.urgent
	b.urgent = b.urgent || urgent
	if b.entries == 1 {
		b.first, wake = time.Now(), true
	}
	if b.entries >= w.o.MaxBatchEntries || len(b.buf) >= w.batchBytes() {
		w.seal()
		wake = true
	}
	w.mu.Unlock()
	if wake {
		w.poke()
	}
}

// drop counts an entry that found no room, and releases mu.
func (w *Writer) drop(k entryKind) {
	w.lost++
	first := w.lost == 1
	w.mu.Unlock()
	w.o.Metrics.lose(k, 1)
	if first {
		w.o.Log.Error(nil, "the journal does not take entries and there is no room left: entries are lost", "kind", kindNames[k])
	}
}

// poke wakes the sender.
func (w *Writer) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// enqueue adds an entry for whose durability its caller waits.
func (w *Writer) enqueue(ctx context.Context, x Entry) (*wait, error) {
	if w.readers != nil {
		if err := w.readers.admit(ctx, x.format()); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	if err := w.admit(); err != nil {
		w.mu.Unlock()
		return nil, err
	}
	if err := w.write(x); err != nil {
		w.mu.Unlock()
		return nil, err
	}
	wt := w.waits.add(w.cur.seq, w.cur.entries-1)
	w.added(kindOf(x), true)
	return wt, nil
}

// admit reports why an entry cannot even wait to become durable.
func (w *Writer) admit() error {
	switch {
	case w.closed:
		return fmt.Errorf("%w: the writer is %w", ErrNotDurable, ErrClosed)
	case w.full.Load():
		return fmt.Errorf("%w: %w", ErrNotDurable, errFull)
	case !w.room():
		return fmt.Errorf("%w: too much waits for it already", ErrNotDurable)
	}
	return nil
}

// write encodes x into the batch that fills, or into the next one where it does
// not fit. The caller holds mu.
func (w *Writer) write(x Entry) error {
	m := w.cur.mark()
	err := w.cur.entry(x)
	if err == nil && w.overflows(m) {
		w.turn(m)
		m = w.cur.mark()
		err = w.cur.entry(x)
	}
	if err == nil && len(w.cur.buf)-m.length > maxEntryBytes {
		err = fmt.Errorf("%w: %d bytes", ErrTooLarge, len(w.cur.buf)-m.length)
	}
	if err != nil {
		w.cur.rollback(m)
	}
	return err
}

// last returns the sequence of the last entry's batch and hurries that batch.
func (w *Writer) last() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cur.entries == 0 {
		return w.cur.seq - 1
	}
	w.cur.urgent = true
	w.poke()
	return w.cur.seq
}

// take returns the oldest closed batch, closing the one that fills if it is due;
// nil if there is nothing to send yet.
func (w *Writer) take(now time.Time) *batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 && w.cur.due(now, w.o.FlushInterval) {
		w.seal()
	}
	if len(w.queue) == 0 {
		return nil
	}
	b := w.queue[0]
	w.queue = append(w.queue[:0], w.queue[1:]...)
	return b
}

// takeAll returns all closed batches, and the one that fills if it is not empty
// and was begun at least age ago.
func (w *Writer) takeAll(now time.Time, age time.Duration) []*batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cur.entries > 0 && now.Sub(w.cur.first) >= age {
		w.seal()
	}
	all := w.queue
	w.queue = nil
	return all
}

// giveBack returns batches that takeAll took, in front of what was closed since.
func (w *Writer) giveBack(all []*batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(all, w.queue...)
}

// release forgets a batch that is durable, spooled or lost.
func (w *Writer) release(b *batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held -= len(b.buf)
	if len(w.free) < 4 && cap(b.buf) <= 2*w.o.MaxBatchBytes {
		w.free = append(w.free, b)
	}
}

// backlog returns the bytes of closed batches in memory and when the batch that
// fills was begun (zero if it is empty), and whether a caller waits for it.
func (w *Writer) backlog() (held int, first time.Time, urgent bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cur.entries > 0 {
		first = w.cur.first
	}
	return w.held, first, w.cur.urgent
}

// takeLost returns and resets the number of entries lost since the last call.
func (w *Writer) takeLost() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.lost
	w.lost = 0
	return n
}
