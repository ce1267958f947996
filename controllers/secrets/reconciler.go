package secrets

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

const (
	// defaultInterval is how often a Secret that is there is read again.
	defaultInterval = 15 * time.Second
	// workers is how many Secrets are read at a time.
	workers = 8
	// firstRetry is the wait after a Secret was missing or could not be read; it
	// doubles up to the interval.
	firstRetry = 250 * time.Millisecond
)

// Found is what there is of a Secret. It is delivered the first time the Secret
// was read, and then when it changed.
type Found struct {
	// Name is the Secret's namespace and name.
	Name types.NamespacedName
	// Data are its entries, nil when there is no such Secret.
	Data map[string][]byte
	// Exists is false when there is none, or none that the operator may read.
	Exists bool
	// Forbidden is the error of a Secret that the operator may not read.
	Forbidden error
}

// Reconciler reads the Secrets that are watched. Watch and Unwatch may be called from
// any goroutine, also before it is started.
type Reconciler struct {
	client   client.Reader
	interval time.Duration
	log      logr.Logger
	found    chan Found

	mu      sync.Mutex
	queue   workqueue.TypedInterface[types.NamespacedName] // nil before the start
	watched map[types.NamespacedName]*watched
}

// watched is what was found last.
type watched struct {
	delivered bool
	version   string // resource version, "" when there was none
}

// New returns a reconciler that watches nothing yet. It gets Secrets from a client
// without a cache, each at the interval; 0 means 15 s. Failed reads are logged in detail
// only: they are tried again, and the objects' statuses show what is missing.
func New(client client.Reader, interval time.Duration, log logr.Logger) *Reconciler {
	if interval == 0 {
		interval = defaultInterval
	}
	return &Reconciler{
		client: client, interval: interval, log: log,
		found: make(chan Found), watched: map[types.NamespacedName]*watched{},
	}
}

// SetupWithManager adds the reconciler to a manager, as a controller without a watch: its
// requests come from Watch and requeue themselves.
func (r *Reconciler) SetupWithManager(mgr manager.Manager) error {
	return builder.TypedControllerManagedBy[types.NamespacedName](mgr).Named("secrets").
		WatchesRawSource(r.source()).WithOptions(r.options()).Complete(r)
}

func (r *Reconciler) options() controller.TypedOptions[types.NamespacedName] {
	again := true // a manager follows another one in the same process
	return controller.TypedOptions[types.NamespacedName]{
		MaxConcurrentReconciles: workers, SkipNameValidation: &again,
		RateLimiter:    workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](firstRetry, r.interval),
		LogConstructor: func(*types.NamespacedName) logr.Logger { return logr.Discard() }, // see New
	}
}

// source enqueues what is watched.
func (r *Reconciler) source() source.TypedSource[types.NamespacedName] {
	return source.TypedFunc[types.NamespacedName](func(_ context.Context, queue workqueue.TypedRateLimitingInterface[types.NamespacedName]) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.queue = queue
		for name := range r.watched {
			queue.Add(name)
		}
		return nil
	})
}

// Found returns the channel of what was found. It has no buffer: a worker waits until the
// event loop takes it, so nothing is delivered to a loop that has ended.
func (r *Reconciler) Found() <-chan Found { return r.found }

// Watch reads the Secret now, and then from time to time.
func (r *Reconciler) Watch(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watched[name] != nil {
		return
	}
	r.watched[name] = &watched{}
	if r.queue != nil {
		r.queue.Add(name)
	}
}

// Unwatch forgets the Secret. A read that is under way may still deliver it once.
func (r *Reconciler) Unwatch(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watched, name)
}

// Reconcile reads one Secret and delivers it if it has changed.
func (r *Reconciler) Reconcile(ctx context.Context, name types.NamespacedName) (reconcile.Result, error) {
	r.mu.Lock()
	w := r.watched[name]
	r.mu.Unlock()
	if w == nil {
		return reconcile.Result{}, nil
	}
	found, version, err := r.read(ctx, name)
	if ctx.Err() != nil {
		return reconcile.Result{}, nil
	}
	known := err == nil || errors.Is(err, errMissing) || found.Forbidden != nil
	if known && (!w.delivered || w.version != version) {
		w.delivered, w.version = true, version // no other worker has the same name
		select {
		case r.found <- found:
		case <-ctx.Done():
		}
	}
	if err != nil {
		r.log.V(1).Info("cannot read a Secret, will try again", "namespace", name.Namespace, "name", name.Name, "error", err.Error())
		return reconcile.Result{}, err
	}
	return reconcile.Result{RequeueAfter: r.interval}, nil
}

var errMissing = errors.New("it does not exist")

// read gets a Secret. An error leaves it unknown what there is, except errMissing and
// one that comes with found.Forbidden: then the Secret counts as missing.
func (r *Reconciler) read(ctx context.Context, name types.NamespacedName) (found Found, version string, err error) {
	found.Name = name
	secret := new(corev1.Secret)
	err = r.client.Get(ctx, name, secret)
	if apierrors.IsNotFound(err) {
		err = errMissing
	}
	if err != nil {
		err = fmt.Errorf("read Secret %s: %w", name, err)
		if apierrors.IsForbidden(err) {
			found.Forbidden = err
		}
		return found, "", err
	}
	found.Exists, found.Data = true, secret.Data
	return found, secret.ResourceVersion, nil
}
