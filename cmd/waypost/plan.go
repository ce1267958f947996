package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
	"github.com/waypost/waypost/controllers/plan"
)

// newPlanCommand makes "plan" (package controllers/plan). Secrets are taken as present in
// both directories: they are rarely in Git, and their absence would be no change.
func newPlanCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "plan OLD NEW",
		Short: "Show what a change means in money and links, before it is merged",
		Long: `Compiles two directories and compares what trackers would serve: which links and postbacks
break, what each partner is paid and from when, who is served and where visitors are sent.
Exits with 1, after the plan, when the API server would not take something in NEW: what that
means is not in the plan.`,
		Example: "  git worktree add /tmp/main main && waypost plan /tmp/main/networks networks",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			before, _, err := planned(cmd.Context(), cmd.ErrOrStderr(), dirs[0])
			if err != nil {
				return err
			}
			after, findings, err := planned(cmd.Context(), cmd.ErrOrStderr(), dirs[1])
			if err != nil {
				return err
			}
			if err := writePlan(cmd.OutOrStdout(), output, plan.Diff(before, after, clock())); err != nil {
				return err
			}
			if slices.ContainsFunc(findings, notTaken) {
				return fmt.Errorf("%s: %w, the plan is without what is refused", dirs[1], errNotValid)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// writePlan writes the changes as text for a comment on a pull request, or as JSON.
func writePlan(w io.Writer, output string, changes []plan.Change) error {
	switch output {
	case "json":
		return printJSON(w, changes)
	case "text":
		return plan.WriteText(w, changes)
	}
	return fmt.Errorf("--output %q: use text or json", output)
}

// planned compiles one side. What is wrong in it is printed, and is not part of the
// plan.
func planned(ctx context.Context, w io.Writer, dir string) ([]*snapshot.Record, []offline.Finding, error) {
	records, findings, err := loadManifests(ctx, compile.Options{AssumeSecrets: true}, []string{dir})
	if err != nil {
		return nil, nil, err
	}
	return records, findings, offline.WriteText(w, findings)
}

// notTaken reports whether a finding keeps an object from being applied at all. An
// object that only the operator would refuse keeps its last good form, and the plan has
// a line about it.
func notTaken(f offline.Finding) bool {
	return f.Severity == offline.Error && (f.Reason == offline.ReasonUnreadable || f.Reason == offline.ReasonRefused)
}
