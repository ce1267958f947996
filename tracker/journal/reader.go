package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/semaphore"
)

// Bounds of what is read ahead of Read: the memory of entries, as Weight counts them, and
// how many batches however small they are.
const (
	aheadEntries = 16384
	aheadBatches = 256
)

// ErrRewound is returned where the journal ends before the position it was read up to,
// or has another batch there: it is another journal, or an older copy of this one.
// Reading on would count things twice or miss them, so an operator must decide.
var ErrRewound = errors.New("the journal is not the one that was read: it is shorter, or has another batch at the position already read")

// ErrClosed is returned by calls on a closed Writer or Reader.
var ErrClosed = errors.New("closed")

// ReaderOptions configure a Reader. The zero value is usable.
type ReaderOptions struct {
	// Metrics counts what is read; nil counts nothing.
	Metrics *ReaderMetrics
	// Digest is that of the batch at the position to start after; 0 where it is not known.
	Digest uint64
	// Patience is how long an ErrRewound must persist before it is believed: a
	// server that has just become leader may lag for a moment. Default 10 s.
	Patience time.Duration
}

// Reader reads the journal in order, without gaps or repetitions, across lost
// connections and leaders. One goroutine may call Read.
type Reader struct {
	conn    *Conn
	o       ReaderOptions
	cancel  context.CancelFunc
	done    sync.WaitGroup
	batches chan *Batch
	room    *semaphore.Weighted // for entries in batches
	err     error               // why batches is closed; set before

	// last is the position handed on, known what its batches defined; of the pump alone.
	last    uint64
	digest  uint64 // of the batch at last; 0 while not known
	known   definitions
	missing uint64 // positions before last that were gone, not reported yet
	started bool
	rewound time.Time // since when the journal ended too early
}

// NewReader starts reading after the given position: the Position of the last
// batch that was processed, 0 for the oldest batch there is.
func NewReader(c *Conn, after uint64, o ReaderOptions) *Reader {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reader{conn: c, o: o, cancel: cancel, batches: make(chan *Batch, aheadBatches), room: semaphore.NewWeighted(aheadEntries), last: after, digest: o.Digest, started: after > 0}
	r.done.Go(func() { r.pump(ctx) })
	return r
}

// Read returns the next batches in the journal's order: at least one, for which it
// waits, and up to most of those that are there already. Its errors are final
// (ErrRewound, ErrUnsupported, ErrClosed), except that of ctx.
func (r *Reader) Read(ctx context.Context, most int) ([]*Batch, error) {
	var out []*Batch
	select {
	case b, ok := <-r.batches:
		if !ok {
			return nil, r.err
		}
		out = append(out, r.take(b))
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the journal: %w", ctx.Err())
	}
	for len(out) < most {
		select {
		case b, ok := <-r.batches:
			if !ok {
				return out, nil // the next call returns the error
			}
			out = append(out, r.take(b))
		default:
			return out, nil
		}
	}
	return out, nil
}

// take makes room for another batch in the place of b.
func (r *Reader) take(b *Batch) *Batch {
	r.room.Release(weight(b))
	return b
}

// weight is the room that a batch takes; one that is larger than all room takes all.
func weight(b *Batch) int64 { return int64(min(b.Weight(), aheadEntries)) }

// Close ends reading. Read returns what is left, then ErrClosed.
func (r *Reader) Close() {
	r.cancel()
	r.done.Wait()
}

// pump reads until ctx ends or a final error, setting the consumer up again
// whenever it breaks.
func (r *Reader) pump(ctx context.Context) {
	defer close(r.batches)
	err := again(ctx, r.conn.log, "reading the journal", func(ctx context.Context) error {
		r.o.Metrics.opened()
		return r.follow(ctx)
	}, ErrUnsupported, ErrRewound)
	if ctx.Err() != nil {
		err = ErrClosed
	} else {
		r.conn.log.Error(err, "stopped reading the journal")
	}
	r.err = err
}

// follow hands batches on until something breaks.
func (r *Reader) follow(ctx context.Context) error {
	if err := r.locate(ctx); err != nil {
		return err
	}
	iter, err := r.conn.consume(ctx, StreamName, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   r.last + 1,
	})
	if err != nil {
		return err
	}
	defer iter.Stop()
	for {
		msg, err := iter.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		if err := r.hand(ctx, msg); err != nil {
			return err
		}
	}
}

// locate finds out where the journal begins and ends, so that follow can expect
// the very next position.
func (r *Reader) locate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	first, last, err := r.conn.bounds(ctx)
	if err != nil {
		return err
	}
	if last < r.last {
		return r.ended(last)
	}
	r.rewound = time.Time{}
	if err := r.recognise(ctx, first); err != nil {
		return err
	}
	if r.last+1 < first {
		r.skip(first)
	}
	r.started = true
	return nil
}

// recognise compares the batch at the position already read with the one that was read.
// Where it is gone there is nothing to compare.
func (r *Reader) recognise(ctx context.Context, first uint64) error {
	if r.digest == 0 || r.last < first {
		return nil
	}
	at, err := r.conn.Inspect(ctx, r.last)
	if err != nil {
		return err
	}
	if at.Digest != 0 && at.Digest != r.digest {
		return fmt.Errorf("%w: position %d", ErrRewound, r.last)
	}
	return nil
}

// ended judges a journal that ends at last, before what was read.
func (r *Reader) ended(last uint64) error {
	if r.rewound.IsZero() {
		r.rewound = time.Now()
	}
	if time.Since(r.rewound) < r.o.Patience {
		return fmt.Errorf("the journal ends at %d, before %d", last, r.last)
	}
	return fmt.Errorf("%w: it ends at %d and was read up to %d", ErrRewound, last, r.last)
}

// skip passes over what is gone before the position first. It is no gap when the
// reader starts with the oldest batch there is.
func (r *Reader) skip(first uint64) {
	missing := first - 1 - r.last
	r.last = first - 1
	if !r.started {
		return
	}
	r.missing += missing
	r.digest = 0
	r.o.Metrics.missed(missing)
	r.conn.log.Error(nil, "batches are gone from the journal that were never read", "missing", missing, "next", first)
}

// gap judges a delivery that left positions out: either they are gone, or the
// consumer is not to be trusted and is set up again.
func (r *Reader) gap(ctx context.Context, position uint64) error {
	first, _, err := r.conn.bounds(ctx)
	if err != nil {
		return err
	}
	s, err := r.conn.stream(ctx)
	if err != nil {
		return err
	}
	for at := max(r.last+1, first); at < position; at++ {
		switch _, err := s.GetMsg(ctx, at); {
		case err == nil:
			return fmt.Errorf("read the journal: position %d was left out", at)
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return fmt.Errorf("look for position %d of the journal: %w", at, err)
		}
	}
	r.skip(position)
	return nil
}

// hand checks that msg is the next one and hands its batch on.
func (r *Reader) hand(ctx context.Context, msg jetstream.Msg) error {
	meta, err := msg.Metadata()
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	position := meta.Sequence.Stream
	if position <= r.last {
		return nil // seen before the consumer was set up again
	}
	if position != r.last+1 {
		if err := r.gap(ctx, position); err != nil {
			return err
		}
	}
	b, err := decodeBatch(msg.Data(), &r.known)
	switch {
	case errors.Is(err, ErrUnsupported):
		return fmt.Errorf("read position %d: %w", position, err)
	case err != nil:
		r.conn.log.Error(err, "passed over a batch that does not decode", "position", position)
		b = &Batch{Malformed: err}
	}
	sum := digest(msg.Data())
	b.Position, b.Stored, b.Missing, b.Digest = position, meta.Timestamp, r.missing, sum
	if err := r.room.Acquire(ctx, weight(b)); err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	select {
	case r.batches <- b:
	case <-ctx.Done():
		return fmt.Errorf("read the journal: %w", ctx.Err())
	}
	r.last, r.missing, r.digest = position, 0, sum
	r.o.Metrics.read(b)
	return nil
}
