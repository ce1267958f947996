package clickid

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentationShowsTheRealThing: the id that docs/click-id.md begins with
// is the pinned one, and the page names the numbers of the layout.
func TestDocumentationShowsTheRealThing(t *testing.T) {
	page, err := os.ReadFile("../../docs/click-id.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(page), "\n")
	if got := strings.TrimSpace(lines[2]); got != pinnedClick {
		t.Errorf("the page shows %q, want %q", got, pinnedClick)
	}
	for _, fact := range []string{"2026-11-20T12:00:00Z", "| 29–36 |", "50 characters", "37 bytes", "version (2 bits: 1)"} {
		if !strings.Contains(string(page), fact) {
			t.Errorf("the page does not say %q", fact)
		}
	}
}
