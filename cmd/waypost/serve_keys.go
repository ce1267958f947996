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

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/ledger/store"
)

// keyRemedies is what to do about sealing keys that are not those of the data.
func keyRemedies(code string) string {
	return "restore " + seal.FileName + " from its copy, or (move what is there away and) start with --new-keys " + code +
		" to begin anew: every click id and sealed link in the wild is then dead, and its conversions are lost"
}

// keyCode names one loss of keys and no other, for --new-keys: a flag that was left on
// permits no second loss.
func keyCode(of ...string) string {
	return fmt.Sprintf("%08x", uint32(xxhash.Sum64String(strings.Join(of, "\n"))))
}

// sealingKeys reads the keys of the data directory, and makes them where nothing was
// ever made with others.
func (f *serveFlags) sealingKeys(ctx context.Context) (keys *seal.Keyring, err error) {
	err = keyDir(f.data).alone(ctx, func() error {
		if keys, err = seal.LoadDir(f.data); err == nil {
			return nil
		}
		if missing := errors.Is(err, fs.ErrNotExist); !missing {
			return fmt.Errorf("%w; restore %s from its copy, or move it away and start again", err, seal.FileName)
		}
		if err := permitKeys(ctx, f.data, f.books.database, f.newKeys); err != nil {
			return err
		}
		keys, err = seal.LoadOrCreateDir(f.data, time.Now())
		return err
	})
	return keys, err
}

// permitKeys refuses to make keys where others were used, unless accepted names that loss.
func permitKeys(ctx context.Context, data, database, accepted string) error {
	trace, code, err := keyTrace(ctx, data, database)
	if err != nil || trace == "" || accepted == code {
		return err
	}
	return fmt.Errorf("%s is missing beside %s: %s", filepath.Join(data, seal.FileName), trace, keyRemedies(code))
}

// keyTrace returns what keys were used for, "" where they never were, and the code of
// their loss. Keys are made before a journal and a database are.
func keyTrace(ctx context.Context, data, database string) (trace, code string, err error) {
	server := strings.Contains(database, "://")
	journal := filepath.Join(data, "journal")
	if exists(journal) {
		trace = "the journal in " + journal
	}
	if !server && !exists(database) {
		if trace == "" {
			return "", "", nil // the directory may not be there yet
		}
		// New keys change the directory, a refused start does not.
		info, err := os.Stat(data)
		if err != nil {
			return "", "", fmt.Errorf("look at the data directory: %w", err)
		}
		return trace, keyCode(info.ModTime().String()), nil
	}
	s, err := store.Open(ctx, database)
	if err != nil {
		return "", "", fmt.Errorf("opening the ledger's database (--database): %w", err)
	}
	defer func() { _ = s.Close() }()
	prints, err := s.KeyPrints(ctx)
	switch {
	case err != nil:
		return "", "", err
	case !server:
		trace = "the database " + database
	case prints != "":
		trace = "a database that was made with others"
	}
	return trace, keyCode(prints), nil
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
	now := strings.Join(prints, " ")
	// Keys that were just made anew are those that the code of the loss permitted.
	if code := keyCode(known, now); known != "" && !common && f.newKeys != code && f.newKeys != keyCode(known) {
		return fmt.Errorf("the sealing keys in %s are not those that the books were made with: %s", filepath.Join(f.keysDir(), seal.FileName), keyRemedies(code))
	}
	if now != known {
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
