package compile

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// shop returns an advertiser, an offer with a goal, and a partner with an override.
func shop() (*v1alpha1.Advertiser, *v1alpha1.Offer, *v1alpha1.Goal, *v1alpha1.Partner, *v1alpha1.PartnerPayout) {
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Name: name, Namespace: "default", Generation: 1, UID: "uid"}
	}
	return &v1alpha1.Advertiser{ObjectMeta: meta("acme"), Spec: v1alpha1.AdvertiserSpec{Title: "Acme"}},
		&v1alpha1.Offer{ObjectMeta: meta("shoes"), Spec: v1alpha1.OfferSpec{
			Title: "Shoes", AdvertiserRef: v1alpha1.ObjectRef{Name: "acme"}, DestinationURL: "https://shop.example/",
		}},
		&v1alpha1.Goal{ObjectMeta: meta("buy"), Spec: v1alpha1.GoalSpec{
			OfferRef: v1alpha1.ObjectRef{Name: "shoes"}, Value: "2", Title: "Buy",
		}},
		&v1alpha1.Partner{ObjectMeta: meta("blog"), Spec: v1alpha1.PartnerSpec{Title: "Blog"}},
		&v1alpha1.PartnerPayout{ObjectMeta: meta("blog"), Spec: v1alpha1.PartnerPayoutSpec{
			PartnerRef: v1alpha1.ObjectRef{Name: "blog"},
			Overrides:  []v1alpha1.PayoutOverride{{Name: "a", Offer: "shoes", Goal: "2", Payout: &v1alpha1.PayoutTerms{Flat: "1"}}},
		}}
}

func upsert(t *testing.T, w *Compiler, objects ...v1alpha1.Object) {
	t.Helper()
	for _, object := range objects {
		if err := w.Upsert(object); err != nil {
			t.Fatal(err)
		}
	}
}

func openShop(t *testing.T) *Compiler {
	w := New(testOptions)
	advertiser, offer, goal, partner, payout := shop()
	upsert(t, w, advertiser, offer, goal, partner, payout)
	if delta := w.Compile(start); len(delta.Upserted) != 6 {
		t.Fatalf("%d records, want 5 and the Network's: %+v", len(delta.Upserted), delta.Verdicts)
	}
	return w
}

func verdict(t *testing.T, w *Compiler, kind snapshot.Kind, name string) Verdict {
	t.Helper()
	v, ok := w.Verdict(kind, "default", name)
	if !ok {
		t.Fatalf("no verdict on %s %s", kind, name)
	}
	return v
}

func TestPanicStaysWithItsObject(t *testing.T) {
	w := openShop(t)
	build := &ruleOf[snapshot.KindOffer].build
	defer func(original func(*builder, *node, *snapshot.Record)) { *build = original }(*build)
	*build = func(b *builder, n *node, record *snapshot.Record) {
		buildOffer(b, n, record)
		if record.Offer.Title == "poison" {
			panic(strings.Repeat("poison ", 100))
		}
	}
	_, offer, _, _, _ := shop()
	offer.Generation, offer.Spec.Title = 2, "poison"
	_, other, _, _, _ := shop()
	other.Name, other.UID = "boots", "uid2"
	_, fresh, _, _, _ := shop()
	fresh.Name, fresh.UID, fresh.Spec.Title = "fresh", "uid3", "poison"
	upsert(t, w, offer, other, fresh)
	w.Compile(start)
	if v := verdict(t, w, snapshot.KindOffer, "shoes"); v.Accepted.Reason != v1alpha1.ReasonInternalError || v.ServedGeneration != 1 || v.Current {
		t.Errorf("the poisoned offer: %+v", v)
	}
	if v := verdict(t, w, snapshot.KindOffer, "fresh"); v.Accepted.Reason != v1alpha1.ReasonInternalError || v.Served || len(v.Accepted.Message) > 300 {
		t.Errorf("the offer that never was good: %+v", v)
	}
	if v := verdict(t, w, snapshot.KindOffer, "boots"); !v.Current {
		t.Errorf("another offer: %+v", v)
	}
	if v := verdict(t, w, snapshot.KindGoal, "buy"); !v.Current {
		t.Errorf("the goal of the poisoned offer: %+v", v)
	}
}

func TestRefuseConcernsOneGeneration(t *testing.T) {
	w := openShop(t)
	problem := Problem{Reason: v1alpha1.ReasonTooLarge, Message: "its shard is full"}
	for _, kind := range []snapshot.Kind{snapshot.KindOffer, snapshot.KindGoal, snapshot.KindAdvertiser} {
		name := map[snapshot.Kind]string{snapshot.KindOffer: "shoes", snapshot.KindGoal: "buy", snapshot.KindAdvertiser: "acme"}[kind]
		w.Refuse(kind, "default", name, 1, problem)
		w.Compile(start)
		if v := verdict(t, w, kind, name); v.Accepted.Reason != v1alpha1.ReasonTooLarge || v.Current || !v.Served {
			t.Errorf("refused: %+v", v)
		}
		w.Refuse(kind, "default", name, 2, problem)
		w.Compile(start)
		if v := verdict(t, w, kind, name); !v.Current {
			t.Errorf("another generation is refused: %+v", v)
		}
	}
	w.Refuse(snapshot.KindOffer, "default", "nobody", 1, problem)
	w.Refuse(snapshot.KindOffer, "nowhere", "nobody", 1, problem)
}

func TestVerdictIsOfTheCurrentForm(t *testing.T) {
	w := openShop(t)
	_, offer, _, _, _ := shop()
	offer.Generation = 2
	upsert(t, w, offer)
	if v, ok := w.Verdict(snapshot.KindOffer, "default", "shoes"); ok {
		t.Errorf("a verdict on what has not been compiled: %+v", v)
	}
	w.Compile(start)
	if v := verdict(t, w, snapshot.KindOffer, "shoes"); v.Generation != 2 {
		t.Errorf("generation %d", v.Generation)
	}
	w.Delete(snapshot.KindOffer, "default", "shoes")
	w.Compile(start)
	if _, ok := w.Verdict(snapshot.KindOffer, "default", "shoes"); ok {
		t.Error("a verdict on what is gone")
	}
}

func TestRotatedSealingKeysMakeNewDigests(t *testing.T) {
	w := openShop(t)
	advertiser, _, goal, _, _ := shop()
	advertiser.Spec.PostbackKeySecretRef = &v1alpha1.SecretKeyRef{Name: "s", Key: "k"}
	goal.Spec.EncryptedTracking, goal.Spec.Protocol = v1alpha1.EncryptedTrackingRequired, v1alpha1.GoalProtocolImage
	upsert(t, w, advertiser, goal)
	w.SetSecret("default", "s", map[string][]byte{"k": []byte("key")})
	w.Compile(start)
	before := verdict(t, w, snapshot.KindGoal, "buy")
	w.SetKeys(testKeys(1))
	if w.hosts || w.namespaces["default"].graph.isDirty() {
		t.Error("the same keys have everything compiled again")
	}
	w.SetKeys(testKeys(2))
	delta := w.Compile(start)
	if len(delta.Upserted) != 1 || len(delta.Upserted[0].Advertiser.Keys) != 2 {
		t.Errorf("records %+v", delta.Upserted)
	}
	if after := verdict(t, w, snapshot.KindGoal, "buy"); after.GoalLinks.Pixel == before.GoalLinks.Pixel || len(delta.Verdicts) != 1 {
		t.Errorf("the sealed link is still %s; verdicts %+v", after.GoalLinks.Pixel, delta.Verdicts)
	}
}

func TestAssumedSecretsResolve(t *testing.T) {
	w := New(Options{AssumeSecrets: true})
	advertiser, _, _, _, _ := shop()
	advertiser.Spec.PostbackKeySecretRef = &v1alpha1.SecretKeyRef{Name: "s", Key: "k"}
	upsert(t, w, advertiser)
	w.Compile(start)
	if v := verdict(t, w, snapshot.KindAdvertiser, "acme"); !v.Current {
		t.Errorf("a Secret that is elsewhere: %+v", v)
	}
	w.SetSecret("default", "s", map[string][]byte{"other": []byte("x")})
	w.Compile(start)
	if v := verdict(t, w, snapshot.KindAdvertiser, "acme"); v.ResolvedRefs.Reason != v1alpha1.ReasonSecretNotFound {
		t.Errorf("a Secret that is here, without the entry: %+v", v)
	}
}

func TestSecretsAloneAreNoNetwork(t *testing.T) {
	w := New(testOptions)
	w.SetSecret("default", "s", map[string][]byte{"k": []byte("v")})
	if delta := w.Compile(start); len(delta.Upserted) != 0 || len(w.Networks()) != 0 || w.Records("default") != nil && len(w.Records("default")) > 0 {
		t.Errorf("%+v", delta)
	}
	w.DeleteSecret("default", "s")
	w.DeleteSecret("default", "s")
	w.DeleteSecret("other", "s")
	w.Compile(start)
	if len(w.namespaces) != 0 {
		t.Errorf("namespaces are left: %v", w.namespaces)
	}
}

func TestNextChange(t *testing.T) {
	w := openShop(t)
	if at, ok := w.NextChange(); ok {
		t.Errorf("a change at %v without tombstones", at)
	}
	w.Delete(snapshot.KindPartner, "default", "blog")
	w.Compile(start)
	w.Delete(snapshot.KindOffer, "default", "shoes")
	w.Compile(start.Add(time.Hour))
	want := start.Add(30 * 24 * time.Hour)
	if at, ok := w.NextChange(); !ok || !at.Equal(want) {
		t.Errorf("next change at %v, want %v", at, want)
	}
	if delta := w.Compile(want.Add(-time.Second)); len(delta.Removed) != 0 {
		t.Errorf("removed a second too early: %v", delta.Removed)
	}
	w.Compile(want)
	if at, ok := w.NextChange(); !ok || !at.Equal(want.Add(time.Hour)) {
		t.Errorf("then at %v", at)
	}
}

func TestShorterLookbackExpiresAtOnce(t *testing.T) {
	w := openShop(t)
	_, long, _, _, _ := shop()
	long.Name, long.UID = "long", "uid2"
	long.Spec.Attribution = &v1alpha1.OfferAttribution{ClickLookbackHours: 8760}
	upsert(t, w, long)
	w.Delete(snapshot.KindPartner, "default", "blog")
	w.Compile(start)
	later := start.Add(100 * 24 * time.Hour)
	if delta := w.Compile(later); len(delta.Removed) != 0 {
		t.Errorf("a look-back of a year, but after 100 days %v is gone", delta.Removed)
	}
	short := long.DeepCopy()
	short.Generation, short.Spec.Attribution = 2, nil
	upsert(t, w, short)
	if delta := w.Compile(later); len(delta.Removed) != 2 { // the partner's tombstone, and its payouts
		t.Errorf("removed %v", delta.Removed)
	}
}

func TestUpsertRefusesWhatIsNoObject(t *testing.T) {
	w := New(testOptions)
	advertiser, _, _, _, _ := shop()
	for _, change := range []func(*v1alpha1.Advertiser){
		func(a *v1alpha1.Advertiser) { a.Name = "" },
		func(a *v1alpha1.Advertiser) { a.Namespace = "" },
		func(a *v1alpha1.Advertiser) { a.Name = "\xff" },
	} {
		bad := advertiser.DeepCopy()
		change(bad)
		if err := w.Upsert(bad); err == nil {
			t.Errorf("%q in %q was taken", bad.Name, bad.Namespace)
		}
	}
	if err := w.Upsert(nil); err == nil {
		t.Error("nil was taken")
	}
	w.Delete(snapshot.KindOffer, "default", "nobody")
	if delta := w.Compile(start); len(delta.Upserted)+len(delta.Removed)+len(delta.Verdicts) != 0 {
		t.Errorf("%+v", delta)
	}
}

func TestLoadPreviousTakesWhatIsSound(t *testing.T) {
	records := openShop(t).Records("default")
	bad := []*snapshot.Record{
		nil, {Kind: snapshot.KindOffer, Network: "default", Name: "x"}, {Kind: 77, Network: "default", Name: "x"},
		{Kind: snapshot.KindGoal, Network: "default", Name: "x", Goal: &snapshot.Goal{}, Offer: &snapshot.Offer{}},
		{Kind: snapshot.KindNetwork, Network: "default", Name: "second", NetworkBody: &snapshot.Network{}},
	}
	w := New(testOptions)
	if err := w.LoadPrevious(append(records, bad...)); err == nil {
		t.Error("no error for what is no record")
	}
	if got := w.Records("default"); !reflect.DeepEqual(got, records) {
		t.Errorf("took %d of %d sound records", len(got), len(records))
	}
}

// TestPartialDeletesNothing: what cannot be read after a restart is served as
// before; once everything can be read, what is missing is gone.
func TestPartialDeletesNothing(t *testing.T) {
	first := New(testOptions)
	advertiser, offer, goal, partner, payout := shop()
	network := &v1alpha1.Network{ObjectMeta: metav1.ObjectMeta{Name: "net", Namespace: "default", UID: "n"}}
	network.Spec = v1alpha1.NetworkSpec{Title: "Net", TrackingDomains: []string{"go.example"}}
	upsert(t, first, advertiser, offer, goal, partner, payout, network)
	first.Compile(start)
	records := first.Records("default")

	w := New(testOptions)
	if err := w.LoadPrevious(records); err != nil {
		t.Fatal(err)
	}
	w.SetPartial(true)
	if delta := w.Compile(start); len(delta.Upserted)+len(delta.Removed) > 0 {
		t.Errorf("nothing can be read, but %v %v", delta.Upserted, delta.Removed)
	}
	upsert(t, w, advertiser, payout)
	if delta := w.Compile(start); len(delta.Upserted)+len(delta.Removed) > 0 || len(w.Records("default")) != len(records) {
		t.Errorf("little can be read, but %v %v", delta.Upserted, delta.Removed)
	}
	upsert(t, w, goal)
	w.Compile(start)
	w.Delete(snapshot.KindGoal, "default", "buy")
	if delta := w.Compile(start); len(delta.Upserted) != 0 || len(delta.Removed) != 1 {
		t.Errorf("what has been seen can be deleted: %v %v", delta.Upserted, delta.Removed)
	}
	w.SetPartial(false)
	delta := w.Compile(start)
	var changed []string
	for _, r := range delta.Upserted {
		changed = append(changed, r.Kind.String()+" "+r.Name)
	}
	if want := []string{"Network default", "Partner blog", "Offer shoes"}; !reflect.DeepEqual(changed, want) || len(delta.Removed) != 1 {
		t.Errorf("all can be read: changed %v, want %v; removed %v", changed, want, delta.Removed)
	}
}

func TestRefusedEntriesFitTheSchema(t *testing.T) {
	var v Verdict
	for i := range 30 {
		v.Refused = append(v.Refused, Problem{Entry: fmt.Sprint(strings.Repeat("é", 100), i/2), Reason: "Invalid", Message: strings.Repeat("x", 2000)})
	}
	v.Refused = append(v.Refused, Problem{})
	entries := v.RefusedEntries()
	seen := map[string]bool{}
	for _, e := range entries {
		if e.Name == "" || len(e.Name) > 128 || len(e.Message) > 1024 || seen[e.Name] {
			t.Errorf("entry %+v", e)
		}
		seen[e.Name] = true
	}
	if len(entries) > v1alpha1.MaxRefused || len(entries) == 0 {
		t.Errorf("%d entries", len(entries))
	}
}
