package secrets

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// Interval is how often a Secret that is there is read again.
	Interval = 15 * time.Second
	// workers is how many Secrets are read at a time.
	workers = 8
	// firstRetry is the wait after a Secret was missing or could not be read; it
	// doubles up to Interval.
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
	// Forbidden says that the operator may not read it.
	Forbidden error
}

// Options configure a Reader.
type Options struct {
	// Client gets Secrets without a cache.
	Client client.Reader
	// Interval is how often a Secret is read; 0 means Interval.
	Interval time.Duration
	// OnError hears of reads that failed, and are tried again. May be nil.
	OnError func(types.NamespacedName, error)
}

// Reader reads Secrets as long as it runs. Watch and Unwatch may be called from
// any goroutine.
type Reader struct {
	client   client.Reader
	interval time.Duration
	onError  func(types.NamespacedName, error)
	queue    workqueue.TypedDelayingInterface[types.NamespacedName]
	found    chan Found

	mu      sync.Mutex
	watched map[types.NamespacedName]*watched
}

// watched is what was found last.
type watched struct {
	told    bool
	version string // resource version, "" when there was none
	retry   time.Duration
}

// NewReader returns a reader that watches nothing yet.
func NewReader(o Options) *Reader {
	if o.Interval == 0 {
		o.Interval = Interval
	}
	if o.OnError == nil {
		o.OnError = func(types.NamespacedName, error) {}
	}
	return &Reader{
		client: o.Client, interval: o.Interval, onError: o.OnError,
		queue:   workqueue.NewTypedDelayingQueue[types.NamespacedName](),
		found:   make(chan Found),
		watched: map[types.NamespacedName]*watched{},
	}
}

// Found returns the channel of what was found.
func (r *Reader) Found() <-chan Found { return r.found }

// Watch reads the Secret now, and then from time to time.
func (r *Reader) Watch(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watched[name] == nil {
		r.watched[name] = &watched{}
		r.queue.Add(name)
	}
}

// Unwatch forgets the Secret.
func (r *Reader) Unwatch(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watched, name)
}

// Run reads until the context ends.
func (r *Reader) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for r.work(ctx) {
			}
		})
	}
	<-ctx.Done()
	r.queue.ShutDown()
	all.Wait()
}

// work reads one Secret; it returns false when the reader is to stop.
func (r *Reader) work(ctx context.Context) bool {
	name, stop := r.queue.Get()
	if stop {
		return false
	}
	defer r.queue.Done(name)
	if !r.watches(name) {
		return true
	}
	found, version, err := r.read(ctx, name)
	if ctx.Err() != nil {
		return true
	}
	if err != nil {
		r.onError(name, err)
	}
	tell, again := r.note(name, found, version, err)
	if tell {
		select {
		case r.found <- found:
		case <-ctx.Done():
		}
	}
	if again > 0 {
		r.queue.AddAfter(name, again)
	}
	return true
}

func (r *Reader) watches(name types.NamespacedName) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watched[name] != nil
}

// read gets a Secret. An error says that nothing is known, except where it comes
// with found.Forbidden: then the Secret counts as missing.
func (r *Reader) read(ctx context.Context, name types.NamespacedName) (found Found, version string, err error) {
	found.Name = name
	secret := new(corev1.Secret)
	switch err := r.client.Get(ctx, name, secret); {
	case apierrors.IsNotFound(err):
		return found, "", nil
	case apierrors.IsForbidden(err):
		found.Forbidden = fmt.Errorf("read Secret %s: %w", name, err)
		return found, "", found.Forbidden
	case err != nil:
		return found, "", fmt.Errorf("read Secret %s: %w", name, err)
	}
	found.Exists, found.Data = true, secret.Data
	return found, secret.ResourceVersion, nil
}

// note remembers what was found. It returns whether that is news, and when to
// read again: never for a Secret that is watched no longer.
func (r *Reader) note(name types.NamespacedName, found Found, version string, err error) (tell bool, again time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.watched[name]
	if w == nil {
		return false, 0
	}
	if err == nil || found.Forbidden != nil {
		tell = !w.told || w.version != version
		w.told, w.version = true, version
	}
	if found.Exists {
		w.retry = 0
		return tell, r.interval
	}
	w.retry = min(max(2*w.retry, firstRetry), r.interval)
	return tell, w.retry
}
