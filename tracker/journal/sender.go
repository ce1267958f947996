package journal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// appender makes one batch durable. An error other than errFull and
// errBatchTooLarge leaves open whether it did.
type appender interface {
	append(ctx context.Context, id string, data []byte) error
	// limit is the largest batch that is taken as it is, 0 while unknown.
	limit() int
}

// sender is the one goroutine that moves a writer's batches to the journal: in
// order, one at a time, the same one again until its outcome is known. What it
// cannot send it moves from memory to the spool. Always, what is in the spool is
// older than what is in memory, except for the batch in flight, which is the oldest.
type sender struct {
	w      *Writer
	out    appender
	spool  *spool // nil without
	ctx    context.Context
	cancel context.CancelFunc

	flight   *flight
	retryAt  time.Time
	troubled time.Time // since when nothing is acknowledged; zero without trouble
	// spoolTrouble is when the spool last failed; zero when it did not.
	spoolTrouble time.Time
}

// flight is the batch being sent.
type flight struct {
	head    Header
	data    []byte
	batch   *batch // the memory to release; nil when it was read from the spool
	spooled bool   // it is the first record of the spool
	sent    time.Time
	result  chan error // nil between two attempts
}

// start opens the spool and starts the sender.
func (w *Writer) start(out appender) error {
	s := &sender{w: w, out: out}
	if w.o.Spool != "" {
		var err error
		if s.spool, err = openSpool(w.o.Spool, w.o.SpoolBytes, w.o.Log); err != nil {
			return fmt.Errorf("open the spool: %w", err)
		}
		w.o.Metrics.spool(s.spool.size())
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	w.stopped.Go(s.run)
	return nil
}

func (s *sender) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var result chan error
		if s.flight != nil {
			result = s.flight.result
		}
		select {
		case <-s.w.wake: // something to send, or more than fits in memory
		case <-timer.C: // a batch is due, or a retry
		case err := <-result:
			s.settle(err)
		case <-s.w.stop:
			s.finish()
			return
		}
		s.step(time.Now())
		timer.Reset(s.pause(time.Now()))
	}
}

// step does all that can be done at now without waiting.
func (s *sender) step(now time.Time) {
	switch {
	case s.flight == nil:
		if s.flight = s.next(now); s.flight != nil {
			s.send(now)
		}
	case s.flight.result == nil && !now.Before(s.retryAt):
		s.send(now)
	}
	if s.spilling(now) {
		s.spill(now, spoolInterval)
	}
	s.observe()
}

// next returns the oldest batch: the spool's first record, else what is in memory.
func (s *sender) next(now time.Time) *flight {
	if s.spool != nil && !s.spool.empty() {
		return s.replay()
	}
	b := s.w.take(now)
	if b == nil {
		return nil
	}
	return &flight{head: Header{BootID: s.w.boot, Sequence: b.seq}, data: b.buf, batch: b}
}

// replay reads the spool's first record; nil when that does not work now. What is
// damaged is passed over: the others must not wait for it.
func (s *sender) replay() *flight {
	for !s.spool.empty() {
		data, err := s.spool.first()
		if err != nil && !errors.Is(err, errDamaged) {
			s.spoolFailed(time.Now(), err)
			return nil
		}
		var h Header
		if err == nil {
			_, err = decMode.UnmarshalFirst(data, &h)
		}
		if err == nil {
			return &flight{head: h, data: data, spooled: true}
		}
		s.w.o.Log.Error(err, "passed over a record of the spool that is damaged", "bytes", s.spool.next-s.spool.head)
		s.w.o.Metrics.spoolFailed()
		s.forward()
	}
	return nil
}

// send starts an attempt.
func (s *sender) send(now time.Time) {
	f := s.flight
	result := make(chan error, 1)
	f.sent, f.result = now, result
	s.w.stopped.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, s.w.o.AckWait)
		defer cancel()
		result <- s.out.append(ctx, f.head.MessageID(), f.data)
	})
}

// settle takes the outcome of an attempt.
func (s *sender) settle(err error) {
	f := s.flight
	f.result = nil
	switch {
	case err == nil:
		s.durable(f)
	case errors.Is(err, errBatchTooLarge):
		s.lost(f, err)
	default:
		s.failed(f, err)
	}
}

// durable ends the flight of a batch that was acknowledged.
func (s *sender) durable(f *flight) {
	s.w.o.Metrics.acked(f, time.Since(f.sent))
	s.w.full.Store(false)
	s.w.limit.Store(int64(s.out.limit()))
	s.end(f, nil)
	s.w.trouble.Store(nil)
	if !s.troubled.IsZero() {
		s.w.o.Log.Info("the journal takes entries again", "after", time.Since(s.troubled).Round(time.Millisecond).String())
		s.troubled = time.Time{}
	}
	if n := s.w.takeLost(); n > 0 {
		s.w.o.Log.Error(nil, "entries were lost while the journal did not take them", "entries", n)
	}
}

// lost ends the flight of a batch that the journal can never take.
func (s *sender) lost(f *flight, err error) {
	s.w.o.Log.Error(err, "a batch is lost: the journal can never take it", "batch", f.head.MessageID(), "bytes", len(f.data))
	s.w.o.Metrics.loseBatch(f)
	if f.batch != nil && f.batch.entries == 1 {
		err = fmt.Errorf("%w: %w", ErrTooLarge, err) // sending it again is of no use
	}
	s.end(f, err)
}

func (s *sender) end(f *flight, err error) {
	s.flight = nil
	if f.head.BootID == s.w.boot {
		s.w.waits.settle(f.head.Sequence, err)
	}
	if f.spooled {
		s.forward()
	}
	if f.batch != nil {
		s.w.release(f.batch)
	}
}

// failed keeps the batch in flight for another attempt.
func (s *sender) failed(f *flight, err error) {
	full := errors.Is(err, errFull)
	s.w.full.Store(full)
	if full && f.head.BootID == s.w.boot {
		s.w.waits.fail(f.head.Sequence, err)
	}
	if s.troubled.IsZero() {
		s.troubled = f.sent
		s.w.o.Log.Error(err, "the journal does not take entries; they are kept and sent again")
	} else {
		s.w.trouble.Store(&err)
	}
	s.w.o.Metrics.retried()
	s.retryAt = time.Now().Add(s.w.o.RetryWait)
	if errors.Is(err, context.DeadlineExceeded) {
		s.retryAt = time.Now() // it has waited long enough
	}
}

// pause is how long the sender may sleep at now unless it is woken.
func (s *sender) pause(now time.Time) time.Duration {
	wait := time.Hour
	sooner := func(at time.Time) { wait = min(wait, at.Sub(now)) }
	_, first, urgent := s.w.backlog()
	switch {
	case s.flight == nil && urgent:
		sooner(now)
	case s.flight == nil && !first.IsZero():
		sooner(first.Add(s.w.o.FlushInterval))
	case s.flight != nil && s.flight.result == nil:
		sooner(s.retryAt)
	}
	switch {
	case s.spool == nil:
	case s.spilling(now) && !s.spoolTrouble.IsZero():
		sooner(s.spoolTrouble.Add(s.w.o.RetryWait))
	case s.spilling(now) && !first.IsZero():
		sooner(first.Add(spoolInterval))
	case !s.spilling(now) && s.flight != nil:
		sooner(s.spillAt())
	}
	return max(wait, 0)
}

func (s *sender) observe() {
	held, _, _ := s.w.backlog()
	s.w.o.Metrics.memory(held)
	s.w.o.Metrics.trouble(s.troubled)
}
