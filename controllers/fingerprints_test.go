package controllers

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/fingerprints"
)

const keysSecret = "waypost-keys"

// rotated returns a ring, and the same with a second key that makes ids already.
func rotated(t *testing.T) (older, newer *seal.Keyring) {
	t.Helper()
	older, err := seal.New(time.Now().Add(-48 * time.Hour))
	if err == nil {
		newer, err = older.Rotate(time.Now().Add(-24 * time.Hour))
	}
	if err != nil {
		t.Fatal(err)
	}
	return older, newer
}

// mount writes an operator's --keys.
func (p *plant) mount(t *testing.T, dir string, ring *seal.Keyring) {
	t.Helper()
	if err := seal.SaveDir(dir, ring); err != nil {
		t.Fatal(err)
	}
}

// remember makes the ConfigMap beside the Secret.
func (p *plant) remember(t *testing.T, ring *seal.Keyring) {
	t.Helper()
	marker := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.system, Name: fingerprints.Name(keysSecret)}, Data: fingerprints.Entries(ring),
	}
	if err := p.Create(t.Context(), marker); err != nil {
		t.Fatal(err)
	}
}

// remembered returns the ConfigMap.
func (p *plant) remembered(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	marker := &corev1.ConfigMap{}
	if err := p.Get(t.Context(), client.ObjectKey{Namespace: p.system, Name: fingerprints.Name(keysSecret)}, marker); err != nil {
		t.Fatal(err)
	}
	return marker
}

// readiness returns the answer of one of an operator's probes.
func readiness(t *testing.T, health, check string) (int, string) {
	t.Helper()
	response, err := http.Get("http://" + health + "/readyz" + check)
	if err != nil {
		return 0, err.Error()
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// watched is an operator whose keys are compared.
type watched struct {
	*operator
	health   string
	registry *prometheus.Registry
	mu       sync.Mutex
	errors   string
}

func (p *plant) startWatched(t *testing.T, dir string, ring *seal.Keyring) *watched {
	t.Helper()
	w := &watched{health: address(t), registry: prometheus.NewRegistry()}
	o := p.options(t)
	o.Keys, o.KeysDir, o.KeysSecret, o.HealthAddress, o.Registerer = ring, dir, keysSecret, w.health, w.registry
	o.Log = funcr.New(func(_, line string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if strings.Contains(line, `"error"=`) && strings.Contains(line, "sealing keys") {
			w.errors += line + "\n"
		}
	}, funcr.Options{})
	w.operator = p.start(t, o)
	return w
}

func (w *watched) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.errors
}

// lost returns the metric.
func (w *watched) lost(t *testing.T) float64 {
	t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "waypost_sealing_keys_lost" {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("there is no metric waypost_sealing_keys_lost")
	return 0
}

// An older copy of the Secret is named by readiness, Event, log and metric, with its
// remedies, whether or not a ledger compares the keys; links are published on. It ends
// when the keys are back.
func TestOlderCopyOfTheSealingKeys(t *testing.T) {
	p := newPlant(t)
	older, newer := rotated(t)
	dir := t.TempDir()
	p.mount(t, dir, older)
	p.remember(t, older)
	w := p.startWatched(t, dir, older)
	standby := p.startWatched(t, dir, older)
	ready := func(w *watched) func() bool {
		return func() bool { code, _ := readiness(t, w.health, ""); return code == http.StatusOK }
	}
	for _, o := range []*watched{w, standby} {
		eventually(t, "the operator is ready", ready(o))
	}

	p.mount(t, dir, newer)
	want := fingerprints.Entries(newer)["fingerprints"]
	eventually(t, "the new key is remembered", func() bool { return p.remembered(t).Data["fingerprints"] == want })

	p.mount(t, dir, older)
	lost := strings.Fields(want)[1]
	for _, o := range []*watched{w, standby} {
		eventually(t, "the operator is not ready", func() bool { code, _ := readiness(t, o.health, ""); return code != http.StatusOK })
		_, text := readiness(t, o.health, "/keys")
		wantRemedies(t, text, lost, p.system)
		wantRemedies(t, o.logged(), lost, p.system)
		if o.lost(t) != 1 {
			t.Error("the metric does not show it")
		}
	}
	events := func(reason string) []string { return p.events(t, p.system, reason) }
	eventually(t, "an Event names it", func() bool { return len(events("SealingKeysLost")) == 1 })
	if got := events("SealingKeysLost")[0]; !strings.HasPrefix(got, "Warning ConfigMap/waypost-keys-fingerprints: the Secret waypost-keys ") {
		t.Errorf("the Event is %s", got)
	}
	wantRemedies(t, events("SealingKeysLost")[0], lost, p.system)
	if got := p.remembered(t).Data["fingerprints"]; got != want {
		t.Errorf("the ConfigMap has forgotten the lost key: %s", got)
	}
	p.apply(t, &v1alpha1.Network{ObjectMeta: named("example"), Spec: v1alpha1.NetworkSpec{Title: "Example"}})
	p.until(t, &v1alpha1.Network{}, "example", "Accepted=True")

	p.mount(t, dir, newer)
	for _, o := range []*watched{w, standby} {
		eventually(t, "the operator is ready again", ready(o))
		if o.lost(t) != 0 {
			t.Error("the metric still shows the loss")
		}
	}
	eventually(t, "an Event names the end", func() bool { return len(events("SealingKeysComplete")) == 1 })
}

// The same at a start; what is accepted, as waypost keys init does it, is good from then on.
func TestOlderCopyOfTheSealingKeysAtAStart(t *testing.T) {
	p := newPlant(t)
	older, newer := rotated(t)
	dir := t.TempDir()
	p.mount(t, dir, older)
	p.remember(t, newer)
	w := p.startWatched(t, dir, older)
	eventually(t, "the operator names the loss", func() bool { code, _ := readiness(t, w.health, "/keys"); return code == http.StatusInternalServerError })
	marker := p.remembered(t)
	marker.Data = fingerprints.Entries(older)
	if err := p.Update(t.Context(), marker); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the operator is ready", func() bool { code, _ := readiness(t, w.health, ""); return code == http.StatusOK })
}

// Keys that no ConfigMap remembers are compared with nothing.
func TestSealingKeysWithoutFingerprints(t *testing.T) {
	p := newPlant(t)
	ring, _ := rotated(t)
	dir := t.TempDir()
	p.mount(t, dir, ring)
	w := p.startWatched(t, dir, ring)
	eventually(t, "the operator is ready", func() bool { code, _ := readiness(t, w.health, ""); return code == http.StatusOK })
	if w.lost(t) != 0 || w.logged() != "" {
		t.Errorf("a loss is shown: %s", w.logged())
	}
}

// wantRemedies checks that a text names the lost key and both remedies.
func wantRemedies(t *testing.T, text, lost, namespace string) {
	t.Helper()
	print, _, _ := strings.Cut(lost, "@")
	for _, want := range []string{
		"an older copy", "with the fingerprint " + print, "Restore the Secret from its newest copy",
		"waypost keys init --secret " + namespace + "/waypost-keys once with --new-keys ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
