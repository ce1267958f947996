package controllers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/publish"
)

// fill makes a network of many offers and waits until they are served.
func (p *plant) fill(t *testing.T, k *tracker, offers int) {
	t.Helper()
	for i := range offers {
		p.apply(t, newOffer(fmt.Sprintf("offer-%02d", i)))
	}
	eventually(t, "all offers are served", func() bool { return k.offers() == offers })
}

// clear deletes offers by number.
func (p *plant) clear(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := p.Delete(t.Context(), newOffer2(p, fmt.Sprintf("offer-%02d", i))); err != nil {
			t.Fatal(err)
		}
	}
}

var token = regexp.MustCompile(`kubectl annotate --overwrite (.*) (\S+)=([0-9a-f]+)`)

// A mass deletion is held until somebody confirms it on the Network, also when
// the operator restarts meanwhile; other networks go on.
func TestMassDeletion(t *testing.T) {
	p, other := newPlant(t), ""
	at := address(t)
	k := p.startTracker(t, at)
	o := p.options(t, at)
	other = newPlant(t).network
	o.WatchNamespaces = append(o.WatchNamespaces, other)
	op := p.start(t, o)
	p.apply(t, story()[:3]...)
	p.fill(t, k, 30)
	p.ready(t, &v1alpha1.Network{}, "example")

	// The first ones alone are few, and gone before the others follow.
	p.clear(t, 0, 8)
	eventually(t, "the first deletions are published", func() bool { return k.offers() == 22 })
	p.clear(t, 8, 25)
	var network v1alpha1.Network
	p.until(t, &network, "example", "Programmed=False/MassDeletionHeld Ready=False/MassDeletionHeld Stalled=True/MassDeletionHeld")
	eventually(t, "all deletions are seen", func() bool {
		p.until(t, &network, "example", "Ready=False/MassDeletionHeld")
		return strings.Contains(readyMessage(&network), "remove 25 of 30 offers")
	})
	// Fewer than twenty may have gone before: how many depends on how
	// the deletions fell into revisions.
	if got := k.offers(); got <= 30-20 {
		t.Fatalf("%d offers are left although the deletion is held", got)
	}
	eventually(t, "an Event tells of it", func() bool { return len(p.events(t, p.network, "MassDeletionHeld")) > 0 })

	// An edit in the held network waits, one in another network does not.
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Better Blog" })
	p.until(t, &v1alpha1.Partner{}, "blog", "Ready=False/MassDeletionHeld")
	elsewhere := newOffer("elsewhere")
	elsewhere.Namespace = other
	elsewhere.Spec.AdvertiserRef.Name = "zenith"
	acme := &v1alpha1.Advertiser{ObjectMeta: named("zenith"), Spec: v1alpha1.AdvertiserSpec{Title: "Zenith"}}
	acme.Namespace = other
	domains := &v1alpha1.Network{ObjectMeta: named("other"), Spec: v1alpha1.NetworkSpec{Title: "Other", TrackingDomains: []string{"go.other.example"}}}
	domains.Namespace = other
	p.apply(t, domains, acme, elsewhere)
	eventually(t, "the other network goes on", func() bool { return k.title("elsewhere") != "" })

	op.stop(t)
	before := k.offers()
	p.start(t, o)
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Best Blog" })
	p.until(t, &v1alpha1.Partner{}, "blog", "Ready=False/MassDeletionHeld")
	if got := k.offers(); got != before {
		t.Fatalf("after a restart %d offers are left of %d", got, before)
	}

	// A wrong token confirms nothing, the one of the message does.
	p.until(t, &network, "example", "Ready=False/MassDeletionHeld")
	match := token.FindStringSubmatch(readyMessage(&network))
	if match == nil || match[2] != publish.AnnotationConfirm {
		t.Fatalf("the message names no token: %q", readyMessage(&network))
	}
	annotate := func(value string) {
		edit(t, p, &network, "example", func(n *v1alpha1.Network) { n.Annotations = map[string]string{publish.AnnotationConfirm: value} })
	}
	annotate("00000000")
	p.quiet(t)
	if got := k.offers(); got != before {
		t.Fatalf("a wrong token left %d offers of %d", got, before)
	}
	annotate(match[3])
	eventually(t, "the deletion is published", func() bool { return k.offers() == 6 }) // with the one elsewhere
	p.ready(t, &v1alpha1.Network{}, "example")
	p.ready(t, &v1alpha1.Partner{}, "blog")
	eventually(t, "an Event tells of the release", func() bool { return len(p.events(t, p.network, "MassDeletionReleased")) > 0 })
}

// Without a Network the manifest is where to confirm; and offers that come back
// need no confirmation.
func TestMassDeletionWithoutNetwork(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, story()[1])
	p.fill(t, k, 24)
	p.clear(t, 0, 24)
	var notes []string
	eventually(t, "an Event on the manifest tells of it", func() bool {
		notes = p.events(t, p.snapshots, "MassDeletionHeld")
		return len(notes) > 0 && strings.Contains(notes[len(notes)-1], "remove 24 of 24")
	})
	if !strings.Contains(notes[0], "ConfigMap/"+snapshot.ManifestName) {
		t.Errorf("the Event is %q", notes[0])
	}
	for i := range 24 {
		p.apply(t, newOffer(fmt.Sprintf("offer-%02d", i)))
	}
	p.ready(t, &v1alpha1.Offer{}, "offer-23")
	p.ready(t, &v1alpha1.Offer{}, "offer-00")

	p.quiet(t)
	p.clear(t, 0, 24)
	p.quiet(t) // the last Event names all of them
	manifest := p.manifestObject(t)
	before := manifest.DeepCopy()
	metav1.SetMetaDataAnnotation(&manifest.ObjectMeta, publish.AnnotationConfirm, allTokens(p, t))
	if err := p.Patch(t.Context(), manifest, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the deletion is published", func() bool { return k.offers() == 0 })
}

// allTokens are those of all holds so far: only the last one fits.
func allTokens(p *plant, t *testing.T) string {
	var all []string
	for _, note := range p.events(t, p.snapshots, "MassDeletionHeld") {
		if m := token.FindStringSubmatch(note); m != nil {
			all = append(all, m[3])
		}
	}
	return strings.Join(all, ",")
}

// A rollback publishes an earlier revision as a new one and keeps it, across a
// restart, until it is released.
func TestRollbackAndRelease(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	good := k.revision()
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "a mistake" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := Rollback(ctx, p.config, p.snapshots, 4711); !errors.Is(err, publish.ErrNotRetained) {
		t.Errorf("rollback to what never was: %v", err)
	}
	m, err := Rollback(ctx, p.config, p.snapshots, good)
	if err != nil || m.Pinned != good || m.Revision <= good+1 {
		t.Fatalf("Rollback() = %+v, %v", m, err)
	}
	eventually(t, "the tracker serves the earlier form", func() bool { return k.title("shoes") == "shoes" })
	var offer v1alpha1.Offer
	p.until(t, &offer, "shoes", "Programmed=False/Pinned Ready=False/Pinned")
	if message := readyMessage(&offer); !strings.Contains(message, fmt.Sprintf("revision %d is pinned", good)) {
		t.Errorf("Ready says %q", message)
	}
	p.ready(t, &v1alpha1.Partner{}, "blog") // is the same in both

	// Edits wait for the release, and a restart does not lose the pin.
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Better Blog" })
	p.until(t, &v1alpha1.Partner{}, "blog", "Ready=False/Pinned")
	op.stop(t)
	p.start(t, p.options(t, at))
	edit(t, p, &v1alpha1.Partner{}, "blog", func(o *v1alpha1.Partner) { o.Spec.Title = "Best Blog" })
	p.until(t, &v1alpha1.Partner{}, "blog", "Ready=False/Pinned")
	if k.title("shoes") != "shoes" || k.revision() != m.Revision {
		t.Fatalf("pinned, but the tracker serves %q in revision %d", k.title("shoes"), k.revision())
	}
	_, history, err := Revisions(ctx, p.config, p.snapshots)
	if err != nil || history[0].Pinned != good || len(history) < 3 {
		t.Errorf("Revisions() = %+v, %v", history, err)
	}

	if m, err = Release(ctx, p.config, p.snapshots); err != nil || m.Pinned != 0 {
		t.Fatalf("Release() = %+v, %v", m, err)
	}
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.ready(t, &v1alpha1.Partner{}, "blog")
	if k.title("shoes") != "a mistake" || k.record(snapshot.KindPartner, "blog").Partner.Title != "Best Blog" {
		t.Error("released, but the configuration is not served")
	}
}

// A request that cannot be followed is told, and nothing else happens.
func TestRollbackRequestsByHand(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	p.quiet(t)
	revision := k.revision()
	for value, reason := range map[string]string{"yesterday": "RequestNotUnderstood", "4711": "RollbackRefused"} {
		object := &corev1.ConfigMap{}
		if err := p.Get(t.Context(), client.ObjectKey{Namespace: p.snapshots, Name: snapshot.ManifestName}, object); err != nil {
			t.Fatal(err)
		}
		object.Annotations = map[string]string{publish.AnnotationRollback: value}
		if err := p.Update(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		eventually(t, "an Event tells that "+value+" is none", func() bool { return len(p.events(t, p.snapshots, reason)) > 0 })
	}
	p.quiet(t)
	if k.revision() != revision {
		t.Errorf("revision %d after %d", k.revision(), revision)
	}
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.Title = "Shoes 2" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
}
