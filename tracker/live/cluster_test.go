package live

import (
	"crypto/ed25519"
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/hack/testenv"
)

// cluster is the snapshots' namespace of one test, written as an operator would.
type cluster struct {
	t         testing.TB
	config    *rest.Config
	namespace string
	maps      typedcorev1.ConfigMapInterface
}

func newCluster(t testing.TB, config *rest.Config) *cluster {
	t.Helper()
	client, err := typedcorev1.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	namespace := testenv.Namespace(t, config)
	return &cluster{t: t, config: config, namespace: namespace, maps: client.ConfigMaps(namespace)}
}

// source returns a source that reads the namespace through config.
func (c *cluster) source(config *rest.Config) *Kubernetes {
	c.t.Helper()
	k, err := NewKubernetes(config, KubernetesOptions{Namespace: c.namespace, Trust: trusted, Log: quiet(c.t)})
	if err != nil {
		c.t.Fatal(err)
	}
	return k
}

// publish writes a revision, shards first, and returns its manifest.
func (c *cluster) publish(revision int64, records ...*snapshot.Record) *snapshot.Manifest {
	c.t.Helper()
	m := c.shards(revision, records...)
	c.manifest(m, testKey(1))
	return m
}

// shards writes a revision's shards and returns its manifest, which nobody sees yet.
func (c *cluster) shards(revision int64, records ...*snapshot.Record) *snapshot.Manifest {
	c.t.Helper()
	m, data := encoded(c.t, records)
	m.Revision = revision
	for _, ref := range m.Shards {
		c.shard(ref.Digest, map[string][]byte{snapshot.ShardKey: data[ref.Digest]})
	}
	return m
}

// shard writes the ConfigMap of a shard with any content.
func (c *cluster) shard(digest string, data map[string][]byte) {
	c.t.Helper()
	immutable := true
	cm := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: snapshot.ShardName(digest)}, BinaryData: data, Immutable: &immutable,
	}
	if _, err := c.maps.Create(endless, cm, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		c.t.Fatal(err)
	}
}

// remove deletes a ConfigMap.
func (c *cluster) remove(name string) {
	c.t.Helper()
	if err := c.maps.Delete(endless, name, metav1.DeleteOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// manifest signs and writes a manifest; a nil key leaves it as it is.
func (c *cluster) manifest(m *snapshot.Manifest, key ed25519.PrivateKey) {
	c.t.Helper()
	if key != nil {
		if err := m.Sign(key); err != nil {
			c.t.Fatal(err)
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(map[string]string{snapshot.ManifestKey: string(data)})
}

// raw writes any data as the manifest's ConfigMap.
func (c *cluster) raw(data map[string]string) {
	c.t.Helper()
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: snapshot.ManifestName}, Data: data}
	_, err := c.maps.Update(endless, cm, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		_, err = c.maps.Create(endless, cm, metav1.CreateOptions{})
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// tracker runs a holder on the namespace until the test ends.
func (c *cluster) tracker() *Holder {
	c.t.Helper()
	h := NewHolder(Options{Log: quiet(c.t)})
	start(c.t, h, c.source(c.config))
	return h
}

// refuses waits for a refusal with this reason.
func refuses(t testing.TB, h *Holder, reason Reason) {
	t.Helper()
	eventually(t, "refusing with "+string(reason), func() bool { return h.Status().Reason == string(reason) })
}
