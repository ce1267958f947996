package controllers

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
	"github.com/waypost/waypost/controllers/status"
)

// inbox takes the events of informers for the event loop. It never blocks an informer,
// and of one object it keeps the latest event only, so a burst costs no more memory
// than the objects in it. All methods may be called concurrently.
//
// ready holds at most one value. It is sent after the mail was changed, and take
// empties all of it, so the loop may wake once for nothing but never sleeps on mail.
type inbox struct {
	mu    sync.Mutex
	mail  mail
	ready chan struct{} // holds a value while there may be mail
}

// mail is what has come in since the last time.
type mail struct {
	objects  map[status.Key]v1alpha1.Object // nil: it is gone
	manifest *corev1.ConfigMap
	seen     bool // the manifest was seen, or its end
	shards   bool // a shard was removed
}

func newInbox() *inbox {
	return &inbox{mail: mail{objects: map[status.Key]v1alpha1.Object{}}, ready: make(chan struct{}, 1)}
}

// take empties the inbox.
func (i *inbox) take() mail {
	i.mu.Lock()
	defer i.mu.Unlock()
	m := i.mail
	i.mail = mail{objects: map[status.Key]v1alpha1.Object{}}
	return m
}

// put adds to the mail.
func (i *inbox) put(add func(m *mail)) {
	i.mu.Lock()
	add(&i.mail)
	i.mu.Unlock()
	select {
	case i.ready <- struct{}{}:
	default:
	}
}

// object takes the current form of an object. One on its way out counts as gone:
// a finalizer of another program must not keep an offer running that was deleted.
func (i *inbox) object(object any, gone bool) {
	o, ok := object.(v1alpha1.Object)
	if !ok {
		return
	}
	key, ok := keyOf(o)
	if !ok {
		return
	}
	if gone || o.GetDeletionTimestamp() != nil {
		o = nil
	}
	i.put(func(m *mail) { m.objects[key] = o })
}

// objectHandler returns the handler for the informers of all kinds. An update without a
// new resource version is a resync of the cache and no change.
func (i *inbox) objectHandler() toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { i.object(object, false) },
		UpdateFunc: func(old, object any) {
			before, was := old.(v1alpha1.Object)
			if o, ok := object.(v1alpha1.Object); ok && was && before.GetResourceVersion() != o.GetResourceVersion() {
				i.object(object, false)
			}
		},
		DeleteFunc: func(object any) { i.object(last(object), true) },
	}
}

// manifestHandler returns the handler for the informer of the manifest.
func (i *inbox) manifestHandler() toolscache.ResourceEventHandler {
	see := func(object any, gone bool) {
		o, ok := object.(*corev1.ConfigMap)
		if !ok || o.Name != snapshot.ManifestName {
			return
		}
		if gone {
			o = nil
		}
		i.put(func(m *mail) { m.manifest, m.seen = o, true })
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { see(object, false) },
		UpdateFunc: func(_, object any) { see(object, false) },
		DeleteFunc: func(object any) { see(last(object), true) },
	}
}

// shardHandler returns the handler for the informer of shards. They are immutable:
// to change one it has to be removed, which only the operator should do.
func (i *inbox) shardHandler() toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{DeleteFunc: func(any) { i.put(func(m *mail) { m.shards = true }) }}
}

// last returns the last known form of a deleted object.
func last(object any) any {
	if tombstone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		return tombstone.Obj
	}
	return object
}

// keyOf names an object; ok is false for one of another API.
func keyOf(object v1alpha1.Object) (key status.Key, ok bool) {
	kind := kinds.Of(object)
	if kind == nil {
		return key, false
	}
	return status.Key{Kind: kind.Record, Namespace: object.GetNamespace(), Name: object.GetName()}, true
}
