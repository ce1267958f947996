package offline

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestKeysThatStandTwice(t *testing.T) {
	manifests, findings := parse("f.yaml", []byte(`# a comment
---
apiVersion: waypost.dev/v1alpha1
kind: Partner
metadata: {name: p}
spec:
  title: A
  postbacks:
  - name: a
    on: [Hold]
    "on": [Hold]
    name: b
  title: B
`))
	if len(findings) > 0 || len(manifests) != 1 {
		t.Fatal(findings, len(manifests))
	}
	want := []place{{"spec.postbacks[0].name", 12}, {"spec.title", 13}}
	if got := manifests[0].twice; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("twice: %v, want %v", got, want)
	}
}

func TestLinesOfListItems(t *testing.T) {
	manifests, findings := parse("f.yaml", []byte(`apiVersion: v1
kind: List
items:
- apiVersion: waypost.dev/v1alpha1
  kind: Partner
  metadata: {name: a}
  spec:
    title: A
- apiVersion: waypost.dev/v1alpha1
  kind: Partner
  metadata: {name: b}
  spec:
    title: B
    tier: ""
`))
	if len(findings) > 0 || len(manifests) != 2 {
		t.Fatal(findings, len(manifests))
	}
	if line := manifests[1].lineOf("spec.tier"); line != 14 {
		t.Errorf("line %d, want 14", line)
	}
	if line := manifests[0].lineOf("spec.nothing"); line != 7 {
		t.Errorf("what is not there is at line %d, want that of spec, 7", line)
	}
}

func TestLinesOfAnchorsAndUnquotedOn(t *testing.T) {
	manifests, findings := parse("f.yaml", []byte(`spec:
  a: &x
    b: 1
  c: *x
  on: 2
`))
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for field, want := range map[string]int{"spec.c.b": 3, "spec.true": 5, "": 1} {
		if line := manifests[0].lineOf(field); line != want {
			t.Errorf("line of %q is %d, want %d", field, line, want)
		}
	}
}

func TestDocuments(t *testing.T) {
	for text, want := range map[string]int{
		"":                      0,
		"---\n---\n# nothing\n": 0,
		"a: 1\n---\nb: 2\n":     2,
		"--- # with a comment\na: 1\n---\r\nb: 2":    2,
		"a: |\n  --- not a separator\n":              1,
		"a: 1\n----\n":                               -1,
		"[1]":                                        -1,
		"a: [":                                       -1,
		"a: 1\n---\n\tb: 2\n":                        -1,
		`{"a": 1}`:                                   1,
		"{\n\t\"a\": [\n\t\t1\n\t]\n}\n":             1,
		"{\"a\": 1}\n{\"b\": 2}{\"c\": 3}\n":         3,
		"{\"a\": 1}\n---\n{\"b\": 2}\n":              2,
		"{\"a\": 1}\n{\"b\": 2,}\n":                  -1,
		"{\"a\": 1,}\n":                              1,
		"a: 1\n---# nothing between\nb: 2\n":         2,
		"--- {a: 1}\n":                               -1,
		"a: 1\n...\n# the end\n":                     1,
		"a: 1\n...\nb: 2\n":                          -1,
		"kind: OfferList\nitems: [{a: 1}, {b: 2}]\n": 2,
		"kind: OfferList\n":                          1,
		"apiVersion: v1\nkind: List\n":               0,
		"apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: []}]\n": -1,
	} {
		manifests, findings := parse("f.yaml", []byte(text))
		got := len(manifests)
		if len(findings) > 0 {
			got = -1
		}
		if got != want {
			t.Errorf("%q gives %d manifests, findings %v; want %d", text, got, findings, want)
		}
	}
}

// Each JSON value of a file has its own lines.
func TestLinesOfJSONValues(t *testing.T) {
	manifests, findings := parse("f.json", []byte("{\"a\": 1}\n\n{\n  \"b\": 2\n}\n{\"c\":\n 3}"))
	if len(findings) > 0 || len(manifests) != 3 {
		t.Fatal(len(manifests), findings)
	}
	for n, want := range []struct {
		field string
		line  int
	}{{"a", 1}, {"b", 4}, {"c", 6}} {
		if line := manifests[n].lineOf(want.field); line != want.line {
			t.Errorf("line of %q is %d, want %d", want.field, line, want.line)
		}
	}
}

// FuzzManifest: whatever a file holds, reading and admitting it does not panic, and
// says where something is wrong.
// lineBreaks are what ends a line in YAML: more than what ends one in most editors.
var lineBreaks = regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]")

func FuzzManifest(f *testing.F) {
	seeds := []string{"testdata/*.yaml", "../../api/v1alpha1/admission/testdata/*/*.yaml", "../../config/samples/*.yaml"}
	for _, pattern := range seeds {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatal(pattern, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("# Lines that end in a carriage return.\rkind: Offer\nmetadata: name: "))
	a, err := sharedAdmission()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		next := &file{}
		next.objects = map[objectKey]*object{}
		next.read(t.Context(), a, "f.yaml", data, true, func(objectKey) (map[string]any, error) { return nil, nil })
		lines := len(lineBreaks.FindAll(data, -1)) + 1
		for _, finding := range next.findings {
			if finding.Line < 1 || finding.Line > lines || strings.TrimSpace(finding.Message) == "" {
				t.Errorf("%+v in %d lines", finding, lines)
			}
		}
	})
}
