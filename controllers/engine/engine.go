package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace/noop"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/acks"
	"github.com/waypost/waypost/controllers/debounce"
	"github.com/waypost/waypost/controllers/guard"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// Engine is the event loop. Everything in it belongs to the goroutine of Run.
type Engine struct {
	Options

	window  debounce.Window
	book    *book
	objects map[status.Key]*object
	// networks are the Networks of each namespace, in the order of their names.
	networks map[string][]status.Key
	// fresh are the objects whose form is not published yet, or just judged.
	fresh map[status.Key]struct{}
	// waiting are those that are published and wait for trackers.
	waiting acks.Waiting[status.Key]
	late    lateness
	secrets references

	compiled  step               // the last compilation
	published *snapshot.Manifest // nil before the first
	written   map[string]string  // what its ConfigMap holds
	served    int64              // the revision that all trackers serve
	sweep     acks.Sweep
	crew      crew
	flights   []flight

	manifest  *publish.Requests // of the manifest that was seen last
	guard     guard.Guard
	held      map[string]guard.Hold
	confirmed map[status.Key][]string // tokens on Networks
	noted     map[string]int          // the held networks, as last written on the manifest
	deniedPin int64                   // a revision that cannot be rolled back to
	shown     shown                   // the manifest that the informer shows

	begun   bool // the first compilation is done
	listed  bool // all objects are known
	force   bool // publish although nothing changed
	failure error
	retry   backoff
	doubted time.Time
	collect time.Time // when to collect next
	expiry  time.Time // when records change by themselves
	busy    bool      // something runs beside the loop
	rolling bool      // it is a rollback
	jobs    chan func() error
	beside  sync.WaitGroup
}

// flight is a revision that is under way to the trackers.
type flight struct {
	revision int64
	since    time.Time // its first change
	compiled step
	written  step
}

// New returns an engine.
func New(o Options) *Engine {
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	return &Engine{
		Options: o,
		book:    newBook(), objects: map[status.Key]*object{}, networks: map[string][]status.Key{}, fresh: map[status.Key]struct{}{},
		secrets: newReferences(), held: map[string]guard.Hold{}, confirmed: map[status.Key][]string{},
		jobs: make(chan func() error, 1),
	}
}

// Run publishes and acknowledges until the context ends. It fails when another
// operator has taken over: what this one knows is old, and it must begin anew.
func (e *Engine) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer e.beside.Wait()
	defer cancel()
	if err := e.resume(ctx); err != nil {
		return ignoreEnd(ctx, err)
	}
	for _, run := range []func(context.Context){e.Poller.Run, e.Secrets.Run, e.Writer.Run} {
		e.beside.Go(func() { run(ctx) })
	}
	return ignoreEnd(ctx, e.loop(ctx))
}

// ignoreEnd takes the errors that come of being told to stop for what they are.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, publish.ErrSuperseded) {
		return nil
	}
	return err
}

// loop is the event loop: changed objects and what they name, what was published
// beside it, what trackers serve, and time.
func (e *Engine) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-e.Inbox.Ready():
			e.receive(e.Inbox.take())
		case found := <-e.Secrets.Found():
			e.found(found)
		case <-e.Synced:
			e.receive(e.Inbox.take())
			e.Synced, e.listed = nil, true
		case ring := <-e.Keys:
			e.World.SetKeys(ring)
			e.window.Note(e.Now())
		case finish := <-e.jobs:
			e.busy = false
			err = finish()
		case sweep := <-e.Poller.Sweeps():
			e.acknowledge(sweep)
		case <-timer.C:
		}
		if err != nil {
			return err
		}
		e.tellLate()
		e.next(ctx)
		timer.Reset(e.pause())
	}
}

// background runs work beside the loop; what it returns runs in the loop then.
func (e *Engine) background(ctx context.Context, work func(context.Context) (finish func() error)) {
	e.busy = true
	e.beside.Go(func() { e.jobs <- work(ctx) })
}

// next begins what is due, at most one thing at a time.
func (e *Engine) next(ctx context.Context) {
	now := e.Now()
	if e.busy || !e.listed || !e.begun && e.secrets.parked() > 0 {
		return
	}
	if past(e.expiry, now) {
		e.expiry = time.Time{}
		e.window.Note(now)
	}
	switch due, ok := e.due(); {
	case !e.begun:
		e.begun = true
		e.restoreHolds()
		e.compile(now)
		e.publish(ctx, now)
	case past(e.shown.doubtful(e.written), now):
		e.verify(ctx)
	case ok && !now.Before(due):
		e.compile(now)
		e.publish(ctx, now)
	case e.noteHolds(ctx):
	case past(e.collect, now):
		e.collectUnused(ctx)
	}
}

// past reports whether a time has come; zero never comes.
func past(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// due returns when to compile and publish; ok is false while there is no reason to.
func (e *Engine) due() (due time.Time, ok bool) {
	due, ok = e.window.Due()
	if e.failure != nil && (!ok || e.retry.at.Before(due)) {
		due, ok = e.retry.at, true
	}
	if e.failure == nil && (e.force || e.released()) {
		return time.Time{}, true
	}
	return due, ok
}

// pause returns how long nothing will happen by itself.
func (e *Engine) pause() time.Duration {
	const longest = time.Hour
	next := e.Now().Add(longest)
	sooner := func(at time.Time) {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	if due, ok := e.due(); ok && !e.busy && e.begun {
		sooner(due.Add(time.Nanosecond)) // never zero
	}
	if !e.busy {
		sooner(e.collect)
		sooner(e.expiry)
		sooner(e.shown.doubtful(e.written))
	}
	sooner(e.late.next())
	sooner(e.crew.due())
	return max(0, next.Sub(e.Now()))
}

// resume takes up what was published before: the last good forms, the revision,
// and what trackers serve. While the API server does not answer it waits.
func (e *Engine) resume(ctx context.Context) error {
	var wait backoff
	for {
		previous, err := e.Publisher.Load(ctx)
		if err == nil {
			return e.adopt(ctx, previous)
		}
		e.Log.Error(err, "read what is published, will try again")
		wait.failed(e.Now())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait.next):
		}
	}
}

// adopt makes the published records the beginning.
func (e *Engine) adopt(ctx context.Context, previous publish.Previous) error {
	for _, problem := range previous.Problems {
		e.Log.Error(problem, "part of what is published cannot be used; last good forms in it are those of an earlier revision, if any has it, and it will be published again")
	}
	if err := e.World.LoadPrevious(previous.Records); err != nil {
		e.Log.Error(err, "a published record cannot be used")
	}
	e.book.load(previous.Records)
	if previous.Manifest != nil {
		e.publishedIs(previous.Manifest)
		e.collect = e.Now().Add(collectFirst)
		if len(previous.Problems) > 0 {
			e.book.repairAll()
			e.force = true
		}
	}
	e.sweep = e.Poller.Once(ctx)
	if m := e.published; m != nil {
		e.served = min(e.sweep.Served(m.Revision, m.Digest), m.Revision)
	}
	return ctx.Err()
}

// publishedIs takes note of the manifest that trackers are to serve.
func (e *Engine) publishedIs(m *snapshot.Manifest) {
	e.published, e.written = m, e.Publisher.Data()
	records := 0
	for _, ref := range m.Shards {
		records += ref.Records
	}
	e.Metrics.Revision.Set(float64(m.Revision))
	e.Metrics.PinnedRevision.Set(float64(m.Pinned))
	e.Metrics.Shards.Set(float64(len(m.Shards)))
	e.Metrics.Records.Set(float64(records))
	e.Poller.Want(m.Revision, m.Digest)
}

// backoff is a growing wait.
type backoff struct {
	next time.Duration
	at   time.Time
}

// failed makes the next wait longer.
func (b *backoff) failed(now time.Time) {
	b.next = min(max(2*b.next, retryFirst), retryLast)
	b.at = now.Add(b.next)
}
