package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
)

// newRebuildCommand makes "ledger rebuild", for tables that are wrong or lost while the
// journal is whole (docs/operate.md, "Restore").
func newRebuildCommand() *cobra.Command {
	var f ledgerFlags
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Fold the whole journal again into empty tables; deliveries are kept and none is made again",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runRebuild(cmd, f) },
	}
	f.addFlags(cmd)
	return cmd
}

// runRebuild opens what a ledger has, without admin port and courier: a rebuild makes no
// call. Its metrics are served nowhere and its postbacks are not traced again.
func runRebuild(cmd *cobra.Command, f ledgerFlags) (err error) {
	ctx := cmd.Context()
	log, err := f.logging.logger(os.Stderr)
	if err != nil {
		return err
	}
	conn, err := f.journalOpts.connect(f.journalURL, "ledger rebuild", log)
	if err != nil {
		return err
	}
	defer conn.Close()
	b, err := openBooks(ctx, f.books, conn, prometheus.NewRegistry(), nil, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeWithin(flushGrace, b.close)) }()
	started := time.Now()
	if err := b.ledger.Rebuild(ctx); err != nil {
		return err
	}
	position, _ := b.ledger.Position()
	fmt.Fprintf(cmd.OutOrStdout(), "rebuilt up to position %d of the journal in %s\n", position, time.Since(started).Round(time.Millisecond))
	return nil
}

// closeWithin closes something that must not hold up the end of a process. Its context
// is a fresh one, because that of the command has usually ended by then.
func closeWithin(limit time.Duration, close func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return close(ctx)
}
