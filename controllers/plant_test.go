package controllers

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/hack/testenv"
)

// plant is one installation on the API server: namespaces of its own for the
// network, the system and the snapshots.
type plant struct {
	client.Client
	config                     *rest.Config
	network, system, snapshots string
	keys                       *seal.Keyring
	signing                    ed25519.PrivateKey
	public                     []ed25519.PublicKey
	writes                     *writes
	mu                         sync.Mutex // of public
}

func newPlant(t *testing.T) *plant { return newPlantOn(t, shared.Environment(t).Config) }

func newPlantOn(t *testing.T, config *rest.Config) *plant {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	public, signing, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &plant{
		Client: c, config: config, keys: keys, signing: signing, public: []ed25519.PublicKey{public},
		network: testenv.Namespace(t, config), system: testenv.Namespace(t, config), snapshots: testenv.Namespace(t, config),
		writes: &writes{},
	}
}

// options are those of an operator for this installation.
func (p *plant) options(t *testing.T, trackers ...string) Options {
	t.Helper()
	o := Options{
		Namespace: p.system, SnapshotsNamespace: p.snapshots, WatchNamespaces: []string{p.network},
		PublicURL: "https://go.example", Keys: p.keys, SigningKey: p.signing,
		SecretInterval: 200 * time.Millisecond,
		LeaseDuration:  3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond,
		MetricsAddress: "0", HealthAddress: "0", Registerer: prometheus.NewRegistry(),
		Log: logr.Discard(),
	}
	if testing.Verbose() {
		o.Log = testr.NewWithOptions(t, testr.Options{LogTimestamp: true})
	}
	for _, address := range trackers {
		o.TrackerURLs = append(o.TrackerURLs, "http://"+address)
	}
	return o
}

// operator is a running operator.
type operator struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// start runs an operator until stop, or the end of the test. What it writes is counted.
func (p *plant) start(t *testing.T, o Options) *operator {
	t.Helper()
	config := rest.CopyConfig(p.config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return p.writes.count(next, "/namespaces/"+p.system+"/")
	})
	ctx, cancel := context.WithCancel(context.Background())
	op := &operator{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(op.done)
		op.err = Run(ctx, config, o)
	}()
	t.Cleanup(func() { op.stop(t) })
	return op
}

func (op *operator) stop(t *testing.T) {
	t.Helper()
	op.cancel()
	<-op.done
	if op.err != nil {
		t.Errorf("the operator ended with %v", op.err)
	}
}

// writes counts the requests that change something.
type writes struct {
	mu   sync.Mutex
	list []string
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// count counts all but those of the leader election, which are in a namespace of
// their own.
func (w *writes) count(next http.RoundTripper, but string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if r.Method != http.MethodGet && err == nil && !strings.Contains(r.URL.Path, but) {
			w.mu.Lock()
			w.list = append(w.list, describe(r))
			w.mu.Unlock()
		}
		return response, err
	})
}

// describe says what a request writes, for example "PATCH offers/status".
func describe(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	i := slices.Index(parts, "namespaces")
	what := parts[i+2]
	if len(parts) > i+4 {
		what += "/" + parts[i+4]
	}
	return r.Method + " " + what
}

// taken returns and forgets what was written, sorted.
func (w *writes) taken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.list)
	list := strings.Join(w.list, ", ")
	w.list = nil
	return list
}

func (w *writes) peek() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.list)
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// apply creates objects in the network.
func (p *plant) apply(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if object.GetNamespace() == "" {
			object.SetNamespace(p.network)
		}
		if err := p.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// edit changes an object, as kubectl edit does.
func edit[T client.Object](t *testing.T, p *plant, object T, name string, change func(T)) {
	t.Helper()
	for {
		if err := p.Get(t.Context(), client.ObjectKey{Namespace: p.network, Name: name}, object); err != nil {
			t.Fatal(err)
		}
		change(object)
		err := p.Update(t.Context(), object)
		if apierrors.IsConflict(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
}

// conditions returns the conditions of an object as one line, for example
// "Ready=True/Served", once they speak of its current generation.
func (p *plant) conditions(t *testing.T, object v1alpha1.Object, name string) (line string, current bool) {
	t.Helper()
	err := p.Get(context.Background(), client.ObjectKey{Namespace: p.network, Name: name}, object)
	if apierrors.IsNotFound(err) {
		return "", false
	}
	if err != nil {
		return err.Error(), false // the API server may be away
	}
	var words []string
	for _, c := range object.GetConditions() {
		words = append(words, fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason))
	}
	return strings.Join(words, " "), object.GetObjectStatus().ObservedGeneration == object.GetGeneration()
}

// until waits until an object's conditions contain a text.
func (p *plant) until(t *testing.T, object v1alpha1.Object, name, want string) {
	t.Helper()
	last := ""
	deadline := time.Now().Add(time.Minute)
	for {
		line, current := p.conditions(t, object, name)
		if current && strings.Contains(line, want) {
			return
		}
		if last = line; time.Now().After(deadline) {
			t.Fatalf("%T %s is %s, want %s", object, name, last, want)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

func (p *plant) ready(t *testing.T, object v1alpha1.Object, name string) {
	t.Helper()
	p.until(t, object, name, "Ready=True/Served")
}

// events returns the Events of a namespace with a reason.
func (p *plant) events(t *testing.T, namespace, reason string) []string {
	t.Helper()
	var list corev1.EventList
	if err := p.List(t.Context(), &list, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, event := range list.Items {
		if event.Reason == reason {
			notes = append(notes, fmt.Sprintf("%s %s/%s: %s", event.Type, event.InvolvedObject.Kind, event.InvolvedObject.Name, event.Message))
		}
	}
	return notes
}

// story is a small network in which everything is served.
func story() []client.Object {
	return []client.Object{
		&v1alpha1.Network{ObjectMeta: named("example"), Spec: v1alpha1.NetworkSpec{Title: "Example"}},
		&v1alpha1.Advertiser{ObjectMeta: named("acme"), Spec: v1alpha1.AdvertiserSpec{Title: "Acme"}},
		&v1alpha1.Partner{ObjectMeta: named("blog"), Spec: v1alpha1.PartnerSpec{TrackingID: "2002", Title: "Blog"}},
		newOffer("shoes"),
		&v1alpha1.Goal{ObjectMeta: named("purchase"), Spec: v1alpha1.GoalSpec{
			OfferRef: v1alpha1.ObjectRef{Name: "shoes"}, Value: "2", Title: "Purchase",
		}},
		&v1alpha1.PartnerPayout{ObjectMeta: named("blog"), Spec: v1alpha1.PartnerPayoutSpec{
			PartnerRef: v1alpha1.ObjectRef{Name: "blog"},
			Overrides: []v1alpha1.PayoutOverride{{Name: "shoes", Offer: "shoes", Goal: "2",
				Payout: &v1alpha1.PayoutTerms{Type: v1alpha1.PayoutTypeFlat, Flat: "1.40"}}},
		}},
		&v1alpha1.PayoutStructure{ObjectMeta: named("baskets"), Spec: v1alpha1.PayoutStructureSpec{Rules: []v1alpha1.PayoutRule{{Name: "all"}}}},
	}
}

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

func newOffer(name string) *v1alpha1.Offer {
	return &v1alpha1.Offer{ObjectMeta: named(name), Spec: v1alpha1.OfferSpec{
		Title: name, AdvertiserRef: v1alpha1.ObjectRef{Name: "acme"}, DestinationURL: "https://shop.example/?c={clickid}",
	}}
}

// manifest returns the published manifest, nil when there is none.
func (p *plant) manifest(t *testing.T) *snapshot.Manifest {
	t.Helper()
	object := new(corev1.ConfigMap)
	if err := p.Get(context.Background(), client.ObjectKey{Namespace: p.snapshots, Name: snapshot.ManifestName}, object); err != nil {
		return nil
	}
	m, err := snapshot.DecodeManifest([]byte(object.Data[snapshot.ManifestKey]))
	if err != nil {
		return nil
	}
	return m
}

// setPublic changes the keys that trackers trust.
func (p *plant) setPublic(keys []ed25519.PublicKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.public = keys
}

// trusted returns the keys that trackers trust.
func (p *plant) trusted() []ed25519.PublicKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.public
}

// waitFor lets time pass that nothing else shows the end of.
func waitFor(t *testing.T, seconds int) {
	t.Helper()
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
	case <-t.Context().Done():
	}
}
