package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/tracker/ledger/store"
)

// newCopyCommand makes "ledger copy", the move from one engine to the other (docs/operate.md,
// "Move to another database").
func newCopyCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "copy --from DATABASE --to DATABASE",
		Short: "Copy the ledger's database into an empty one, of either engine, and compare every row",
		Long: "Copies all tables of one database of the ledger into an empty one and compares every row, in one\n" +
			"transaction: the copy is whole, or nothing is kept of it. Both databases are brought up to this\n" +
			"version first, as a ledger that starts does. Stop the ledger before, and start it with\n" +
			"--database of the copy: two ledgers that go on would make each call to partners twice.",
		Example: "  waypost ledger copy --from data/ledger.db --to postgres://waypost@db.example/waypost",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runCopy(cmd.Context(), cmd.OutOrStdout(), from, to) },
	}
	cmd.Flags().StringVar(&from, "from", "", "database to copy: a file, or postgres://…")
	cmd.Flags().StringVar(&to, "to", "", "empty database to copy to: a new file, or postgres://…")
	return cmd
}

// runCopy prints each table with its rows. A file that is not there is refused, because
// opening it would make an empty database.
func runCopy(ctx context.Context, out io.Writer, from, to string) (err error) {
	if from == "" || to == "" {
		return errors.New("--from and --to are both needed: each is a file, or postgres://…")
	}
	if !strings.Contains(from, "://") {
		if _, err := os.Stat(strings.TrimPrefix(from, "sqlite:")); err != nil {
			return fmt.Errorf("opening the database to copy (--from): %w", err)
		}
	}
	source, err := store.Open(ctx, from)
	if err != nil {
		return fmt.Errorf("opening the database to copy (--from): %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := store.Open(ctx, to)
	if err != nil {
		return fmt.Errorf("opening the database to copy to (--to): %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	done, err := store.Copy(ctx, source, target)
	if err != nil {
		return err
	}
	return printCopied(out, done)
}

func printCopied(out io.Writer, done []store.Copied) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	rows := int64(0)
	for _, t := range done {
		fmt.Fprintf(w, "%s\t%d\t\n", t.Table, t.Rows)
		rows += t.Rows
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the tables: %w", err)
	}
	fmt.Fprintf(out, "%d rows copied and compared; start the ledger with --database of the copy, and keep the old database unused\n", rows)
	return nil
}
