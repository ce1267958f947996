package charts

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden renders the chart with each file of testdata/values and compares the
// result with testdata/golden. Run with -update after a change that is meant.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/values/*.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatal("no values to render with")
	}
	for _, values := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(values), ".yaml"), func(t *testing.T) {
			got, err := template(t, "--values", values)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "golden", filepath.Base(values))
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("renders differently, see the difference with: go test ./charts -run TestGolden -update && git diff charts\n%s", firstDifference(got, string(want)))
			}
		})
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got  " + a[i] + "\nwant " + b[i]
		}
	}
	return "one is longer than the other"
}

// TestDefinitions: the chart installs the very definitions of config/crd, keeps them
// when it is uninstalled, and leaves both to the user's choice.
func TestDefinitions(t *testing.T) {
	const keep = "helm.sh/resource-policy"
	files, err := filepath.Glob("../config/crd/waypost.dev_*.yaml")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d definitions, want 7", len(files))
	}
	all := objects(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := parse(t, string(data))[0]
		got := find(t, all, "CustomResourceDefinition", want.GetName())
		annotations := got.GetAnnotations()
		if annotations[keep] != "keep" {
			t.Errorf("%s is not kept", want.GetName())
		}
		delete(annotations, keep)
		got.SetAnnotations(annotations)
		if !equalJSON(t, got.Object, want.Object) {
			t.Errorf("%s differs from %s: run make generate", want.GetName(), file)
		}
	}
	for _, o := range objects(t, "--set", "crds.keep=false") {
		if o.GetKind() == "CustomResourceDefinition" && o.GetAnnotations()[keep] != "" {
			t.Errorf("%s is kept against the user's wish", o.GetName())
		}
	}
	for _, o := range objects(t, "--set", "crds.enabled=false") {
		if o.GetKind() == "CustomResourceDefinition" {
			t.Errorf("%s is installed against the user's wish", o.GetName())
		}
	}
}
