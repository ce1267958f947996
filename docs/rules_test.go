package docs_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRuleCodes: rules.md explains each code that code or API reference carries, and
// no other.
func TestRuleCodes(t *testing.T) {
	code := regexp.MustCompile(`\bS[0-9]-[0-9]+\b`)
	used := code.FindAllString(read(t, "api.md"), -1)
	for _, root := range []string{"../api", "../controllers", "../tracker"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".go" {
				used = append(used, code.FindAllString(read(t, path), -1)...)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var explained []string
	for _, row := range tables(read(t, "rules.md"), "code", "rule") {
		explained = append(explained, row[0])
	}
	slices.Sort(used)
	slices.Sort(explained)
	if used = slices.Compact(used); !slices.Equal(used, explained) {
		t.Errorf("rules.md explains\n%q, used are\n%q", explained, used)
	}
}

// TestOrderOfTheChecks: rules.md lists the tracker's checks in the order of the code.
func TestOrderOfTheChecks(t *testing.T) {
	names := map[string]string{}
	constant := regexp.MustCompile(`(?m)^\s+(reason\w+)\s+= "(\w+)"`)
	for _, match := range constant.FindAllStringSubmatch(read(t, "../tracker/server/reason.go"), -1) {
		names[match[1]] = match[2]
	}
	var inCode []string
	for _, match := range regexp.MustCompile(`(?m)^\t\{(reason\w+),`).FindAllStringSubmatch(read(t, "../tracker/server/check.go"), -1) {
		inCode = append(inCode, names[match[1]])
	}
	rows := tables(read(t, "rules.md"), "check", "fails when")
	if len(rows) <= len(inCode) || len(inCode) < 10 {
		t.Fatalf("%d checks on the page, %d in check.go", len(rows), len(inCode))
	}
	for i, reason := range inCode {
		if got := strings.Trim(rows[i][0], "`"); got != reason {
			t.Errorf("check %d is %s, on the page %s", i+1, reason, got)
		}
	}
}
