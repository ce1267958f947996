package controllers

import (
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

func namedIn(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// The second of two operators waits for the lease, and takes over when the
// first one ends.
func TestTwoOperators(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	first := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	second := p.start(t, p.options(t, at))
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	revision := k.revision()
	first.stop(t)
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 3" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 3" || k.revision() != revision+1 {
		t.Errorf("served is %q in revision %d after %d", k.title("shoes"), k.revision(), revision)
	}
	second.stop(t)
}

// Two operators that both believe to be alone: the compare-and-swap lets one win
// each time, the loser begins anew, and what is served is what was written last.
func TestTwoOperatorsWithoutLease(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	o := p.options(t, at)
	o.DisableLeaderElection = true
	p.start(t, o)
	p.start(t, o)
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	for _, title := range []string{"Shoes 2", "Shoes 3", "Shoes 4"} {
		last := k.revision()
		edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = title })
		p.ready(t, &v1alpha1.Offer{}, "shoes")
		if k.title("shoes") != title || k.revision() <= last {
			t.Fatalf("served is %q in revision %d after %d", k.title("shoes"), k.revision(), last)
		}
	}
}

// A lost, damaged or restored manifest is written again behind every revision
// that a tracker has seen.
func TestManifestLost(t *testing.T) {
	damage := map[string]func(t *testing.T, p *plant, old, now *corev1.ConfigMap){
		"deleted": func(t *testing.T, p *plant, _, now *corev1.ConfigMap) {
			if err := p.Delete(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		},
		"edited": func(t *testing.T, p *plant, _, now *corev1.ConfigMap) {
			now.Data[snapshot.ManifestKey] = strings.Replace(now.Data[snapshot.ManifestKey], `"schemaVersion":1`, `"schemaVersion":7`, 1)
			if err := p.Update(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		},
		"of another signature": func(t *testing.T, p *plant, _, now *corev1.ConfigMap) {
			now.Data[snapshot.ManifestKey] = strings.Replace(now.Data[snapshot.ManifestKey], `"signature":"`, `"signature":"AAAA`, 1)
			if err := p.Update(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		},
		"restored": func(t *testing.T, p *plant, old, now *corev1.ConfigMap) {
			now.Data = old.Data
			if err := p.Update(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			p := newPlant(t)
			at := address(t)
			k := p.startTracker(t, at)
			p.start(t, p.options(t, at))
			p.apply(t, story()...)
			p.ready(t, &v1alpha1.Offer{}, "shoes")
			p.quiet(t)
			old := p.manifestObject(t)
			edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
			p.ready(t, &v1alpha1.Offer{}, "shoes")
			p.quiet(t)
			revision := k.revision()

			spoil(t, p, old, p.manifestObject(t))
			eventually(t, "it is written again", func() bool { m := p.manifest(t); return m != nil && m.Revision > revision })
			edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 3" })
			p.ready(t, &v1alpha1.Offer{}, "shoes")
			if k.title("shoes") != "Shoes 3" || len(p.events(t, p.snapshots, "ManifestLost")) == 0 {
				t.Errorf("served is %q, events %v", k.title("shoes"), p.events(t, p.snapshots, "ManifestLost"))
			}
		})
	}
}

func (p *plant) manifestObject(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: namedIn(p.snapshots, snapshot.ManifestName)}
	if err := p.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
	return object
}

// An operator of a restored cluster continues behind what trackers serve.
func TestRestoredCluster(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	k.set(func(k *tracker) { k.status.Revision, k.status.Digest = 900, "sha256:of-another-life" })
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.revision() <= 900 || k.title("shoes") != "shoes" {
		t.Errorf("the tracker serves %q in revision %d", k.title("shoes"), k.revision())
	}

	// The same, noticed while running.
	k.set(func(k *tracker) { k.status.Revision = 5000 })
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	eventually(t, "the tracker serves the edit", func() bool { return k.title("shoes") == "Shoes 2" && k.revision() > 5000 })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
}

// A shard that somebody replaced is noticed through the tracker that cannot load
// it, and mended; meanwhile the tracker serves what it has.
func TestCorruptShard(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	// Every shard but the edited one is spoilt; the next revision needs them all
	// in a tracker that has forgotten them.
	for _, ref := range p.manifest(t).Shards {
		object := &corev1.ConfigMap{ObjectMeta: namedIn(p.snapshots, snapshot.ShardName(ref.Digest))}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			t.Fatal(err)
		}
		if err := p.Delete(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		spoilt := &corev1.ConfigMap{ObjectMeta: namedIn(object.Namespace, object.Name), BinaryData: map[string][]byte{snapshot.ShardKey: []byte("spoilt")}}
		spoilt.Labels = object.Labels // so that nothing but the content tells
		if err := p.Create(t.Context(), spoilt); err != nil {
			t.Fatal(err)
		}
	}
	k.set(func(k *tracker) { k.frozen = true })
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	eventually(t, "the edit is published", func() bool { m := p.manifest(t); return m.Revision > k.revision() })
	k.set(func(k *tracker) { clear(k.shards); k.frozen = false })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 2" || len(p.events(t, p.snapshots, "RevisionRejected")) == 0 {
		t.Errorf("served is %q, events %v", k.title("shoes"), p.events(t, p.snapshots, "RevisionRejected"))
	}
}

// A shard that is removed, or replaced by another, is written again before any
// tracker misses it, in the same revision.
func TestShardsAreMended(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	for _, running := range []bool{true, false} {
		m := p.manifest(t)
		if !running {
			op.stop(t)
			p.start(t, p.options(t, at)) // publishes nothing, and minds the shards all the same
			p.quiet(t)
		}
		for n, ref := range m.Shards[:2] {
			object := &corev1.ConfigMap{ObjectMeta: namedIn(p.snapshots, snapshot.ShardName(ref.Digest))}
			if err := p.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
				t.Fatal(err)
			}
			if err := p.Delete(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				continue
			}
			object.UID, object.ResourceVersion, object.BinaryData = "", "", map[string][]byte{snapshot.ShardKey: []byte("spoilt")}
			if err := p.Create(t.Context(), object); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the shards are sound again", func() bool { return p.sound(t, m) })
		if now := p.manifest(t); now.Revision != m.Revision || k.revision() != m.Revision {
			t.Errorf("revision %d, served %d, after %d: trackers need no new one", now.Revision, k.revision(), m.Revision)
		}
		if len(p.events(t, p.snapshots, "ShardsMissing")) == 0 {
			t.Error("no Event tells of it")
		}
	}
}

// sound reports whether all shards of a manifest are what it says.
func (p *plant) sound(t *testing.T, m *snapshot.Manifest) bool {
	t.Helper()
	for _, ref := range m.Shards {
		object := &corev1.ConfigMap{ObjectMeta: namedIn(p.snapshots, snapshot.ShardName(ref.Digest))}
		if err := p.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			return false
		}
		if _, err := snapshot.OpenShard(object.BinaryData[snapshot.ShardKey], ref.Digest); err != nil {
			return false
		}
	}
	return true
}

// A tracker that cannot even start is heard, although nobody waits for it.
func TestTrackerThatCannotStart(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	var wanted atomic.Int64
	starting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refusal := snapshot.Status{LastError: "bad_shard: corrupt", RejectedRevision: wanted.Load(), SchemaVersions: snapshot.SupportedSchemas()}
		_ = json.NewEncoder(w).Encode(refusal)
	}))
	t.Cleanup(starting.Close)
	p.start(t, p.options(t, at, strings.TrimPrefix(starting.URL, "http://")))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	revision := k.revision()
	wanted.Store(revision + 1)
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	eventually(t, "an Event tells of it", func() bool { return len(p.events(t, p.snapshots, "RevisionRejected")) > 0 })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.revision() <= revision || k.title("shoes") != "Shoes 2" {
		t.Errorf("served is %q in revision %d after %d", k.title("shoes"), k.revision(), revision)
	}
}

// While the API server is away trackers serve what they have; afterwards edits
// arrive as before, although the lease was lost in between.
func TestAPIServerAway(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	cable := newCable(t, p.config.Host)
	direct := p.config
	p.config = rest.CopyConfig(direct)
	p.config.Host = "https://" + cable.address
	first := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t) // the other objects may come in a later revision
	revision := k.revision()

	cable.cut()
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	eventually(t, "the operator notices", func() bool { return cable.attempts() > 3 })
	waitFor(t, 4) // longer than the lease
	if k.title("shoes") != "shoes" || k.revision() != revision {
		t.Errorf("the tracker serves %q in revision %d, not what it had in %d", k.title("shoes"), k.revision(), revision)
	}
	cable.mend()
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 2" || k.revision() <= revision {
		t.Errorf("served is %q in revision %d after %d", k.title("shoes"), k.revision(), revision)
	}

	// An operator that is started while the API server is away waits for it.
	cable.cut()
	first.stop(t)
	before := cable.attempts()
	p.start(t, p.options(t, at))
	eventually(t, "the second operator tries", func() bool { return cable.attempts() > before+3 })
	cable.mend()
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 3" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
}

// cable is a TCP proxy to the API server that can be cut.
type cable struct {
	address, target string
	listener        net.Listener

	mu    sync.Mutex
	down  bool
	open  map[net.Conn]bool
	tries int
}

func newCable(t *testing.T, host string) *cable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{
		address: listener.Addr().String(), target: strings.Trim(strings.TrimPrefix(host, "https:"), "/"),
		listener: listener, open: map[net.Conn]bool{},
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.carry(near) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); c.cut(); all.Wait() })
	return c
}

func (c *cable) carry(near net.Conn) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	c.mu.Lock()
	c.tries++
	if c.down {
		c.mu.Unlock()
		return
	}
	c.open[near], c.open[far] = true, true
	c.mu.Unlock()
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
	_ = near.Close()
	<-done
	c.mu.Lock()
	delete(c.open, near)
	delete(c.open, far)
	c.mu.Unlock()
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = false
}

func (c *cable) attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

// Trackers that ask for another signature keep what they have.
func TestForeignSigningKey(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	op.stop(t)

	o := p.options(t, at)
	public, signing, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.SigningKey, o.TrustedKeys = signing, p.public
	p.start(t, o)
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	var offer v1alpha1.Offer
	p.until(t, &offer, "shoes", "Ready=False/Propagating")
	if k.title("shoes") != "shoes" {
		t.Error("the tracker took what it should not trust")
	}
	if message := readyMessage(&offer); !strings.Contains(message, at) || !strings.Contains(message, "refuses revision") {
		t.Errorf("Ready does not say which tracker refuses it: %q", message)
	}
	p.setPublic(append(p.public, public))
	p.ready(t, &v1alpha1.Offer{}, "shoes")
}
