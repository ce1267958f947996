package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reasonCode is a reason in the first column of a table.
var reasonCode = regexp.MustCompile("`([a-z]+(?:_[a-z]+)*)`")

// TestReasonCodes: the tables of reasons in integrate.md name every code that a
// constant below tracker holds, in whichever package, and no other.
func TestReasonCodes(t *testing.T) {
	var given []string
	err := filepath.WalkDir("../tracker", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path == "../tracker/live" {
			return filepath.SkipDir // why a snapshot is not taken: nothing that a postback is answered
		}
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			given = append(append(given, textConstants(t, path, "reason")...), textConstants(t, path, "Reason")...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
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
			t.Errorf("integrate.md has %s, which is no constant below tracker", code)
		}
	}
}

// constants returns the values of a file's text constants whose names begin so.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	values := textConstants(t, file, prefix)
	if len(values) < 5 {
		t.Fatalf("%s has only %d constants %s…", file, len(values), prefix)
	}
	return values
}

// textConstants is constants of a file that may have none.
func textConstants(t *testing.T, file, prefix string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, declaration := range parsed.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Values) != 1 || !strings.HasPrefix(value.Names[0].Name, prefix) {
				continue
			}
			if literal, ok := value.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, text)
			}
		}
	}
	return values
}
