package controllers

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/publish"
)

// Without a tracker nothing is Ready, however published it is; with the first
// one everything is, and when the last one goes nothing is again.
func TestNoTrackers(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.until(t, &v1alpha1.Offer{}, "shoes", "Programmed=True/Programmed Ready=False/NoTrackers Reconciling=True/NoTrackers")
	k := p.startTracker(t, at)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.ready(t, &v1alpha1.Partner{}, "blog")

	// An edit makes the operator look; else it would notice within half a minute.
	k.stop()
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Better Blog" })
	p.until(t, &v1alpha1.Partner{}, "blog", "Ready=False/NoTrackers")
	p.until(t, &v1alpha1.Offer{}, "shoes", "Ready=False/NoTrackers")
	p.startTracker(t, at)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.ready(t, &v1alpha1.Partner{}, "blog")
}

// While one tracker does not load a revision its objects are not Ready, and that
// is written once; the others stay as they are.
func TestSlowTracker(t *testing.T) {
	p := newPlant(t)
	first, second := address(t), address(t)
	p.startTracker(t, first)
	slow := p.startTracker(t, second)
	p.start(t, p.options(t, first, second))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	p.writes.taken()

	slow.set(func(k *tracker) { k.frozen = true })
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	var offer v1alpha1.Offer
	p.until(t, &offer, "shoes", "Programmed=True/Programmed Ready=False/Propagating Reconciling=True/Propagating")
	p.until(t, &offer, "shoes", "Ready=False/Propagating")
	if message := readyMessage(&offer); !strings.Contains(message, "1 of 2 trackers") {
		t.Errorf("Ready says %q", message)
	}
	slow.set(func(k *tracker) { k.frozen = false })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if slow.title("shoes") != "Shoes 2" {
		t.Error("Ready, but the slow tracker serves the old form")
	}
	p.quiet(t)
	if got := p.writes.taken(); got != "PATCH offers/status, PATCH offers/status, POST configmaps, PUT configmaps" {
		t.Errorf("a slow edit wrote: %s", got)
	}
}

func readyMessage(object v1alpha1.Object) string {
	for _, c := range object.GetConditions() {
		if c.Type == v1alpha1.ConditionReady {
			return c.Message
		}
	}
	return ""
}

// What a tracker that lags behind serves is kept, however many revisions there are
// since: should it be started again, it needs those shards.
func TestRevisionOfASlowTrackerIsKept(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	o := p.options(t, at)
	o.KeepRevisions = publish.MinKeep
	p.start(t, o)
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	k.set(func(k *tracker) { k.frozen = true })
	slow := k.revision()
	for i := range publish.MinKeep + 2 {
		last := p.manifest(t).Revision
		edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = fmt.Sprint("Shoes ", i) })
		eventually(t, "the edit is published", func() bool { return p.manifest(t).Revision > last })
	}
	var history publish.History
	if err := json.Unmarshal([]byte(p.manifestObject(t).Data[publish.HistoryKey]), &history); err != nil {
		t.Fatal(err)
	}
	if revisions := history.Revisions(); !slices.Contains(revisions, slow) {
		t.Errorf("retained are %v, a tracker serves %d", revisions, slow)
	}
}

// A tracker that hangs is not one that is gone.
func TestHangingTracker(t *testing.T) {
	p := newPlant(t)
	first, second := address(t), address(t)
	p.startTracker(t, first)
	hanging := p.startTracker(t, second)
	p.start(t, p.options(t, first, second))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	hanging.set(func(k *tracker) { k.silent, k.frozen = true, true })
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	p.until(t, &v1alpha1.Offer{}, "shoes", "Ready=False/Propagating")
	hanging.stop() // now it is gone
	p.ready(t, &v1alpha1.Offer{}, "shoes")
}

// Pods are found by their labels, asked at their port named admin, and count
// while they are ready. More and fewer of them write no object.
func TestPods(t *testing.T) {
	p := newPlant(t)
	first, second := address(t), address(t)
	p.startTracker(t, first)
	p.start(t, p.options(t))
	p.pod(t, "tracker-a", first, true)
	objects := story()
	p.apply(t, objects...)
	for _, object := range objects {
		p.ready(t, object.(v1alpha1.Object), object.GetName())
	}
	p.quiet(t)
	p.writes.taken()

	// A pod that is not ready does not count, although it serves nothing yet.
	p.pod(t, "tracker-b", second, false)
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	p.writes.taken()

	k := p.startTracker(t, second)
	eventually(t, "the second tracker serves", func() bool { return k.title("shoes") == "Shoes 2" })
	p.setReady(t, "tracker-b", second, true)
	p.quiet(t)
	k.stop()
	if err := p.Delete(t.Context(), &corev1.Pod{ObjectMeta: namedIn(p.system, "tracker-b")}); err != nil {
		t.Fatal(err)
	}
	p.quiet(t)
	if got := p.writes.taken(); got != "" {
		t.Errorf("a tracker more and a tracker less wrote: %s", got)
	}

	// A pod that is ready counts, also when it does not answer.
	p.pod(t, "tracker-c", second, true)
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 3" })
	p.until(t, &v1alpha1.Offer{}, "shoes", "Ready=False/Propagating")
	p.setReady(t, "tracker-c", second, false)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
}

// pod makes a tracker's pod, as the scheduler and a kubelet would.
func (p *plant) pod(t *testing.T, name, address string, ready bool) {
	t.Helper()
	_, text, _ := net.SplitHostPort(address)
	port, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	pod := &corev1.Pod{
		ObjectMeta: namedIn(p.system, name),
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "tracker", Image: "waypost",
			Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}, {Name: "admin", ContainerPort: int32(port)}},
		}}},
	}
	pod.Labels = map[string]string{"app.kubernetes.io/name": "waypost", "app.kubernetes.io/component": "tracker"}
	if err := p.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	p.setReady(t, name, address, ready)
}

func (p *plant) setReady(t *testing.T, name, address string, ready bool) {
	t.Helper()
	host, _, _ := net.SplitHostPort(address)
	pod := &corev1.Pod{}
	pod.Namespace, pod.Name = p.system, name
	if err := p.Get(t.Context(), client.ObjectKeyFromObject(pod), pod); err != nil {
		t.Fatal(err)
	}
	state := corev1.ConditionFalse
	if ready {
		state = corev1.ConditionTrue
	}
	pod.Status.Phase, pod.Status.PodIP, pod.Status.PodIPs = corev1.PodRunning, host, []corev1.PodIP{{IP: host}}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: state}}
	if err := p.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
}

// Edits in quick succession are gathered, and the last one is served.
func TestManyEdits(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	before := k.revision()
	start := time.Now()
	for i := range 40 {
		edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes " + strconv.Itoa(i) })
	}
	took := time.Since(start)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 39" {
		t.Errorf("served is %q", k.title("shoes"))
	}
	if revisions, most := k.revision()-before, int64(3+took/(50*time.Millisecond)); revisions > most {
		t.Errorf("%d revisions for 40 edits in %v", revisions, took)
	}
}
