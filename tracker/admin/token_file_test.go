package admin

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.token")
	first, err := OpenTokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v (%v), want 0600", info.Mode(), err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(string(data))
	again, err := OpenTokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []*TokenFile{first, again} {
		if _, err := a.Authorize(t.Context(), token, Attributes{}); err != nil {
			t.Errorf("the file's token is refused: %v", err)
		}
		for _, bad := range []string{"", token + "x", token[1:]} {
			if _, err := a.Authorize(t.Context(), bad, Attributes{}); !errors.Is(err, ErrUnauthenticated) {
				t.Errorf("token %q: %v, want ErrUnauthenticated", bad, err)
			}
		}
	}
}

func TestTokenFileRefusesAShortToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.token")
	if err := os.WriteFile(path, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTokenFile(path); err == nil {
		t.Error("a token of six characters is accepted")
	}
}
