package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
)

// Purpose names what a derived key is used for. A key of one purpose says
// nothing about another's.
type Purpose uint8

// The purposes. Their labels are part of every sealed thing in the wild: never
// change one.
const (
	PurposeClickID   Purpose = iota // MAC of click and impression ids
	PurposeKeyDigest                // digests of postback keys in snapshots
	PurposeLink                     // encryption of sealed links
	PurposeLinkNonce                // synthetic nonces of sealed links
	PurposeCookie                   // cookies of pixel goals
	purposes
)

// labels are the HKDF info strings.
var labels = [purposes]string{
	PurposeClickID:   "waypost/v1 click ids",
	PurposeKeyDigest: "waypost/v1 key digests",
	PurposeLink:      "waypost/v1 sealed links",
	PurposeLinkNonce: "waypost/v1 sealed link nonces",
	PurposeCookie:    "waypost/v1 cookies",
}

// Derived returns the key with an id for a purpose; false if the ring does not
// hold that key. The caller must not print it.
func (r *Keyring) Derived(id uint8, p Purpose) ([SecretSize]byte, bool) {
	k := r.get(id)
	if k == nil || p >= purposes {
		return [SecretSize]byte{}, false
	}
	return k.derived[p], true
}

// derive fills in the keys of all purposes.
func (k *key) derive() error {
	for p, label := range labels {
		d, err := hkdf.Key(sha256.New, k.secret[:], nil, label, SecretSize)
		if err != nil {
			return fmt.Errorf("deriving the key for %s: %w", label, err)
		}
		copy(k.derived[p][:], d)
	}
	return nil
}
