package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/offline"
	"github.com/waypost/waypost/controllers/plan"
)

func newPlanCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "plan OLD NEW",
		Short: "Say what a change means in money and links, before it is merged",
		Long: `Compiles two directories and compares what trackers would serve: which links and postbacks
break, what each partner is paid and from when, who is served and where visitors are sent.`,
		Example: "  git worktree add /tmp/main main && waypost plan /tmp/main/networks networks",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			before, err := planned(cmd.Context(), cmd.ErrOrStderr(), dirs[0])
			if err != nil {
				return err
			}
			after, err := planned(cmd.Context(), cmd.ErrOrStderr(), dirs[1])
			if err != nil {
				return err
			}
			changes := plan.Diff(before, after, clock())
			switch output {
			case "json":
				return printJSON(cmd.OutOrStdout(), changes)
			case "text":
				return plan.WriteText(cmd.OutOrStdout(), changes)
			}
			return fmt.Errorf("--output %q: use text or json", output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// planned compiles one side; what is wrong in it is said, and not part of the plan.
func planned(ctx context.Context, w io.Writer, dir string) ([]*snapshot.Record, error) {
	records, findings, err := loadManifests(ctx, compile.Options{AssumeSecrets: true}, []string{dir})
	if err != nil {
		return nil, err
	}
	return records, offline.WriteText(w, findings)
}
