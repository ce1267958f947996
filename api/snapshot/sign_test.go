package snapshot

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// rsaPublic returns a key of a kind that signs no manifest.
func rsaPublic() *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2047), E: 65537}
}

// testKey returns the nth key of the tests.
func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(n byte) ed25519.PublicKey { return testKey(n).Public().(ed25519.PublicKey) }

func TestVerify(t *testing.T) {
	m := manifest(t, 7, 1, 2)
	if err := m.Sign(testKey(1)); err != nil {
		t.Fatal(err)
	}
	if m.KeyID != keyID(public(1)) || len(m.KeyID) != 16 {
		t.Errorf("key id %q", m.KeyID)
	}
	for name, tc := range map[string]struct {
		keys []ed25519.PublicKey
		want string
	}{
		"the key":         {[]ed25519.PublicKey{public(1)}, ""},
		"one of two":      {[]ed25519.PublicKey{public(2), public(1)}, ""},
		"beside a broken": {[]ed25519.PublicKey{{1, 2}, public(1)}, ""},
		"another":         {[]ed25519.PublicKey{public(2)}, "none of the 1 trusted keys"},
		"a broken":        {[]ed25519.PublicKey{{1, 2}}, "none of the 1 trusted keys"},
		"none":            {nil, "no public key is configured"},
	} {
		checkSignature(t, name, m.Verify(tc.keys), tc.want)
	}
}

func TestVerifyNoticesEveryChange(t *testing.T) {
	for name, change := range map[string]func(m *Manifest){
		"schema":       func(m *Manifest) { m.SchemaVersion++ },
		"revision":     func(m *Manifest) { m.Revision++ },
		"pin":          func(m *Manifest) { m.Pinned = 3 },
		"digest":       func(m *Manifest) { m.Digest = digestOf(nil) },
		"shard digest": func(m *Manifest) { m.Shards[0].Digest = digestOf(nil) },
		"shard index":  func(m *Manifest) { m.Shards[0].Index = 0 },
		"records":      func(m *Manifest) { m.Shards[0].Records++ },
		"fewer shards": func(m *Manifest) { m.Shards = m.Shards[:1] },
		"signature":    func(m *Manifest) { m.Signature[5] ^= 1 },
		"cut":          func(m *Manifest) { m.Signature = m.Signature[:63] },
		"none":         func(m *Manifest) { m.Signature = nil },
	} {
		m := manifest(t, 7, 1, 2)
		if err := m.Sign(testKey(1)); err != nil {
			t.Fatal(err)
		}
		change(m)
		checkSignature(t, name, m.Verify([]ed25519.PublicKey{public(1)}), "revision")
	}
}

func checkSignature(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" && err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if want != "" && (!errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: %v, want ErrSignature with %q", name, err, want)
	}
}

func TestSignRefusesABrokenKey(t *testing.T) {
	if err := manifest(t, 1).Sign(ed25519.PrivateKey{1}); err == nil {
		t.Error("signed with one byte of key")
	}
}

func TestKeysRoundTrip(t *testing.T) {
	var list []byte
	for _, n := range []byte{1, 2} {
		data, err := EncodePublicKey(public(n))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, data...)
	}
	keys, err := ParsePublicKeys(list)
	if err != nil || len(keys) != 2 || !keys[0].Equal(public(1)) || !keys[1].Equal(public(2)) {
		t.Errorf("public keys %v, %v", keys, err)
	}
	data, err := EncodePrivateKey(testKey(3))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePrivateKey(data)
	if err != nil || !key.Equal(testKey(3)) {
		t.Errorf("private key %v", err)
	}
}

func TestParseKeysRefuses(t *testing.T) {
	private, err := EncodePrivateKey(testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	rsaKey, err := x509.MarshalPKIXPublicKey(rsaPublic())
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "no PEM": []byte("key"), "private": private,
		"garbage": block(publicKeyBlock, []byte("x")), "rsa": block(publicKeyBlock, rsaKey),
	} {
		if keys, err := ParsePublicKeys(data); err == nil {
			t.Errorf("public, %s: %v", name, keys)
		}
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "public": block(publicKeyBlock, rsaKey), "garbage": block(privateKeyBlock, []byte("x")),
	} {
		_, err := ParsePrivateKey(data)
		if err == nil {
			t.Errorf("private, %s: accepted", name)
		} else if strings.Contains(err.Error(), string(data)) && len(data) > 0 {
			t.Errorf("private, %s: the error shows the data", name)
		}
	}
}
