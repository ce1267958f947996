package engine

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/status"
)

// Inbox takes the events of informers for the event loop. It never blocks an
// informer, and of one object it keeps the latest event only, so a burst costs
// no more memory than the objects in it. All methods may be called concurrently.
type Inbox struct {
	mu       sync.Mutex
	objects  map[status.Key]v1alpha1.Object // nil: it is gone
	manifest *corev1.ConfigMap
	seen     bool // the manifest was seen, or its end
	shards   bool // a shard was removed
	ready    chan struct{}
}

// NewInbox returns an empty inbox.
func NewInbox() *Inbox {
	return &Inbox{objects: map[status.Key]v1alpha1.Object{}, ready: make(chan struct{}, 1)}
}

// mail is what has come in since the last time.
type mail struct {
	objects  map[status.Key]v1alpha1.Object // nil: it is gone
	manifest *corev1.ConfigMap
	seen     bool
	shards   bool
}

// Ready returns a channel that holds a value while there may be mail.
func (i *Inbox) Ready() <-chan struct{} { return i.ready }

// take empties the inbox.
func (i *Inbox) take() mail {
	i.mu.Lock()
	defer i.mu.Unlock()
	m := mail{objects: i.objects, manifest: i.manifest, seen: i.seen, shards: i.shards}
	i.objects, i.manifest, i.seen, i.shards = map[status.Key]v1alpha1.Object{}, nil, false, false
	return m
}

func (i *Inbox) signal() {
	select {
	case i.ready <- struct{}{}:
	default:
	}
}

// Object takes the current form of an object. One on its way out counts as gone:
// a finalizer of somebody else must not keep an offer running that was deleted.
func (i *Inbox) Object(object v1alpha1.Object) {
	key, ok := keyOf(object)
	if !ok {
		return
	}
	if object.GetDeletionTimestamp() != nil {
		object = nil
	}
	i.put(key, object)
}

// Gone says that an object was deleted.
func (i *Inbox) Gone(object v1alpha1.Object) {
	if key, ok := keyOf(object); ok {
		i.put(key, nil)
	}
}

func (i *Inbox) put(key status.Key, object v1alpha1.Object) {
	i.mu.Lock()
	i.objects[key] = object
	i.mu.Unlock()
	i.signal()
}

// Manifest takes the published manifest, nil when it is gone.
func (i *Inbox) Manifest(object *corev1.ConfigMap) {
	i.mu.Lock()
	i.manifest, i.seen = object, true
	i.mu.Unlock()
	i.signal()
}

// ShardRemoved says that the ConfigMap of a shard was removed, which nobody but the
// operator should do.
func (i *Inbox) ShardRemoved() {
	i.mu.Lock()
	i.shards = true
	i.mu.Unlock()
	i.signal()
}

// ShardHandler returns the handler for the informer of shards. They are immutable:
// to change one it has to be removed.
func (i *Inbox) ShardHandler() toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{DeleteFunc: func(any) { i.ShardRemoved() }}
}

// ObjectHandler returns the handler for the informers of all kinds.
func (i *Inbox) ObjectHandler() toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			if o, ok := object.(v1alpha1.Object); ok {
				i.Object(o)
			}
		},
		UpdateFunc: func(old, object any) {
			o, ok := object.(v1alpha1.Object)
			if before, was := old.(v1alpha1.Object); ok && was && before.GetResourceVersion() != o.GetResourceVersion() {
				i.Object(o)
			}
		},
		DeleteFunc: func(object any) {
			if o, ok := last(object).(v1alpha1.Object); ok {
				i.Gone(o)
			}
		},
	}
}

// ManifestHandler returns the handler for the informer of the manifest.
func (i *Inbox) ManifestHandler() toolscache.ResourceEventHandler {
	take := func(object any) {
		if o, ok := object.(*corev1.ConfigMap); ok && o.Name == snapshot.ManifestName {
			i.Manifest(o)
		}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    take,
		UpdateFunc: func(_, object any) { take(object) },
		DeleteFunc: func(object any) {
			if o, ok := last(object).(*corev1.ConfigMap); ok && o.Name == snapshot.ManifestName {
				i.Manifest(nil)
			}
		},
	}
}

// last returns the last known form of a deleted object.
func last(object any) any {
	if tombstone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		return tombstone.Obj
	}
	return object
}

// keyOf names an object; ok is false for one that is none of ours.
func keyOf(object v1alpha1.Object) (key status.Key, ok bool) {
	var kind snapshot.Kind
	switch object.(type) {
	case *v1alpha1.Network:
		kind = snapshot.KindNetwork
	case *v1alpha1.Advertiser:
		kind = snapshot.KindAdvertiser
	case *v1alpha1.Partner:
		kind = snapshot.KindPartner
	case *v1alpha1.Offer:
		kind = snapshot.KindOffer
	case *v1alpha1.Goal:
		kind = snapshot.KindGoal
	case *v1alpha1.PartnerPayout:
		kind = snapshot.KindPartnerPayout
	case *v1alpha1.PayoutStructure:
		kind = snapshot.KindPayoutStructure
	default:
		return key, false
	}
	return status.Key{Kind: kind, Namespace: object.GetNamespace(), Name: object.GetName()}, true
}

// secretOf returns the name of the Secret that an object names, "" for none.
func secretOf(object v1alpha1.Object) string {
	var ref *v1alpha1.SecretKeyRef
	switch o := object.(type) {
	case *v1alpha1.Network:
		ref = o.Spec.PostbackKeySecretRef
	case *v1alpha1.Advertiser:
		ref = o.Spec.PostbackKeySecretRef
	case *v1alpha1.Offer:
		ref = o.Spec.PostbackKeySecretRef
	}
	if ref == nil {
		return ""
	}
	return ref.Name
}
