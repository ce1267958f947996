package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// Purpose is what a derived key is used for. Keys of two purposes are independent: one
// that leaks reveals nothing about another.
type Purpose uint8

// The purposes. Their labels are part of every sealed thing in the wild: never
// change one.
const (
	PurposeClickID     Purpose = iota // MAC of click and impression ids
	PurposeKeyDigest                  // digests of postback keys in snapshots
	PurposeLink                       // encryption of sealed links
	PurposeLinkNonce                  // synthetic nonces of sealed links
	PurposeCookie                     // cookies of pixel goals
	purposeFingerprint                // what a key is recognised by
	purposes
)

// labels are the HKDF info strings.
var labels = [purposes]string{
	PurposeClickID:     "waypost/v1 click ids",
	PurposeKeyDigest:   "waypost/v1 key digests",
	PurposeLink:        "waypost/v1 sealed links",
	PurposeLinkNonce:   "waypost/v1 sealed link nonces",
	PurposeCookie:      "waypost/v1 cookies",
	purposeFingerprint: "waypost/v1 fingerprints",
}

// Derived returns the key with an id for a purpose; false if the ring does not
// hold that key. The caller must not print it.
func (r *Keyring) Derived(id uint8, p Purpose) ([SecretSize]byte, bool) {
	k := r.get(id)
	if k == nil || p >= purposes {
		return [SecretSize]byte{}, false
	}
	return k.material().derived[p], true
}

// Fingerprints returns a short text for each key, oldest first, by which it can be
// recognised and that gives nothing away: PRINT@SECONDS, where ids are made with it from
// that Unix time on.
func (r *Keyring) Fingerprints() []string {
	out := make([]string, 0, len(r.keys))
	for _, k := range r.keys {
		out = append(out, fmt.Sprintf("%x@%d", k.material().derived[purposeFingerprint][:8], k.notBefore.Unix()))
	}
	return out
}

// derive makes the keys of all purposes, and the cipher of links.
func derive(secret [SecretSize]byte) (*material, error) {
	m := &material{secret: secret}
	for p, label := range labels {
		d, err := hkdf.Key(sha256.New, secret[:], nil, label, SecretSize)
		if err != nil {
			return nil, fmt.Errorf("deriving the key for %s: %w", label, err)
		}
		copy(m.derived[p][:], d)
	}
	block, err := aes.NewCipher(m.derived[PurposeLink][:])
	if err != nil {
		return nil, fmt.Errorf("making the cipher of links: %w", err)
	}
	if m.link, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("making the cipher of links: %w", err)
	}
	return m, nil
}
