package main

// Sealing keys make click ids. Where they are lost and silently made anew, every id in
// the wild is refused, and that shows only by conversions that stay away. So keys are
// made only where nothing was ever made with others: no journal and no database beside
// them. Anything else is an error with a code. The code is that of this one loss, and
// --new-keys with it is the permission to begin anew; a flag that was left in a
// manifest permits no second loss.

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

// keyRemedies is what to do about sealing keys that are lost.
func keyRemedies(code string) string {
	return "restore " + seal.FileName + " from its copy, or start with --new-keys " + code +
		" to begin anew: every click id and sealed link in the wild is then dead, and its conversions are lost"
}

// sealingKeys reads the keys of the data directory, and makes them where nothing was
// ever made with others. It holds the lock of the directory, so that a waypost keys
// command beside it makes no second ring.
func (f *serveFlags) sealingKeys(ctx context.Context) (keys *seal.Keyring, err error) {
	err = keyDir(f.data).alone(ctx, func() error {
		if keys, err = keyDir(f.data).read(); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := permitKeys(ctx, f.data, f.books.database, f.books.newKeys); err != nil {
			return err
		}
		keys, err = seal.LoadOrCreateDir(f.data, time.Now())
		return err
	})
	return keys, err
}

// permitKeys refuses to make keys where others were used, unless accepted names that
// loss. A database that cannot be read is no permission: it may hold fingerprints.
func permitKeys(ctx context.Context, data, database, accepted string) error {
	trace, code, err := keyTrace(ctx, data, database)
	missing := fmt.Sprintf("%s is missing beside %s", filepath.Join(data, seal.FileName), trace)
	switch {
	case trace == "":
		return err
	case err != nil:
		return fmt.Errorf("%s, and the database cannot be read; restore both from their copies, the database before new keys are made: %w", missing, err)
	case accepted == code:
		return nil
	}
	return fmt.Errorf("%s: %s", missing, keyRemedies(code))
}

// keyTrace returns what keys were used for, "" where they never were, and the code of
// their loss. Keys are made before a journal and a database are.
func keyTrace(ctx context.Context, data, database string) (trace, code string, err error) {
	server := strings.Contains(database, "://")
	journal := filepath.Join(data, "journal")
	for _, name := range []string{journal + ".end", journal} {
		if exists(name) {
			trace = "the journal in " + name
		}
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
		return trace, seal.LossCode(info.ModTime().String()), nil
	}
	prints, code, err := knownKeys(ctx, database)
	if !server {
		trace = "the database " + database
	} else if prints != "" {
		trace = "a database that was made with others"
	}
	return trace, code, err
}

// knownKeys returns the fingerprints of the keys that a database was made with, and the
// code of their loss. One of before there were fingerprints is known by its position.
func knownKeys(ctx context.Context, database string) (prints, code string, err error) {
	s, err := store.Open(ctx, database)
	if err != nil {
		return "", "", fmt.Errorf("opening the ledger's database (--database): %w", err)
	}
	defer func() { _ = s.Close() }()
	if prints, err = s.KeyPrints(ctx); err != nil || prints != "" {
		return prints, seal.LossCode(prints), err
	}
	err = s.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.Progress.Read(ctx)
		code = seal.LossCode(fmt.Sprint(p))
		return err
	})
	return "", code, err
}

// exists reports whether there is a file of that name. One that may not be looked at
// counts as there: the callers are careful with what they cannot rule out.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}
