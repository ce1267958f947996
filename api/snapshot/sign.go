package snapshot

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrSignature reports that a manifest is not signed by any of the keys that the
// reader trusts.
var ErrSignature = errors.New("manifest signature")

// keyID names a public key in messages and in Manifest.KeyID: the first 16 hex
// digits of its SHA-256. It is a hint; Verify tries every key.
func keyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// Sign sets Signature and KeyID. Any later change of the manifest breaks it.
func (m *Manifest) Sign(key ed25519.PrivateKey) error {
	if len(key) != ed25519.PrivateKeySize {
		return fmt.Errorf("sign manifest: private key has %d bytes, wants %d", len(key), ed25519.PrivateKeySize)
	}
	payload, err := m.payload()
	if err != nil {
		return err
	}
	m.Signature = ed25519.Sign(key, payload)
	m.KeyID = keyID(key.Public().(ed25519.PublicKey))
	return nil
}

// Verify fails with ErrSignature unless one of the keys made the signature. An
// empty list of keys verifies nothing.
func (m *Manifest) Verify(keys []ed25519.PublicKey) error {
	if len(keys) == 0 {
		return fmt.Errorf("%w: no public key is configured to check it with", ErrSignature)
	}
	if len(m.Signature) == 0 {
		return fmt.Errorf("%w: revision %d is not signed", ErrSignature, m.Revision)
	}
	payload, err := m.payload()
	if err != nil {
		return err
	}
	for _, key := range keys {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, payload, m.Signature) {
			return nil
		}
	}
	return fmt.Errorf("%w: revision %d, key id %.20q: made by none of the %d trusted keys, or changed since", ErrSignature, m.Revision, m.KeyID, len(keys))
}

// payload is what is signed: every field but KeyID and Signature, behind a
// prefix that keeps the signature from meaning anything else.
func (m *Manifest) payload() ([]byte, error) {
	body, err := encoding().Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("manifest payload: %w", err)
	}
	return append([]byte("waypost.dev/manifest\x00"), body...), nil
}
