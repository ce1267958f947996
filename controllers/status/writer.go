package status

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"

	"github.com/waypost/waypost/api/v1alpha1"
)

// FieldOwner owns the status of all objects.
const FieldOwner = "waypost-operator"

const (
	// DefaultWorkers is how many statuses are written at a time: enough to keep an
	// API server of two cores busy, not enough to crowd out edits.
	DefaultWorkers = 8
	// bulk is the priority of outcomes that nobody waits for.
	bulk = -100
	// Waits after a failed write.
	firstRetry, lastRetry = 50 * time.Millisecond, 30 * time.Second
)

// The results of a write, for Options.OnWrite.
const (
	ResultWritten   = "written"
	ResultUnchanged = "unchanged"
	ResultGone      = "gone"
	ResultConflict  = "conflict"
	ResultInvalid   = "invalid"
	ResultError     = "error"
)

// Recorder tells Events; a part of client-go's events.EventRecorder.
type Recorder interface {
	Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any)
}

// Options configure a Writer.
type Options struct {
	// Client writes statuses.
	Client client.Client
	// Reader knows the objects, from a cache.
	Reader client.Reader
	// Recorder tells of refusals and recoveries. May be nil.
	Recorder Recorder
	// Workers is how many statuses are written at a time; 0 means DefaultWorkers.
	Workers int
	// OnWrite hears the result of every attempt. May be nil.
	OnWrite func(result string)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log hears of writes that failed.
	Log logr.Logger
}

// Writer writes outcomes into statuses as long as it runs. Of one object only
// the latest outcome counts; one that changes nothing is not written.
type Writer struct {
	options Options
	queue   priorityqueue.PriorityQueue[Key]

	mu       sync.Mutex
	outcomes map[Key]Outcome
	recent   map[Key]recent
}

// recent is a status that was written and is not in the cache yet.
type recent struct {
	object   v1alpha1.Object // with the resource version that it got
	replaces string          // resource version of the cached object
}

// NewWriter returns a writer; Submit may be called before Run.
func NewWriter(o Options) *Writer {
	if o.Workers == 0 {
		o.Workers = DefaultWorkers
	}
	if o.OnWrite == nil {
		o.OnWrite = func(string) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[Key](firstRetry, lastRetry)
	return &Writer{
		options:  o,
		queue:    priorityqueue.New("status", func(o *priorityqueue.Opts[Key]) { o.RateLimiter = limiter }),
		outcomes: map[Key]Outcome{}, recent: map[Key]recent{},
	}
}

// Submit hands an outcome over, in place of an earlier one of the same object.
// Outcomes of edits are written before those that nobody waits for.
func (w *Writer) Submit(o Outcome, urgent bool) {
	w.mu.Lock()
	w.outcomes[o.Key] = o
	w.mu.Unlock()
	priority := bulk
	if urgent {
		priority = 0
	}
	w.queue.AddWithOpts(priorityqueue.AddOpts{Priority: &priority}, o.Key)
}

// Forget drops the outcome of an object that is gone.
func (w *Writer) Forget(key Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.outcomes, key)
	delete(w.recent, key)
}

// Pending returns how many outcomes are not written yet.
func (w *Writer) Pending() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.outcomes)
}

// Run writes until the context ends.
func (w *Writer) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range w.options.Workers {
		all.Go(func() {
			for w.work(ctx) {
			}
		})
	}
	<-ctx.Done()
	w.queue.ShutDown()
	all.Wait()
}

// work writes one outcome; it returns false when the writer is to stop.
func (w *Writer) work(ctx context.Context) bool {
	key, priority, stop := w.queue.GetWithPriority()
	if stop || ctx.Err() != nil {
		return false
	}
	defer w.queue.Done(key)
	w.mu.Lock()
	outcome, ok := w.outcomes[key]
	w.mu.Unlock()
	if !ok {
		return true
	}
	result, err := w.write(ctx, outcome)
	if ctx.Err() != nil {
		return false
	}
	w.options.OnWrite(result)
	if err != nil {
		w.options.Log.Error(err, "write status", "result", result, "kind", key.Kind.String(), "namespace", key.Namespace, "name", key.Name)
	}
	if result == ResultError || result == ResultConflict {
		w.queue.AddWithOpts(priorityqueue.AddOpts{RateLimited: true, Priority: &priority}, key)
		return true
	}
	w.queue.Forget(key)
	w.done(outcome)
	return true
}

// done forgets an outcome unless a later one has taken its place.
func (w *Writer) done(o Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if current, ok := w.outcomes[o.Key]; ok && equality.Semantic.DeepEqual(current, o) {
		delete(w.outcomes, o.Key)
	}
}

// write applies one outcome.
func (w *Writer) write(ctx context.Context, o Outcome) (result string, err error) {
	cached := newObject(o.Kind)
	err = w.options.Reader.Get(ctx, client.ObjectKey{Namespace: o.Namespace, Name: o.Name}, cached)
	if apierrors.IsNotFound(err) || err == nil && cached.GetUID() != o.UID {
		return ResultGone, nil
	}
	if err != nil {
		return ResultError, err
	}
	old := w.latest(o.Key, cached)
	object := next(old, o, w.options.Now())
	if equality.Semantic.DeepEqual(statusOf(own(old)), statusOf(object)) {
		return ResultUnchanged, nil
	}
	application := apply(object, old.GetResourceVersion())
	err = w.options.Client.Status().Apply(ctx, application.ApplyConfiguration, client.FieldOwner(FieldOwner), client.ForceOwnership)
	if result, err := judge(err); result != ResultWritten {
		return result, err
	}
	object.SetResourceVersion(*application.meta.ResourceVersion)
	w.remember(o.Key, object, cached)
	w.tell(cached, old, object)
	return ResultWritten, nil
}

// judge says what an attempt came to. After a conflict the cache will show in a
// moment what the object is now; what the schema refuses would be refused again.
func judge(err error) (string, error) {
	switch {
	case err == nil:
		return ResultWritten, nil
	case apierrors.IsNotFound(err):
		return ResultGone, nil
	case apierrors.IsConflict(err):
		return ResultConflict, nil
	case apierrors.IsInvalid(err), apierrors.IsRequestEntityTooLargeError(err):
		return ResultInvalid, fmt.Errorf("the API server refuses the status, please report this: %w", err)
	case errors.Is(err, context.Canceled):
		return ResultError, err
	}
	return ResultError, fmt.Errorf("apply status: %w", err)
}

// latest returns the object with the status that was written last, while the
// cache does not have it.
func (w *Writer) latest(key Key, cached v1alpha1.Object) v1alpha1.Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.recent[key]
	switch {
	case !ok:
		return cached
	case r.replaces != cached.GetResourceVersion():
		delete(w.recent, key)
		return cached
	}
	return r.object
}

// maxRecent bounds how many written statuses are remembered. Forgetting one
// costs at most an Event that is told twice.
const maxRecent = 10_000

func (w *Writer) remember(key Key, written, cached v1alpha1.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.recent) >= maxRecent {
		clear(w.recent)
	}
	written.SetCreationTimestamp(cached.GetCreationTimestamp())
	w.recent[key] = recent{object: written, replaces: cached.GetResourceVersion()}
}

// tell makes an Event of a refusal or a recovery.
func (w *Writer) tell(cached, old, written v1alpha1.Object) {
	event, ok := Transition(old.GetConditions(), written.GetConditions())
	if !ok || w.options.Recorder == nil {
		return
	}
	// Of Events with the same reason and action the API keeps the first note only:
	// each edit is told by itself.
	action := fmt.Sprintf("RefuseGeneration%d", cached.GetGeneration())
	if event.Type == corev1.EventTypeNormal {
		action = fmt.Sprintf("AcceptGeneration%d", cached.GetGeneration())
	}
	w.options.Recorder.Eventf(cached, nil, event.Type, event.Reason, action, "%s", event.Note)
}
