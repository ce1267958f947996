package admission

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
	ac "github.com/waypost/waypost/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/waypost/waypost/hack/testenv"
)

// TestApplyMergesOverrides: two owners of one PartnerPayout keep an override each, and one that stops
// declaring its own takes it away without touching the other's.
func TestApplyMergesOverrides(t *testing.T) {
	server, namespace := newClient(t), testenv.Namespace(t, config(t))
	override := func(name string) *ac.PayoutOverrideApplyConfiguration {
		return ac.PayoutOverride().WithName(name).WithOffer("summer-shoes").
			WithPayout(ac.PayoutTerms().WithType(v1alpha1.PayoutTypeFlat).WithFlat("1.40"))
	}
	apply := func(owner string, overrides ...*ac.PayoutOverrideApplyConfiguration) {
		t.Helper()
		object := ac.PartnerPayout("best-blog", namespace).WithSpec(ac.PartnerPayoutSpec().
			WithPartnerRef(ac.ObjectRef().WithName("best-blog")).WithOverrides(overrides...))
		if err := server.Apply(t.Context(), object, client.FieldOwner(owner)); err != nil {
			t.Fatalf("%s applies: %v", owner, err)
		}
	}
	overrides := func() (names []string) {
		t.Helper()
		var stored v1alpha1.PartnerPayout
		if err := server.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "best-blog"}, &stored); err != nil {
			t.Fatal(err)
		}
		for _, override := range stored.Spec.Overrides {
			names = append(names, override.Name)
		}
		slices.Sort(names)
		return names
	}

	apply("sales", override("december"))
	apply("finance", override("january"))
	if got := overrides(); !slices.Equal(got, []string{"december", "january"}) {
		t.Errorf("after both applied: %v", got)
	}
	apply("sales")
	if got := overrides(); !slices.Equal(got, []string{"january"}) {
		t.Errorf("after sales took its own away: %v", got)
	}
}

// TestApplyMergesListMaps: tiers merge by tier, caps and destinations by name.
func TestApplyMergesListMaps(t *testing.T) {
	server, namespace := newClient(t), testenv.Namespace(t, config(t))
	apply := func(owner, entry string) {
		t.Helper()
		payout := ac.Payout().WithTiers(ac.PayoutTier().WithTier(entry).WithFlat("1"))
		object := ac.Offer("shoes", namespace).WithSpec(ac.OfferSpec().
			WithTitle("T").WithAdvertiserRef(ac.ObjectRef().WithName("acme")).WithDestinationURL("https://shop.example/").
			WithDefaultGoal(ac.DefaultGoal().WithPayout(payout)).
			WithImpressions(ac.OfferImpressions().WithDestinations(ac.ImpressionDestination().WithName(entry).WithURL("https://adv.example/"))).
			WithCaps(ac.Cap().WithName(entry).WithMetric(v1alpha1.CapMetricClicks).WithWindow(v1alpha1.CapWindowDay).WithLimit("1")))
		if err := server.Apply(t.Context(), object, client.FieldOwner(owner)); err != nil {
			t.Fatalf("%s applies: %v", owner, err)
		}
	}
	apply("one", "a")
	apply("two", "b")
	var stored v1alpha1.Offer
	if err := server.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "shoes"}, &stored); err != nil {
		t.Fatal(err)
	}
	spec := stored.Spec
	if len(spec.DefaultGoal.Payout.Tiers) != 2 || len(spec.Impressions.Destinations) != 2 || len(spec.Caps) != 2 {
		t.Errorf("two owners' entries did not merge: %+v", spec)
	}
}

// TestApplyStatus: status is a subresource of its own, conditions merge by type, and an edit of the spec counts a generation
// where a status does not.
func TestApplyStatus(t *testing.T) {
	server, namespace := newClient(t), testenv.Namespace(t, config(t))
	goal := &v1alpha1.Goal{
		ObjectMeta: metav1.ObjectMeta{Name: "purchase", Namespace: namespace},
		Spec:       v1alpha1.GoalSpec{OfferRef: v1alpha1.ObjectRef{Name: "o"}, Value: "2", Title: "T"},
		Status:     v1alpha1.GoalStatus{Payout: "written with the spec"},
	}
	if err := server.Create(t.Context(), goal); err != nil {
		t.Fatal(err)
	}
	apply := func(owner, condition string) {
		t.Helper()
		status := ac.GoalStatus().WithObservedGeneration(1).WithConditions(metav1ac.Condition().
			WithType(condition).WithStatus(metav1.ConditionTrue).WithReason("Accepted").WithMessage("").
			WithObservedGeneration(1).WithLastTransitionTime(metav1.Unix(0, 0)))
		if err := server.Status().Apply(t.Context(), ac.Goal("purchase", namespace).WithStatus(status), client.FieldOwner(owner)); err != nil {
			t.Fatalf("%s applies: %v", owner, err)
		}
	}
	apply("operator", v1alpha1.ConditionAccepted)
	apply("somebody else", v1alpha1.ConditionReady)
	if err := server.Get(t.Context(), client.ObjectKeyFromObject(goal), goal); err != nil {
		t.Fatal(err)
	}
	if goal.Status.Payout != "" {
		t.Errorf("a status written with the spec was kept: %q", goal.Status.Payout)
	}
	if len(goal.Status.Conditions) != 2 || goal.Status.ObservedGeneration != 1 || goal.Generation != 1 {
		t.Errorf("status = %+v at generation %d, want both conditions at generation 1", goal.Status, goal.Generation)
	}
}
