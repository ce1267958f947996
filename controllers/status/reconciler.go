package status

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
)

// FieldOwner owns the status of all objects.
const FieldOwner = "waypost-operator"

const (
	// workers is how many statuses are written at a time: enough to keep an API
	// server of two cores busy, not enough to crowd out edits.
	workers = 8
	// bulk is the priority of outcomes of the initial list.
	bulk = -100
	// Waits after a failed write.
	firstRetry, lastRetry = 50 * time.Millisecond, 30 * time.Second
)

// The results of a write, as labels of the metric.
const (
	resultWritten   = "written"
	resultUnchanged = "unchanged" // the object has this status
	resultGone      = "gone"      // deleted, or another object has its name
	resultConflict  = "conflict"  // changed since the cache read it; tried again
	resultInvalid   = "invalid"   // refused by the schema; not tried again
	resultError     = "error"     // tried again, with growing pauses
)

// Recorder makes Events; a part of client-go's events.EventRecorder.
type Recorder interface {
	Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any)
}

// Options configure a Reconciler.
type Options struct {
	// Client writes statuses.
	Client client.Client
	// Reader reads the objects, from a cache.
	Reader client.Reader
	// Recorder gets Events of refusals and recoveries.
	Recorder Recorder
	// OnWrite is called with the result of every attempt.
	OnWrite func(result string)
}

// Reconciler writes outcomes into statuses. Of one object only the latest outcome
// counts; one that changes nothing is not written. Outcomes may be submitted from any
// goroutine, also before it is started.
type Reconciler struct {
	Options
	workers int

	mu       sync.Mutex
	queue    priorityqueue.PriorityQueue[Key] // nil before the start
	outcomes map[Key]submission
	recent   map[Key]recent
}

// submission is an outcome that is not written yet.
type submission struct {
	Outcome
	priority int
}

// recent is a status that was written and is not in the cache yet.
type recent struct {
	object   v1alpha1.Object // with the resource version that it got
	replaces string          // resource version of the cached object
}

// New returns a reconciler without outcomes.
func New(o Options) *Reconciler {
	return &Reconciler{Options: o, workers: workers, outcomes: map[Key]submission{}, recent: map[Key]recent{}}
}

// SetupWithManager adds the reconciler to a manager.
func (r *Reconciler) SetupWithManager(mgr manager.Manager) error {
	return builder.TypedControllerManagedBy[Key](mgr).Named("status").
		WatchesRawSource(r.source()).WithOptions(r.options()).Complete(r)
}

func (r *Reconciler) options() controller.TypedOptions[Key] {
	again := true // a manager follows another one in the same process
	return controller.TypedOptions[Key]{
		MaxConcurrentReconciles: r.workers, SkipNameValidation: &again,
		RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[Key](firstRetry, lastRetry),
	}
}

// source enqueues the outcomes that were submitted before the start.
func (r *Reconciler) source() source.TypedSource[Key] {
	return source.TypedFunc[Key](func(_ context.Context, queue workqueue.TypedRateLimitingInterface[Key]) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.queue = queue.(priorityqueue.PriorityQueue[Key])
		for key, o := range r.outcomes {
			r.queue.AddWithOpts(priorityqueue.AddOpts{Priority: &o.priority}, key)
		}
		return nil
	})
}

// Submit hands an outcome over, in place of an earlier one of the same object.
// Those that are urgent are written before the others.
func (r *Reconciler) Submit(o Outcome, urgent bool) {
	s := submission{Outcome: o, priority: bulk}
	if urgent {
		s.priority = 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes[o.Key] = s
	if r.queue != nil {
		r.queue.AddWithOpts(priorityqueue.AddOpts{Priority: &s.priority}, o.Key)
	}
}

// Forget drops the outcome of an object that is gone.
func (r *Reconciler) Forget(key Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.outcomes, key)
	delete(r.recent, key)
}

// Reconcile writes the latest outcome of an object. The outcome stays until it was
// written, turned out to be the status already, or cannot be written at all, so a failed
// attempt loses nothing. controller-runtime never runs two attempts for one key at once.
func (r *Reconciler) Reconcile(ctx context.Context, key Key) (reconcile.Result, error) {
	r.mu.Lock()
	o, ok := r.outcomes[key]
	r.mu.Unlock()
	if !ok {
		return reconcile.Result{}, nil
	}
	result, err := r.write(ctx, o.Outcome)
	if ctx.Err() != nil {
		return reconcile.Result{}, nil
	}
	r.OnWrite(result)
	if err != nil {
		err = fmt.Errorf("%s %s/%s: %w", key.Kind, key.Namespace, key.Name, err)
	}
	switch result {
	case resultConflict:
		return reconcile.Result{RequeueAfter: firstRetry}, nil // the cache will show the object as it is now
	case resultError:
		return reconcile.Result{}, err
	case resultInvalid:
		err = reconcile.TerminalError(err) // the schema would refuse it again
	}
	r.done(o.Outcome)
	return reconcile.Result{}, err
}

// done forgets an outcome unless a later one has taken its place.
func (r *Reconciler) done(o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if current, ok := r.outcomes[o.Key]; ok && equality.Semantic.DeepEqual(current.Outcome, o) {
		delete(r.outcomes, o.Key)
	}
}

// write applies one outcome, if it differs from the status. The object is read from the
// cache, which may lag: then its resource version conflicts, and the next attempt has a
// newer one.
func (r *Reconciler) write(ctx context.Context, o Outcome) (result string, err error) {
	kind := kinds.Recorded(o.Kind)
	cached := kind.New()
	err = r.Reader.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: o.Name}, cached)
	if apierrors.IsNotFound(err) || err == nil && cached.GetUID() != o.UID {
		return resultGone, nil
	}
	if err != nil {
		return resultError, err
	}
	old := r.latest(o.Key, cached)
	object := next(old, o, time.Now())
	if equality.Semantic.DeepEqual(kind.Status(own(old)), kind.Status(object)) {
		return resultUnchanged, nil
	}
	application := apply(object, old.GetResourceVersion())
	err = r.Client.Status().Apply(ctx, application.ApplyConfiguration, client.FieldOwner(FieldOwner), client.ForceOwnership)
	if result, err := judge(err); result != resultWritten {
		return result, err
	}
	object.SetResourceVersion(*application.meta.ResourceVersion)
	r.remember(o.Key, object, cached)
	r.record(cached, old, object)
	return resultWritten, nil
}

// judge returns what an attempt came to.
func judge(err error) (string, error) {
	switch {
	case err == nil:
		return resultWritten, nil
	case apierrors.IsNotFound(err):
		return resultGone, nil
	case apierrors.IsConflict(err):
		return resultConflict, nil
	case apierrors.IsInvalid(err), apierrors.IsRequestEntityTooLargeError(err):
		return resultInvalid, fmt.Errorf("the API server refuses the status, please report this: %w", err)
	case errors.Is(err, context.Canceled):
		return resultError, err
	}
	return resultError, fmt.Errorf("apply status: %w", err)
}

// latest returns the object with the status that was written last, while the
// cache does not have it.
func (r *Reconciler) latest(key Key, cached v1alpha1.Object) v1alpha1.Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.recent[key]
	switch {
	case !ok:
		return cached
	case last.replaces != cached.GetResourceVersion():
		delete(r.recent, key)
		return cached
	}
	return last.object
}

// maxRecent bounds how many written statuses are remembered. Forgetting one
// costs at most an Event that is repeated.
const maxRecent = 10_000

// remember keeps what was written until the cache has moved on from the form that it
// replaced.
func (r *Reconciler) remember(key Key, written, cached v1alpha1.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.recent) >= maxRecent {
		clear(r.recent)
	}
	written.SetCreationTimestamp(cached.GetCreationTimestamp())
	r.recent[key] = recent{object: written, replaces: cached.GetResourceVersion()}
}

// record makes an Event of a refusal or a recovery.
func (r *Reconciler) record(cached, old, written v1alpha1.Object) {
	event, ok := transition(old.GetConditions(), written.GetConditions())
	if !ok {
		return
	}
	// Of Events with the same reason and action the API keeps the first note only:
	// each edit has an action of its own.
	action := fmt.Sprintf("RefuseGeneration%d", cached.GetGeneration())
	if event.Type == corev1.EventTypeNormal {
		action = fmt.Sprintf("AcceptGeneration%d", cached.GetGeneration())
	}
	r.Recorder.Eventf(cached, nil, event.Type, event.Reason, action, "%s", event.Note)
}
