package docs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDecisions: each record has its number as in its name, and the five parts in order.
func TestDecisions(t *testing.T) {
	records, err := filepath.Glob("decisions/[0-9]*.md")
	if err != nil || len(records) < 10 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	heading := regexp.MustCompile(`(?m)^##? (.+)$`)
	for i, record := range records {
		var parts []string
		for _, match := range heading.FindAllStringSubmatch(read(t, record), -1) {
			parts = append(parts, match[1])
		}
		number := filepath.Base(record)[:4]
		if want := []string{"Context", "Decision", "Figures", "Consequences", "Status"}; !slices.Equal(parts[1:], want) {
			t.Errorf("%s has the parts %q, want %q", record, parts[1:], want)
		}
		if !strings.HasPrefix(parts[0], number+". ") {
			t.Errorf("%s is titled %q", record, parts[0])
		}
		if i > 0 && filepath.Base(records[i-1])[:4] == number {
			t.Errorf("two records have the number %s", number)
		}
	}
}
