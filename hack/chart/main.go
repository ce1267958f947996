// Chart keeps config and charts/waypost the same installation, in both directions:
//
//	chart crds                   config/crd  → charts/waypost/templates/crd
//	chart kustomize < rendered   the rendered chart → config/operator, tracker, ledger, …
//	chart rules < dashboard      a dashboard's queries → a rule file, for promtool
//
// The custom resource definitions come from the Go types, everything else from the
// chart's templates; hack/generate.sh runs both.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: chart crds | chart kustomize < rendered-chart | chart rules < dashboard")

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errUsage
	}
	switch args[0] {
	case "crds":
		return writeCRDTemplates("config/crd", "charts/waypost/templates/crd")
	case "kustomize":
		rendered, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("reading the rendered chart: %w", err)
		}
		return writeKustomize(rendered, "config")
	case "rules":
		dashboard, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("reading the dashboard: %w", err)
		}
		return writeRules(dashboard, out)
	}
	return errUsage
}
