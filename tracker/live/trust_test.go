package live

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

func TestTrustFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.pem")
	trust := TrustFile(path)
	m := update(t, 1).Manifest // signed by key 1
	expect := func(step string, ok bool) {
		t.Helper()
		if err := trust(m); (err == nil) != ok || err != nil && !errors.Is(err, snapshot.ErrSignature) {
			t.Errorf("%s: %v", step, err)
		}
	}
	write := func(keys ...byte) {
		t.Helper()
		var data []byte
		for _, n := range keys {
			key, err := snapshot.EncodePublicKey(publicKey(n))
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, key...)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect("no file", false)
	write()
	expect("empty file", false)
	write(2)
	expect("another key", false)
	write(2, 1)
	expect("the key was added", true)
	write(2)
	expect("the key was removed", false)
}

func TestTrustAll(t *testing.T) {
	if err := TrustAll(&snapshot.Manifest{}); err != nil {
		t.Error(err)
	}
}
