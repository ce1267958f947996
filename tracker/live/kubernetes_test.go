package live

import (
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedrbacv1 "k8s.io/client-go/kubernetes/typed/rbac/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/waypost/waypost/api/snapshot"
)

func TestKubernetesFollowsRevisions(t *testing.T) {
	c := newCluster(t, shared.Environment(t).Config)
	c.publish(1, titled("one")...)
	h := c.tracker()
	serves(t, h, "one")
	expectReady(t, h, "")
	for i, text := range []string{"two", "three", "four"} {
		published := time.Now()
		m := c.publish(int64(i+2), titled(text)...)
		serves(t, h, text)
		t.Logf("revision %d served %s after the operator began to write it", m.Revision, time.Since(published))
		s := h.Status()
		if s.Revision != m.Revision || s.Digest != m.Digest || s.LastError != "" || s.Source != string(FromKubernetes) {
			t.Errorf("status %+v of manifest %+v", s, m)
		}
	}
}

// Before the operator's first publication there is nothing, and it says so.
func TestKubernetesWithoutAManifest(t *testing.T) {
	c := newCluster(t, shared.Environment(t).Config)
	h := c.tracker()
	refuses(t, h, ReasonNoManifest)
	expectReady(t, h, "is the operator running")
	c.publish(1)
	eventually(t, "the empty snapshot is served", func() bool { return h.Current().Revision == 1 })
	expectReady(t, h, "")
	c.publish(2, titled("one")...)
	serves(t, h, "one")
	c.remove(snapshot.ManifestName)
	refuses(t, h, ReasonNoManifest)
	if title(h.Current()) != "one" {
		t.Error("a deleted manifest took the snapshot along")
	}
	c.publish(3, titled("two")...)
	serves(t, h, "two")
}

// A manifest that must not be served never is; the next good one is.
func TestKubernetesRefusesManifests(t *testing.T) {
	next := func(c *cluster) *snapshot.Manifest { return c.shards(6, titled("bad")...) }
	for name, tc := range map[string]struct {
		publish func(c *cluster)
		reason  Reason
		want    string
	}{
		"another key": {func(c *cluster) { c.manifest(next(c), testKey(2)) }, ReasonBadSignature, "none of the 1 trusted keys"},
		"unsigned":    {func(c *cluster) { c.manifest(next(c), nil) }, ReasonBadSignature, "not signed"},
		"changed after signing": {func(c *cluster) {
			m := next(c)
			if err := m.Sign(testKey(1)); err != nil {
				c.t.Fatal(err)
			}
			m.Revision = 9
			c.manifest(m, nil)
		}, ReasonBadSignature, "changed since"},
		"revision back": {func(c *cluster) { c.publish(4, titled("bad")...) }, ReasonRevisionBack, "does not go back"},
		"same revision": {func(c *cluster) { c.publish(5, titled("bad")...) }, ReasonRevisionBack, "served already"},
		"newer schema": {func(c *cluster) {
			c.raw(map[string]string{snapshot.ManifestKey: `{"schemaVersion":2,"revision":6,"blobs":{}}`})
		}, ReasonNewerSchema, "revision 6 has schema version 2"},
		"garbage": {func(c *cluster) { c.raw(map[string]string{snapshot.ManifestKey: "{"}) }, ReasonBadManifest, "corrupt manifest"},
		"no key":  {func(c *cluster) { c.raw(map[string]string{"other": "x"}) }, ReasonBadManifest, "corrupt manifest"},
		"huge":    {func(c *cluster) { c.raw(map[string]string{snapshot.ManifestKey: strings.Repeat(" ", 200_000)}) }, ReasonBadManifest, "at most"},
		"no shard": {func(c *cluster) {
			m := next(c)
			c.remove(snapshot.ShardName(m.Shards[0].Digest))
			c.manifest(m, testKey(1))
		}, ReasonMissingShard, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, shared.Environment(t).Config)
			c.publish(5, titled("good")...)
			h := c.tracker()
			serves(t, h, "good")
			tc.publish(c)
			refuses(t, h, tc.reason)
			if s := h.Status(); !strings.Contains(s.LastError, tc.want) || s.Revision != 5 {
				t.Errorf("status %+v, want %q", s, tc.want)
			}
			expectReady(t, h, "")
			c.publish(10, titled("better")...)
			serves(t, h, "better")
			if s := h.Status(); s.LastError != "" {
				t.Errorf("status %+v", s)
			}
		})
	}
}

// A shard that is damaged in the cluster is refused, and taken as soon as it is
// whole, without a new revision.
func TestKubernetesTriesADamagedShardAgain(t *testing.T) {
	for name, damaged := range map[string]map[string][]byte{
		"garbage": {snapshot.ShardKey: []byte("garbage")},
		"empty":   {snapshot.ShardKey: {}},
		"no key":  {"other": []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, shared.Environment(t).Config)
			c.publish(1, titled("good")...)
			h := c.tracker()
			serves(t, h, "good")
			m := c.shards(2, titled("next")...)
			shard := snapshot.ShardName(m.Shards[0].Digest)
			c.remove(shard)
			c.shard(m.Shards[0].Digest, damaged)
			c.manifest(m, testKey(1))
			refuses(t, h, ReasonBadShard)
			if s := h.Status(); s.RejectedRevision != 2 || s.Revision != 1 || !strings.Contains(s.LastError, shard) {
				t.Errorf("status %+v", s)
			}
			c.remove(shard)
			c.shards(2, titled("next")...)
			serves(t, h, "next")
			if s := h.Status(); s.LastError != "" {
				t.Errorf("status %+v", s)
			}
		})
	}
}

// The rights that the chart gives trackers are enough: get in the namespace,
// watch of the manifest's name.
func TestKubernetesWithTheLeastRights(t *testing.T) {
	env := shared.Environment(t)
	c := newCluster(t, env.Config)
	user, err := env.AddUser(envtest.User{Name: "tracker"}, &rest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	rbac, err := typedrbacv1.NewForConfig(env.Config)
	if err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "tracker"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get"}},
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{snapshot.ManifestName}, Verbs: []string{"watch"}},
	}}
	if _, err := rbac.Roles(c.namespace).Create(endless, role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	c.publish(1, titled("one")...)
	h := NewHolder(Options{Log: quiet(t)})
	start(t, h, c.source(user.Config()))
	refuses(t, h, ReasonUnreachable)
	if s := h.Status(); !strings.Contains(s.LastError, "forbidden") {
		t.Errorf("status %+v", s)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "tracker"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "tracker"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "tracker"}},
	}
	if _, err := rbac.RoleBindings(c.namespace).Create(endless, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	serves(t, h, "one")
	c.publish(2, titled("two")...)
	serves(t, h, "two")
}

// Without keys nothing is trusted.
func TestKubernetesWithoutTrust(t *testing.T) {
	c := newCluster(t, shared.Environment(t).Config)
	c.publish(1, titled("one")...)
	source, err := NewKubernetes(c.config, KubernetesOptions{Namespace: c.namespace, Log: quiet(t)})
	if err != nil {
		t.Fatal(err)
	}
	h := NewHolder(Options{Log: quiet(t)})
	start(t, h, source)
	refuses(t, h, ReasonBadSignature)
	if h.Current().Revision != 0 {
		t.Error("served what nobody vouches for")
	}
}

// A large snapshot is loaded in parallel, not one shard after the other.
func TestKubernetesColdStart(t *testing.T) {
	c := newCluster(t, shared.Environment(t).Config)
	records := titled("large", world(size{2000, 2, 3})[1:]...)
	m := c.publish(1, records...)
	began := time.Now()
	h := c.tracker()
	serves(t, h, "large")
	t.Logf("%d shards, %d records served after %s", len(m.Shards), h.Current().Counts().total(), time.Since(began))
	if want := index(t, records...); h.Current().Counts() != want.Counts() || h.Current().Digest != want.Digest {
		t.Errorf("counts %v, want %v", h.Current().Counts(), want.Counts())
	}
}
