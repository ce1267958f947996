package controllers

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// From manifests to Ready, for every kind, and then one edit: Ready means that
// every tracker serves it, and costs three writes.
func TestEditToReady(t *testing.T) {
	p := newPlant(t)
	first, second := address(t), address(t)
	trackers := []*tracker{p.startTracker(t, first), p.startTracker(t, second)}
	p.start(t, p.options(t, first, second))
	objects := story()
	p.apply(t, objects...)
	for _, object := range objects {
		p.ready(t, object.(v1alpha1.Object), object.GetName())
	}
	for _, k := range trackers {
		if k.title("shoes") != "shoes" || k.record(snapshot.KindPartnerPayout, "blog") == nil || k.record(snapshot.KindGoal, "purchase") == nil {
			t.Fatal("Ready, but a tracker does not serve it")
		}
	}

	var offer v1alpha1.Offer
	var goal v1alpha1.Goal
	p.ready(t, &offer, "shoes")
	p.ready(t, &goal, "purchase")
	if offer.Status.Links == nil || offer.Status.Links.Tracking != "https://go.example/click?offer=shoes&partner={partner}" {
		t.Errorf("offer links %+v", offer.Status.Links)
	}
	if goal.Status.Links == nil || goal.Status.Links.Postback == "" || goal.Status.Modified == nil || goal.Status.Advertiser != "acme" {
		t.Errorf("goal status %+v", goal.Status)
	}

	p.quiet(t)
	p.writes.taken()
	for _, title := range []string{"Shoes 2", "Shoes 3"} {
		edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = title })
		p.ready(t, &v1alpha1.Offer{}, "shoes")
		for _, k := range trackers {
			if k.title("shoes") != title {
				t.Fatalf("Ready, but a tracker serves %q", k.title("shoes"))
			}
		}
		p.quiet(t)
		if got := p.writes.taken(); got != "PATCH offers/status, POST configmaps, PUT configmaps" {
			t.Errorf("one edit wrote: %s", got)
		}
	}
}

// quiet waits until the operator has written nothing for a while.
func (p *plant) quiet(t *testing.T) {
	t.Helper()
	last, since := p.writes.peek(), time.Now()
	eventually(t, "the operator is quiet", func() bool {
		if now := p.writes.peek(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 1500*time.Millisecond
	})
}

// An invalid edit keeps the last good form serving, says so, and so it stays
// when the operator restarts; the correction is told, too.
func TestInvalidEdit(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")

	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) {
		o.Spec.Title, o.Spec.DestinationURL = "broken", "https://shop.example/?c={clik}"
	})
	var offer v1alpha1.Offer
	p.until(t, &offer, "shoes", "Stalled=True/UnknownMacro")
	line, _ := p.conditions(t, &offer, "shoes")
	if want := "Accepted=False/UnknownMacro ResolvedRefs=True/ResolvedRefs Programmed=True/Programmed Ready=False/UnknownMacro Stalled=True/UnknownMacro"; line != want {
		t.Errorf("conditions\n got %s\nwant %s", line, want)
	}
	if message := readyMessage(&offer); !strings.Contains(message, "generation 1 keeps being served") {
		t.Errorf("Ready says %q", message)
	}
	if k.title("shoes") != "shoes" {
		t.Fatalf("the tracker serves %q", k.title("shoes"))
	}
	eventually(t, "an Event tells of the refusal", func() bool { return len(p.events(t, p.network, "UnknownMacro")) == 1 })

	op.stop(t)
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Better Blog" })
	revision := k.revision()
	p.start(t, p.options(t, at))
	p.ready(t, &v1alpha1.Partner{}, "blog")
	if k.title("shoes") != "shoes" || k.revision() <= revision {
		t.Fatalf("after a restart the tracker serves %q in revision %d", k.title("shoes"), k.revision())
	}
	p.quiet(t)
	p.until(t, &offer, "shoes", "Stalled=True/UnknownMacro")
	if message := readyMessage(&offer); !strings.Contains(message, "generation 1 keeps being served") {
		t.Errorf("after a restart Ready says %q", message)
	}
	if events := p.events(t, p.network, "UnknownMacro"); len(events) != 1 {
		t.Errorf("the refusal was told again: %v", events)
	}

	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) {
		o.Spec.Title, o.Spec.DestinationURL = "mended", "https://shop.example/?c={clickid}"
	})
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "mended" {
		t.Errorf("the tracker serves %q", k.title("shoes"))
	}
	eventually(t, "an Event tells of the recovery", func() bool { return len(p.events(t, p.network, "Accepted")) == 1 })
}

// A restart with nothing changed writes nothing at all.
func TestRestartWritesNothing(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	objects := story()
	p.apply(t, objects...)
	for _, object := range objects {
		p.ready(t, object.(v1alpha1.Object), object.GetName())
	}
	p.quiet(t)
	op.stop(t)
	p.writes.taken()
	revision := k.revision()
	p.start(t, p.options(t, at))
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Better Blog" })
	p.ready(t, &v1alpha1.Partner{}, "blog")
	p.quiet(t)
	if got := p.writes.taken(); got != "PATCH partners/status, POST configmaps, PUT configmaps" || k.revision() != revision+1 {
		t.Errorf("a restart and one edit wrote: %s, revision %d after %d", got, k.revision(), revision)
	}
}

// What is missing is named, and served once it appears.
func TestMissingReference(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, newOffer("shoes"))
	p.until(t, &v1alpha1.Offer{}, "shoes", "ResolvedRefs=False/RefNotFound Programmed=False/RefNotFound Ready=False/RefNotFound Reconciling=True/RefNotFound")
	if k.title("shoes") != "" {
		t.Error("it is served")
	}
	p.apply(t, &v1alpha1.Advertiser{ObjectMeta: named("acme"), Spec: v1alpha1.AdvertiserSpec{Title: "Acme"}})
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "shoes" {
		t.Error("Ready, but not served")
	}

	// A form that was served stays when its edit names what is missing.
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title, o.Spec.AdvertiserRef.Name = "Shoes 2", "zenith" })
	p.until(t, &v1alpha1.Offer{}, "shoes", "ResolvedRefs=False/RefNotFound")
	p.quiet(t)
	if k.title("shoes") != "shoes" {
		t.Errorf("served is %q", k.title("shoes"))
	}
	p.apply(t, &v1alpha1.Advertiser{ObjectMeta: named("zenith"), Spec: v1alpha1.AdvertiserSpec{Title: "Zenith"}})
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 2" {
		t.Errorf("served is %q once everything is there", k.title("shoes"))
	}
}

// While no operator runs trackers serve, also those that start, and an edit says by
// its generation that nobody has seen it.
func TestEditWhileNoOperatorRuns(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	op.stop(t)

	revision := k.revision()
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	k.stop()
	k = p.startTracker(t, at)
	eventually(t, "a tracker that starts serves what is published", func() bool { return k.revision() == revision })
	p.quiet(t)
	var offer v1alpha1.Offer
	if line, current := p.conditions(t, &offer, "shoes"); current || k.title("shoes") != "shoes" {
		t.Errorf("generation %d, observed %d, %s; served is %q", offer.Generation, offer.Status.ObservedGeneration, line, k.title("shoes"))
	}
	p.start(t, p.options(t, at))
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "Shoes 2" {
		t.Errorf("served is %q", k.title("shoes"))
	}
}

// A deleted offer is a tombstone in the next revision.
func TestDeletion(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if err := p.Delete(t.Context(), newOffer2(p, "shoes")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the offer is gone", func() bool { return k.offers() == 0 })
	k.set(func(k *tracker) {
		if r := k.records[snapshot.Key{Kind: snapshot.KindOffer, Network: p.network, ID: "shoes"}]; r == nil || !r.Tombstone() {
			t.Errorf("in its place is %+v, want a tombstone", r)
		}
	})
	// Made again under the same name, it is another one.
	p.apply(t, newOffer("shoes"))
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if k.title("shoes") != "shoes" {
		t.Error("Ready, but not served")
	}
}

func newOffer2(p *plant, name string) client.Object {
	offer := newOffer(name)
	offer.Namespace = p.network
	return offer
}
