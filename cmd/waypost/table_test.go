package main

import (
	"strings"
	"testing"
)

// TestTableKeepsToItsRows: what a visitor sends makes no rows of its own, and no
// terminal obeys it.
func TestTableKeepsToItsRows(t *testing.T) {
	var out strings.Builder
	sent := "a\nTOTAL\t9\x1b[2J\u202e\u009b é"
	if err := printTable(&out, []string{"source", "clicks"}, []row{{"source": sent, "clicks": 1.0}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], `a\nTOTAL\t9\x1b[2J\u202e\u009b é   1`) {
		t.Errorf("written:\n%q", lines)
	}
}
