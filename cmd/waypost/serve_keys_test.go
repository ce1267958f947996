package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// TestLostSealingKeysAreNotReplaced: new ones beside old entries would forget every id
// in the wild without a word.
func TestLostSealingKeysAreNotReplaced(t *testing.T) {
	for name, test := range map[string]struct {
		spoil   func(t *testing.T, data string)
		newKeys bool
		want    string
	}{
		"a first start":             {func(*testing.T, string) {}, false, ""},
		"lost beside a journal":     {func(t *testing.T, data string) { makeDir(t, filepath.Join(data, "journal")) }, false, "is missing beside the journal"},
		"lost beside a database":    {func(t *testing.T, data string) { makeDir(t, filepath.Join(data, "ledger.db")) }, false, "is missing beside the database"},
		"lost, and that is known":   {func(t *testing.T, data string) { makeDir(t, filepath.Join(data, "journal")) }, true, ""},
		"empty":                     {func(t *testing.T, data string) { write(t, data, "") }, false, "restore"},
		"truncated":                 {func(t *testing.T, data string) { write(t, data, `{"keys":[{"id":1,`) }, false, "restore"},
		"empty, although new asked": {func(t *testing.T, data string) { write(t, data, "") }, true, "move what is there away"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serveFlags{data: t.TempDir(), newKeys: test.newKeys}
			f.books.database = filepath.Join(f.data, "ledger.db")
			test.spoil(t, f.data)
			_, err := f.sealingKeys(t.Context())
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func makeDir(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(name, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, data, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(data, seal.FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeysOfAnotherInstallationAreRefused by their fingerprints; a rotated ring is not.
func TestKeysOfAnotherInstallationAreRefused(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b := &bookkeeping{store: s}
	now := time.Now()
	ours, err := seal.New(now)
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := ours.Rotate(now)
	if err != nil {
		t.Fatal(err)
	}
	retired, err := rotated.Retire(now.AddDate(1, 0, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.New(now)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name    string
		keys    *seal.Keyring
		newKeys bool
		fails   bool
	}{
		{"the first", ours, false, false}, {"rotated", rotated, false, false}, {"retired", retired, false, false},
		{"another's", other, false, true}, {"another's, accepted", other, true, false}, {"accepted before", other, false, false},
	} {
		f := serveFlags{data: "data", newKeys: step.newKeys}
		if err := f.checkKeys(t.Context(), b, step.keys); (err != nil) != step.fails {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}
