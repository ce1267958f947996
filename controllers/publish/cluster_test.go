package publish

import (
	"context"
	"crypto/ed25519"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/hack/testenv"
)

type cluster struct {
	client.Client
	namespace string
	key       ed25519.PrivateKey
	mu        sync.Mutex
	writes    []string
	fail      func(verb string, object client.Object) error // after the write
	remove    func()                                        // before something is removed, once
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
			if remove := c.remove; remove != nil {
				c.remove = nil
				remove()
			}
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

func offer(name, title string) *snapshot.Record {
	return &snapshot.Record{
		Kind: snapshot.KindOffer, Network: "shop", Name: name, Generation: 1, UID: name,
		Offer: &snapshot.Offer{TrackingID: name, Title: title, Advertiser: "acme", DestinationURL: "https://shop.example/", Currency: "USD",
			DefaultGoal: &snapshot.Goal{Value: "1"}},
	}
}

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
		records, _, err := (shards{c, c.namespace}).get(t.Context(), ref.Digest)
		if err != nil {
			t.Fatalf("shard %d of revision %d: %v", ref.Index, m.Revision, err)
		}
		for _, r := range records {
			titles[r.Name] = r.Offer.Title
		}
	}
	return m.Revision, titles
}

func (c *cluster) manifest(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	object := new(corev1.ConfigMap)
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: c.namespace, Name: snapshot.ManifestName}, object); err != nil {
		t.Fatal(err)
	}
	return object
}

// edit changes one value of the manifest's ConfigMap.
func (c *cluster) edit(t *testing.T, key string, change func(data string) string) {
	t.Helper()
	object := c.manifest(t)
	object.Data[key] = change(object.Data[key])
	if err := c.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) shard(t *testing.T, digest string) *corev1.ConfigMap {
	t.Helper()
	object := new(corev1.ConfigMap)
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: c.namespace, Name: snapshot.ShardName(digest)}, object); err != nil {
		t.Fatal(err)
	}
	return object
}

// writeMeanwhile lets somebody else write a shard anew, just before it is removed the
// next time, and returns what then has its name.
func (c *cluster) writeMeanwhile(t *testing.T, digest string, data map[string][]byte) (written func() types.UID) {
	var uid types.UID
	c.remove = func() {
		c.replace(t, digest, func(stored map[string][]byte) { maps.Copy(stored, data) })
		uid = c.shard(t, digest).UID
	}
	return func() types.UID { return uid }
}

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

// replace puts a changed copy of a shard in its place, with the same labels.
func (c *cluster) replace(t *testing.T, digest string, change func(data map[string][]byte)) {
	t.Helper()
	object := c.shard(t, digest)
	if err := c.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	object.ResourceVersion, object.UID = "", ""
	change(object.BinaryData)
	if err := c.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}
