package main

import (
	"context"
	"errors"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/admin"
)

// ledgerFlags are the ledger's beside the books', and rebuild's, which has to reach the
// same journal and the same database.
type ledgerFlags struct {
	books       booksFlags
	logging     logFlags
	journalOpts journalFlags
	journalURL  string
	admin       string
	tokenFile   string
	kubeconfig  string
	keys        string
}

// newLedgerCommand is "waypost ledger", the accounting of a cluster installation.
func newLedgerCommand() *cobra.Command {
	var f ledgerFlags
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Judge what the trackers wrote, deliver, and answer reports (a part of a cluster installation)",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runLedger(cmd.Context(), f) },
	}
	f.addFlags(cmd)
	cmd.AddCommand(newRebuildCommand(), newCopyCommand())
	return cmd
}

// addFlags adds the flags of ledger and rebuild. The database has a default of its own:
// the volume of the pod and not the data directory of serve.
func (f *ledgerFlags) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.books.addFlags(flags, "/var/lib/waypost/ledger.db")
	f.logging.addFlags(flags)
	f.journalOpts.addFlags(flags)
	flags.StringVar(&f.journalURL, "journal-url", "nats://127.0.0.1:4222", "NATS servers of the journal, joined by commas")
	flags.StringVar(&f.admin, "admin", "127.0.0.1:9090", "admin port: health, metrics, API and console; not public")
	flags.StringVar(&f.keys, "keys", "", "directory with "+seal.FileName+", mounted from the installation's Secret, to compare with the books; empty compares none")
	flags.StringVar(&f.tokenFile, "admin-token-file", "", "file with the one bearer token of the admin port; without it Kubernetes authorizes callers")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig of the cluster that authorizes callers; default as kubectl, or the pod's service account")
}

// runLedger opens the ledger's parts and runs fold, courier and admin port until the
// process is asked to stop. Two ledgers at once are harmless: a batch and the journal
// position are written in one transaction. Without --keys the sealing keys are not
// compared with those of the database.
func runLedger(ctx context.Context, f ledgerFlags) (err error) {
	log, err := f.logging.logger(os.Stderr)
	if err != nil {
		return err
	}
	authorizer, err := newAuthorizer(f.tokenFile, f.kubeconfig)
	if err != nil {
		return err
	}
	conn, err := f.journalOpts.connect(f.journalURL, "ledger", log)
	if err != nil {
		return err
	}
	defer conn.Close()
	registry := prometheus.NewRegistry()
	tracer, flushTraces, err := startTracing(ctx, "ledger", log)
	if err != nil {
		return err
	}
	defer flushTraces()
	b, err := openBooks(ctx, f.books, conn, registry, tracer, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWithin(flushGrace, b.close)) }()
	adminPort, err := listenAdmin(f.admin)
	if err != nil {
		return err
	}
	disks := newDisks(nil, databasePlace(f.books.database))
	watch := []task{disks.watch(log)}
	if f.keys != "" {
		ring, err := mountedKeys(f.keys)
		if err != nil {
			return err
		}
		b.ledger.SetKeys(ring.Fingerprints())
		watch = append(watch, b.watchKeys(f.keys))
	}
	handler, tasks := b.api(authorizer, admin.Options{
		Ready:   readyUntil(ctx, allReady(disks.ready, journalReady(conn), b.ledger.Ready)),
		Metrics: withRuntime(registry), Log: log.WithName("admin"),
	})
	return stages{
		front: untilDone,
		back:  append(append(tasks, watch...), b.fold, func(ctx context.Context) error { return admin.Serve(ctx, adminPort, handler) }),
	}.run(ctx)
}

// newAuthorizer returns the authorizer of a ledger's admin port. With a token file its
// one token permits everything; without, Kubernetes reviews each token, for which the
// ledger needs the right to create tokenreviews and subjectaccessreviews.
func newAuthorizer(tokenFile, kubeconfig string) (admin.Authorizer, error) {
	if tokenFile != "" {
		return admin.OpenTokenFile(tokenFile)
	}
	config, err := restConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return admin.NewKubernetes(client), nil
}

// allReady is ready when all are, and else returns what the first of them waits for.
func allReady(all ...func() (bool, string)) func() (bool, string) {
	return func() (bool, string) {
		for _, ready := range all {
			if ok, waitingFor := ready(); !ok {
				return false, waitingFor
			}
		}
		return true, ""
	}
}

// warning is the problem of what is not ready, for a process that takes traffic without it.
func warning(ready func() (bool, string)) func() string {
	return func() string { _, problem := ready(); return problem }
}

// connected reports whether there is a connection; a journal.Conn does.
type connected interface{ Connected() bool }

// journalReady reports whether the journal's server can be reached. Without it there is
// nothing to fold, and reports would not advance.
func journalReady(conn connected) func() (bool, string) {
	return func() (bool, string) {
		if conn.Connected() {
			return true, ""
		}
		return false, "the journal (--journal-url)"
	}
}
