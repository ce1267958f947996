package controllers

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/v1alpha1"
)

// The states that an object goes through, as the API server shows them: every
// condition of each, and which generation they speak of. What kstatus and Argo CD
// make of the same conditions is tested in hack/gitops.
func TestStatusTable(t *testing.T) {
	const (
		sound      = "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs "
		programmed = sound + "Programmed=True/Programmed "
	)
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	var offer v1alpha1.Offer
	change := func(f func(*v1alpha1.Offer)) {
		t.Helper()
		edit(t, p, &v1alpha1.Offer{}, "shoes", f)
	}
	// exactly waits for the conditions of the current generation, these and no others.
	exactly := func(state, want, message string) {
		t.Helper()
		last := ""
		eventually(t, state+": "+want, func() bool {
			line, current := p.conditions(t, &offer, "shoes")
			if line != last {
				t.Logf("%s: %s, of the current generation: %t", state, line, current)
			}
			last = line
			return current && line == want
		})
		if got := readyMessage(&offer); !strings.Contains(got, message) {
			t.Errorf("%s: Ready says %q, want %q in it", state, got, message)
		}
	}
	unjudged := func(state string, observed int64) {
		t.Helper()
		if err := p.Get(t.Context(), client.ObjectKey{Namespace: p.network, Name: "shoes"}, &offer); err != nil {
			t.Fatal(err)
		}
		if offer.Status.ObservedGeneration != observed || offer.Status.ObservedGeneration == offer.Generation {
			t.Errorf("%s: observedGeneration %d of generation %d, want %d", state, offer.Status.ObservedGeneration, offer.Generation, observed)
		}
	}

	p.apply(t, newOffer("shoes"))
	unjudged("made without an operator", -1)
	op := p.start(t, p.options(t, at))
	exactly("a reference is missing", "Accepted=True/Accepted ResolvedRefs=False/RefNotFound Programmed=False/RefNotFound Ready=False/RefNotFound Reconciling=True/RefNotFound", "acme")
	p.apply(t, story()[1])
	exactly("served", programmed+"Ready=True/Served", "every ready tracker serves this generation")

	k.set(func(k *tracker) { k.frozen = true })
	change(func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	exactly("waiting for trackers", programmed+"Ready=False/Propagating Reconciling=True/Propagating", "0 of 1 trackers")
	k.set(func(k *tracker) { k.frozen = false })
	exactly("served again", programmed+"Ready=True/Served", "")

	served := offer.Generation
	change(func(o *v1alpha1.Offer) { o.Spec.DestinationURL = "https://shop.example/?c={clik}" })
	exactly("invalid", "Accepted=False/UnknownMacro ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed Ready=False/UnknownMacro Stalled=True/UnknownMacro", "keeps being served")
	if offer.Generation == served {
		t.Error("the invalid edit is no generation of its own")
	}
	change(func(o *v1alpha1.Offer) {
		o.Spec.DestinationURL, o.Spec.State = "https://shop.example/", v1alpha1.OfferStatePaused
	})
	exactly("paused", programmed+"Ready=True/Paused", "not Active")

	op.stop(t)
	judged := offer.Generation
	change(func(o *v1alpha1.Offer) { o.Spec.State = v1alpha1.OfferStateActive })
	unjudged("edited without an operator", judged)
}
