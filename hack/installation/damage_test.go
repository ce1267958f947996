package installation

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/waypost/waypost/api/snapshot"
)

// TestDamagedSnapshots: whatever becomes of one published ConfigMap, trackers go on
// serving what they served, say what is wrong, and the operator puts it right. The
// operator is halted meanwhile, so that the trackers meet the damage before it does.
func TestDamagedSnapshots(t *testing.T) {
	i, p := install(t, 1, false)
	d := newDamaged(t, i, p)
	defer d.watchClicks(t)()
	for name, damage := range manifestDamages {
		t.Run("manifest "+name, func(t *testing.T) {
			d.during(t, func() {
				d.manifest(t, damage.change)
				for n := range 2 {
					d.says(t, n, damage.reason)
					d.ready(t, n, true)
				}
			})
			for n := range 2 {
				d.says(t, n, "")
			}
		})
	}
	for name, damage := range shardDamages {
		t.Run("shard "+name, func(t *testing.T) {
			d.during(t, func() {
				d.shards(t, damage.change)
				d.says(t, 0, "") // it has what it needs
				if err := d.processes.Replace("tracker-2", d.Path("tracker-2")); err != nil {
					t.Fatal(err)
				}
				d.says(t, 1, damage.reason)
				d.ready(t, 0, true)
				d.ready(t, 1, false)
			})
			d.says(t, 1, "")
			d.ready(t, 1, true)
		})
	}
	d.edit(t)
}

// manifestDamages are changes of the manifest's ConfigMap; old is an earlier one.
// Without a result it is deleted.
var manifestDamages = map[string]struct {
	change func(t *testing.T, data, old string) *string
	reason string
}{
	"deleted":   {func(*testing.T, string, string) *string { return nil }, "no_manifest"},
	"emptied":   {func(*testing.T, string, string) *string { return new(string) }, "bad_manifest"},
	"truncated": {func(_ *testing.T, data, _ string) *string { return new(data[:len(data)/2]) }, "bad_manifest"},
	"with another digit in a digest": {func(_ *testing.T, data, _ string) *string {
		before, shards, _ := strings.Cut(data, `"shards":`)
		first, rest, _ := strings.Cut(shards, "sha256:")
		return new(before + `"shards":` + first + "sha256:" + string(rest[0]^1) + rest[1:])
	}, "bad_manifest"},
	"with two shards exchanged": {rewritten(func(m *snapshot.Manifest) {
		m.Shards[0].Digest, m.Shards[1].Digest = m.Shards[1].Digest, m.Shards[0].Digest
	}), "bad_manifest"},
	"with a shard left out": {rewritten(func(m *snapshot.Manifest) {
		next, err := snapshot.NewManifest(m.Revision+1, m.Shards[1:])
		if err != nil {
			panic(err)
		}
		next.KeyID, next.Signature = m.KeyID, m.Signature
		*m = *next
	}), "bad_signature"},
	"with a bit of its signature flipped": {rewritten(func(m *snapshot.Manifest) { m.Signature[7] ^= 1 }), "bad_signature"},
	"without its signature":               {rewritten(func(m *snapshot.Manifest) { m.Signature = nil }), "bad_signature"},
	"with a later revision":               {rewritten(func(m *snapshot.Manifest) { m.Revision = 1 << 52 }), "bad_signature"},
	"of a future schema":                  {rewritten(func(m *snapshot.Manifest) { m.SchemaVersion = 99 }), "newer_schema"},
	"replayed from before":                {func(_ *testing.T, _, old string) *string { return &old }, "revision_back"},
}

// rewritten changes the manifest and leaves the signature as it was.
func rewritten(change func(*snapshot.Manifest)) func(*testing.T, string, string) *string {
	return func(t *testing.T, data, _ string) *string {
		m, err := snapshot.DecodeManifest([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		change(m)
		encoded, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return new(string(encoded))
	}
}

// shardDamages are changes of what two shards hold.
var shardDamages = map[string]struct {
	change func(one, other map[string][]byte) (gone bool)
	reason string
}{
	"deleted":         {func(_, _ map[string][]byte) bool { return true }, "missing_shard"},
	"emptied":         {func(one, _ map[string][]byte) bool { delete(one, snapshot.ShardKey); return false }, "bad_shard"},
	"truncated":       {onData(func(data []byte) []byte { return data[:len(data)/2] }), "bad_shard"},
	"flipped":         {onData(func(data []byte) []byte { data[len(data)/2] ^= 4; return data }), "bad_shard"},
	"with more to it": {onData(func(data []byte) []byte { return append(data, 0) }), "bad_shard"},
	"as text": {onData(func(data []byte) []byte {
		return []byte(base64.StdEncoding.EncodeToString(data))
	}), "bad_shard"},
	"exchanged": {func(one, other map[string][]byte) bool {
		one[snapshot.ShardKey], other[snapshot.ShardKey] = other[snapshot.ShardKey], one[snapshot.ShardKey]
		return false
	}, "bad_shard"},
}

func onData(change func([]byte) []byte) func(one, other map[string][]byte) bool {
	return func(one, _ map[string][]byte) bool {
		one[snapshot.ShardKey] = change(bytes.Clone(one[snapshot.ShardKey]))
		return false
	}
}

// damaged is an installation whose snapshot is damaged.
type damaged struct {
	*Installation
	processes *Processes
	maps      typedcorev1.ConfigMapInterface
	old       string // an earlier manifest
	digest    string // of what is served all the time
}

func newDamaged(t *testing.T, i *Installation, p *Processes) *damaged {
	t.Helper()
	client, err := typedcorev1.NewForConfig(i.Environment.Config)
	if err != nil {
		t.Fatal(err)
	}
	d := &damaged{Installation: i, processes: p, maps: client.ConfigMaps(snapshotNamespace)}
	d.old = d.stored(t).Data[snapshot.ManifestKey]
	d.edit(t)
	for n := range 2 {
		d.says(t, n, "")
	}
	d.digest = d.status(t, 0).Digest
	return d
}

// edit makes a change that trackers are to serve.
func (d *damaged) edit(t *testing.T) {
	t.Helper()
	patch := fmt.Sprintf(`{"spec":{"title":"Shoes at %d"}}`, time.Now().UnixNano())
	if err := d.Kubectl(t.Context(), "patch", "offer", "summer-shoes", "--type=merge", "--patch", patch); err != nil {
		t.Fatal(err)
	}
	if err := d.Kubectl(t.Context(), "wait", "--for=condition=Ready", "offer", "--all", "--timeout=60s"); err != nil {
		t.Fatal(err)
	}
}

func (d *damaged) stored(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	cm, err := d.maps.Get(t.Context(), snapshot.ManifestName, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return cm
}

// during does harm while the operator is halted, and waits until it has repaired
// everything to the last byte.
func (d *damaged) during(t *testing.T, harm func()) {
	t.Helper()
	if err := d.processes.Signal("operator", syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if err := d.processes.Signal("operator", syscall.SIGCONT); err != nil {
				t.Error(err)
			}
		}()
		harm()
	}()
	d.waitFor(t, "the snapshot is sound again", func() (problem string) {
		cm, err := d.maps.Get(t.Context(), snapshot.ManifestName, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		return d.unsound(t, cm)
	})
	for n := range 2 {
		d.waitFor(t, fmt.Sprintf("tracker-%d serves the same", n+1), func() string {
			if s := d.status(t, n); s.Digest != d.digest {
				return fmt.Sprintf("it serves %+v", s)
			}
			return ""
		})
	}
}

// unsound says what is wrong with the published snapshot.
func (d *damaged) unsound(t *testing.T, cm *corev1.ConfigMap) string {
	t.Helper()
	m, err := snapshot.DecodeManifest([]byte(cm.Data[snapshot.ManifestKey]))
	if err != nil {
		return err.Error()
	}
	pem, err := os.ReadFile(d.Path("keys", "verify-keys.pem"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := snapshot.ParsePublicKeys(pem)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(keys); err != nil {
		return err.Error()
	}
	if m.Digest != d.digest {
		return "another content is published: " + m.Digest
	}
	for _, ref := range m.Shards {
		shard, err := d.maps.Get(t.Context(), snapshot.ShardName(ref.Digest), metav1.GetOptions{})
		if err == nil {
			_, err = snapshot.OpenShard(shard.BinaryData[snapshot.ShardKey], ref.Digest)
		}
		if err != nil {
			return err.Error()
		}
	}
	return ""
}

// manifest changes the manifest's ConfigMap.
func (d *damaged) manifest(t *testing.T, change func(t *testing.T, data, old string) *string) {
	t.Helper()
	cm := d.stored(t)
	data := change(t, cm.Data[snapshot.ManifestKey], d.old)
	var err error
	if data == nil {
		err = d.maps.Delete(t.Context(), snapshot.ManifestName, metav1.DeleteOptions{})
	} else {
		cm.Data[snapshot.ManifestKey] = *data
		_, err = d.maps.Update(t.Context(), cm, metav1.UpdateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// shards changes two shards as "kubectl replace --force" does: they are immutable.
func (d *damaged) shards(t *testing.T, change func(one, other map[string][]byte) (gone bool)) {
	t.Helper()
	m, err := snapshot.DecodeManifest([]byte(d.stored(t).Data[snapshot.ManifestKey]))
	if err != nil {
		t.Fatal(err)
	}
	var pair [2]*corev1.ConfigMap
	for n := range pair {
		pair[n], err = d.maps.Get(t.Context(), snapshot.ShardName(m.Shards[n].Digest), metav1.GetOptions{})
		if err == nil {
			err = d.maps.Delete(t.Context(), pair[n].Name, metav1.DeleteOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	gone := change(pair[0].BinaryData, pair[1].BinaryData)
	for n, cm := range pair {
		if gone && n == 0 {
			continue
		}
		cm.UID, cm.ResourceVersion = "", ""
		if _, err := d.maps.Create(t.Context(), cm, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *damaged) get(t *testing.T, n int, path string) string {
	t.Helper()
	answer, err := client.Get("http://" + d.Ports.Trackers[n].Admin + path)
	if err != nil {
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return ""
	}
	return string(body)
}

// status is what a tracker says of itself, zero while it does not answer.
func (d *damaged) status(t *testing.T, n int) (s snapshot.Status) {
	t.Helper()
	_ = json.Unmarshal([]byte(d.get(t, n, snapshot.StatusPath)), &s) // it may be starting
	return s
}

// says waits until a tracker gives a reason for not being up to date, in its status
// and in its metrics; "" when it is. What it serves is the same throughout.
func (d *damaged) says(t *testing.T, n int, reason string) {
	t.Helper()
	current := "waypost_snapshot_current 1"
	if reason != "" {
		current = "waypost_snapshot_current 0"
	}
	d.waitFor(t, fmt.Sprintf("tracker-%d says %q", n+1, reason), func() string {
		s, metrics := d.status(t, n), d.get(t, n, "/metrics")
		if d.digest != "" && s.Revision != 0 && s.Digest != d.digest {
			t.Fatalf("tracker-%d serves something else: %+v", n+1, s)
		}
		counted := reason == "" || strings.Contains(metrics, fmt.Sprintf("waypost_snapshot_refusals_total{reason=%q}", reason))
		if s.Reason == reason && (reason == "") == (s.LastError == "") && counted && slices.Contains(strings.Split(metrics, "\n"), current) {
			return ""
		}
		return fmt.Sprintf("it says %+v", s)
	})
}

// ready checks whether a tracker says that it is ready.
func (d *damaged) ready(t *testing.T, n int, want bool) {
	t.Helper()
	answer, err := client.Get("http://" + d.Ports.Trackers[n].Admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if ready := answer.StatusCode == http.StatusOK; ready != want {
		t.Errorf("tracker-%d is ready: %v", n+1, ready)
	}
}

// waitFor waits until there is no problem.
func (d *damaged) waitFor(t *testing.T, what string, problem func() string) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	last := ""
	for time.Now().Before(deadline) {
		if last = problem(); last == "" {
			return
		}
		time.Sleep(20 * time.Millisecond) // it is another process; there is nothing to wait on
	}
	t.Fatalf("not so: %s: %s", what, last)
}

// watchClicks clicks on the tracker that is never restarted until it is stopped:
// each click must be served as before.
func (d *damaged) watchClicks(t *testing.T) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for served := 0; ; served++ {
			answer, err := client.Get("http://" + d.Ports.Trackers[0].Public + "/click?offer=1001&partner=2002&sub1=watch")
			if err == nil {
				_ = answer.Body.Close()
			}
			if err != nil || !strings.HasPrefix(answer.Header.Get("Location"), "https://shop.example/landing?cid=") {
				t.Errorf("after %d clicks one was not served as before: %v %v", served, answer, err)
				return
			}
			select {
			case <-ended:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() { close(ended); <-done }
}
