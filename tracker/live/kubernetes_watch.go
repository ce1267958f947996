package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/waypost/waypost/api/snapshot"
)

// watchTime is how long one watch lasts at least; up to twice as long, so that
// many trackers do not come back together.
const watchTime = 5 * time.Minute

// follow reads the manifest and then applies it whenever it changes, until the
// watch ends: nil if the server ended it in order. alive is called when the
// server has answered.
//
// The read comes before the watch, although the watch begins with the manifest, too: it
// fails at once where the server cannot be reached, and a tracker without the right to
// watch still serves what is published now.
func (k *Kubernetes) follow(ctx context.Context, sink Sink, alive func()) error {
	retry, err := k.refresh(ctx, sink)
	if err != nil {
		return err
	}
	w, err := k.watch(ctx)
	if err != nil {
		return refuse(ReasonUnreachable, 0, fmt.Errorf("watch ConfigMap %s: %w", snapshot.ManifestName, err))
	}
	defer w.Stop()
	alive()
	f := follower{Kubernetes: k, sink: sink, delay: newRetry()}
	f.again(retry)
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, ok := <-w.ResultChan():
			if !ok {
				return nil
			}
			if err := f.event(ctx, latest(event, w.ResultChan())); err != nil {
				return err
			}
		case <-f.retry:
			retry, err := k.refresh(ctx, sink)
			if err != nil {
				return err
			}
			f.again(retry)
		}
	}
}

// watch begins with the manifest as it is now, if there is one. A resource
// version is not given: that of an object untouched for long is compacted away.
func (k *Kubernetes) watch(ctx context.Context) (watch.Interface, error) {
	seconds := int64(watchTime.Seconds() * (1 + rand.Float64()))
	return k.maps.Watch(ctx, metav1.ListOptions{
		FieldSelector:  fields.OneTermEqualSelector(metav1.ObjectNameField, snapshot.ManifestName).String(),
		TimeoutSeconds: &seconds,
	})
}

// latest skips to the newest event that is there already: older manifests may
// name shards that are gone.
func latest(event watch.Event, more <-chan watch.Event) watch.Event {
	for {
		select {
		case next, ok := <-more:
			if !ok {
				return event
			}
			event = next
		default:
			return event
		}
	}
}

// follower is the state of one watch.
type follower struct {
	*Kubernetes
	sink  Sink
	delay *wait.Backoff
	retry <-chan time.Time // nil while nothing is to be tried again
}

// event applies one event of the watch. A manifest that cannot be served is tried again
// after a delay, because its shards may be late; an error of the watch itself ends it.
func (f *follower) event(ctx context.Context, e watch.Event) error {
	switch e.Type {
	case watch.Added, watch.Modified:
		cm, ok := e.Object.(*corev1.ConfigMap)
		if !ok {
			return refuse(ReasonUnreachable, 0, fmt.Errorf("watch ConfigMap %s: got a %T", snapshot.ManifestName, e.Object))
		}
		f.again(f.apply(ctx, f.sink, cm) != nil)
	case watch.Deleted:
		f.again(false)
		f.sink.Report(noManifest)
	case watch.Error:
		return refuse(ReasonUnreachable, 0, fmt.Errorf("watch ConfigMap %s: %w", snapshot.ManifestName, apierrors.FromObject(e.Object)))
	}
	return nil
}

// again has the manifest read once more after a growing delay, or forgets about it.
func (f *follower) again(retry bool) {
	if !retry {
		f.retry, f.delay = nil, newRetry()
		return
	}
	f.retry = time.After(f.delay.Step())
}
