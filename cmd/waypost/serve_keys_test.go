package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// TestLostSealingKeysAreNotReplaced: new ones beside old entries would forget every id
// in the wild without a word. The code that permits it permits no second time.
func TestLostSealingKeysAreNotReplaced(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, data string)
		want  string
		coded bool
	}{
		"a first start":                    {func(*testing.T, string) {}, "", false},
		"lost beside a journal":            {func(t *testing.T, data string) { makeDir(t, filepath.Join(data, "journal")) }, "is missing beside the journal", true},
		"lost beside a journal's end":      {func(t *testing.T, data string) { makeDir(t, filepath.Join(data, "journal.end")) }, "is missing beside the journal", true},
		"lost beside a database":           {func(t *testing.T, data string) { keepPrints(t, data, "old") }, "is missing beside the database", true},
		"lost beside a database of before": {func(t *testing.T, data string) { keepPrints(t, data, "") }, "is missing beside the database", true},
		"lost beside a broken database": {func(t *testing.T, data string) {
			if err := os.WriteFile(filepath.Join(data, "ledger.db"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "sealing-keys.json is missing beside the database", false},
		"empty":     {func(t *testing.T, data string) { write(t, data, "") }, "move it away", false},
		"truncated": {func(t *testing.T, data string) { write(t, data, `{"keys":[{"id":1,`) }, "move it away", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := serveFlags{data: t.TempDir()}
			f.books.database = filepath.Join(f.data, "ledger.db")
			test.spoil(t, f.data)
			code := ""
			for range 2 { // a refused start changes nothing
				_, err := f.sealingKeys(t.Context())
				if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
					t.Fatalf("%v, want %q", err, test.want)
				}
				if code != "" && code != codeIn(err) {
					t.Errorf("the code %s has become %s", code, codeIn(err))
				}
				code = codeIn(err)
			}
			f.books.newKeys = code
			if !test.coded {
				return
			}
			ring, err := f.sealingKeys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			keepPrints(t, f.data, strings.Join(ring.Fingerprints(), " "))
			if err := os.Remove(filepath.Join(f.data, seal.FileName)); err != nil {
				t.Fatal(err)
			}
			if _, err := f.sealingKeys(t.Context()); err == nil {
				t.Error("the same code permitted a second loss")
			}
		})
	}
}

// TestABrokenKeyFileHasRemedies, also where it is not serve that reads it.
func TestABrokenKeyFileHasRemedies(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "")
	_, initErr := keyDir(dir).init(t.Context(), "")
	_, loadErr := keyDir(dir).load(t.Context())
	for _, err := range []error{initErr, loadErr} {
		if err == nil || !strings.Contains(err.Error(), "restore sealing-keys.json from its copy, or move it away") {
			t.Errorf("%v", err)
		}
	}
}

// codeIn returns the code that an error names.
func codeIn(err error) string {
	if err == nil {
		return ""
	}
	_, after, _ := strings.Cut(err.Error(), "--new-keys ")
	code, _, _ := strings.Cut(after, " ")
	return code
}

func keepPrints(t *testing.T, data, prints string) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(data, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.PutKeyPrints(t.Context(), prints), s.Close()); err != nil {
		t.Fatal(err)
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
