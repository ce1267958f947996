package controllers

import (
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/status"
)

func version(name, resourceVersion string) *v1alpha1.Offer {
	return &v1alpha1.Offer{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, ResourceVersion: resourceVersion}}
}

func key(name string) status.Key {
	return status.Key{Kind: snapshot.KindOffer, Namespace: "shop", Name: name}
}

func ready(i *inbox) bool {
	select {
	case <-i.ready:
		return true
	default:
		return false
	}
}

func TestInbox(t *testing.T) {
	i := newInbox()
	h := i.objectHandler()
	if ready(i) {
		t.Fatal("an empty inbox is ready")
	}
	h.OnAdd(version("a", "1"), true)
	h.OnUpdate(version("a", "1"), version("a", "2"))
	h.OnAdd(version("b", "3"), false)
	h.OnDelete(version("b", "4"))
	h.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "shop/c", Obj: version("c", "5")})
	if !ready(i) || ready(i) {
		t.Fatal("the inbox is not ready once")
	}
	m := i.take()
	if len(m.objects) != 3 || m.objects[key("a")].GetResourceVersion() != "2" || m.objects[key("b")] != nil || m.objects[key("c")] != nil || m.seen {
		t.Errorf("mail %+v", m)
	}
	if m = i.take(); len(m.objects) != 0 {
		t.Errorf("the same mail again: %+v", m)
	}

	// A resync shows nothing new.
	h.OnUpdate(version("a", "2"), version("a", "2"))
	// An object on its way out counts as gone, whoever holds it back.
	now := metav1.Now()
	leaving := version("a", "6")
	leaving.DeletionTimestamp, leaving.Finalizers = &now, []string{"example.com/keep"}
	h.OnUpdate(version("a", "2"), leaving)
	if m = i.take(); len(m.objects) != 1 || m.objects[key("a")] != nil {
		t.Errorf("mail %+v", m)
	}
	// What is none of ours is none of ours.
	h.OnAdd(&corev1.Secret{}, false)
	h.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "x", Obj: nil})
	if m = i.take(); len(m.objects) != 0 {
		t.Errorf("mail %+v", m)
	}
}

func TestInboxManifest(t *testing.T) {
	i := newInbox()
	h := i.manifestHandler()
	manifest := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: snapshot.ManifestName}}
	h.OnAdd(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "other"}}, true)
	if m := i.take(); m.seen {
		t.Error("another ConfigMap was taken for the manifest")
	}
	h.OnAdd(manifest, true)
	if m := i.take(); !m.seen || m.manifest != manifest {
		t.Errorf("mail %+v", m)
	}
	h.OnDelete(toolscache.DeletedFinalStateUnknown{Obj: manifest})
	if m := i.take(); !m.seen || m.manifest != nil {
		t.Errorf("mail %+v", m)
	}
}

// Informers are never held up, however slow the loop is.
func TestInboxConcurrently(t *testing.T) {
	i := newInbox()
	h := i.objectHandler()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				h.OnAdd(version("a", "1"), false)
			}
		})
	}
	taken := 0
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-i.ready:
			taken += len(i.take().objects)
		case <-done:
			running = false
		}
	}
	taken += len(i.take().objects)
	if taken < 1 || taken > 4000 {
		t.Errorf("%d events", taken)
	}
}

// Of shards only that some were removed is kept, once.
func TestInboxShards(t *testing.T) {
	i := newInbox()
	i.shardHandler().OnAdd(nil, false)
	i.shardHandler().OnUpdate(nil, nil)
	if i.take().shards {
		t.Error("a new shard is no reason to look")
	}
	i.shardHandler().OnDelete(nil)
	<-i.ready
	if !i.take().shards || i.take().shards {
		t.Error("want it told, and once")
	}
}
