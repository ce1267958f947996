package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/trace"
)

// Writer appends entries to the journal with group commit: one batch is on its way
// and the next one fills meanwhile, so the order of a writer's entries is the
// journal's order. Safe for concurrent use.
type Writer struct {
	o     WriterOptions
	boot  BootID
	reply string
	sub   *nats.Subscription
	waits *waits
	// readers admits entries of a newer format; nil admits all, for tests.
	readers *readers
	full    atomic.Bool  // the journal refuses entries
	limit   atomic.Int64 // the largest batch that the journal takes as it is; 0 while unknown
	// trouble is why the journal has refused a batch more than once, nil while it takes them.
	trouble atomic.Pointer[error]

	mu     sync.Mutex
	cur    *batch   // the batch that fills
	queue  []*batch // closed batches, oldest first
	free   []*batch
	held   int // bytes of the closed batches that are in memory
	closed bool
	lost   int // entries lost since the last report

	wake    chan struct{} // wakes the sender: there may be something to do
	stop    chan struct{}
	stopped sync.WaitGroup
}

// NewWriter begins a new life of a writer: a new boot id. It needs no connected
// journal. With a spool it first takes up what an earlier life left there. An error
// is about the spool file.
func NewWriter(c *Conn, o WriterOptions) (*Writer, error) {
	w := newWriter(o.withDefaults())
	sub, err := c.nc.Subscribe(w.reply, w.receive)
	if err != nil {
		return nil, fmt.Errorf("subscribe to verdicts: %w", err)
	}
	w.sub, w.readers = sub, &readers{now: time.Now, ask: func(ctx context.Context) ([]ledgerFormat, error) { return askLedgers(ctx, c.nc) }}
	if err := w.start(&publisher{conn: c}); err != nil {
		_ = sub.Unsubscribe()
		return nil, err
	}
	return w, nil
}

func newWriter(o WriterOptions) *Writer {
	w := &Writer{
		o:     o,
		boot:  NewBootID(),
		waits: newWaits(),
		wake:  make(chan struct{}, 1),
		stop:  make(chan struct{}),
	}
	w.reply = subjectVerdicts + w.boot.String()
	w.cur = w.fresh(1)
	return w
}

// BootID identifies this life of the writer.
func (w *Writer) BootID() BootID { return w.boot }

// Ready reports whether the journal takes entries, as far as it was tried, and else why not.
func (w *Writer) Ready() (ok bool, problem string) {
	if err := w.trouble.Load(); err != nil {
		return false, "the journal takes no entries: " + (*err).Error() + ". Postbacks are answered 503, clicks wait; it goes on by itself"
	}
	return true, ""
}

// Click appends a click. It never waits: when the journal is in trouble and
// neither memory nor spool has room, the click is lost and counted.
func (w *Writer) Click(c *Click) {
	w.mu.Lock()
	if !w.room() {
		w.drop(kindClick)
		return
	}
	m := w.cur.mark()
	w.cur.click(c)
	if w.overflows(m) {
		w.turn(m)
		w.cur.click(c)
	}
	w.added(kindClick, false)
}

// Impression appends an impression, like Click.
func (w *Writer) Impression(i *Impression) {
	w.mu.Lock()
	if !w.room() {
		w.drop(kindImpression)
		return
	}
	m := w.cur.mark()
	w.cur.impression(i)
	if w.overflows(m) {
		w.turn(m)
		w.cur.impression(i)
	}
	w.added(kindImpression, false)
}

// Postback appends a postback and returns its verdict, at most VerdictWait after
// it became durable; the Verdict is not Known when none came by then. An error
// wraps ErrNotDurable (answer 503), where a ledger is too old also ErrLedgerTooOld, or
// ErrTooLarge.
func (w *Writer) Postback(ctx context.Context, p *Postback) (Verdict, error) {
	x, err := w.enqueue(ctx, Entry{Postback: p})
	if err != nil {
		w.o.Metrics.answered(outcomeRefused)
		return Verdict{}, err
	}
	defer w.waits.remove(x)
	v, err := x.durable(ctx, w.o.DurableWait)
	if err != nil {
		w.o.Metrics.answered(outcomeNotDurable)
		return Verdict{}, err
	}
	span := trace.SpanFromContext(ctx) // of nothing, where postbacks are not traced
	span.AddEvent("durable in the journal")
	if v == nil {
		v = x.verdict(ctx, w.o.VerdictWait)
	}
	if v != nil {
		span.AddEvent("verdict of the ledger")
	}
	if v == nil {
		w.o.Metrics.answered(outcomeQueued)
		return Verdict{}, nil
	}
	w.o.Metrics.answered(outcomeVerdict)
	return *v, nil
}

// Append appends any entry and returns when it is durable, without waiting for a
// verdict. Its errors are those of Postback.
func (w *Writer) Append(ctx context.Context, x Entry) error {
	wt, err := w.enqueue(ctx, x)
	if err != nil {
		return err
	}
	defer w.waits.remove(wt)
	_, err = wt.durable(ctx, w.o.DurableWait)
	return err
}

// receive takes the ledger's verdicts from the reply subject.
func (w *Writer) receive(m *nats.Msg) {
	v, err := decodeVerdicts(m.Data)
	if err != nil {
		w.o.Log.Info("passed over verdicts that do not decode", "error", err.Error())
		return
	}
	if v.BootID == w.boot {
		w.waits.verdicts(v)
	}
}

// refusedFor is how long a flush waits for a journal that refuses entries.
const refusedFor = 2 * time.Second

// Flush returns when everything appended before the call is durable, or with an error
// when the journal is full or held, which lasts: sooner than ctx ends.
func (w *Writer) Flush(ctx context.Context) error {
	x := w.waits.add(w.last(), wholeBatch)
	defer w.waits.remove(x)
	look := time.NewTicker(refusedFor)
	defer look.Stop()
	for {
		select {
		case e := <-x.events:
			if e.err == nil {
				return nil
			}
			if !errors.Is(e.err, errFull) {
				return fmt.Errorf("flush the journal: %w", e.err)
			}
		case <-look.C:
			if w.full.Load() {
				return fmt.Errorf("flush the journal: %w", errFull)
			}
		case <-ctx.Done():
			return fmt.Errorf("flush the journal: %w", ctx.Err())
		}
	}
}

// Close takes no more entries, flushes until ctx ends and stops. What is left then
// goes to the spool, or is lost and counted where there is none, and the error reports it.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	again := w.closed
	w.closed = true
	w.mu.Unlock()
	if again {
		return nil
	}
	err := w.Flush(ctx)
	close(w.stop)
	w.stopped.Wait()
	if w.sub != nil {
		_ = w.sub.Unsubscribe()
	}
	if err != nil && w.o.Spool != "" {
		return fmt.Errorf("what is left waits in the spool %s: %w", w.o.Spool, err)
	}
	return err
}
