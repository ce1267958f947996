// Waypost is affiliate tracking that is configured like the rest of a platform.
// This is its one binary: serve runs everything without a cluster; operator,
// tracker and ledger are the parts of a cluster installation; the other commands
// check, explain and moderate.
//
// # What is here
//
// Package main is a thin shell: flags, the order in which parts are opened and closed,
// and output for terminals. What it puts together is in the packages that it imports. A
// command has a file of its name. The others are shared:
//
//   - public.go: the public port and the journal's writer behind it (serve, tracker)
//   - books.go, api.go: database, fold, courier, API and console (serve, ledger)
//   - stages.go: in which order the tasks of a process end
//   - journal.go, kubernetes.go, logging.go, metrics.go, tracing.go: connections and signals
//   - compiled.go: manifests that are compiled once (validate, plan, explain, links, replay)
//   - client.go, list.go, follow.go, each.go, table.go: calls to the admin port, and their
//     output (report, conversions, postbacks, deliveries)
//   - keys_dir.go, keys_secret.go, keys_marker.go, keys_signing.go: where keys are kept
//   - environment.go, flag_values.go: flags
//
// # A long-running command
//
//  1. Everything that may be refused is opened first: keys, manifests, journal, database
//     and both ports. An error ends the start and names the flag to look at.
//  2. The parts run as tasks (stages), each until its context ends. A task that fails
//     ends the process, so that a supervisor starts it anew.
//  3. SIGINT or SIGTERM ends them in order: readiness is withdrawn, the public port
//     finishes what is in flight, what it took is flushed to the journal, and then the
//     tasks end that were needed for that.
//
// # Conventions
//
// The result of a command goes to standard output. Log lines, questions, and findings
// that only accompany a result go to standard error. The status is 0, or 1 with one
// line about the error. Flags can be given as environment variables, too, but for those
// that select, decide or destroy (withoutTwins).
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

// main runs one command. The first signal ends the command's context; later ones change
// nothing, so that an impatient second Ctrl-C does not cut off the flush of the journal.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "waypost:", err)
		os.Exit(1)
	}
}

// newRoot returns the command tree. Errors are printed by main alone, in one line and
// without the usage text, which would push the error out of sight.
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
