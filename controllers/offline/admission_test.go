package offline

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var sharedAdmission = sync.OnceValues(newAdmission)

func admissionOf(t *testing.T) *admission {
	t.Helper()
	a, err := sharedAdmission()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// schemaData are the manifests that the tests on a real API server use: what it
// says of them is tested there, and here that we say the same without it.
func schemaData(t *testing.T, pattern string) []*manifest {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../../api/v1alpha1/admission/testdata", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no manifests match %s (%v)", pattern, err)
	}
	var all []*manifest
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		manifests, findings := parse(path, data)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		all = append(all, manifests...)
	}
	return all
}

func TestAdmissionAcceptsWhatTheAPIServerAccepts(t *testing.T) {
	for _, m := range schemaData(t, "accepted/*.yaml") {
		if _, _, findings := admissionOf(t).admit(t.Context(), m, nil); len(findings) > 0 {
			t.Errorf("%s is refused: %v", m.object(), findings)
		}
	}
}

var wantComment = regexp.MustCompile(`(?m)^# want: (.*)$`)

func TestAdmissionRefusesWhatTheAPIServerRefuses(t *testing.T) {
	for _, m := range schemaData(t, "refused/*.yaml") {
		want := wantOf(t, m)
		_, _, findings := admissionOf(t).admit(t.Context(), m, nil)
		var said []string
		for _, f := range findings {
			said = append(said, f.String())
		}
		if len(findings) == 0 || !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("%s:%d %s says %q, want %q", m.file, m.line, m.object(), said, want)
		}
	}
}

// wantOf finds the comment that stands in the document of a manifest.
func wantOf(t *testing.T, m *manifest) string {
	t.Helper()
	data, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	var want string
	for _, d := range documents(data) {
		if d.line > m.line {
			break
		}
		if found := wantComment.FindSubmatch(d.data); found != nil {
			want = string(found[1])
		}
	}
	return want
}

func TestAdmissionHoldsImmutableFields(t *testing.T) {
	const first = "apiVersion: waypost.dev/v1alpha1\nkind: Partner\nmetadata: {name: p}\nspec: {title: P, trackingID: \"7\"}\n"
	a := admissionOf(t)
	read := func(text string) *manifest {
		manifests, findings := parse("p.yaml", []byte(text))
		if len(findings) > 0 || len(manifests) != 1 {
			t.Fatal(findings)
		}
		return manifests[0]
	}
	_, content, findings := a.admit(t.Context(), read(first), nil)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	if _, _, findings := a.admit(t.Context(), read(strings.Replace(first, "title: P", "title: Q", 1)), content); len(findings) > 0 {
		t.Errorf("a new title is refused: %v", findings)
	}
	_, _, findings = a.admit(t.Context(), read(strings.Replace(first, `"7"`, `"8"`, 1)), content)
	if len(findings) != 1 || !strings.Contains(findings[0].Message, "immutable") && !strings.Contains(findings[0].Message, "trackingID") {
		t.Errorf("a changed trackingID gives %v", findings)
	}
}
