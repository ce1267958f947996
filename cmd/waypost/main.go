// Waypost is affiliate tracking that is configured like the rest of a platform.
// This is its one binary: serve runs everything without a cluster; operator,
// tracker and ledger are the parts of a cluster installation; the other commands
// check, explain and moderate.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is stamped by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "waypost:", err)
		os.Exit(1)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "waypost",
		Short:         "Affiliate tracking configured by Kubernetes resources",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return flagsFromEnvironment(cmd.Flags())
		},
	}
	root.AddCommand(
		newReportCommand(),
		newConversionsCommand(),
		newPostbacksCommand(),
		newDeliveriesCommand(),
		newKeysCommand(),
		newServeCommand(),
		newOperatorCommand(),
		newTrackerCommand(),
		newLedgerCommand(),
		newRollbackCommand(),
		newValidateCommand(),
		newPlanCommand(),
		newLinksCommand(),
		newExplainCommand(),
		newReplayCommand(),
	)
	return root
}
