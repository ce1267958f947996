package controllers

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/types"

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
// ends with the context, or with an error when another operator has taken over: its
// state is out of date then, and the caller must begin anew.
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
