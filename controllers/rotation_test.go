package controllers

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// After a rotation of the signing key the operator goes on from what the former key
// signed: the last good form of an object that is invalid meanwhile is not lost.
func TestRotatedSigningKey(t *testing.T) {
	p := newPlant(t)
	at := address(t)
	k := p.startTracker(t, at)
	op := p.start(t, p.options(t, at))
	p.apply(t, story()...)
	p.ready(t, &v1alpha1.Offer{}, "shoes")
	edit(t, p, &v1alpha1.Offer{}, "shoes", func(o *v1alpha1.Offer) {
		o.Spec.Title, o.Spec.DestinationURL = "broken", "https://shop.example/?c={clik}"
	})
	p.until(t, &v1alpha1.Offer{}, "shoes", "Stalled=True/UnknownMacro")
	op.stop(t)

	public, signing, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	former := p.trusted()
	p.setPublic(append(former, public))
	o := p.options(t, at)
	o.SigningKey = signing
	if o.TrustedKeys, err = LoadTrustedKeys(keyFile(t, p.trusted()...)); err != nil {
		t.Fatal(err)
	}
	p.start(t, o)
	edit(t, p, &v1alpha1.Partner{}, "blog", func(b *v1alpha1.Partner) { b.Spec.Title = "Blog 2" })
	p.ready(t, &v1alpha1.Partner{}, "blog")
	if k.title("shoes") != "shoes" {
		t.Errorf("the tracker serves %q of an offer whose last good form is known", k.title("shoes"))
	}
	if m := p.manifest(t); m == nil || m.Verify([]ed25519.PublicKey{public}) != nil {
		t.Error("the new key did not sign")
	}
}

// keyFile writes public keys as trackers' mounted list has them.
func keyFile(t *testing.T, keys ...ed25519.PublicKey) string {
	t.Helper()
	var list []byte
	for _, key := range keys {
		block, err := snapshot.EncodePublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, block...)
	}
	path := filepath.Join(t.TempDir(), "verify-keys.pem")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
