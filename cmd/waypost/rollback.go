package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/controllers"
)

// newRollbackCommand makes "rollback". It writes a request on the manifest and waits for
// the operator to carry it out, because the operator is the only one that publishes
// (docs/decisions/0001, 0002). A request that was not seen in time stands.
func newRollbackCommand() *cobra.Command {
	var kubeconfig, namespace string
	var to int64
	var release, list bool
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Serve an earlier revision, and keep it until it is released",
		Long: `Publishes an earlier revision again, as a new one, and pins it: edits are judged but not
served until --release. The lasting way back is to revert the change in Git.`,
		Example: "  waypost rollback --list\n  waypost rollback --to 812\n  waypost rollback --release",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := restConfig(kubeconfig)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			switch {
			case list:
				return listRevisions(ctx, cmd.OutOrStdout(), config, namespace)
			case release:
				m, err := controllers.Release(ctx, config, namespace)
				if err != nil {
					return fmt.Errorf("releasing the rollback: %w", err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "released: revision %d follows the configuration again\n", m.Revision)
				return nil
			case to <= 0:
				return errors.New("give the revision with --to; --list shows them")
			}
			m, err := controllers.Rollback(ctx, config, namespace, to)
			if err != nil {
				return fmt.Errorf("rolling back to revision %d: %w", to, err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "revision %d serves what %d did, and is pinned; waypost rollback --release ends that\n", m.Revision, to)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig; default as kubectl")
	flags.StringVar(&namespace, "snapshot-namespace", controllers.DefaultSnapshotsNamespace, "namespace that the operator publishes snapshots in")
	flags.Int64Var(&to, "to", 0, "revision to go back to")
	flags.BoolVar(&list, "list", false, "list the revisions that are kept")
	flags.BoolVar(&release, "release", false, "end a rollback: follow the configuration again")
	flags.DurationVar(&patience, "timeout", 30*time.Second, "how long to wait for the operator; the request stands all the same")
	cmd.MarkFlagsMutuallyExclusive("to", "list", "release")
	return cmd
}

// listRevisions prints the current revision and those that can be gone back to, with the
// digest of their content: equal digests are equal configurations.
func listRevisions(ctx context.Context, w io.Writer, config *rest.Config, namespace string) error {
	current, history, err := controllers.Revisions(ctx, config, namespace)
	if err != nil {
		return fmt.Errorf("listing the revisions: %w", err)
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "REVISION\tPUBLISHED\tDIGEST\tSERVED")
	fmt.Fprintf(t, "%d\t\t%s\tnow\n", current.Revision, current.Digest)
	for _, r := range history {
		if r.Revision != current.Revision {
			fmt.Fprintf(t, "%d\t%s\t%s\t\n", r.Revision, r.Published.UTC().Format(time.RFC3339), r.Digest)
		}
	}
	return t.Flush()
}
