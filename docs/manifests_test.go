package docs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
)

const samples = "../config/samples"

// TestManifests takes every manifest that the documentation shows to the checks of
// "waypost validate". The blocks of a page belong together; what they name and do
// not declare is looked for in the samples.
func TestManifests(t *testing.T) {
	surroundings := samplesOf(t)
	for _, page := range pages(t) {
		t.Run(page, func(t *testing.T) {
			var shown []document
			for _, d := range shownIn(t, page) {
				if i := indexOf(shown, d); i >= 0 { // the page goes on to change an object
					validate(t, shown, surroundings)
					shown[i] = d
					continue
				}
				shown = append(shown, d)
			}
			if len(shown) > 0 {
				validate(t, shown, surroundings)
			}
		})
	}
}

// document is one manifest.
type document struct {
	object map[string]any
	where  string
}

func (d document) field(path ...string) string {
	at := d.object
	for _, name := range path[:len(path)-1] {
		at, _ = at[name].(map[string]any)
	}
	text, _ := at[path[len(path)-1]].(string)
	return text
}

func (d document) is(other document) bool {
	return d.field("kind") == other.field("kind") && d.field("metadata", "name") == other.field("metadata", "name") &&
		d.field("metadata", "namespace") == other.field("metadata", "namespace")
}

func indexOf(documents []document, wanted document) int {
	for i, d := range documents {
		if d.is(wanted) {
			return i
		}
	}
	return -1
}

// ours reports whether a manifest is one that Waypost reads.
func (d document) ours() bool {
	version := d.field("apiVersion")
	return strings.HasPrefix(version, "waypost.dev/") || version == "v1" && d.field("kind") == "Secret"
}

// shownIn returns our manifests in the yaml blocks of a page. A page that shows
// nothing but Secrets speaks of something else.
func shownIn(t *testing.T, page string) []document {
	t.Helper()
	var shown []document
	resources := false
	for _, block := range blocks(read(t, page), "yaml") {
		for _, d := range documentsOf(t, page, block) {
			if d.ours() {
				shown = append(shown, d)
				resources = resources || d.field("kind") != "Secret"
			}
		}
	}
	if !resources {
		return nil
	}
	return shown
}

func documentsOf(t *testing.T, where, text string) []document {
	t.Helper()
	var documents []document
	reader := utilyaml.NewYAMLReader(newBufio(text))
	for {
		raw, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		var object map[string]any
		if err := yaml.Unmarshal(raw, &object); err != nil {
			continue // part of a file of another program, or of a manifest
		}
		documents = append(documents, document{object, where})
	}
}

// samplesOf returns the samples, without the Network: a page may bring its own.
func samplesOf(t *testing.T) []document {
	t.Helper()
	files, err := filepath.Glob(samples + "/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	var all []document
	for _, file := range files {
		for _, d := range documentsOf(t, file, read(t, file)) {
			if d.ours() && d.field("kind") != "Network" {
				all = append(all, d)
			}
		}
	}
	return all
}

func validate(t *testing.T, shown, surroundings []document) {
	t.Helper()
	_, findings := compiled(t, shown, surroundings)
	for _, f := range findings {
		if f.Severity == offline.Error {
			t.Error(f)
		}
	}
}

// compiled returns what would be served of the manifests shown, in the surroundings
// that they do not declare themselves, and what is wrong with them.
func compiled(t *testing.T, shown, surroundings []document) ([]*snapshot.Record, []offline.Finding) {
	t.Helper()
	all := shown
	for _, namespace := range namespaces(shown) {
		for _, d := range surroundings {
			if d = d.in(namespace); indexOf(shown, d) < 0 {
				all = append(all[:len(all):len(all)], d)
			}
		}
	}
	var file bytes.Buffer
	for _, d := range all {
		text, err := yaml.Marshal(d.object)
		if err != nil {
			t.Fatal(err)
		}
		file.WriteString("---\n# " + d.where + "\n" + string(text))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.yaml"), file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	directory, err := offline.NewDirectory(compile.Options{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	directory.TakeParts()
	records, findings, err := directory.Load(t.Context(), time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return records, findings
}

func namespaces(documents []document) []string {
	var names []string
	seen := map[string]bool{}
	for _, d := range documents {
		if name := d.field("metadata", "namespace"); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// in returns the document in another namespace.
func (d document) in(namespace string) document {
	if namespace == "" {
		return d
	}
	metadata := map[string]any{"name": d.field("metadata", "name"), "namespace": namespace}
	return document{map[string]any{
		"apiVersion": d.object["apiVersion"], "kind": d.object["kind"], "metadata": metadata,
		"spec": d.object["spec"], "stringData": d.object["stringData"],
	}, d.where}
}
