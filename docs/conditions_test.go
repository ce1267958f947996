package docs_test

import (
	"slices"
	"strings"
	"testing"
)

// TestConditionReasons: status.md says what to do about every reason, and of no other.
func TestConditionReasons(t *testing.T) {
	given := constants(t, "../api/v1alpha1/condition_reasons.go", "Reason")
	var documented []string
	for _, row := range tables(read(t, "status.md"), "reason", "on", "what to do") {
		for name := range strings.SplitSeq(row[0], ",") {
			documented = append(documented, strings.Trim(name, " `"))
		}
	}
	slices.Sort(given)
	slices.Sort(documented)
	if !slices.Equal(given, documented) {
		t.Errorf("status.md has the reasons\n%q, the code\n%q", documented, given)
	}
}
