package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
)

var errNotValid = errors.New("the manifests are not valid")

// newValidateCommand makes "validate" (package controllers/offline). Its findings are its
// result and go to standard output; the status is 1 where there is an error among them.
func newValidateCommand() *cobra.Command {
	var output string
	var requireSecrets bool
	cmd := &cobra.Command{
		Use:   "validate DIR…",
		Short: "Check manifests as the API server and the operator would, without either",
		Long: `Checks manifests against the schema and rules of the resource definitions and compiles them
as the operator does. Prints nothing when all is well, and exits with 1 when something would
be refused. Secrets are usually kept elsewhere, so a missing one is a
warning unless --require-secrets is set.`,
		Example: "  waypost validate config/samples\n  waypost validate -o github networks/",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			findings, err := validate(cmd.Context(), dirs, requireSecrets)
			if err != nil {
				return err
			}
			if err := writeFindings(cmd.OutOrStdout(), output, findings); err != nil {
				return err
			}
			if offline.Errors(findings) {
				return errNotValid
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text, json or github")
	cmd.Flags().BoolVar(&requireSecrets, "require-secrets", false, "a referenced Secret that is not among the manifests is an error")
	return cmd
}

// validate returns everything that is wrong. What is wrong only without the
// Secrets that other places may hold is a warning, unless they are required: the
// directories are compiled once more with every Secret present, and what is found
// then too is certain.
func validate(ctx context.Context, dirs []string, requireSecrets bool) ([]offline.Finding, error) {
	_, all, err := loadManifests(ctx, compile.Options{}, dirs)
	if err != nil || requireSecrets || len(all) == 0 {
		return all, err
	}
	_, certain, err := loadManifests(ctx, compile.Options{AssumeSecrets: true}, dirs)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if !slices.Contains(certain, all[i]) {
			all[i].Severity = offline.Warning
		}
	}
	return all, nil
}

// writeFindings writes findings as text, as JSON, or as workflow commands that GitHub
// shows beside the lines of a pull request.
func writeFindings(w io.Writer, output string, findings []offline.Finding) error {
	switch output {
	case "text":
		return offline.WriteText(w, findings)
	case "json":
		return offline.WriteJSON(w, findings)
	case "github":
		return offline.WriteGitHub(w, findings)
	}
	return fmt.Errorf("--output %q: use text, json or github", output)
}

// clock is now, for commands that compile once.
func clock() time.Time { return time.Now() }
