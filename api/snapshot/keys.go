package snapshot

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// PEM block types, as openssl writes and reads them for ed25519.
const (
	publicKeyBlock  = "PUBLIC KEY"
	privateKeyBlock = "PRIVATE KEY"
)

// ParsePublicKeys reads the public keys that a tracker trusts: PEM blocks of
// PKIX form, any number of them, at least one. A block of another kind is an error.
func ParsePublicKeys(data []byte) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != publicKeyBlock {
			return nil, fmt.Errorf("public keys: PEM block %q, wants %q", block.Type, publicKeyBlock)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("public keys: %w", err)
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("public keys: %T, wants ed25519", parsed)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("public keys: no PEM block in the data")
	}
	return keys, nil
}

// ParsePrivateKey reads the operator's signing key: one PEM block of PKCS #8 form.
func ParsePrivateKey(data []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != privateKeyBlock {
		return nil, fmt.Errorf("signing key: no PEM block %q in the data", privateKeyBlock)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("signing key: %T, wants ed25519", parsed)
	}
	return key, nil
}

// EncodePublicKey returns the key in the form that ParsePublicKeys reads; the
// results of several calls may be concatenated.
func EncodePublicKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicKeyBlock, Bytes: der}), nil
}

// EncodePrivateKey returns the key in the form that ParsePrivateKey reads.
func EncodePrivateKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode signing key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateKeyBlock, Bytes: der}), nil
}
