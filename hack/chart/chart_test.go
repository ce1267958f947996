package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCRDTemplate(t *testing.T) {
	const definition = "---\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    v: v1\n  name: x\nspec:\n  description: a {{value}} in braces\n"
	got, err := crdTemplate("config/crd/x.yaml", definition)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"{{- if .Values.crds.enabled }}\nkind:", "  annotations:\n    {{- if .Values.crds.keep }}\n    helm.sh/resource-policy: keep\n    {{- end }}\n    v: v1\n",
		`a {{ "{{" }}value}} in braces`, "{{- end }}\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if _, err := crdTemplate("x.yaml", "kind: CustomResourceDefinition\n"); err == nil {
		t.Error("a definition without annotations: no error, and it would not be kept")
	}
}

const renderedTwice = `---
# Source: waypost/templates/crd/offers.yaml
kind: CustomResourceDefinition
---
# Source: waypost/templates/operator/a.yaml
# Why.
kind: A
metadata:
  labels:
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: waypost-1
    app: x
  annotations:
    helm.sh/hook: pre-install
spec: {}

---
# Source: waypost/templates/snapshots.yaml
kind: Namespace
---
# Source: waypost/templates/operator/a.yaml
kind: B
=====
---
# Source: waypost/templates/snapshots.yaml
kind: Namespace
=====
`

func TestSplitRendered(t *testing.T) {
	files, err := splitRendered(renderedTwice)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"operator/a.yaml":         "# Why.\nkind: A\nmetadata:\n  labels:\n    app: x\nspec: {}\n---\nkind: B\n",
		"operator/snapshots.yaml": "kind: Namespace\n",
	}
	if len(files) != len(want) {
		t.Errorf("%d files, want %d: %v", len(files), len(want), files)
	}
	for path, text := range want {
		if files[path] != text {
			t.Errorf("%s is\n%q, want\n%q", path, files[path], text)
		}
	}
	if _, err := splitRendered(strings.Replace(renderedTwice, "Namespace", "Other", 1)); err == nil {
		t.Error("the modes differ, and nobody is told")
	}
}

func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := run([]string{"crds"}, nil, io.Discard); err == nil {
		t.Error("nothing to copy: no error")
	}
	if err := run(nil, nil, io.Discard); err == nil {
		t.Error("no command: no error")
	}
	if err := os.MkdirAll("config/crd", 0o755); err != nil {
		t.Fatal(err)
	}
	definition := []byte("metadata:\n  annotations:\n    v: v1\n")
	if err := os.WriteFile("config/crd/waypost.dev_offers.yaml", definition, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"crds"}, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"kustomize"}, strings.NewReader(renderedTwice), io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"charts/waypost/templates/crd/offers.yaml", "config/operator/a.yaml", "config/operator/snapshots.yaml"} {
		data, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil || !strings.HasPrefix(string(data), "# Generated ") {
			t.Errorf("%s: %v, or it does not say that it is generated", path, err)
		}
	}
}
