package publish

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/hack/testenv"
)

// cluster is a namespace of the real API server, with a count of the writes.
type cluster struct {
	client.Client
	namespace string
	key       ed25519.PrivateKey
	mu        sync.Mutex
	writes    []string
	fail      func(verb string, object client.Object) error // after the write
	now       time.Time
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	config := shared.Environment(t).Config
	direct, err := client.NewWithWatch(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{namespace: testenv.Namespace(t, config), key: key, now: time.Now()}
	c.Client = interceptor.NewClient(direct, interceptor.Funcs{
		Create: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return c.written("create", o, w.Create(ctx, o, opts...))
		},
		Update: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			return c.written("update", o, w.Update(ctx, o, opts...))
		},
		Delete: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return c.written("delete", o, w.Delete(ctx, o, opts...))
		},
	})
	return c
}

func (c *cluster) written(verb string, o client.Object, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name, _, _ := strings.Cut(strings.TrimPrefix(o.GetName(), "waypost-"), "-")
	if err == nil {
		c.writes = append(c.writes, verb+" "+name)
	}
	if c.fail != nil && err == nil {
		return c.fail(verb, o)
	}
	return err
}

// wrote returns and forgets the writes since the last call.
func (c *cluster) wrote() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.writes)
	writes := strings.Join(c.writes, ", ")
	c.writes = nil
	return writes
}

func (c *cluster) publisher(t *testing.T) (*Publisher, Previous) {
	t.Helper()
	p := New(Options{Client: c, Namespace: c.namespace, Key: c.key, Now: func() time.Time { return c.now }})
	previous, err := p.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p, previous
}

// offer makes a record of a network's offer.
func offer(name, title string) *snapshot.Record {
	return &snapshot.Record{
		Kind: snapshot.KindOffer, Network: "shop", Name: name, Generation: 1, UID: name,
		Offer: &snapshot.Offer{TrackingID: name, Title: title, Advertiser: "acme", DestinationURL: "https://shop.example/", Currency: "USD",
			DefaultGoal: snapshot.Goal{Value: "1"}},
	}
}

// contents puts records into their shards; empty also lists shards to empty.
func contents(records ...*snapshot.Record) []Content {
	var all []Content
	for _, r := range records {
		index := snapshot.ShardOf(r.Key())
		i := slices.IndexFunc(all, func(c Content) bool { return c.Index == index })
		if i < 0 {
			all = append(all, Content{Index: index})
			i = len(all) - 1
		}
		all[i].Records = append(all[i].Records, r)
	}
	return all
}

func publishOK(t *testing.T, p *Publisher, change Change) Result {
	t.Helper()
	result, err := p.Publish(t.Context(), change)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// served is what a tracker would serve: it reads the manifest and all its shards.
func (c *cluster) served(t *testing.T) (revision int64, titles map[string]string) {
	t.Helper()
	object := new(corev1.ConfigMap)
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: c.namespace, Name: snapshot.ManifestName}, object); err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.DecodeManifest([]byte(object.Data[snapshot.ManifestKey]))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify([]ed25519.PublicKey{c.key.Public().(ed25519.PublicKey)}); err != nil {
		t.Fatal(err)
	}
	titles = map[string]string{}
	for _, ref := range m.Shards {
		records, err := (shards{c, c.namespace}).get(t.Context(), ref.Digest)
		if err != nil {
			t.Fatalf("shard %d of revision %d: %v", ref.Index, m.Revision, err)
		}
		for _, r := range records {
			titles[r.Name] = r.Offer.Title
		}
	}
	return m.Revision, titles
}

func TestPublish(t *testing.T) {
	c := newCluster(t)
	p, previous := c.publisher(t)
	if previous.Manifest != nil || previous.Records != nil {
		t.Fatalf("an empty namespace has %+v", previous)
	}

	// An empty snapshot is one, too: trackers need to know that there is nothing.
	if result := publishOK(t, p, Change{}); result.Manifest.Revision != 1 || len(result.Manifest.Shards) != 0 || !result.Wrote {
		t.Fatalf("first publication: %+v", result)
	}
	if got := c.wrote(); got != "create manifest" {
		t.Errorf("an empty snapshot wrote %s", got)
	}

	a, b := offer("a", "A"), offer("b", "B")
	publishOK(t, p, Change{Contents: contents(a, b)})
	if got := c.wrote(); got != "create shard, create shard, update manifest" {
		t.Errorf("two offers in two shards wrote %s", got)
	}
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A" || titles["b"] != "B" {
		t.Fatalf("revision %d serves %v", revision, titles)
	}

	// One edited object: one shard and the manifest.
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if got := c.wrote(); got != "create shard, update manifest" {
		t.Errorf("one edit wrote %s", got)
	}
	if revision, titles := c.served(t); revision != 3 || titles["a"] != "A2" || titles["b"] != "B" {
		t.Fatalf("revision %d serves %v", revision, titles)
	}

	// Nothing changed: nothing written.
	if result := publishOK(t, p, Change{Contents: contents(offer("a", "A2"))}); result.Wrote || result.Manifest.Revision != 3 || c.wrote() != "" {
		t.Errorf("the same content again is %+v", result)
	}

	// An emptied shard leaves the manifest.
	publishOK(t, p, Change{Contents: []Content{{Index: snapshot.ShardOf(b.Key())}}})
	if revision, titles := c.served(t); revision != 4 || len(titles) != 1 {
		t.Fatalf("revision %d serves %v", revision, titles)
	}
}

func TestPublishFloor(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A")), Floor: 900})
	if revision, _ := c.served(t); revision != 901 {
		t.Fatalf("revision %d, want the one behind the trackers' 900", revision)
	}
	publishOK(t, p, Change{Floor: 1200})
	if revision, _ := c.served(t); revision != 1201 {
		t.Fatalf("revision %d: a tracker that is ahead makes an unchanged snapshot move, too", revision)
	}
	publishOK(t, p, Change{Floor: 1201})
	if revision, _ := c.served(t); revision != 1201 {
		t.Fatalf("revision %d: the trackers are where the manifest is", revision)
	}
}

func TestPublishSchemaNobodyReads(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	_, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A")), Schemas: [][]int{{99}}})
	if !errors.Is(err, ErrNoCommonSchema) || c.wrote() != "" {
		t.Fatalf("Publish() = %v", err)
	}
}

func TestLoadContinues(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"), offer("b", "B"))})
	c.wrote()

	again, previous := c.publisher(t)
	if previous.Manifest.Revision != 1 || len(previous.Records) != 2 || previous.Problems != nil {
		t.Fatalf("Load() = %+v", previous)
	}
	if result := publishOK(t, again, Change{Contents: contents(previous.Records...)}); result.Wrote || c.wrote() != "" {
		t.Errorf("publishing what was loaded wrote revision %d", result.Manifest.Revision)
	}
	publishOK(t, again, Change{Contents: contents(offer("a", "A2"))})
	if revision, titles := c.served(t); revision != 2 || titles["b"] != "B" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}

func TestTwoPublishers(t *testing.T) {
	c := newCluster(t)
	first, _ := c.publisher(t)
	publishOK(t, first, Change{Contents: contents(offer("a", "A"))})
	second, _ := c.publisher(t)
	publishOK(t, second, Change{Contents: contents(offer("a", "by the second"))})

	_, err := first.Publish(t.Context(), Change{Contents: contents(offer("a", "by the first"))})
	if !errors.Is(err, ErrSuperseded) {
		t.Fatalf("the loser gets %v", err)
	}
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "by the second" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
	if err := first.Verify(t.Context()); !errors.Is(err, ErrSuperseded) {
		t.Errorf("Verify() = %v", err)
	}
	// Both begin with nothing published.
	c = newCluster(t)
	first, _ = c.publisher(t)
	second, _ = c.publisher(t)
	publishOK(t, first, Change{})
	if _, err := second.Publish(t.Context(), Change{}); !errors.Is(err, ErrSuperseded) {
		t.Errorf("the loser of the very first publication gets %v", err)
	}
}

func TestAnnotationsSurvive(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	if err := Confirm(t.Context(), c, c.namespace, "ab12"); err != nil {
		t.Fatal(err)
	}
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	object := c.manifest(t)
	if got := ReadRequests(object); !slices.Equal(got.Confirmed, []string{"ab12"}) {
		t.Errorf("requests after a publication: %+v", got)
	}
	if err := Release(t.Context(), c, c.namespace); err != nil {
		t.Fatal(err) // so that the manifest is another one than the publisher read
	}
	if err := Confirm(t.Context(), c, c.namespace, "ab12 "); err != nil {
		t.Fatal(err)
	}
	if err := p.Hold(t.Context(), map[string]int{"shop": 14}); !apierrors.IsConflict(err) {
		t.Fatalf("Hold() on a manifest that has changed = %v", err)
	}
	if err := p.Hold(t.Context(), map[string]int{"shop": 14}); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.Held["shop"] != 14 || len(got.Confirmed) != 1 {
		t.Errorf("requests with a hold: %+v", got)
	}
	if err := p.Hold(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.Held != nil {
		t.Errorf("requests after the hold: %+v", got)
	}
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A2" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}

func (c *cluster) manifest(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	object := new(corev1.ConfigMap)
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: c.namespace, Name: snapshot.ManifestName}, object); err != nil {
		t.Fatal(err)
	}
	return object
}

// A manifest that disappears, is edited, or is restored from a backup is written
// again, behind every revision that was ever published.
func TestManifestLost(t *testing.T) {
	damage := map[string]func(t *testing.T, c *cluster, old *corev1.ConfigMap){
		"deleted": func(t *testing.T, c *cluster, _ *corev1.ConfigMap) {
			if err := c.Delete(t.Context(), c.manifest(t)); err != nil {
				t.Fatal(err)
			}
		},
		"edited": func(t *testing.T, c *cluster, _ *corev1.ConfigMap) {
			object := c.manifest(t)
			object.Data[snapshot.ManifestKey] = strings.Replace(object.Data[snapshot.ManifestKey], `"revision":3`, `"revision":9`, 1)
			if err := c.Update(t.Context(), object); err != nil {
				t.Fatal(err)
			}
		},
		"restored": func(t *testing.T, c *cluster, old *corev1.ConfigMap) {
			object := c.manifest(t)
			object.Data = old.Data
			if err := c.Update(t.Context(), object); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			p, _ := c.publisher(t)
			publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
			publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
			old := c.manifest(t)
			publishOK(t, p, Change{Contents: contents(offer("a", "A3"))})
			if !p.Intact(c.manifest(t)) || p.Verify(t.Context()) != nil {
				t.Fatal("the manifest that was just written is not recognized")
			}
			spoil(t, c, old)
			if name != "deleted" && p.Intact(c.manifest(t)) {
				t.Error("Intact() does not see it")
			}
			if err := p.Verify(t.Context()); !errors.Is(err, ErrLost) {
				t.Fatalf("Verify() = %v", err)
			}
			publishOK(t, p, Change{Contents: contents(offer("a", "A3"))})
			if revision, titles := c.served(t); revision != 4 || titles["a"] != "A3" {
				t.Errorf("revision %d serves %v", revision, titles)
			}
		})
	}
}

// The first hint may also be the write itself.
func TestPublishFindsTheManifestLost(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	if err := c.Delete(t.Context(), c.manifest(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("b", "B"))}); !errors.Is(err, ErrLost) {
		t.Fatalf("Publish() = %v", err)
	}
	publishOK(t, p, Change{Contents: contents(offer("a", "A"), offer("b", "B"))})
	if revision, titles := c.served(t); revision != 2 || len(titles) != 2 {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}

// A manifest that somebody else has signed is not believed after a restart: its
// records must not become the last good form of anything.
func TestLoadForeignManifest(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A")), Floor: 41})
	oldKey := c.key
	_, key, _ := ed25519.GenerateKey(nil)
	c.key = key

	again, previous := c.publisher(t)
	if previous.Manifest != nil || previous.Records != nil || len(previous.Problems) != 1 || !errors.Is(previous.Problems[0], snapshot.ErrSignature) {
		t.Fatalf("Load() = %+v", previous)
	}
	publishOK(t, again, Change{Contents: contents(offer("a", "new"))})
	if revision, titles := c.served(t); revision != 43 || titles["a"] != "new" {
		t.Errorf("revision %d serves %v", revision, titles)
	}

	// A key that was replaced may still be trusted.
	trusting := New(Options{Client: c, Namespace: c.namespace, Key: oldKey, Trusted: []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}})
	if previous, err := trusting.Load(t.Context()); err != nil || len(previous.Records) != 1 {
		t.Errorf("Load() with the new key trusted = %+v, %v", previous, err)
	}
}

func TestLoadDamagedShard(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"), offer("b", "B"))})
	c.recreate(t, p.Current().Shards[0].Digest)

	again, previous := c.publisher(t)
	if len(previous.Records) != 1 || len(previous.Problems) != 1 || !errors.Is(previous.Problems[0], ErrShardMissing) {
		t.Fatalf("Load() = %+v", previous)
	}
	if result := publishOK(t, again, Change{Contents: contents(offer("a", "A"), offer("b", "B"))}); result.Wrote || result.Shards != 1 {
		t.Errorf("the repair is %+v; trackers need no new revision", result)
	}
	if _, titles := c.served(t); len(titles) != 2 {
		t.Errorf("serves %v", titles)
	}
}

// recreate puts something else under a shard's name.
func (c *cluster) recreate(t *testing.T, digest string) {
	t.Helper()
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: snapshot.ShardName(digest)}}
	if err := c.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	object = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: snapshot.ShardName(digest)}}
	object.BinaryData = map[string][]byte{snapshot.ShardKey: []byte("something else")}
	if err := c.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// A write that happened although its answer was lost is not mistaken for another
// operator's, and what was edited since is published on top of it.
func TestLostAnswer(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	lost := errors.New("connection reset")
	c.fail = func(_ string, o client.Object) error {
		if o.GetName() == snapshot.ManifestName {
			return lost
		}
		return nil
	}
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A2"))}); !errors.Is(err, lost) {
		t.Fatalf("Publish() = %v", err)
	}
	c.fail = nil
	result := publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A2" || !result.Wrote {
		t.Errorf("revision %d serves %v, wrote %v", revision, titles, result.Wrote)
	}

	c.fail = func(string, client.Object) error { return lost }
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A3"))}); !errors.Is(err, lost) {
		t.Fatalf("Publish() = %v", err)
	}
	c.fail = nil
	publishOK(t, p, Change{Contents: contents(offer("a", "A4"))})
	if _, titles := c.served(t); titles["a"] != "A4" {
		t.Errorf("serves %v", titles)
	}
}

func TestPublishRefusesWhatDoesNotFit(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.encode = func(records []*snapshot.Record) (snapshot.Shard, error) {
		for _, r := range records {
			if r.Offer.Title == "too large" {
				return snapshot.Shard{}, snapshot.ErrShardTooLarge
			}
		}
		return snapshot.EncodeShard(records)
	}
	before := offer("a", "A")
	publishOK(t, p, Change{Contents: contents(before)})
	change := contents(offer("a", "too large"))
	change[0].Before = map[snapshot.Key]*snapshot.Record{before.Key(): before}
	result := publishOK(t, p, Change{Contents: change})
	if len(result.Refused) != 1 || result.Refused[0] != before.Key() || result.Wrote {
		t.Errorf("Publish() = %+v", result)
	}
	if _, titles := c.served(t); titles["a"] != "A" {
		t.Errorf("serves %v", titles)
	}
}

func TestRollback(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	for i := 1; i <= 8; i++ {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i)))})
	}
	result, err := p.Rollback(t.Context(), 3, Change{})
	if err != nil || result.Manifest.Revision != 9 || result.Manifest.Pinned != 3 {
		t.Fatalf("Rollback() = %+v, %v", result, err)
	}
	if revision, titles := c.served(t); revision != 9 || titles["a"] != "A3" {
		t.Fatalf("revision %d serves %v", revision, titles)
	}
	if result, err := p.Rollback(t.Context(), 3, Change{}); err != nil || result.Wrote {
		t.Errorf("the same rollback again is %+v, %v", result, err)
	}
	if _, err := p.Rollback(t.Context(), 99, Change{}); !errors.Is(err, ErrNotRetained) {
		t.Errorf("Rollback(99) = %v", err)
	}
	// It can be moved on and repaired as it is.
	if result := publishOK(t, p, Change{Floor: 20, Pinned: 3}); result.Manifest.Revision != 21 || result.Manifest.Pinned != 3 {
		t.Errorf("a pinned revision behind the trackers' 20: %+v", result.Manifest)
	}
	// A restart keeps it, and the configuration is followed again when it is released.
	again, previous := c.publisher(t)
	if previous.Manifest.Pinned != 3 || previous.Records[0].Offer.Title != "A3" {
		t.Fatalf("Load() = %+v", previous)
	}
	publishOK(t, again, Change{Contents: contents(offer("a", "A8"))})
	if revision, titles := c.served(t); revision != 22 || titles["a"] != "A8" || again.Current().Pinned != 0 {
		t.Errorf("revision %d serves %v", revision, titles)
	}
	// Releasing is a revision even when the content is the same.
	if _, err := again.Rollback(t.Context(), 8, Change{}); err != nil {
		t.Fatal(err)
	}
	if result := publishOK(t, again, Change{}); !result.Wrote || result.Manifest.Pinned != 0 {
		t.Errorf("release of a pin with the same content: %+v", result)
	}
}

// The history is not signed as a whole, each of its revisions is: what no
// operator has published cannot be rolled back to.
func TestRollbackToForgedRevision(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	object := c.manifest(t)
	object.Data[HistoryKey] = strings.Replace(object.Data[HistoryKey], `"revision":1,`, `"revision":1,"pinned":7,`, 1)
	if err := c.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	again, _ := c.publisher(t)
	if _, err := again.Rollback(t.Context(), 1, Change{}); !errors.Is(err, ErrNotRetained) || !errors.Is(err, snapshot.ErrSignature) {
		t.Errorf("Rollback() = %v", err)
	}
}

func TestRequests(t *testing.T) {
	c := newCluster(t)
	for name, request := range map[string]func() error{
		"rollback": func() error { return Rollback(t.Context(), c, c.namespace, 1) },
		"release":  func() error { return Release(t.Context(), c, c.namespace) },
		"confirm":  func() error { return Confirm(t.Context(), c, c.namespace, "x") },
	} {
		if err := request(); !errors.Is(err, ErrNothingPublished) {
			t.Errorf("%s with nothing published = %v", name, err)
		}
	}
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if err := Rollback(t.Context(), c, c.namespace, 7); !errors.Is(err, ErrNotRetained) || !strings.Contains(err.Error(), "[2 1]") {
		t.Errorf("rollback to what is not retained = %v", err)
	}
	if err := Rollback(t.Context(), c, c.namespace, 1); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.RollbackTo != 1 {
		t.Errorf("requests = %+v", got)
	}
	if err := Release(t.Context(), c, c.namespace); err != nil {
		t.Fatal(err)
	}
	if got := ReadRequests(c.manifest(t)); got.RollbackTo != 0 {
		t.Errorf("requests = %+v", got)
	}
}

func TestCollect(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.keep = MinKeep
	for i := 1; i <= 10; i++ {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i)), offer("b", "B"))})
	}
	collect := func() Collected {
		t.Helper()
		collected, err := p.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return collected
	}
	if got := collect(); got.Removed != 0 || got.Kept != 11 {
		t.Fatalf("young shards: %+v; another operator may be about to name them", got)
	}
	c.now = c.now.Add(MinAge + time.Minute)
	if got := collect(); got.Removed != 5 || got.Kept != 6 || got.Missing != nil {
		t.Errorf("%+v; five revisions of a, and b, are in use", got)
	}
	if _, titles := c.served(t); titles["a"] != "A10" || titles["b"] != "B" {
		t.Errorf("serves %v", titles)
	}
	if result, err := p.Rollback(t.Context(), 6, Change{}); err != nil || !result.Wrote {
		t.Errorf("the oldest retained revision: %v", err)
	}
	if _, titles := c.served(t); titles["a"] != "A6" {
		t.Errorf("serves %v after the rollback", titles)
	}
}

// What a tracker serves stays, however old it is.
func TestCollectKeepsWhatTrackersServe(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	p.keep = MinKeep
	for i := 1; i <= 10; i++ {
		publishOK(t, p, Change{Contents: contents(offer("a", fmt.Sprint("A", i))), InUse: 2})
	}
	c.now = c.now.Add(MinAge + time.Minute)
	collected, err := p.Collect(t.Context())
	if err != nil || collected.Removed != 1 || collected.Kept != 9 {
		t.Errorf("%+v, %v; revision 2 and all later ones are in use", collected, err)
	}
}

func TestCollectFindsMissingShards(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	a, b := offer("a", "A"), offer("b", "B")
	publishOK(t, p, Change{Contents: contents(a, b)})
	lost := p.Current().Shards[0]
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: snapshot.ShardName(lost.Digest)}}
	if err := c.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	collected, err := p.Collect(t.Context())
	if err != nil || !slices.Equal(collected.Missing, []int{lost.Index}) {
		t.Fatalf("%+v, %v", collected, err)
	}
	if result := publishOK(t, p, Change{Contents: contents(a, b)}); result.Wrote || result.Shards != 1 {
		t.Errorf("the repair is %+v", result)
	}
	if _, titles := c.served(t); len(titles) != 2 {
		t.Errorf("serves %v", titles)
	}
}

func TestPublishWithoutNamespace(t *testing.T) {
	c := newCluster(t)
	c.namespace = "nobody-made-it"
	p, _ := c.publisher(t)
	if _, err := p.Publish(t.Context(), Change{}); !apierrors.IsNotFound(err) || errors.Is(err, ErrLost) {
		t.Errorf("Publish() = %v, want that the namespace is missing", err)
	}
}

// When the API server refuses, nothing has changed for trackers, and the same
// change can be published later.
func TestPublishFails(t *testing.T) {
	c := newCluster(t)
	p, _ := c.publisher(t)
	publishOK(t, p, Change{Contents: contents(offer("a", "A"))})
	forbidden := apierrors.NewForbidden(corev1.Resource("configmaps"), "x", errors.New("exceeded quota"))
	inner := c.Client
	c.Client = interceptor.NewClient(inner.(client.WithWatch), interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return forbidden },
	})
	if _, err := p.Publish(t.Context(), Change{Contents: contents(offer("a", "A2"))}); !apierrors.IsForbidden(err) {
		t.Fatalf("Publish() = %v", err)
	}
	if _, titles := c.served(t); titles["a"] != "A" {
		t.Errorf("serves %v", titles)
	}
	c.Client = inner
	publishOK(t, p, Change{Contents: contents(offer("a", "A2"))})
	if revision, titles := c.served(t); revision != 2 || titles["a"] != "A2" {
		t.Errorf("revision %d serves %v", revision, titles)
	}
}
