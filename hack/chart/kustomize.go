package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// source is what helm template writes above each document, before the template's path.
	source        = "# Source: waypost/templates/"
	kustomizeHead = "# Generated from charts/waypost by hack/generate.sh; do not edit.\n"
)

// writeKustomize writes what the chart renders to into the folders of config. A
// template may be rendered several times, with different values; it must then come
// out the same, or kustomize users would get another installation.
func writeKustomize(rendered []byte, to string) error {
	files, err := splitRendered(string(rendered))
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		out := filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
			return fmt.Errorf("making a folder of config: %w", err)
		}
		if err := os.WriteFile(out, []byte(kustomizeHead+files[path]), 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", out, err)
		}
	}
	return nil
}

// splitRendered returns the documents by path, several of one template joined.
func splitRendered(rendered string) (map[string]string, error) {
	renders := map[string][]string{}
	for _, one := range strings.Split(rendered, "=====\n") { // one "helm template" each
		for path, text := range splitOne(one) {
			renders[path] = append(renders[path], text)
		}
	}
	files := map[string]string{}
	for path, texts := range renders {
		for _, text := range texts[1:] {
			if text != texts[0] {
				return nil, fmt.Errorf("%s differs between the chart's modes:\n%s\n----\n%s", path, texts[0], text)
			}
		}
		files[path] = texts[0]
	}
	return files, nil
}

// splitOne returns the documents of one rendering by path. Definitions of resources are
// left out: config/crd has them already, as controller-gen writes them.
func splitOne(rendered string) map[string]string {
	files := map[string]string{}
	for document := range strings.SplitSeq("\n"+rendered, "\n---\n") {
		first, rest, _ := strings.Cut(strings.TrimLeft(document, "\n"), "\n")
		template, ok := strings.CutPrefix(first, source)
		if !ok || strings.HasPrefix(template, "crd/") {
			continue
		}
		path := template
		if !strings.Contains(path, "/") { // the snapshots' namespace
			path = "operator/" + path
		}
		text := withoutHelm(strings.Trim(rest, "\n") + "\n")
		if files[path] != "" {
			text = files[path] + "---\n" + text
		}
		files[path] = text
	}
	return files
}

// withoutHelm drops the labels and annotations that only Helm reads, and an
// annotations block that is empty then.
func withoutHelm(document string) string {
	var kept []string
	for line := range strings.Lines(document) {
		key := strings.TrimSpace(line)
		if strings.HasPrefix(key, "helm.sh/") || key == "app.kubernetes.io/managed-by: Helm" {
			continue
		}
		if len(kept) > 0 && isEmptyBlock(kept[len(kept)-1], line) {
			kept = kept[:len(kept)-1]
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "")
}

// isEmptyBlock reports whether above opens an annotations block that line is not in.
func isEmptyBlock(above, line string) bool {
	return strings.TrimSpace(above) == "annotations:" && indent(line) <= indent(above)
}

// indent is the number of blanks before a line.
func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
