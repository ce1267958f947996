package status

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/kinds"
	"github.com/waypost/waypost/hack/testenv"
)

// objects are one good object of every kind.
func objects() []v1alpha1.Object {
	terms := v1alpha1.ObjectRef{Name: "acme"}
	return []v1alpha1.Object{
		&v1alpha1.Network{Spec: v1alpha1.NetworkSpec{Title: "Network"}},
		&v1alpha1.Advertiser{Spec: v1alpha1.AdvertiserSpec{Title: "Acme"}},
		&v1alpha1.Partner{Spec: v1alpha1.PartnerSpec{Title: "Blog"}},
		&v1alpha1.Offer{Spec: v1alpha1.OfferSpec{Title: "Shoes", AdvertiserRef: terms, DestinationURL: "https://shop.example/"}},
		&v1alpha1.Goal{Spec: v1alpha1.GoalSpec{Title: "Purchase", OfferRef: terms, Value: "2"}},
		&v1alpha1.PartnerPayout{Spec: v1alpha1.PartnerPayoutSpec{PartnerRef: terms, Overrides: []v1alpha1.PayoutOverride{{Name: "x", Offer: "shoes"}}}},
		&v1alpha1.PayoutStructure{Spec: v1alpha1.PayoutStructureSpec{Rules: []v1alpha1.PayoutRule{{Name: "x"}}}},
	}
}

func kindOf(object v1alpha1.Object) snapshot.Kind { return kinds.Of(object).Record }

// statusOf returns the object's status, for comparing.
func statusOf(object v1alpha1.Object) any { return kinds.Of(object).Status(object) }

// desk is a reconciler on a namespace of the real API server.
type desk struct {
	client.Client
	namespace string
	writer    *Reconciler

	mu      sync.Mutex
	results []string
	events  []string
	before  func(verb string, object runtime.ApplyConfiguration) error
	order   []string
}

func newDesk(t *testing.T, workers int) *desk {
	t.Helper()
	config := shared.Environment(t).Config
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	direct, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{Client: direct, namespace: testenv.Namespace(t, config)}
	intercepted := interceptor.NewClient(direct, interceptor.Funcs{
		SubResourceApply: func(ctx context.Context, c client.Client, sub string, o runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
			if err := d.enter(o); err != nil {
				return err
			}
			return c.SubResource(sub).Apply(ctx, o, opts...)
		},
	})
	d.writer = New(Options{
		Client: intercepted, Reader: d, Recorder: d,
		OnWrite: func(result string) { d.mu.Lock(); d.results = append(d.results, result); d.mu.Unlock() },
	})
	d.writer.workers = workers
	return d
}

func (d *desk) enter(o runtime.ApplyConfiguration) error {
	d.mu.Lock()
	before := d.before
	d.order = append(d.order, *o.(interface{ GetName() *string }).GetName())
	d.mu.Unlock()
	if before == nil {
		return nil
	}
	return before("apply", o)
}

// Eventf implements Recorder.
func (d *desk) Eventf(_, _ runtime.Object, kind, reason, action, note string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, fmt.Sprintf("%s %s %s: %s", kind, reason, action, fmt.Sprintf(note, args...)))
}

func (d *desk) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	options := d.writer.options()
	options.Reconciler, options.LogConstructor = d.writer, func(*Key) logr.Logger { return logr.Discard() }
	c, err := controller.NewTypedUnmanaged("status", options)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Watch(d.writer.source()); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(done)
		if err := c.Start(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func (d *desk) create(t *testing.T, object v1alpha1.Object, name string) v1alpha1.Object {
	t.Helper()
	object.SetNamespace(d.namespace)
	object.SetName(name)
	if err := d.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func (d *desk) get(t *testing.T, like v1alpha1.Object) v1alpha1.Object {
	t.Helper()
	object := kinds.Of(like).New()
	if err := d.Get(t.Context(), client.ObjectKeyFromObject(like), object); err != nil {
		t.Fatal(err)
	}
	return object
}

// wait waits until everything that was submitted has been written or dropped.
func (d *desk) wait(t *testing.T) {
	t.Helper()
	eventually(t, "everything is written", func() bool { return d.pending() == 0 })
}

// pending returns how many outcomes are not written yet.
func (d *desk) pending() int {
	d.writer.mu.Lock()
	defer d.writer.mu.Unlock()
	return len(d.writer.outcomes)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not within 30 s: %s", what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (d *desk) seen() (results, events string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	results, events = strings.Join(d.results, " "), strings.Join(d.events, "\n")
	d.results, d.events = nil, nil
	return results, events
}

func outcomeOf(object v1alpha1.Object, change func(*Outcome)) Outcome {
	o := Outcome{
		Key: Key{Kind: kindOf(object), Namespace: object.GetNamespace(), Name: object.GetName()}, UID: object.GetUID(),
		Facts: Facts{
			Generation: object.GetGeneration(), Judged: true, ServedGeneration: object.GetGeneration(), Current: true, Publication: Published,
			Propagation: Propagation{Revision: 1, Trackers: 1, Acked: 1, Complete: true},
		},
	}
	change(&o)
	return o
}

// The whole status of every kind arrives, once, and a field that the next
// outcome leaves out goes away.
func TestReconcilerEveryKind(t *testing.T) {
	d := newDesk(t, 4)
	d.start(t)
	for _, object := range objects() {
		t.Run(fmt.Sprintf("%T", object), func(t *testing.T) {
			object = d.create(t, object, "acme")
			o := outcomeOf(object, func(o *Outcome) {
				o.Details = Details{
					OfferLinks: &v1alpha1.OfferLinks{Tracking: "https://t", Impression: "https://i", ImpressionPixel: "<img>"},
					GoalLinks:  &v1alpha1.GoalLinks{Postback: "https://pb", Pixel: "https://px", IFrame: "https://if", Click: "https://cl"},
					Refused:    []v1alpha1.RefusedEntry{{Name: "december", Reason: "RefNotFound", Message: "no offer"}},
					Advertiser: "acme", Payout: "1.00", Revenue: "2.00",
				}
			})
			d.writer.Submit(o, true)
			d.wait(t)
			got := d.get(t, object)
			want := next(got, o, time.Now())
			if !equality.Semantic.DeepEqual(statusOf(got), statusOf(want)) {
				t.Errorf("status\n got %+v\nwant %+v", statusOf(got), statusOf(want))
			}
			if say(got.GetConditions()) != say(Conditions(o.Facts)) || got.GetObjectStatus().ObservedGeneration != 1 {
				t.Errorf("conditions %s", say(got.GetConditions()))
			}
			for _, m := range got.GetManagedFields() {
				if m.Subresource == "status" && (m.Manager != FieldOwner || m.Operation != metav1.ManagedFieldsOperationApply) {
					t.Errorf("status is owned by %s through %s", m.Manager, m.Operation)
				}
			}

			d.writer.Submit(o, true)
			d.wait(t)
			if again := d.get(t, object); again.GetResourceVersion() != got.GetResourceVersion() {
				t.Error("the same outcome was written again")
			}

			d.writer.Submit(outcomeOf(object, func(o *Outcome) { o.Facts.Propagation.Complete = false }), true)
			d.wait(t)
			last := d.get(t, object)
			ready := meta.FindStatusCondition(last.GetConditions(), v1alpha1.ConditionReady)
			if ready == nil {
				t.Fatalf("no Ready in %+v", last.GetConditions())
			}
			bare := next(got, outcomeOf(object, func(o *Outcome) { o.Facts.Propagation.Complete = false }), ready.LastTransitionTime.Time)
			if !equality.Semantic.DeepEqual(statusOf(last), statusOf(bare)) {
				t.Errorf("status without details\n got %+v\nwant %+v", statusOf(last), statusOf(bare))
			}
			if results, _ := d.seen(); results != "written unchanged written" {
				t.Errorf("results: %s", results)
			}
		})
	}
}

func TestReconcilerObjectsThatAreGone(t *testing.T) {
	d := newDesk(t, 1)
	d.start(t)
	object := d.create(t, objects()[1], "acme")
	deleted := outcomeOf(object, func(*Outcome) {})
	if err := d.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	d.writer.Submit(deleted, true)
	d.wait(t)

	recreated := d.create(t, objects()[1], "acme")
	d.writer.Submit(deleted, true) // with the UID of the first
	d.wait(t)
	if got := d.get(t, recreated); got.GetConditions() != nil {
		t.Errorf("the new object got the old one's outcome: %s", say(got.GetConditions()))
	}
	// The cache may not know yet that it is another one: the API server does.
	reader := &staleReader{Reader: d, object: object}
	d.writer.Reader = reader
	d.writer.Submit(deleted, true)
	eventually(t, "a conflict", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.results) > 2 })
	if got := d.get(t, recreated); got.GetConditions() != nil {
		t.Errorf("the new object got the old one's outcome: %s", say(got.GetConditions()))
	}
	reader.show(nil)
	d.wait(t)
	results, _ := d.seen()
	if !strings.HasPrefix(results, "gone gone conflict ") || !strings.HasSuffix(results, " gone") {
		t.Errorf("results: %s", results)
	}
}

// staleReader is a cache that does not know yet.
type staleReader struct {
	client.Reader
	mu     sync.Mutex
	object v1alpha1.Object // nil: it knows
}

func (r *staleReader) show(object v1alpha1.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.object = object
}

func (r *staleReader) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.object == nil {
		return r.Reader.Get(ctx, key, object, opts...)
	}
	r.object.(*v1alpha1.Advertiser).DeepCopyInto(object.(*v1alpha1.Advertiser))
	return nil
}

func TestReconcilerEvents(t *testing.T) {
	d := newDesk(t, 1)
	d.start(t)
	object := d.create(t, objects()[1], "acme")
	// The cache never moves on: still nothing is told twice.
	d.writer.Reader = &staleReader{object: d.get(t, object)}
	submit := func(change func(*Facts)) {
		d.writer.Submit(outcomeOf(object, func(o *Outcome) { change(&o.Facts) }), true)
		d.wait(t)
	}
	submit(func(f *Facts) { f.Accepted = invalid; f.ServedGeneration = 0; f.Current = false })
	submit(func(f *Facts) { f.Accepted = invalid; f.ServedGeneration = 0; f.Current = false; f.Resolved = noSecret })
	submit(func(*Facts) {})
	results, events := d.seen()
	want := "Warning UnknownMacro RefuseGeneration1: destinationURL: no macro {clik}; no generation of it is served\n" +
		"Warning SecretNotFound RefuseGeneration1: Secret key does not exist\n" +
		"Normal Accepted AcceptGeneration1: generation 1: this generation is valid"
	if events != want || results != "written written written" {
		t.Errorf("results %s, events\n%s\nwant\n%s", results, events, want)
	}
}

func TestReconcilerRetries(t *testing.T) {
	d := newDesk(t, 1)
	object := d.create(t, objects()[1], "acme")
	failures := 3
	d.before = func(string, runtime.ApplyConfiguration) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if failures--; failures >= 0 {
			return errors.New("connection refused")
		}
		return nil
	}
	d.start(t)
	d.writer.Submit(outcomeOf(object, func(*Outcome) {}), true)
	d.wait(t)
	if results, _ := d.seen(); results != "error error error written" {
		t.Errorf("results: %s", results)
	}
	if got := d.get(t, object); find(got.GetConditions(), v1alpha1.ConditionReady) == nil {
		t.Error("not written")
	}
}

// An edit between the reading and the writing is no reason to lose an outcome.
func TestReconcilerConflict(t *testing.T) {
	d := newDesk(t, 1)
	object := d.create(t, objects()[1], "acme")
	reader := &staleReader{Reader: d, object: object.DeepCopyObject().(v1alpha1.Object)}
	d.writer.Reader = reader
	object.SetLabels(map[string]string{"edited": "yes"})
	if err := d.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	d.start(t)
	d.writer.Submit(outcomeOf(object, func(*Outcome) {}), true)
	eventually(t, "a conflict", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.results) > 0 })
	reader.show(nil)
	d.wait(t)
	if got := d.get(t, object); find(got.GetConditions(), v1alpha1.ConditionReady) == nil {
		t.Error("not written")
	}
}

// What the schema refuses is not tried for ever.
func TestReconcilerInvalid(t *testing.T) {
	d := newDesk(t, 1)
	object := d.create(t, objects()[1], "acme")
	d.start(t)
	d.writer.Submit(outcomeOf(object, func(o *Outcome) {
		o.Facts.Accepted = Judgement{Reason: "no such reason!", Message: "x"}
	}), true)
	d.wait(t)
	if results, _ := d.seen(); results != "invalid" {
		t.Errorf("results: %s", results)
	}
}

// Outcomes of edits are written before those of the initial list, and only the
// latest of an object.
func TestReconcilerPriority(t *testing.T) {
	d := newDesk(t, 1)
	entered, release := make(chan struct{}), make(chan struct{})
	first := true
	d.before = func(string, runtime.ApplyConfiguration) error {
		d.mu.Lock()
		wait := first
		first = false
		d.mu.Unlock()
		if wait {
			close(entered)
			<-release
		}
		return nil
	}
	d.start(t)
	names := []string{"first", "second", "third", "edited"}
	created := map[string]v1alpha1.Object{}
	for _, name := range names {
		created[name] = d.create(t, &v1alpha1.Advertiser{Spec: v1alpha1.AdvertiserSpec{Title: name}}, name)
	}
	waiting := func(o *Outcome) { o.Facts.Propagation = Propagation{Revision: 1, Trackers: 2} }
	d.writer.Submit(outcomeOf(created["first"], func(*Outcome) {}), false)
	<-entered
	d.writer.Submit(outcomeOf(created["second"], waiting), false)
	d.writer.Submit(outcomeOf(created["third"], func(*Outcome) {}), false)
	d.writer.Submit(outcomeOf(created["second"], func(*Outcome) {}), false)
	d.writer.Submit(outcomeOf(created["edited"], func(*Outcome) {}), true)
	eventually(t, "all are queued", func() bool { return d.writer.queue.Len() >= 3 })
	close(release)
	d.wait(t)
	if got := strings.Join(d.order, " "); got != "first edited second third" {
		t.Errorf("written in the order %s", got)
	}
	if got := find(d.get(t, created["second"]).GetConditions(), v1alpha1.ConditionReady); got.Status != metav1.ConditionTrue {
		t.Errorf("second is %s/%s, want its latest outcome", got.Status, got.Reason)
	}
}

func TestReconcilerForget(t *testing.T) {
	d := newDesk(t, 1)
	object := d.create(t, objects()[1], "acme")
	o := outcomeOf(object, func(*Outcome) {})
	d.writer.Submit(o, true)
	d.writer.Forget(o.Key)
	d.start(t)
	d.wait(t)
	if got := d.get(t, object); got.GetConditions() != nil {
		t.Error("a forgotten outcome was written")
	}
}

func TestJudge(t *testing.T) {
	resource := v1alpha1.Resource("offers")
	tests := []struct {
		err  error
		want string
	}{
		{nil, resultWritten},
		{apierrors.NewNotFound(resource, "x"), resultGone},
		{apierrors.NewConflict(resource, "x", errors.New("changed")), resultConflict},
		{apierrors.NewInvalid(v1alpha1.GroupVersion.WithKind("Offer").GroupKind(), "x", nil), resultInvalid},
		{apierrors.NewForbidden(resource, "x", errors.New("quota")), resultError},
		{errors.New("connection refused"), resultError},
	}
	for _, tt := range tests {
		if got, err := judge(tt.err); got != tt.want || (err != nil) != (got == resultError || got == resultInvalid) {
			t.Errorf("judge(%v) = %s, %v; want %s", tt.err, got, err, tt.want)
		}
	}
}
