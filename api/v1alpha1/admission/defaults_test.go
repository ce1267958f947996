package admission

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

var rewrite = flag.Bool("update", false, "rewrite the golden files from what the API server answers")

// TestDefaults: what the API server stores when a manifest says as little as it may.
func TestDefaults(t *testing.T) {
	var got bytes.Buffer
	for i, manifest := range readManifests(t, "defaults/minimal.in.yaml") {
		object := manifest.object.DeepCopy()
		if err := tryCreate(t, object); err != nil {
			t.Fatalf("%s: %v", manifest.name(), err)
		}
		if i > 0 {
			got.WriteString("---\n")
		}
		got.Write(withoutMetadata(t, object))
	}
	golden := filepath.Join("testdata", "defaults", "minimal.out.yaml")
	if *rewrite {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("stored:\n%s\nwant:\n%s", got.Bytes(), want)
	}
}

// withoutMetadata leaves the name only: the rest of the metadata differs from run to run.
func withoutMetadata(t *testing.T, object *unstructured.Unstructured) []byte {
	t.Helper()
	object.Object["metadata"] = map[string]any{"name": object.GetName()}
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
