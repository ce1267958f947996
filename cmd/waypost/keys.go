package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/waypost/waypost/api/seal"
)

// newKeysCommand is "waypost keys" with its subcommands. All of them work on a
// directory or on a Secret, through keyStore.
func newKeysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "The installation's sealing keys: make, list, rotate and retire them",
		Long: `The sealing keys make click ids, sealed links and the digests of postback keys. They live
in <data>/` + seal.FileName + ` of serve, or in a Secret that operator, trackers and ledger mount.
A rotated key begins ten minutes later, because mounted Secrets lag; old ones stay, so that
ids in the wild stay valid, until they are retired.`,
	}
	cmd.AddCommand(newKeysInitCommand(), newKeysListCommand(), newKeysRotateCommand(), newKeysRetireCommand())
	return cmd
}

// newKeysInitCommand makes "keys init". It may run any number of times: the chart's Job
// runs it at every installation and upgrade, and it makes only what is missing.
func newKeysInitCommand() *cobra.Command {
	var place keyPlace
	var signing bool
	var newKeys string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the first key; does nothing where there is one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := place.open()
			if err != nil {
				return err
			}
			return store.alone(cmd.Context(), func() error { return initKeys(cmd, store, signing, newKeys) })
		},
	}
	place.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&newKeys, "new-keys", "", "code of a loss of keys, from the error: make others")
	cmd.Flags().BoolVar(&signing, "signing", false, "also make "+signingKeyFile+" for the operator and "+verifyKeysFile+" for the trackers: in --data, or in the Secrets NAME-signing and NAME-verify beside --secret")
	return cmd
}

// initKeys makes the sealing keys before the signing pair. An interruption in between
// is completed by the next run.
func initKeys(cmd *cobra.Command, store keyStore, signing bool, newKeys string) error {
	ring, err := store.init(cmd.Context(), newKeys)
	if err != nil {
		return err
	}
	if signing {
		if err := store.initSigning(cmd.Context()); err != nil {
			return err
		}
	}
	return printKeys(cmd.OutOrStdout(), ring)
}

func newKeysListCommand() *cobra.Command {
	var place keyPlace
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys by id; never shows a secret",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, ring, err := place.load(cmd.Context())
			if ring == nil {
				return err
			}
			return errors.Join(printKeys(cmd.OutOrStdout(), ring), err)
		},
	}
	place.addFlags(cmd.Flags())
	return cmd
}

func newKeysRotateCommand() *cobra.Command {
	var place keyPlace
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Add a key that new ids are made with from ten minutes on",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return place.change(cmd.Context(), func(store keyStore, ring *seal.Keyring) error {
				return rotateKeys(cmd, store, ring)
			})
		},
	}
	place.addFlags(cmd.Flags())
	return cmd
}

// rotateKeys adds a key that begins ten minutes from now (seal.Keyring.Rotate). While
// one is yet to begin there is nothing to do, so that a repeated command does not fill
// the ring.
func rotateKeys(cmd *cobra.Command, store keyStore, ring *seal.Keyring) error {
	now := time.Now()
	if keys := ring.Keys(); keys[len(keys)-1].NotBefore.After(now) {
		fmt.Fprintf(cmd.OutOrStdout(), "nothing to rotate: key %d is yet to begin\n", keys[len(keys)-1].ID)
		return printKeys(cmd.OutOrStdout(), ring)
	}
	ring, err := ring.Rotate(now)
	if err != nil {
		return fmt.Errorf("%w: run waypost keys retire first", err)
	}
	return saveKeys(cmd, store, ring)
}

// lookback is how long after a click conversions are expected, where the offers are not
// known: keys that made ids more recently are retired by force alone.
const lookback = 90 * 24 * time.Hour

func newKeysRetireCommand() *cobra.Command {
	var place keyPlace
	var unusedFor time.Duration
	var force bool
	cmd := &cobra.Command{
		Use:   "retire",
		Short: "Drop keys that no id was made with for longer than the longest look-back",
		Long: `Drops keys that no id was made with for --unused-for. The current key and the next one
always stay. Clicks of a dropped key no longer convert (bad_click_id), its sealed links no
longer open. A copy of the old keys is kept: beside the file, or as a Secret.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if unusedFor < 0 {
				return fmt.Errorf("--unused-for %s: give 0 or more; the current key is never retired", unusedFor)
			}
			return place.change(cmd.Context(), func(store keyStore, ring *seal.Keyring) error {
				return retireKeys(cmd, store, ring, unusedFor, force)
			})
		},
	}
	place.addFlags(cmd.Flags())
	cmd.Flags().DurationVar(&unusedFor, "unused-for", lookback, "retire keys whose successor is at least so old; must be longer than every look-back")
	cmd.Flags().BoolVar(&force, "force", false, "retire also keys whose clicks may still convert")
	withoutTwins(cmd.Flags(), "unused-for", "force")
	return cmd
}

// retireKeys drops keys that have been out of use for longer than unusedFor. It first
// prints until when ids of each count with the default look-back, and refuses a later
// loss without force. The old ring is copied before the new one is saved.
func retireKeys(cmd *cobra.Command, store keyStore, ring *seal.Keyring, unusedFor time.Duration, force bool) error {
	now, w := time.Now(), cmd.OutOrStdout()
	left, err := ring.Retire(now, unusedFor)
	if err != nil {
		return err
	}
	keys := ring.Keys()
	gone := len(keys) - len(left.Keys())
	if gone == 0 {
		fmt.Fprintf(w, "nothing to retire: no key has been out of use for %s\n", unusedFor)
		return printKeys(w, ring)
	}
	for i := range gone {
		ended := keys[i+1].NotBefore
		fmt.Fprintf(w, "key %d made ids until %s; with a look-back of %d days they count until %s\n",
			keys[i].ID, ended.Format(time.RFC3339), lookback/(24*time.Hour), ended.Add(lookback).Format(time.RFC3339))
	}
	if last := keys[gone].NotBefore.Add(lookback); last.After(now) && !force {
		return fmt.Errorf("nothing was retired: ids in the wild would be lost until %s; give --force to lose them", last.Format(time.RFC3339))
	}
	kept, err := store.keep(cmd.Context(), now)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "the old keys are kept in %s\n", kept)
	return saveKeys(cmd, store, left)
}

// saveKeys keeps a changed ring and lists it. Processes that mount it take it up by
// themselves (seal.Watcher).
func saveKeys(cmd *cobra.Command, store keyStore, ring *seal.Keyring) error {
	if err := store.save(cmd.Context(), ring); err != nil {
		return err
	}
	return printKeys(cmd.OutOrStdout(), ring)
}

// printKeys lists the ring: ids and times, never a secret.
func printKeys(w io.Writer, ring *seal.Keyring) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	current := ring.Current(time.Now())
	fmt.Fprintln(t, "KEY\tNOT BEFORE\tUSED FOR NEW IDS")
	for _, key := range ring.Keys() {
		fmt.Fprintf(t, "%d\t%s\t%t\n", key.ID, key.NotBefore.UTC().Format(time.RFC3339), key.ID == current)
	}
	return t.Flush()
}

// keyStore is where a ring is kept: a directory (keyDir) or a Secret (keySecret).
type keyStore interface {
	// load returns fs.ErrNotExist where none is, and a ring with the error that keys of it
	// were lost.
	load(ctx context.Context) (*seal.Keyring, error)
	// save replaces the ring, or makes it. Within alone it undoes no change of another
	// process.
	save(ctx context.Context, ring *seal.Keyring) error
	// keep copies what is stored to a new place, and returns which.
	keep(ctx context.Context, now time.Time) (string, error)
	// init loads the ring, and makes it where none is; not where others were used, unless
	// accepted is the code of that loss.
	init(ctx context.Context, accepted string) (*seal.Keyring, error)
	// alone runs a command that no other one changes the store under. A store without
	// locks runs it again where another was faster.
	alone(ctx context.Context, command func() error) error
	// initSigning makes the pair that manifests are signed and checked with, where there is none.
	initSigning(ctx context.Context) error
}

// keyPlace are the flags that name a key store.
type keyPlace struct {
	data       string
	secret     string
	kubeconfig string
}

func (p *keyPlace) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&p.data, "data", "data", "data directory of serve")
	flags.StringVar(&p.secret, "secret", "", "Secret of a cluster installation, as namespace/name, instead of --data")
	flags.StringVar(&p.kubeconfig, "kubeconfig", "", "kubeconfig for --secret; default as kubectl")
}

// open returns the store, without looking whether it has a ring.
func (p *keyPlace) open() (keyStore, error) {
	if p.secret == "" {
		return keyDir(p.data), nil
	}
	return openKeySecret(p.kubeconfig, p.secret)
}

// load opens the store and returns its ring too.
func (p *keyPlace) load(ctx context.Context) (keyStore, *seal.Keyring, error) {
	store, err := p.open()
	if err != nil {
		return nil, nil, err
	}
	ring, err := store.load(ctx)
	return store, ring, err
}

// change runs a command that changes a ring. It looks for the ring before anything is
// locked, because the lock of a directory would make that directory.
func (p *keyPlace) change(ctx context.Context, command func(keyStore, *seal.Keyring) error) error {
	store, _, err := p.load(ctx)
	if err != nil {
		return err
	}
	return changeKeys(ctx, store, command)
}

// changeKeys runs a command that saves what it makes of the ring. The ring is loaded
// inside of alone, so that each try begins with what is there by then.
func changeKeys(ctx context.Context, store keyStore, command func(keyStore, *seal.Keyring) error) error {
	return store.alone(ctx, func() error {
		ring, err := store.load(ctx)
		if err != nil {
			return err
		}
		return command(store, ring)
	})
}
