package controllers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/metrics"
	"github.com/waypost/waypost/controllers/progress"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/release"
	"github.com/waypost/waypost/controllers/secrets"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/trackers"
)

// parts are what the event loop connects. It alone uses the compiler and the publisher.
type parts struct {
	compiler  *compile.Compiler
	publisher *publish.Publisher
	poller    *trackers.Poller
	secrets   *secrets.Reconciler
	statuses  *status.Reconciler
	inbox     *inbox
	synced    <-chan struct{} // closed once all objects that exist are in the inbox
	keys      <-chan *seal.Keyring
	recorder  status.Recorder
	metrics   *metrics.Metrics
	manifest  types.NamespacedName
	tracer    trace.Tracer
	log       logr.Logger
}

// loop is the operator's event loop. Its events, one case of the select in run each,
// are
//
//   - mail: objects, the manifest or shards have changed, by the informers;
//   - the inbox holds everything that exists: before that nothing is published;
//   - a Secret that an object names was read;
//   - the sealing keys were rotated;
//   - trackers have answered what they serve;
//   - the plan that was carried out beside the loop has ended;
//   - a time has come.
//
// Each event changes the state of release or progress and does nothing else. After
// it, always in this order,
//
//  1. objects that are late report (progress.Tick);
//  2. the plan that is due begins beside the loop, at most one at a time. To publish,
//     everything that has changed is compiled first (release.Next, compile);
//  3. what objects and release have reported becomes statuses and Events (report);
//  4. the timer is set to the first time at which something is due by itself (pause).
//
// Everything in it belongs to the goroutine of run; only requests run beside it. It
// ends with the context, or with an error when another operator has taken over: what
// this one knows is old then, and it must begin anew.
type loop struct {
	parts
	release  *release.State
	progress *progress.State
	parked   references
	flights  flights
	listed   bool           // all objects are known
	compiled step           // the last compilation, zero before the first
	doing    release.Action // what is carried out beside the loop
	ended    chan ended
	beside   sync.WaitGroup
}

// ended is a plan that was carried out.
type ended struct {
	release.Plan
	release.Outcome
	compiled, carried step
}

func newLoop(p parts) *loop {
	l := &loop{parts: p, release: release.New(p.manifest), parked: newReferences(), ended: make(chan ended, 1)}
	l.progress = progress.New(func(key status.Key) (compile.Verdict, bool) {
		return p.compiler.Verdict(key.Kind, key.Namespace, key.Name)
	})
	l.metrics.Objects.Reset() // of an operator before this one in the same process
	return l
}

// run publishes and acknowledges until the context ends.
func (l *loop) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer l.beside.Wait()
	defer cancel()
	if !l.resume(ctx) {
		return nil
	}
	l.beside.Go(func() { l.poller.Run(ctx) })
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.inbox.ready:
			l.receive(l.inbox.take(), time.Now())
		case <-l.synced:
			l.receive(l.inbox.take(), time.Now())
			l.synced, l.listed = nil, true
		case found := <-l.secrets.Found():
			l.found(found, time.Now())
		case ring := <-l.keys:
			l.compiler.SetKeys(ring)
			l.release.Note(time.Now())
		case sweep := <-l.poller.Sweeps():
			l.acknowledge(sweep, time.Now())
		case e := <-l.ended:
			if err := l.finish(e, time.Now()); err != nil {
				return err
			}
		case <-timer.C:
		}
		now := time.Now()
		if l.progress.Tick(now) {
			l.poller.Now()
		}
		if l.ready() {
			l.begin(ctx, now)
		}
		l.report()
		timer.Reset(l.pause(now))
	}
}

// resume takes up what was published before: the last good forms, the revision, and
// what trackers serve. While the API server does not answer it waits; it returns
// false when the context ends.
func (l *loop) resume(ctx context.Context) bool {
	retry := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Cap: 5 * time.Second, Steps: 64}
	previous, err := l.publisher.Load(ctx)
	for ; err != nil; previous, err = l.publisher.Load(ctx) {
		l.log.Error(err, "read what is published, will try again")
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retry.Step()):
		}
	}
	for _, problem := range previous.Problems {
		l.log.Error(problem, "part of what is published cannot be used; last good forms in it are those of an earlier revision, if any has it, and it will be published again")
	}
	if err := l.compiler.LoadPrevious(previous.Records); err != nil {
		l.log.Error(err, "a published record cannot be used")
	}
	l.release.Resume(previous, l.publisher.Data(), time.Now())
	l.announce()
	l.acknowledge(l.poller.Once(ctx), time.Now())
	return ctx.Err() == nil
}

// receive takes what the informers have seen.
func (l *loop) receive(m mail, now time.Time) {
	for key, form := range m.objects {
		l.changed(key, form, now)
	}
	if m.seen {
		l.release.Seen(m.manifest, now)
	}
	if m.shards {
		l.release.ShardRemoved(now)
	}
}

// acknowledge takes what trackers serve. While a rollback is carried out it does not:
// a later revision may have an earlier content then, and the next sweep has the news.
func (l *loop) acknowledge(sweep trackers.Sweep, now time.Time) {
	if l.doing == release.RollBack {
		return
	}
	served, turned := l.progress.Acknowledge(sweep, now)
	m := l.release.Published()
	if m == nil {
		return
	}
	acked, total := sweep.Count(m.Revision, m.Digest)
	l.metrics.Trackers.Set(float64(total))
	l.metrics.TrackersBehind.Set(float64(total - acked))
	if turned {
		l.log.Info("the first tracker has come or the last one has gone, every object reports it", "trackers", total)
	}
	for _, f := range l.flights.land(served) {
		l.metrics.PropagationSeconds.Observe(now.Sub(f.since).Seconds())
		f.trace(l.tracer, now)
	}
	if l.doing != release.Nothing {
		return // what is being written may be served already
	}
	if highest := sweep.Highest(); highest > m.Revision {
		l.log.Info("a tracker serves a later revision than the published one, continuing behind it", "published", m.Revision, "served", highest)
	}
	if l.release.Heed(sweep, now) {
		l.metrics.Rejections.Inc()
		l.publisher.Doubt()
	}
}

// ready reports whether a plan may begin. The first one waits for all objects and
// for the Secrets that they name.
func (l *loop) ready() bool {
	return l.doing == release.Nothing && l.listed && (l.compiled != step{} || l.parked.waits == 0)
}

// begin carries out what is due, beside the loop.
func (l *loop) begin(ctx context.Context, now time.Time) {
	plan := l.release.Next(now)
	if plan.Action == release.Compile {
		l.compile(now)
		plan = l.release.Publication(now, l.progress.Sweep())
		held, networks := l.release.Held()
		l.metrics.NetworksHeld.Set(float64(networks))
		l.progress.Reopen(held, false)
		l.progress.Settle(l.release.Stage)
	}
	if l.doing = plan.Action; l.doing == release.Nothing {
		return
	}
	e := ended{Plan: plan, compiled: l.compiled}
	l.beside.Go(func() {
		began := time.Now()
		e.Outcome = carryOut(ctx, l.publisher, plan)
		e.carried = step{began, time.Now()}
		l.ended <- e
	})
}

// compile brings records and verdicts up to date.
func (l *loop) compile(now time.Time) {
	began := time.Now()
	delta := l.compiler.Compile(now)
	l.compiled = step{began, time.Now()}
	l.metrics.CompileSeconds.Observe(l.compiled.took().Seconds())
	expiry, _ := l.compiler.NextChange()
	l.release.Want(delta, expiry)
	l.progress.Judged(delta.Verdicts, now)
}

// carryOut does what a plan asks for.
func carryOut(ctx context.Context, p *publish.Publisher, plan release.Plan) (o release.Outcome) {
	switch plan.Action {
	case release.Publish:
		o.Result, o.Err = p.Publish(ctx, plan.Change)
	case release.RollBack:
		o.Result, o.Err = p.Rollback(ctx, plan.To, plan.Change)
	case release.Verify:
		o.Err = p.Verify(ctx)
	case release.NoteHolds:
		o.Err = p.Hold(ctx, plan.Held)
	case release.Collect:
		o.Collected, o.Err = p.Collect(ctx)
	}
	o.Data = p.Data()
	return o
}

// finish takes how a plan ended. It fails when another operator has taken over.
func (l *loop) finish(e ended, now time.Time) error {
	l.doing = release.Nothing
	l.measure(e)
	if errors.Is(e.Err, publish.ErrSuperseded) {
		return e.Err
	}
	if e.Err != nil {
		l.log.Error(e.Err, "could not "+string(e.Action))
	}
	if errors.Is(e.Err, publish.ErrNoCommonSchema) {
		l.poller.Now()
	}
	if l.release.Finish(e.Plan, e.Outcome, now) {
		l.progress.Failed("the snapshot cannot be published: "+e.Err.Error(), now)
	}
	if e.Err != nil || e.Action != release.Publish && e.Action != release.RollBack {
		return nil
	}
	for _, key := range e.Result.Refused {
		l.refuse(key)
	}
	if e.Result.Wrote {
		l.flights.add(e)
		l.announce()
	}
	if e.Action == release.RollBack {
		l.progress.Reopen(l.release.Differing(), true)
	}
	l.progress.Settle(l.release.Stage)
	return nil
}

// announce makes trackers be asked for what is published now.
func (l *loop) announce() {
	m := l.release.Published()
	if m == nil {
		return
	}
	l.progress.Published(m)
	l.poller.Want(m.Revision, m.Digest)
	records := 0
	for _, ref := range m.Shards {
		records += ref.Records
	}
	l.metrics.Revision.Set(float64(m.Revision))
	l.metrics.PinnedRevision.Set(float64(m.Pinned))
	l.metrics.Shards.Set(float64(len(m.Shards)))
	l.metrics.Records.Set(float64(records))
}

// report writes statuses and Events of what has happened.
func (l *loop) report() {
	for _, n := range l.release.Notices() {
		l.record(n)
	}
	for o, urgent := range l.progress.Outcomes() {
		l.statuses.Submit(o, urgent)
	}
	for c, n := range l.progress.Counts() {
		l.metrics.Objects.WithLabelValues(c.Kind.String(), c.Verdict).Set(float64(n))
	}
	l.metrics.ObjectsWaiting.Set(float64(l.progress.UnderWay()))
}

// pause returns how long nothing will happen by itself.
func (l *loop) pause(now time.Time) time.Duration {
	times := l.progress.Next()
	due := times[:]
	if l.ready() {
		due = append(due, l.release.Wake(now))
	}
	first := now.Add(time.Hour)
	for _, at := range due {
		if !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return max(0, time.Until(first))
}
