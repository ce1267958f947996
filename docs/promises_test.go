package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var proof = regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9]+)`")

// TestPromises: every row of what-happens-when.md names tests that exist.
func TestPromises(t *testing.T) {
	rows := tables(read(t, "what-happens-when.md"), "when", "then", "tested by")
	if len(rows) < 25 {
		t.Fatalf("what-happens-when.md has only %d rows", len(rows))
	}
	for _, row := range rows {
		proofs := proof.FindAllStringSubmatch(row[2], -1)
		if len(proofs) == 0 {
			t.Errorf("%q has no test", row[0])
		}
		for _, p := range proofs {
			if !declares(t, p[1], p[2]) {
				t.Errorf("%q: %s has no %s", row[0], p[1], p[2])
			}
		}
	}
}

// declares reports whether a folder has a test.
func declares(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.Contains(read(t, file), "\nfunc "+test+"(") {
			return true
		}
	}
	return false
}
