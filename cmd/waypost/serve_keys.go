package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// keyRemedies is what to do about sealing keys that are not those of the data.
const keyRemedies = "restore " + seal.FileName + " from its copy, or (move what is there away and) start with --new-keys to begin anew: every click id and sealed link in the wild is then dead, and its conversions are lost"

// sealingKeys reads the keys of the data directory, and makes them where nothing was
// ever made with others.
func (f *serveFlags) sealingKeys(ctx context.Context) (*seal.Keyring, error) {
	keys, err := seal.LoadDir(f.data)
	switch {
	case err == nil:
		return keys, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; %s", err, keyRemedies)
	case f.newKeys:
		return seal.LoadOrCreateDir(f.data, time.Now())
	}
	trace, err := keyTrace(ctx, f.data, f.books.database)
	if err != nil {
		return nil, err
	}
	if trace != "" {
		return nil, fmt.Errorf("%s is missing beside %s: %s", filepath.Join(f.data, seal.FileName), trace, keyRemedies)
	}
	return seal.LoadOrCreateDir(f.data, time.Now())
}

// keyTrace names what keys were used for, "" where they never were. Keys are made before
// a journal and a database are.
func keyTrace(ctx context.Context, data, database string) (string, error) {
	if journal := filepath.Join(data, "journal"); exists(journal) {
		return "the journal in " + journal, nil
	}
	if !strings.Contains(database, "://") {
		if exists(database) {
			return "the database " + database, nil
		}
		return "", nil
	}
	s, err := store.Open(ctx, database)
	if err != nil {
		return "", fmt.Errorf("opening the ledger's database (--database): %w", err)
	}
	defer func() { _ = s.Close() }()
	prints, err := s.KeyPrints(ctx)
	if err != nil || prints == "" {
		return "", err
	}
	return "a database that was made with others", nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// checkKeys refuses keys none of which the books have seen: those of another
// installation. The fingerprints of the others are kept.
func (f *serveFlags) checkKeys(ctx context.Context, b *bookkeeping, keys *seal.Keyring) error {
	known, err := b.store.KeyPrints(ctx)
	if err != nil {
		return err
	}
	prints := keys.Fingerprints()
	common := false
	for _, p := range prints {
		common = common || strings.Contains(known, p)
	}
	if known != "" && !common && !f.newKeys {
		return fmt.Errorf("the sealing keys in %s are not those that the books were made with: %s", filepath.Join(f.keysDir(), seal.FileName), keyRemedies)
	}
	if now := strings.Join(prints, " "); now != known {
		return b.store.PutKeyPrints(ctx, now)
	}
	return nil
}

// keysDir is where the sealing keys are.
func (f *serveFlags) keysDir() string {
	if f.cluster.enabled {
		return f.cluster.keys
	}
	return f.data
}
