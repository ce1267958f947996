package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reasonCode is a reason in the first column of a table.
var reasonCode = regexp.MustCompile("`([a-z]+(?:_[a-z]+)*)`")

// TestReasonCodes: the tables of reasons in integrate.md name every code that the
// tracker or the ledger can give, and no other.
func TestReasonCodes(t *testing.T) {
	given := append(constants(t, "../tracker/server/reason.go", "reason"), constants(t, "../tracker/ledger/judge/reason.go", "Reason")...)
	documented := map[string]bool{}
	for _, row := range tables(read(t, "integrate.md"), "reason", "what to do") {
		for _, match := range reasonCode.FindAllStringSubmatch(row[0], -1) {
			documented[match[1]] = true
		}
	}
	for _, code := range given {
		if !documented[code] {
			t.Errorf("integrate.md does not say what to do about %s", code)
		}
	}
	for code := range documented {
		if !slices.Contains(given, code) {
			t.Errorf("integrate.md speaks of %s, which nobody gives", code)
		}
	}
}

// constants returns the values of a file's text constants whose names begin so.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 && strings.HasPrefix(spec.Names[0].Name, prefix) {
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
		}
		return true
	})
	if len(values) < 5 {
		t.Fatalf("%s has only %d constants %s…", file, len(values), prefix)
	}
	return values
}
