package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var testName = regexp.MustCompile(`([a-z0-9/]+)\.(Test[A-Za-z0-9]+)`)

// TestClaims: each claim of security.md names tests, and they exist.
func TestClaims(t *testing.T) {
	data, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	inClaims, claims := false, 0
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(line, "| claim "):
			inClaims = true
		case !strings.HasPrefix(line, "|"):
			inClaims = false
		case inClaims && !strings.HasPrefix(line, "|---"):
			claims++
			names := testName.FindAllStringSubmatch(line, -1)
			if len(names) == 0 {
				t.Errorf("no test is named: %s", line)
			}
			for _, name := range names {
				if !testExists(t, name[1], name[2]) {
					t.Errorf("%s has no %s", name[1], name[2])
				}
			}
		}
	}
	if claims < 20 {
		t.Errorf("only %d claims found", claims)
	}
}

func testExists(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "func "+name+"(") {
			return true
		}
	}
	return false
}
