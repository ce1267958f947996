package controllers

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcoordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/publish"
)

// An operator that finds a later revision than its own, by somebody who has the
// signing key, begins anew by itself: what it wants to be served is served again.
func TestSupersededOperator(t *testing.T) {
	p := newPlant(t)
	p.start(t, p.options(t, address(t))) // no tracker, which would tell it
	p.apply(t, story()...)
	p.until(t, &v1alpha1.Offer{}, "shoes", "Programmed=True")
	p.quiet(t)

	mine := p.manifest(t)
	other := publish.New(publish.Options{Client: p, Namespace: p.snapshots, Key: p.signing})
	if _, err := other.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var nothing publish.Change
	for _, ref := range mine.Shards {
		nothing.Contents = append(nothing.Contents, publish.Content{Index: ref.Index})
	}
	result, err := other.Publish(t.Context(), nothing)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the operator has published its own again", func() bool {
		m := p.manifest(t)
		return m.Digest == mine.Digest && m.Revision > result.Manifest.Revision
	})
}

// An operator that lost its lease does not stand for election again before what it
// was writing has ended: there are never two of it.
func TestLostLeaseWaitsForTheLastWrite(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	g := &gate{path: "/namespaces/" + p.snapshots + "/configmaps/" + snapshot.ManifestName, held: make(chan struct{}), cancelled: make(chan struct{}), open: make(chan struct{})}
	direct := p.config
	p.config = rest.CopyConfig(direct)
	p.config.Wrap(func(next http.RoundTripper) http.RoundTripper { return g.watch(next) })
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)

	g.close()
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	<-g.held
	leases := p.leases(t, direct)
	leases.steal(t)
	<-g.cancelled
	leases.release(t)
	before := g.reads()
	waitFor(t, 3) // longer than it takes to begin anew
	if g.reads() != before {
		t.Error("another one has begun although the first has not ended")
	}
	close(g.open)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 2" {
		t.Errorf("served is %q", k.title("shoes"))
	}
}

// leases are those of the operator's namespace.
type leases struct {
	typedcoordinationv1.LeaseInterface
}

func (p *plant) leases(t *testing.T, config *rest.Config) leases {
	t.Helper()
	client, err := typedcoordinationv1.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return leases{client.Leases(p.system)}
}

// steal makes somebody else the holder of the only lease, who never renews it.
func (l leases) steal(t *testing.T) {
	t.Helper()
	eventually(t, "the lease is somebody else's", func() bool {
		list, err := l.List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("not one lease: %v, %v", list, err)
		}
		lease := &list.Items[0]
		now := metav1.NowMicro()
		lease.Spec.HolderIdentity, lease.Spec.AcquireTime, lease.Spec.RenewTime = new("somebody else"), &now, &now
		_, err = l.Update(t.Context(), lease, metav1.UpdateOptions{})
		return err == nil // the holder may have renewed it meanwhile
	})
}

// release takes the lease away from whoever has it.
func (l leases) release(t *testing.T) {
	t.Helper()
	if err := l.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}
}

// gate counts the reads of one object, and can hold back the next write of it,
// even beyond the end of its context.
type gate struct {
	path            string
	held, cancelled chan struct{} // closed when a write is held back, and when it was told to end
	open            chan struct{} // closed to let it end

	mu     sync.Mutex
	closed bool
	count  int
}

func (g *gate) watch(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, g.path) && g.hold(r) {
			close(g.held)
			<-r.Context().Done()
			close(g.cancelled)
			<-g.open
		}
		return next.RoundTrip(r)
	})
}

// hold reports whether the request is to be held back.
func (g *gate) hold(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Method == http.MethodGet {
		g.count++
		return false
	}
	held := g.closed
	g.closed = false
	return held
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *gate) reads() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}
