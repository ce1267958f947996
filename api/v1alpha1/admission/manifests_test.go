package admission

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// manifest is one document of a file in testdata.
type manifest struct {
	object *unstructured.Unstructured
	// want stands in a comment "# want: …": a part of the API server's message, or "accepted".
	want string
	// text is the document as it is written.
	text []byte
}

// name tells manifests apart in test output.
func (m manifest) name() string {
	return m.object.GetKind() + "/" + m.object.GetName()
}

var (
	separator   = regexp.MustCompile(`(?m)^---\n`)
	wantComment = regexp.MustCompile(`(?m)^# want: (.+)$`)
)

// readManifests reads the documents of all files that match the pattern below testdata.
func readManifests(t testing.TB, pattern string) []manifest {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	var all []manifest
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range separator.Split(string(content), -1) {
			all = append(all, readManifest(t, file, document))
		}
	}
	return all
}

func readManifest(t testing.TB, file, document string) manifest {
	t.Helper()
	read := manifest{object: &unstructured.Unstructured{}, text: []byte(document)}
	if err := yaml.UnmarshalStrict(read.text, &read.object.Object); err != nil {
		t.Fatalf("%s: %v in:\n%s", file, err, document)
	}
	if match := wantComment.FindStringSubmatch(document); match != nil {
		read.want = strings.TrimSpace(match[1])
	}
	return read
}
