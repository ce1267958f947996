package controllers

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// A referenced Secret is read by name; it travels as a digest, and a rotated key
// arrives without an edit of the object.
func TestSecrets(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	p.start(t, p.options(t, at))
	p.apply(t, story()[1])
	offer := newOffer("shoes")
	offer.Spec.PostbackKeySecretRef = &v1alpha1.SecretKeyRef{Name: "postback", Key: "key"}
	p.apply(t, offer)
	p.until(t, &v1alpha1.Offer{}, "shoes", "ResolvedRefs=False/SecretNotFound")

	secret := &corev1.Secret{ObjectMeta: namedIn(p.network, "postback"), StringData: map[string]string{"key": "first"}}
	p.apply(t, secret)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	matches := func(key string) bool {
		r := k.record(snapshot.KindOffer, "shoes")
		return r != nil && r.Offer.KeyRequired && seal.MatchKey(p.keys, r.Offer.Keys, []string{key})
	}
	if !matches("first") || matches("second") {
		t.Error("the key does not pass, or another one does")
	}

	secret.StringData = map[string]string{"key": "first\nsecond"}
	if err := p.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rotated key passes", func() bool { return matches("second") && matches("first") })

	// An edit that names a Secret which is there is not refused for a moment.
	p.apply(t, &corev1.Secret{ObjectMeta: namedIn(p.network, "other"), StringData: map[string]string{"key": "third"}})
	p.quiet(t)
	p.writes.taken()
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) { o.Spec.PostbackKeySecretRef.Name = "other" })
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	if !matches("third") || matches("first") {
		t.Error("Ready, but the new key does not count")
	}
	p.quiet(t)
	if got := p.writes.taken(); got != "PATCH offers/status, POST configmaps, PUT configmaps" {
		t.Errorf("the edit wrote: %s", got)
	}
}

// Rotated sealing keys make the digests again.
func TestSealingKeysRotate(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	dir := t.TempDir()
	if err := seal.SaveDir(dir, p.keys); err != nil {
		t.Fatal(err)
	}
	o := p.options(t, at)
	o.KeysDir = dir
	p.start(t, o)
	p.apply(t, &corev1.Secret{ObjectMeta: named("postback"), StringData: map[string]string{"key": "first"}}, story()[1])
	offer := newOffer("shoes")
	offer.Spec.PostbackKeySecretRef = &v1alpha1.SecretKeyRef{Name: "postback", Key: "key"}
	p.apply(t, offer)
	p.ready(t, &v1alpha1.Offer{}, "shoes")

	now := p.keys.Keys()[0].NotBefore
	rotated, err := p.keys.Rotate(now)
	if err != nil {
		t.Fatal(err)
	}
	if rotated, err = rotated.Retire(now.AddDate(1, 0, 0), 0); err != nil {
		t.Fatal(err)
	}
	if err := seal.SaveDir(dir, rotated); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the digests are of the new key", func() bool {
		return seal.MatchKey(rotated, k.record(snapshot.KindOffer, "shoes").Offer.Keys, []string{"first"})
	})
}
