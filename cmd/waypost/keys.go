package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/waypost/waypost/api/seal"
)

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

func newKeysInitCommand() *cobra.Command {
	var place keyPlace
	var signing, newKeys bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the first key; does nothing where there is one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := place.open()
			if err != nil {
				return err
			}
			if signing {
				if err := store.initSigning(cmd.Context()); err != nil {
					return err
				}
			}
			if ring, err := store.load(cmd.Context()); !errors.Is(err, fs.ErrNotExist) {
				return errors.Join(err, printKeys(cmd.OutOrStdout(), ring))
			}
			if place.secret == "" && !newKeys {
				trace, err := keyTrace(cmd.Context(), place.data, filepath.Join(place.data, "ledger.db"))
				if err != nil {
					return err
				}
				if trace != "" {
					return fmt.Errorf("%s was made with keys that are missing: restore %s from its copy, or give --new-keys: every click id in the wild is then dead", trace, seal.FileName)
				}
			}
			ring, err := seal.New(time.Now())
			if err != nil {
				return err
			}
			return saveKeys(cmd, store, ring)
		},
	}
	place.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&newKeys, "new-keys", false, "make keys although --data was made with others, which are lost")
	cmd.Flags().BoolVar(&signing, "signing", false, "also make "+signingKeyFile+" for the operator and "+verifyKeysFile+" for the trackers: in --data, or in the Secrets NAME-signing and NAME-verify beside --secret")
	return cmd
}

func newKeysListCommand() *cobra.Command {
	var place keyPlace
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys by id; never shows a secret",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, ring, err := place.load(cmd.Context())
			if err != nil {
				return err
			}
			return printKeys(cmd.OutOrStdout(), ring)
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
			store, ring, err := place.load(cmd.Context())
			if err != nil {
				return err
			}
			ring, err = ring.Rotate(time.Now())
			if err != nil {
				return fmt.Errorf("%w: run waypost keys retire first", err)
			}
			return saveKeys(cmd, store, ring)
		},
	}
	place.addFlags(cmd.Flags())
	return cmd
}

func newKeysRetireCommand() *cobra.Command {
	var place keyPlace
	var unusedFor time.Duration
	cmd := &cobra.Command{
		Use:   "retire",
		Short: "Drop keys that no id was made with for longer than the longest look-back",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, ring, err := place.load(cmd.Context())
			if err != nil {
				return err
			}
			ring, err = ring.Retire(time.Now().Add(-unusedFor))
			if err != nil {
				return err
			}
			return saveKeys(cmd, store, ring)
		},
	}
	place.addFlags(cmd.Flags())
	cmd.Flags().DurationVar(&unusedFor, "unused-for", 90*24*time.Hour, "retire keys whose successor is at least so old; must be longer than every look-back")
	return cmd
}

func saveKeys(cmd *cobra.Command, store keyStore, ring *seal.Keyring) error {
	if err := store.save(cmd.Context(), ring); err != nil {
		return err
	}
	return printKeys(cmd.OutOrStdout(), ring)
}

func printKeys(w io.Writer, ring *seal.Keyring) error {
	if ring == nil {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	current := ring.Current(time.Now())
	fmt.Fprintln(t, "KEY\tNOT BEFORE\tUSED FOR NEW IDS")
	for _, key := range ring.Keys() {
		fmt.Fprintf(t, "%d\t%s\t%t\n", key.ID, key.NotBefore.UTC().Format(time.RFC3339), key.ID == current)
	}
	return t.Flush()
}

// keyStore is where a ring is kept; load returns fs.ErrNotExist where none is.
type keyStore interface {
	load(ctx context.Context) (*seal.Keyring, error)
	save(ctx context.Context, ring *seal.Keyring) error
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

func (p *keyPlace) open() (keyStore, error) {
	if p.secret == "" {
		return keyDir(p.data), nil
	}
	return openKeySecret(p.kubeconfig, p.secret)
}

func (p *keyPlace) load(ctx context.Context) (keyStore, *seal.Keyring, error) {
	store, err := p.open()
	if err != nil {
		return nil, nil, err
	}
	ring, err := store.load(ctx)
	return store, ring, err
}

// keyDir keeps the ring in a directory.
type keyDir string

func (d keyDir) load(context.Context) (*seal.Keyring, error) {
	if _, err := os.Stat(filepath.Join(string(d), seal.FileName)); err != nil {
		return nil, fmt.Errorf("no sealing keys in %s (waypost keys init makes some): %w", d, err)
	}
	return seal.LoadDir(string(d))
}

func (d keyDir) save(_ context.Context, ring *seal.Keyring) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("making the directory for the sealing keys: %w", err)
	}
	return seal.SaveDir(string(d), ring)
}
