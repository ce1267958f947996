package docs_test

import (
	"slices"
	"testing"
)

// TestFluxExample: what the example of gitops.md depends on is in it, so it comes up
// from nothing; and no removal from Git takes the keys along.
func TestFluxExample(t *testing.T) {
	var all []document
	for _, block := range blocks(read(t, "gitops.md"), "yaml") {
		all = append(all, documentsOf(t, "gitops.md", block)...)
	}
	named := func(kind, name string) bool {
		return slices.ContainsFunc(all, func(d document) bool {
			return d.field("kind") == kind && d.field("metadata", "name") == name
		})
	}
	networks := 0
	for _, d := range all {
		spec, _ := d.object["spec"].(map[string]any)
		switch d.field("kind") {
		case "Kustomization":
			on, _ := spec["dependsOn"].([]any)
			for _, other := range on {
				networks++
				if name, _ := other.(map[string]any)["name"].(string); !named("Kustomization", name) {
					t.Errorf("%s waits for a Kustomization %q that is not there", d.field("metadata", "name"), name)
				}
			}
		case "HelmRelease":
			if source := d.field("spec", "chart", "spec", "sourceRef", "name"); !named("HelmRepository", source) {
				t.Errorf("no HelmRepository %q", source)
			}
			if namespace := d.field("metadata", "namespace"); !named("Namespace", namespace) {
				t.Errorf("nothing makes the namespace %q", namespace)
			}
		case "Namespace":
			if d.field("metadata", "annotations", "kustomize.toolkit.fluxcd.io/prune") != "disabled" {
				t.Errorf("a removal from Git removes the namespace %s, and the keys in it", d.field("metadata", "name"))
			}
		}
	}
	if networks < 2 {
		t.Errorf("only %d networks wait for the installation", networks)
	}
}
